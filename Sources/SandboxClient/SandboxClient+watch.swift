import FoundationEssentials
import NIOHTTP1
public import SandboxAPI

extension SandboxClient {
    /// Watches a directory or file of the workspace. Leaving the loop ends the watch, and so does the end of what is
    /// watched.
    ///
    /// - Parameters:
    ///   - include: Globs of what is reported, such as `*.swift`; not together with `exclude`.
    ///   - exclude: Globs of what is not; `.git`, `node_modules` and `.DS_Store` if nil.
    ///   - kinds: All but `attrib` if nil.
    public func watch(
        _ path: String,
        recursive: Bool = true,
        include: [String]? = nil,
        exclude: [String]? = nil,
        kinds: [WatchEventKind]? = nil
    ) async throws(SandboxClientError) -> EventSequence<FileChange> {
        let body = WatchRequest(
            path: path,
            recursive: recursive,
            include: include,
            exclude: exclude,
            events: kinds,
            sessionId: fileSessionID
        )
        let source = try await transport.events(try Transport.request(.POST, "/api/watch", body))
        return EventSequence(source) { data throws(SandboxClientError) in
            guard let event = try? JSONDecoder().decode(WatchEvent.self, from: data) else {
                throw .streamBroken("An event is not understood.")
            }
            switch event.type {
            case .watching: return .event(.started)
            case .event:
                guard let kind = event.eventType else { return .skip }
                return .event(.changed(kind, path: event.path ?? "", isDirectory: event.isDirectory == true))
            case .error: return .event(.missed(reason: event.error ?? ""))
            case .stopped: return .end
            }
        }
    }
}
