import Glibc

/// A command that the shell was told to run.
struct ShellCommand {
    enum Phase {
        /// In the shell itself.
        case foreground
        /// The shell has not said yet as which process it runs.
        case starting
        /// A child of the keeper.
        case background(pid_t)
        /// Over, but still being stopped: what it left must go too.
        case over
    }

    var phase: Phase
    /// Clock ticks since boot: what is older is not the command's.
    let startedTicks: UInt64
    /// By which a background command's descendants are known; those of a foreground command have none.
    let mark: ProcessMark?
    /// Until the shell has opened them.
    var held: HeldDescriptors?
    /// What a background command waits at until it is the keeper's own child.
    var gate: StartGate?
    var stop: StopPlan?
}
