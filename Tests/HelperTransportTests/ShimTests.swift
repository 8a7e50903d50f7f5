import CMessageShim
import Glibc
import HelperProtocol
import HelperTransport
import Testing

struct ShimTests {
    private static let all = Int32(0x0F)
    private static let addSeals = Int32(1033)

    private func memfd() throws -> Int32 {
        var number: Int32 = -1
        try SystemError.check(cms_memfd("test", &number))
        return number
    }

    @Test func aFullySealedMemfdIsAcceptedAndCannotChange() throws {
        let number = try memfd()
        defer { close(number) }
        #expect(Descriptors.isCloseOnExec(number))
        var bytes: [UInt8] = [1, 2, 3]
        #expect(write(number, &bytes, 3) == 3)
        #expect(cms_check_sealed(number) == EPERM)
        #expect(cms_seal(number) == 0)
        #expect(cms_check_sealed(number) == 0)
        #expect(write(number, &bytes, 3) == -1)
        #expect(ftruncate(number, 0) == -1)
        #expect(ftruncate(number, 4096) == -1)
        #expect(fcntl(number, Self.addSeals, 0) == -1)
        #expect(pread(number, &bytes, 3, 0) == 3)
    }

    @Test(arguments: 0..<Int32(15))
    func aPartlySealedMemfdIsRefused(seals: Int32) throws {
        let number = try memfd()
        defer { close(number) }
        #expect(fcntl(number, Self.addSeals, seals) == 0)
        #expect(cms_check_sealed(number) == EPERM)
    }

    @Test func whatIsNoMemfdIsRefused() throws {
        let pipe = try Descriptors.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        #expect(cms_check_sealed(pipe.reading) != 0)
        for path in ["/etc/passwd", "/", "/dev/null", "/proc/self/exe"] {
            let number = open(path, O_RDONLY | O_CLOEXEC)
            defer { close(number) }
            #expect(cms_check_sealed(number) != 0, "\(path)")
        }
        var template = Array("/dev/shm/sandbox-seal-XXXXXX".utf8CString)
        let shared = mkstemp(&template)
        defer { close(shared) }
        unlink(template)
        #expect(cms_check_sealed(shared) != 0)
        #expect(cms_check_sealed(-1) == EBADF)
    }

    @Test func pairsAndPipesAreCloseOnExecFromBirth() throws {
        for make in [cms_pipe, cms_socketpair, cms_streampair] {
            var ends: [Int32] = [-1, -1]
            #expect(make(&ends) == 0)
            for end in ends {
                #expect(Descriptors.isCloseOnExec(end))
                close(end)
            }
        }
    }

    @Test func aPathSocketTellsWhoConnected() throws {
        var directory = Array("/tmp/sandbox-door-XXXXXX".utf8CString)
        #expect(mkdtemp(&directory) != nil)
        let folder = String(decoding: directory.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { rmdir(folder) }
        let path = folder + "/door"
        var listener: Int32 = -1
        try SystemError.check(cms_listen(path, 4, &listener))
        defer {
            close(listener)
            unlink(path)
        }
        var second: Int32 = -1
        #expect(cms_listen(path, 4, &second) == EADDRINUSE)
        var accepted: Int32 = -1
        #expect(cms_accept(listener, &accepted) == EAGAIN)

        let client = try RecordChannel(connectingTo: path)
        try SystemError.check(cms_accept(listener, &accepted))
        let server = RecordChannel(adopting: OwnedDescriptor(adopting: accepted))
        #expect(Descriptors.isCloseOnExec(client.rawValue))
        #expect(Descriptors.isCloseOnExec(accepted))
        var uid = uid_t.max
        var pid: pid_t = 0
        #expect(cms_peer(accepted, &uid, &pid) == 0)
        #expect(uid == getuid())
        #expect(pid == getpid())
        try client.send([1, 2])
        #expect(try server.receiveRecord() == [1, 2])
    }

    @Test func aPathThatCannotBeASocketIsRefused() {
        for (path, wanted) in [
            ("door", EINVAL), ("", EINVAL), ("/" + String(repeating: "x", count: 107), ENAMETOOLONG),
            ("/nowhere/door", ENOENT), ("/etc/passwd", ECONNREFUSED),
        ] {
            var number: Int32 = -1
            #expect(cms_connect(path, &number) == wanted, "\(path)")
            #expect(number == -1)
        }
    }

    @Test func readableBytesAreThoseNotYetRead() throws {
        let pipe = try Descriptors.pipe()
        defer { for end in [pipe.reading, pipe.writing] { close(end) } }
        var count = 9
        #expect(cms_readable_bytes(pipe.reading, &count) == 0)
        #expect(count == 0)
        #expect(write(pipe.writing, "12345", 5) == 5)
        #expect(cms_readable_bytes(pipe.reading, &count) == 0)
        #expect(count == 5)
        #expect(cms_readable_bytes(-1, &count) == EBADF)
    }

    @Test func aProcessKnowsItsOwnState() {
        var (noNewPrivileges, seccomp, dumpable): (Int32, Int32, Int32) = (-1, -1, -1)
        #expect(cms_process_state(&noNewPrivileges, &seccomp, &dumpable) == 0)
        #expect(0...1 ~= noNewPrivileges)
        #expect(0...2 ~= seccomp)
        #expect(0...2 ~= dumpable)
    }

    @Test func descriptorsThatFindNoRoomEndTheConnectionAndAreClosed() async {
        // The limit is the whole process's, so it gets one of its own.
        await #expect(processExitsWith: .success) {
            let ends = try Ends()
            let pipe = try Descriptors.pipe()
            let before = Descriptors.references(to: pipe.reading)
            try ends.near.send([1], descriptors: [pipe.writing, pipe.writing, pipe.writing, pipe.writing])
            var lowest = fcntl(0, F_DUPFD, 0)
            close(lowest)
            lowest += 2
            var limit = rlimit(rlim_cur: rlim_t(lowest), rlim_max: rlim_t(lowest))
            guard setrlimit(__rlimit_resource_t(7), &limit) == 0 else { exit(1) }
            do {
                _ = try ends.far.receiveRecord()
                exit(2)
            } catch {
                guard (error as? SystemError)?.errno == EBADMSG else { exit(3) }
            }
            guard Descriptors.references(to: pipe.reading) == before else { exit(4) }
        }
    }
}
