import NIOCore

extension ProcessLog {
    /// One stream of a process, going into its log.
    private struct Sink: OutputSink {
        let log: ProcessLog
        let stream: Stream

        func append(_ bytes: ByteBuffer) -> Bool { log.append(bytes, to: stream) }

        func whenRoom(_ body: @escaping @Sendable () -> Void) { log.whenRoom(body) }

        /// By letting go of the readers that are behind.
        func makeRoom() { log.dropSlowReaders() }
    }

    /// Where the bytes of one stream go.
    func sink(_ stream: Stream) -> any OutputSink { Sink(log: self, stream: stream) }
}
