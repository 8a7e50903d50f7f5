import Glibc

// Not @main: that runs on the main actor, which would link the concurrency runtime and Dispatch.
exit(NSHelper.run())
