import HelperClient
import HelperProtocol

/// Asks the helper how it is, and does not wait for ever: it does nothing that lasts, unless it hangs.
///
/// One question is under way at most, however many ask here. A helper that hangs takes no more of them, and whoever
/// sends to a full queue stands still.
actor HelperPulse {
    typealias Ask = @Sendable () async -> StatusReply?

    private let ask: Ask
    private let patience: Duration
    private var underWay: OneShot<StatusReply?>?

    init(patience: Duration = .seconds(2), _ ask: @escaping Ask) {
        self.patience = patience
        self.ask = ask
    }

    /// nil if the helper does not answer in time.
    func status() async -> StatusReply? {
        let answer = underWay ?? begin()
        let patience = patience
        return await withTaskGroup(of: StatusReply?.self) { group in
            group.addTask { (try? await answer.wait()) ?? nil }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func begin() -> OneShot<StatusReply?> {
        let answer = OneShot<StatusReply?>()
        underWay = answer
        // The question cannot be taken back: it outlives whoever lost patience, and ends with the connection at last.
        Task {
            answer.set(await ask())
            underWay = nil
        }
        return answer
    }
}
