import Glibc

exit(SandboxAgent.run())
