import FoundationEssentials
import NIOHTTP1
public import SandboxAPI

extension SandboxClient {
    /// Lets the proxy lead to a port, and returns the address to use from outside.
    public func exposePort(_ port: Int, name: String? = nil) async throws(SandboxClientError) -> String {
        let request = ExposePortRequest(port: port, name: name)
        let answer: ExposePortResponse = try await transport.send(.POST, "/api/expose-port", body: request)
        return "\(transport.baseURL)/proxy/\(answer.port)/"
    }

    /// Closes the proxy's way to a port.
    public func unexposePort(_ port: Int) async throws(SandboxClientError) {
        let _: ExposePortResponse = try await transport.send(.DELETE, "/api/exposed-ports/\(port)")
    }

    /// The ports that the proxy leads to.
    public func exposedPorts() async throws(SandboxClientError) -> [ExposedPort] {
        let answer: ExposedPortsResponse = try await transport.send(.GET, "/api/exposed-ports")
        return answer.ports
    }

    /// Waits until a program in the sandbox listens on a port.
    ///
    /// - Parameter processID: A process whose end ends the waiting, with ``SandboxClientError/processExited(code:)``.
    public func waitForPort(
        _ port: Int,
        _ check: PortCheck = .tcp,
        processID: String? = nil,
        timeout: Duration? = nil
    ) async throws(SandboxClientError) {
        var body = PortWatchRequest(port: port, mode: "tcp", processId: processID, interval: 100)
        if case .http(let path, let statuses) = check {
            body.mode = "http"
            body.path = path
            body.statusMin = statuses.lowerBound
            body.statusMax = statuses.upperBound
        }
        let request = try Transport.request(.POST, "/api/port-watch", body)
        try await Deadline.within(timeout) { () async throws(SandboxClientError) in
            let source = try await transport.events(request)
            let events = EventSequence<PortWatchEvent>(source) { data throws(SandboxClientError) in
                guard let event = try? JSONDecoder().decode(PortWatchEvent.self, from: data) else {
                    throw .streamBroken("An event is not understood.")
                }
                return .event(event)
            }
            for try await event in events {
                switch event.type {
                case "ready": return
                case "process_exited": throw .processExited(code: event.exitCode ?? -1)
                case "error": throw .streamBroken(event.error ?? "")
                default: continue
                }
            }
            throw .streamBroken("It ended without its last event.")
        }
    }
}
