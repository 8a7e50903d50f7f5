/// One stream of a foreground command, on its way from the pipe to the answer.
struct CommandOutput: Sendable {
    let capture: OutputCapture
    let pipe: OutputPipe

    /// What was written by a process that is over.
    func complete() async -> CapturedOutput {
        await pipe.finish()
        return capture.take()
    }

    /// Nobody wants it any more.
    func abandon() {
        pipe.abandon()
    }
}
