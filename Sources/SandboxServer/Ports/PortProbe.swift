import NIOCore
import NIOHTTP1

/// Looks whether something answers on a port.
struct PortProbe: Sendable {
    enum Outcome: Equatable, Sendable {
        case connected
        case answered(status: Int)
        case silent
    }

    /// How long one look may take.
    static let limit = Duration.seconds(5)

    let eventLoopGroup: any EventLoopGroup

    /// Connects, and that is all.
    func connect(_ port: Int, within limit: Duration = limit) async -> Outcome {
        await Self.race(limit) {
            let channel = try await LocalPort.connect(port, on: eventLoopGroup) { $0.eventLoop.makeSucceededFuture($0) }
            channel.close(promise: nil)
            return .connected
        }
    }

    /// Sends a GET and waits for the head of the answer.
    func get(_ port: Int, path: String, within limit: Duration = limit) async -> Outcome {
        await Self.race(limit) {
            let upstream = try await Upstream.connect(port, on: eventLoopGroup.next())
            return try await withTaskCancellationHandler {
                defer { upstream.close() }
                var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
                head.headers = ["Host": "localhost:\(port)", "Connection": "close", "User-Agent": "sandbox-server"]
                upstream.begin(head, isWhole: true)
                return .answered(status: Int(try await upstream.head.get().status.code))
            } onCancel: {
                upstream.close()
            }
        }
    }

    private static func race(_ limit: Duration, _ look: @escaping @Sendable () async throws -> Outcome) async -> Outcome
    {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask { (try? await look()) ?? .silent }
            group.addTask {
                try? await Task.sleep(for: limit)
                return .silent
            }
            defer { group.cancelAll() }
            return await group.next() ?? .silent
        }
    }
}
