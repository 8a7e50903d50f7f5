import CWipingHeap
import FoundationEssentials
import Glibc
import HelperClient
import HelperProtocol
import HelperTransport
import Logging
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Takes what the helper left for it, proves that it is powerless, serves.
@main
struct SandboxServer {
    static func main() async {
        do {
            try await serve()
        } catch let error as StartupError {
            report("sandbox-server: \(error)")
            exit(EX_CONFIG)
        } catch {
            report("sandbox-server: \(error)")
            exit(EXIT_FAILURE)
        }
    }

    private static func serve() async throws {
        let environment = ProcessInfo.processInfo.environment
        let inherited = try InheritedDescriptors(environment: environment, pid: getpid())
        try SystemCallFilter.install(from: OwnedDescriptor(adopting: inherited.filter))
        // Weak form first, before any input is read; the mode that tightens it is known only from the helper.
        try SelfCheck.verify(requiresEmptyBoundingSet: false)
        guard cwh_is_active() == 1 else {
            throw StartupError("the server's heap does not overwrite what is freed: another one was loaded over it.")
        }
        let heartbeat = try Heartbeat.interval(environment: environment)
        let configuration = try ServerConfiguration(environment: environment) { access($0, X_OK) == 0 }
        let jupyter = try JupyterAddress(environment, token: inherited.token)
        let token = try configuration.accessTokenFile.map { path throws(StartupError) in
            try AccessToken(file: path, read: SmallFile.bytes)
        }

        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "sandbox-server")
        logger.logLevel = configuration.logLevel
        for name in ServerConfiguration.unknownNames(environment) {
            logger.warning("An unknown setting is ignored.", metadata: ["variable": "\(name)"])
        }

        let audit = inherited.audit.map { AuditLog(adopting: OwnedDescriptor(adopting: $0), logger: logger) }
        let helper = try HelperClient(adopting: OwnedDescriptor(adopting: inherited.helper))
        let hello = try await helper.hello()
        if hello.mode == .namespaces { try SelfCheck.verify(requiresEmptyBoundingSet: true) }
        if let warning = HealthReport.warning(hello, hasToken: token != nil) { logger.warning("\(warning)") }
        if hello.mode == nil { logger.error("The isolation that was asked for cannot be had; no command is run.") }

        let application = ServerApplication(
            configuration: configuration,
            token: token,
            audit: audit,
            jupyter: jupyter,
            helper: helper,
            hello: hello,
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        var services: [any Service] = [
            HelperWatch(helper: helper, logger: logger) { exit(EXIT_FAILURE) },
            application.services.work,
            application.jupyter(inherited.jupyter),
            application.api(inherited.api),
        ]
        if let heartbeat {
            services.append(
                Heartbeat(helper: helper, eventLoopGroup: application.eventLoopGroup, interval: heartbeat)
            )
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }

    private static func report(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
