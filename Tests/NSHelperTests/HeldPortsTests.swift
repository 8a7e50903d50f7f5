import Glibc
import HelperTransport
import Testing

@testable import NSHelper

/// A held port against everything that could want it (`security.md` C1 to C6).
@Suite(.serialized) struct HeldPortsTests {
    private static let v6 = [UInt8](repeating: 0, count: 15)
    private static let addresses: [(name: String, make: @Sendable (UInt16) -> SocketAddress)] = [
        ("0.0.0.0", { .four([0, 0, 0, 0], $0) }),
        ("127.0.0.1", { .four([127, 0, 0, 1], $0) }),
        ("127.0.0.2", { .four([127, 0, 0, 2], $0) }),
        ("::", { .six(v6 + [0], $0) }),
        ("::1", { .six(v6 + [1], $0) }),
        ("::ffff:0.0.0.0", { .six(v6.prefix(10) + [0xFF, 0xFF, 0, 0, 0, 0], $0) }),
        ("::ffff:127.0.0.1", { .six(v6.prefix(10) + [0xFF, 0xFF, 127, 0, 0, 1], $0) }),
    ]

    private func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Int32 {
        var value = value
        return setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Tries every address with every combination of options; what the kernel said when it was not EADDRINUSE.
    private func intrusions(_ port: UInt16) throws -> [String] {
        var intrusions: [String] = []
        for address in Self.addresses {
            for options in 0..<8 {
                let target = address.make(port)
                let socket = OwnedDescriptor(
                    adopting: Glibc.socket(target.family, Int32(SOCK_STREAM.rawValue), 0)
                )
                try #require(socket.rawValue >= 0)
                let only = options & 4 != 0
                if options & 1 != 0 { #expect(set(socket.rawValue, SOL_SOCKET, SO_REUSEADDR, 1) == 0) }
                if options & 2 != 0 { #expect(set(socket.rawValue, SOL_SOCKET, SO_REUSEPORT, 1) == 0) }
                if target.family == AF_INET6 {
                    #expect(set(socket.rawValue, Int32(IPPROTO_IPV6), IPV6_V6ONLY, only ? 1 : 0) == 0)
                }
                let code = target.pass(to: bind, socket.rawValue)
                // A mapped address cannot be bound by a socket that speaks IPv6 only, whatever the port.
                if code == EADDRINUSE || only && address.name.hasPrefix("::ffff") && code == EINVAL { continue }
                intrusions.append("\(address.name), options \(options): \(SystemError(errno: code))")
            }
        }
        return intrusions
    }

    @Test func aHeldPortCannotBeTakenAtAnyAddressWithAnyOption() throws {
        let held = try HeldPorts.Held(0, option: "api-port")
        #expect(try intrusions(held.port) == [])
    }

    @Test func aPortHeldByItsNumberCannotBeTakenEither() throws {
        let free = try HeldPorts.Held(0, option: "api-port").port
        let held = try HeldPorts.Held(free, option: "api-port")
        #expect(held.port == free)
        #expect(try intrusions(free) == [])
    }

    @Test func aPortCanBeHeldAgainWhileOldConnectionsWait() throws {
        var held: HeldPorts.Held? = try HeldPorts.Held(0, option: "api-port")
        let port = try #require(held?.port)
        let client = try LoopbackListener.connect(to: port)
        let accepted = accept(try #require(held?.rawValue), nil, nil)
        // As the server does for each connection; without it the next line but one would not hold.
        #expect(set(accepted, SOL_SOCKET, SO_REUSEADDR, 1) == 0)
        // This end closes first, so that this end waits (TIME_WAIT).
        close(accepted)
        var byte: UInt8 = 0
        #expect(read(client.rawValue, &byte, 1) == 0)
        close(client.release())
        held = nil
        let again = try HeldPorts.Held(port, option: "api-port")
        #expect(try intrusions(again.port) == [])
    }

    @Test func aHeldPortIsBoundToAllAddressesOfBothFamiliesAndShared() throws {
        let held = try HeldPorts.Held(0, option: "api-port")
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        #expect(getsockopt(held.rawValue, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &value, &length) == 0)
        #expect(value == 0)
        for option in [SO_REUSEADDR, SO_REUSEPORT] {
            #expect(getsockopt(held.rawValue, SOL_SOCKET, option, &value, &length) == 0)
            #expect(value == 0)
        }
        #expect(getsockopt(held.rawValue, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0)
        #expect(value == 1)
        // The backlog takes a client although nobody accepts.
        _ = try LoopbackListener.connect(to: held.port)
    }

    @Test func aHeldPortIsNotInheritedByAccidentAndDoesNotBlock() throws {
        let held = try HeldPorts.Held(0, option: "api-port")
        #expect(fcntl(held.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(held.rawValue, F_GETFL) & O_NONBLOCK != 0)
    }

    @Test func portZeroPicksAFreeOneAndTellsIt() throws {
        let (first, second) = (try HeldPorts.Held(0, option: "a"), try HeldPorts.Held(0, option: "b"))
        #expect(first.port != 0)
        #expect(first.port != second.port)
        #expect(SocketAddress.port(of: first.rawValue) == first.port)
    }

    @Test func aPortThatSomebodyHasIsAnErrorThatNamesTheOptionAndThePort() throws {
        let other = try LoopbackListener()
        let error = try #require(throws: ConfigurationError.self) {
            try HeldPorts.Held(other.port, option: "jupyter-port")
        }
        #expect(error.message.hasPrefix("jupyter-port: cannot hold TCP port \(other.port)"))
        #expect(error.message.contains("choose another port"))
    }

    @Test func reservedPortsAreHeldLikeTheOthers() throws {
        let free = try HeldPorts.Held(0, option: "reserved-ports").port
        var configuration = HelperConfiguration()
        (configuration.apiPort, configuration.jupyterPort, configuration.reservedPorts) = (0, 0, [free])
        let ports = try HeldPorts(configuration)
        #expect(ports.reservedPorts == [free])
        for port in [ports.api.port, ports.jupyter.port, free] { #expect(try intrusions(port) == []) }
        let error = try #require(throws: ConfigurationError.self) { try HeldPorts(configuration) }
        #expect(error.message.hasPrefix("reserved-ports: "))
    }

    @Test func aListenerThatSomebodyShutDownServesAgainAndWasHeldMeanwhile() throws {
        let free = try HeldPorts.Held(0, option: "api-port").port
        var configuration = HelperConfiguration()
        (configuration.apiPort, configuration.jupyterPort) = (free, 0)
        let ports = try HeldPorts(configuration)
        #expect(shutdown(ports.api.rawValue, Int32(SHUT_RDWR)) == 0)
        #expect(throws: SystemError(errno: ECONNREFUSED)) { _ = try LoopbackListener.connect(to: free) }
        #expect(try intrusions(free) == [])
        ports.listenAgain()
        _ = try LoopbackListener.connect(to: free)
        #expect(try intrusions(free) == [])
    }

    @Test func aPortThatWasPickedIsHeldAfterAShutdownToo() throws {
        let held = try HeldPorts.Held(0, option: "api-port")
        #expect(shutdown(held.rawValue, Int32(SHUT_RDWR)) == 0)
        // The kernel keeps a port over shutdown(2) only if bind(2) was given its number.
        #expect(try intrusions(held.port) == [])
    }

    @Test func aPortIsFreeOnceItsHolderIsGone() throws {
        let port = try HeldPorts.Held(0, option: "api-port").port
        #expect(try HeldPorts.Held(port, option: "api-port").port == port)
    }
}
