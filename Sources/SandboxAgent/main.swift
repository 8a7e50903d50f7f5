import Glibc

exit(SandboxAgent.run(CommandLine.arguments))
