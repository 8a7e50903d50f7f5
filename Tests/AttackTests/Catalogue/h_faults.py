"""H. Faults of the pair's own processes. Root injects them: each row points to the test that does."""
from rows import elsewhere

NONE = "the fault is the control"

elsewhere("H1", "kill -9 the server in the middle of commands",
          "what it ran is dead, a new server comes, the ports were never free", "the helper owns the lifecycle",
          "SupervisionTests/a server killed in the middle of a command is replaced, and its commands are gone", "G9",
          no_control=NONE)
elsewhere("H2", "SIGSTOP the server", "the helper and its commands go on", "nothing waits for the server",
          "SupervisionTests/a stopped server stops neither the helper nor its commands", "G9", no_control=NONE)
elsewhere("H3", "kill -9 the helper", "everything is dead at once", "parent death signals and a lifeline",
          "SupervisionTests/a helper that is killed takes everything down at once", "G9", no_control=NONE)
elsewhere("H4", "out of memory in server or helper", "as H1, H3", "the order of oom_score_adj",
          "StateProbeTests/a command starts in the state of the golden record", "G9",
          no_control="needs a memory limit that this machine cannot set; H1 and H3 are the same ends")
elsewhere("H5", "kill -9 the init of user", "all of user is dead, a new namespace comes", "inits are watched",
          "ResetTests/a namespace whose init was killed is made anew", "G9", no_control=NONE)
elsewhere("H6", "kill -9 the init of secure", "as H5", "inits are watched",
          "ResetTests/a namespace whose init was killed is made anew", "G9", no_control=NONE)
elsewhere("H7", "SIGTERM to the helper", "an orderly stop within the grace time", "signalfd",
          "SupervisionTests/SIGTERM ends the pair in order, with everything in it", "G9", no_control=NONE)
elsewhere("H8", "the clock jumps", "time limits are not moved", "CLOCK_MONOTONIC",
          "TimeoutTests/a timeout ends the whole tree before it is answered", "G9",
          no_control="the clock of a shared machine is not set; no wall clock is read for a deadline")
elsewhere("H9", "EMFILE, ENOMEM and EAGAIN in the helper", "an error reply, no leak", "every return is checked",
          "FaultInjectionTests/a failed call starts nothing and names its step", "G9", no_control=NONE)
elsewhere("H10", "the server crashes again and again", "it is restarted ever more slowly; the ports stay held",
          "restart policy",
          "SupervisionTests/a crashing server is restarted ever more slowly, and clients never see a refused port",
          "G9", no_control=NONE)
