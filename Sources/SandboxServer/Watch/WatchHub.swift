import FoundationEssentials
import HelperClient
import NIOCore
import SandboxAPI
import Synchronization

/// All watches. Each is kept while somebody reads it, and for a while after somebody has checked it.
final class WatchHub: Sendable {
    private struct Entry {
        var watch: SharedWatch
        var users = 0
        var isChecked = false
        var expiry: Scheduled<Void>?
    }

    private struct State {
        var entries: [WatchKey: Entry] = [:]
        var last: UInt64 = 0
    }

    /// Most watches at once: each has a process and a thread.
    static let limit = 32

    private let helper: HelperClient
    private let eventLoopGroup: any EventLoopGroup
    private let keeping: TimeAmount
    private let started = WatchHub.now()
    private let state = Mutex(State())

    /// - Parameter keeping: How long a watch is kept after its last check.
    init(helper: HelperClient, eventLoopGroup: any EventLoopGroup, keeping: TimeAmount = .minutes(10)) {
        self.helper = helper
        self.eventLoopGroup = eventLoopGroup
        self.keeping = keeping
    }

    /// How many watches there are.
    var count: Int { state.withLock(\.entries.count) }

    /// A reader's part in the watch, which sees everything from now on.
    /// - Throws: ``FileFailure`` if it cannot be watched, ``APIError`` if there are too many, `CancellationError`.
    func subscribe(_ key: WatchKey) async throws -> WatchSubscription {
        WatchSubscription(try await take(key), self)
    }

    /// What happened since an earlier check; without one, where to begin.
    /// - Throws: As ``subscribe(_:)``; VALIDATION_FAILED for a version that no server gave.
    func check(_ key: WatchKey, since: WatchVersion?) async throws -> WatchCheckResponse {
        let watch = try await take(key, isCheck: true)
        defer { giveBack(watch) }
        let version = watch.version
        guard let since else { return WatchCheckResponse(status: .unchanged, version: version.text) }
        let last = state.withLock(\.last)
        guard let (status, reason) = version.changes(since: since, started: started, last: last) else {
            throw APIError.invalid("since", "is newer than anything that happened")
        }
        return WatchCheckResponse(status: status, reason: reason, version: version.text)
    }

    /// The watch, armed; the caller gives it back.
    private func take(_ key: WatchKey, isCheck: Bool = false) async throws -> SharedWatch {
        let (watch, isNew) = try state.withLock { state throws(APIError) in
            try Self.take(key, isCheck, &state)
        }
        if isNew {
            await watch.start(helper, on: eventLoopGroup.next(), within: .seconds(10)) { self.forget(watch) }
        }
        do {
            try await watch.armed.wait().get()
            return watch
        } catch {
            giveBack(watch)
            throw error
        }
    }

    private static func take(
        _ key: WatchKey,
        _ isCheck: Bool,
        _ state: inout State
    ) throws(APIError) -> (SharedWatch, isNew: Bool) {
        let isNew = state.entries[key] == nil
        if isNew {
            guard state.entries.count < limit else {
                throw APIError(
                    .resourceBusy,
                    "There are \(limit) different watches already.",
                    suggestion: "End a watch, or watch a directory above them all."
                )
            }
            state.last += 1
            state.entries[key] = Entry(watch: SharedWatch(key, number: state.last, milliseconds: now()))
        }
        guard var entry = state.entries[key] else { preconditionFailure("made above") }
        entry.users += 1
        entry.isChecked = entry.isChecked || isCheck
        entry.expiry?.cancel()
        entry.expiry = nil
        state.entries[key] = entry
        return (entry.watch, isNew)
    }

    /// One user less; the last one's leaving ends the watch, at once or after a while.
    func giveBack(_ watch: SharedWatch) {
        let isOver = state.withLock { state in
            guard var entry = state.entries[watch.key], entry.watch === watch else { return true }
            entry.users -= 1
            state.entries[watch.key] = entry
            guard entry.users == 0 else { return false }
            guard entry.isChecked else {
                state.entries[watch.key] = nil
                return true
            }
            state.entries[watch.key]?.expiry = eventLoopGroup.next().scheduleTask(in: keeping) { [weak self] in
                self?.expire(watch)
            }
            return false
        }
        if isOver { watch.close() }
    }

    private func expire(_ watch: SharedWatch) {
        let isUnused = state.withLock { state in
            guard let entry = state.entries[watch.key], entry.watch === watch, entry.users == 0 else { return false }
            state.entries[watch.key] = nil
            return true
        }
        if isUnused { watch.close() }
    }

    /// The agent is gone: whoever asks next gets a new watch.
    private func forget(_ watch: SharedWatch) {
        state.withLock { state in
            guard let entry = state.entries[watch.key], entry.watch === watch else { return }
            entry.expiry?.cancel()
            state.entries[watch.key] = nil
        }
    }

    private static func now() -> UInt64 {
        UInt64(max(Date().timeIntervalSince1970 * 1000, 0))
    }
}
