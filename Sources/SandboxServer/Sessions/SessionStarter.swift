import CMessageShim
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import NIOCore
import SandboxAPI

/// Starts the shells of sessions.
struct SessionStarter: Sendable {
    let helper: HelperClient
    let hello: HelloReply
    let shell: String
    let selector: NamespaceSelector
    let eventLoopGroup: any EventLoopGroup

    /// Starts the agent that keeps a shell.
    /// - Throws: ``HelperClientError``.
    func start(_ id: String, _ settings: SessionSettings) async throws -> Session {
        let directory = settings.directory ?? hello.workspace
        do {
            return try await start(id, settings, in: directory)
        } catch HelperClientError.refused(let failure)
            where failure.code == .stepFailed && failure.stage == .workingDirectory && directory != hello.workspace
        {
            // A session is not lost for a directory that is gone; its first command says where it is.
            return try await start(id, settings, in: hello.workspace)
        }
    }

    private func start(_ id: String, _ settings: SessionSettings, in directory: String) async throws -> Session {
        let isSecure = settings.variables.contains { !selector.isNeutral($0.name) }
        let pair: RecordChannel.Pair
        do { pair = try RecordChannel.pair() } catch { throw HelperClientError.system(error) }
        let payload: ProcessPayload
        do throws(SpawnPayload.Problem) {
            payload = try ProcessPayload(
                arguments: ["sandbox-agent", "shell", shell].map { Array($0.utf8) },
                variables: settings.variables.map { variable in
                    ProcessPayload.Variable(name: Array(variable.name.utf8), valueCount: variable.value.count) {
                        variable.value.copy(to: $0)
                    }
                }
            )
        } catch {
            throw HelperClientError.payload(error)
        }
        let far = fcntl(pair.far.rawValue, F_DUPFD_CLOEXEC, 0)
        guard far >= 0 else { throw HelperClientError.system(SystemError(errno: errno)) }
        let process = try await helper.spawn(
            SpawnRequest(
                namespace: isSecure ? .secure : .user,
                agent: .shell,
                workingDirectory: Array(directory.utf8)
            ),
            payload: payload,
            streams: StandardStreams(
                input: OwnedDescriptor(adopting: far),
                output: try NullDevice.open(O_WRONLY),
                error: try NullDevice.open(O_WRONLY)
            )
        )
        do {
            let connection = try await ShellConnection.open(pair.consumeNear(), on: eventLoopGroup)
            // User code may hold a copy of the keeper's socket; that the keeper has ended is known from the helper.
            Task {
                _ = try? await process.exitStatus
                connection.close()
            }
            return Session(
                id: id,
                namespace: isSecure ? .secure : .user,
                settings: settings,
                directory: directory,
                process: process,
                connection: connection
            )
        } catch {
            try? await process.terminate(grace: .zero)
            throw error
        }
    }
}
