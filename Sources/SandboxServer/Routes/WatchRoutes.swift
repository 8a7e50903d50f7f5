import Hummingbird
import SandboxAPI

/// `POST /api/watch` and `POST /api/watch/check`.
struct WatchRoutes: Sendable {
    let watches: WatchService
    let configuration: ServerConfiguration

    func add(to router: Router<SandboxContext>) {
        router.post("/api/watch") { request, context in
            let body = try await decode(request)
            // Before the answer begins: what cannot be watched has a status of its own.
            let subscription = try await watches.subscribe(body)
            return EventStream.response(context) { events in
                try await events.send(
                    WatchEvent.watching(path: body.path, watchId: subscription.watch.version.watchID)
                )
                try await Self.report(subscription, to: events)
            }
        }
        router.post("/api/watch/check") { request, _ in
            JSONResponse.make(try await watches.check(try await decode(request)))
        }
    }

    private func decode(_ request: Request) async throws -> WatchRequest {
        try await RequestDecoding.decode(WatchRequest.self, from: request, limit: configuration.bodyLimitBytes)
    }

    private static func report(_ subscription: WatchSubscription, to events: EventWriter) async throws {
        while true {
            let batch = try await subscription.queue.next()
            for change in batch.changes {
                try await events.send(
                    WatchEvent.event(change.kind, path: change.path, isDirectory: change.isDirectory)
                )
            }
            if batch.hasDropped {
                try await events.send(WatchEvent.error("Changes were missed: look at everything anew."))
            }
            if let reason = batch.ending { return try await events.send(WatchEvent.stopped(reason)) }
        }
    }
}
