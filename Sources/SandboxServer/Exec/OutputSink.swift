import NIOCore

/// Where the bytes of one output stream go. Called on the event loop of the stream's channel.
protocol OutputSink: Sendable {
    /// Takes bytes of the process; false if no more should be read for now.
    func append(_ bytes: ByteBuffer) -> Bool

    /// Calls back once, when there is room again.
    func whenRoom(_ body: @escaping @Sendable () -> Void)

    /// The process has been held up for too long: makes room, whoever loses by it.
    func makeRoom()
}
