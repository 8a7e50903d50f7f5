"""Runs a notebook through Jupyter's port with Jupyter's own programs, unmodified: nbclient over the gateway client.

    notebook.py URL    prints the outputs as JSON; run it with the environment that Jupyter/install made
"""
import json
import sys

import nbformat
from jupyter_server.gateway.gateway_client import GatewayClient
from nbclient import NotebookClient

CELLS = [
    "import os, pandas as pd\n%matplotlib inline\nimport matplotlib.pyplot as plt",
    "pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    "plt.figure(figsize=(2, 2)); plt.plot([1, 3, 2]); plt.show()",
    "import asyncio\nawait asyncio.sleep(0)\n40 + 2",
    "print(os.getuid(), os.getcwd())",
    "1 / 0",
]


def main():
    gateway = GatewayClient.instance()
    gateway.url = sys.argv[1]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class="jupyter_server.gateway.managers.GatewayKernelManager",
        allow_errors=True,
        timeout=120,
    )
    client.execute()
    print(json.dumps([[dict(output) for output in cell.outputs] for cell in notebook.cells]))


if __name__ == "__main__":
    main()
