"""Jupyter in the control namespace: a server that starts its kernels through ns-helper and can start nothing itself.

Docs/Architecture.md, "Interpreter", says how the parts belong together.
"""
