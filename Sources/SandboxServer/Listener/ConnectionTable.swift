import NIOCore
import Synchronization

/// The open connections of one listener, with a budget for each kind of caller. Code in the sandbox can open
/// thousands: those must keep out neither callers from elsewhere nor the health check on this host.
final class ConnectionTable: Sendable {
    /// Whose budget a connection is taken from.
    enum Caller: CaseIterable {
        /// From another host.
        case outside
        /// From this host, and permitted.
        case local
        /// From this host, and about to be refused.
        case refused
    }

    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var counts: [Caller: Int] = [:]
        var isQuiescing = false
    }

    private let budgets: [Caller: Int]
    private let state = Mutex(State())

    /// - Parameter maximumRefused: Enough to answer 403; whoever comes when it is spent sees the connection closed.
    init(maximum: Int, maximumLocal: Int, maximumRefused: Int) {
        budgets = [.outside: maximum, .local: maximumLocal, .refused: maximumRefused]
    }

    /// Notes a connection until it closes; false if there is no room for it.
    func admit(_ channel: any Channel, _ caller: Caller) -> Bool {
        let isAdmitted = state.withLock { state in
            let count = state.counts[caller, default: 0]
            guard !state.isQuiescing, count < budgets[caller, default: 0] else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            state.counts[caller] = count + 1
            return true
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            state.withLock { state in
                guard state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
                state.counts[caller, default: 0] -= 1
            }
        }
        return true
    }

    /// Lets every connection finish its current request and admits no more.
    func quiesce() {
        let channels = state.withLock { state in
            state.isQuiescing = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
}
