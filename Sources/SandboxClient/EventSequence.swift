import FoundationEssentials

/// The events of one stream, as they come. It can be gone through once, by one task.
///
/// The sequence ends after the stream's last event; a stream that breaks off before it throws
/// ``SandboxClientError/streamBroken(_:)``. Leaving the loop closes the stream.
public struct EventSequence<Event: Sendable>: AsyncSequence, Sendable {
    /// One event.
    public typealias Element = Event
    /// What reading throws.
    public typealias Failure = SandboxClientError

    /// What one event of the wire means.
    enum Step {
        case event(Event)
        case last(Event)
        /// The stream is over in order, without an event of its own.
        case end
        case skip
    }

    private let source: EventSource
    private let step: @Sendable (Data) throws(SandboxClientError) -> Step
    /// Called when the task that waits for an event is cancelled, with what `step` has learnt by then.
    private let cancelled: (@Sendable () async -> Void)?

    init(
        _ source: EventSource,
        cancelled: (@Sendable () async -> Void)? = nil,
        _ step: @escaping @Sendable (Data) throws(SandboxClientError) -> Step
    ) {
        self.source = source
        self.cancelled = cancelled
        self.step = step
    }

    /// Begins to read.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(reader: source.makeReader(), step: step, cancelled: cancelled)
    }

    /// Reads one event after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var reader: EventSource.Reader
        fileprivate let step: @Sendable (Data) throws(SandboxClientError) -> Step
        fileprivate let cancelled: (@Sendable () async -> Void)?
        private var isOver = false

        fileprivate init(
            reader: EventSource.Reader,
            step: @escaping @Sendable (Data) throws(SandboxClientError) -> Step,
            cancelled: (@Sendable () async -> Void)?
        ) {
            self.reader = reader
            self.step = step
            self.cancelled = cancelled
        }

        /// The next event; nil after the last one.
        public mutating func next() async throws(SandboxClientError) -> Event? {
            guard !isOver else { return nil }
            do throws(SandboxClientError) {
                while let data = try await reader.next() {
                    switch try step(data) {
                    case .event(let event): return event
                    case .last(let event):
                        isOver = true
                        return event
                    case .end:
                        isOver = true
                        return nil
                    case .skip: continue
                    }
                }
            } catch {
                isOver = true
                if Task.isCancelled {
                    await cancelled?()
                    throw .cancelled
                }
                throw error
            }
            isOver = true
            throw .streamBroken("It ended without its last event.")
        }
    }
}
