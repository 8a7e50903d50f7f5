"""H. Faults of the pair's own processes. Root injects them: each row points to the test that does."""
from rows import elsewhere

NONE = "the fault is the control"

elsewhere("H1", "kill -9 the server in the middle of commands",
          "what it ran is dead, a new server comes, the ports were never free", "the helper owns the lifecycle",
          "SupervisionTests/a server killed in the middle of a command is replaced, and its commands are gone", "G9",
          no_control=NONE)
elsewhere("H2", "SIGSTOP the server", "the helper goes on; a server that hangs is killed and replaced",
          "nothing waits for the server; a watchdog",
          "FaultTests/H2 a server that hangs is killed and replaced, its commands and their credentials with it", "G9",
          no_control=NONE)
elsewhere("H3", "kill -9 the helper", "everything is dead at once", "parent death signals and a lifeline",
          "SupervisionTests/a helper that is killed takes everything down at once", "G9", no_control=NONE)
elsewhere("H4", "out of memory in server or helper", "as H1, H3", "the order of oom_score_adj",
          "FaultTests/H4 memory's end comes to user first, then to secure, the server and the helper", "G9",
          no_control=NONE)
elsewhere("H5", "kill -9 the init of user", "all of user is dead, a new namespace comes", "inits are watched",
          "FaultTests/H5 H6 the death of a namespace's init ends what ran there, and the next command runs in a new one",
          "G9", no_control=NONE)
elsewhere("H6", "kill -9 the init of secure", "as H5", "inits are watched",
          "FaultTests/H5 H6 the death of a namespace's init ends what ran there, and the next command runs in a new one",
          "G9", no_control=NONE)
elsewhere("H7", "SIGTERM to the helper", "an orderly stop within the grace time", "signalfd",
          "SupervisionTests/SIGTERM ends the pair in order, with everything in it", "G9", no_control=NONE)
elsewhere("H8", "the container is frozen and thawed; the clock jumps", "it goes on where it was", "CLOCK_MONOTONIC",
          "FaultTests/H8 a pair that was frozen as a whole goes on where it was", "G9",
          no_control="the clock of a shared machine is not set; no wall clock is read for a deadline")
elsewhere("H9", "EMFILE, ENOMEM and EAGAIN in the helper", "an error reply, no leak", "every return is checked",
          "FaultInjectionTests/a failed call starts nothing and names its step", "G9", no_control=NONE)
elsewhere("H10", "the server crashes again and again", "it is restarted ever more slowly; the ports stay held",
          "restart policy",
          "SupervisionTests/a crashing server is restarted ever more slowly, and clients never see a refused port",
          "G9", no_control=NONE)
