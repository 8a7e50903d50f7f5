import CNamespaceShim
import Glibc
import HelperProtocol

/// A list of steps laid out in C memory, ready to be run by a child. Everything it points to lives as long
/// as the program; nothing is allocated after this.
struct StepProgram: ~Copyable {
    private var allocations: [UnsafeMutableRawPointer] = []
    let steps: UnsafeMutablePointer<cns_step>
    let count: Int

    /// Lays out `list`. `image` must outlive the program when the list executes a command.
    init(_ list: [Step], filters: borrowing FilterSet, image: borrowing CommandImage) {
        (steps, count) = Self.layOut(list, filters: filters, image: image, into: &allocations)
    }

    deinit {
        for allocation in allocations { free(allocation) }
    }

    private static func layOut(
        _ list: [Step],
        filters: borrowing FilterSet,
        image: borrowing CommandImage,
        into allocations: inout [UnsafeMutableRawPointer]
    ) -> (UnsafeMutablePointer<cns_step>, Int) {
        let steps = UnsafeMutablePointer<cns_step>.allocate(capacity: max(list.count, 1))
        allocations.append(UnsafeMutableRawPointer(steps))
        for (index, step) in list.enumerated() {
            var raw = cns_step()
            raw.stage = step.stage.rawValue
            fill(&raw, from: step, filters: filters, image: image, into: &allocations)
            (steps + index).initialize(to: raw)
        }
        return (steps, list.count)
    }

    private static func fill(
        _ raw: inout cns_step,
        from step: Step,
        filters: borrowing FilterSet,
        image: borrowing CommandImage,
        into allocations: inout [UnsafeMutableRawPointer]
    ) {
        func operation(_ value: cns_operation) { raw.operation = UInt16(value.rawValue) }
        func text(_ bytes: some Collection<UInt8>) -> UnsafePointer<CChar> {
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
            for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[bytes.count] = 0
            allocations.append(UnsafeMutableRawPointer(copy))
            return UnsafePointer(copy)
        }
        func array<Element>(_ elements: [Element]) -> UnsafeRawPointer {
            let copy = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
            copy.initialize(from: elements, count: elements.count)
            allocations.append(UnsafeMutableRawPointer(copy))
            return UnsafeRawPointer(copy)
        }

        switch step {
        case .defaultSignals: operation(CNS_DEFAULT_SIGNALS)
        case .outOfMemoryScore(let score):
            operation(CNS_OOM_SCORE)
            raw.a = Int64(score)
        case .nice(let steps):
            operation(CNS_NICE)
            raw.a = Int64(steps)
        case .notDumpable:
            operation(CNS_NOT_DUMPABLE)
            #if WEAKENED
                raw.a = Weakness.lacks(.notDumpable) ? 1 : 0
            #endif
        case .newSession: operation(CNS_NEW_SESSION)
        case .resourceLimit(let limit):
            operation(CNS_RESOURCE_LIMIT)
            (raw.a, raw.b, raw.c) = (
                Int64(limit.resource.number), Int64(bitPattern: limit.soft), Int64(bitPattern: limit.hard)
            )
        case .joinNamespace(let descriptor, let kind):
            operation(CNS_JOIN_NAMESPACE)
            (raw.a, raw.b) = (Int64(descriptor), Int64(kind.flag))
        case .newMountNamespace:
            operation(CNS_NEW_NAMESPACE)
            raw.a = Int64(cns_new_mount)
        case .privateMounts:
            operation(CNS_MOUNT)
            raw.q = text("/".utf8)
            raw.a = Int64(MS_REC | MS_PRIVATE)
        case .mount(let source, let target, let type, let flags, let data):
            operation(CNS_MOUNT)
            (raw.p, raw.q, raw.r, raw.s) = (text(source.utf8), text(target.utf8), text(type.utf8), text(data.utf8))
            raw.a = Int64(flags.rawValue)
        case .openLocation(let path, let location):
            operation(CNS_OPEN_LOCATION)
            (raw.q, raw.a) = (text(path.utf8), Int64(location))
        case .mountLocation(let location, let target):
            operation(CNS_MOUNT_LOCATION)
            (raw.a, raw.q) = (Int64(location), text(target.utf8))
        case .device(let location, let node):
            operation(CNS_DEVICE)
            (raw.a, raw.b, raw.c) = (Int64(location), Int64(node.major), Int64(node.minor))
            raw.q = text(node.path.utf8)
        case .idmap(let path, let userNamespace):
            operation(CNS_IDMAP)
            (raw.q, raw.a) = (text(path.utf8), Int64(userNamespace))
        case .mask(let path):
            operation(CNS_MASK)
            raw.q = text(path.utf8)
        case .readOnly(let path):
            operation(CNS_READ_ONLY)
            raw.q = text(path.utf8)
        case .mountAttributes(let path, let set, let clear, let wholeTree):
            operation(CNS_MOUNT_ATTRIBUTES)
            raw.q = text(path.utf8)
            (raw.a, raw.b, raw.c) = (Int64(set.kernelValue), Int64(clear.kernelValue), wholeTree ? 1 : 0)
        case .makeDirectory(let path, let mode):
            operation(CNS_MAKE_DIRECTORY)
            (raw.q, raw.a) = (text(path.utf8), Int64(mode))
        case .ownDirectory(let path, let uid, let gid, let mode):
            operation(CNS_OWN_DIRECTORY)
            (raw.q, raw.a, raw.b, raw.c) = (text(path.utf8), Int64(uid), Int64(gid), Int64(mode))
        case .symbolicLink(let content, let path):
            operation(CNS_SYMBOLIC_LINK)
            (raw.p, raw.q) = (text(content.utf8), text(path.utf8))
        case .sendNamespaces: operation(CNS_SEND_NAMESPACES)
        case .forkInit(let initSteps):
            operation(CNS_FORK_INIT)
            let (steps, count) = layOut(initSteps, filters: filters, image: image, into: &allocations)
            (raw.init_steps, raw.init_step_count) = (UnsafePointer(steps), count)
            (raw.list, raw.a) = (UnsafeRawPointer(image.buffer), Int64(image.size))
        case .reapForEver(let lifeline):
            operation(CNS_REAP_FOR_EVER)
            raw.a = Int64(lifeline)
        case .reapUntilCommandEnds(let status):
            operation(CNS_REAP_UNTIL)
            raw.a = Int64(status)
        case .shepherd(let status):
            operation(CNS_SHEPHERD)
            raw.a = Int64(status)
        case .keep(let status, let lifeline, let directory, let endsAtOnce):
            operation(CNS_KEEP)
            (raw.a, raw.b, raw.c) = (Int64(status), Int64(lifeline), endsAtOnce ? 1 : 0)
            raw.q = text(directory.utf8)
        case .descriptors(let list):
            operation(CNS_DESCRIPTORS)
            (raw.list, raw.a) = (array(list), Int64(list.count))
        case .sessionKeyring: operation(CNS_SESSION_KEYRING)
        case .clearAmbient: operation(CNS_CLEAR_AMBIENT)
        case .dropBounding:
            operation(CNS_DROP_BOUNDING)
            raw.a = Int64(cns_last_capability())
        case .supplementaryGroups(let groups):
            operation(CNS_GROUPS)
            (raw.list, raw.a) = (array(groups), Int64(groups.count))
        case .groupID(let gid):
            operation(CNS_GROUP_ID)
            raw.a = Int64(gid)
        case .userID(let uid):
            operation(CNS_USER_ID)
            (raw.a, raw.b) = (Int64(uid), Int64(uid))
        case .userIDs(let real, let effective):
            operation(CNS_USER_ID)
            (raw.a, raw.b) = (Int64(real), Int64(effective))
        case .dropCapabilities: operation(CNS_DROP_CAPABILITIES)
        case .verifyIdentity(let uid, let effective, let gid, let boundingIsEmpty, let groupsAreEmpty):
            operation(CNS_VERIFY_IDENTITY)
            (raw.a, raw.b, raw.c) = (Int64(uid), Int64(effective ?? uid), Int64(gid))
            if boundingIsEmpty { raw.q = text([]) }
            if !groupsAreEmpty { raw.p = text([]) }
        case .verifyDomain: operation(CNS_VERIFY_DOMAIN)
        case .parentDeathSignal(let signal):
            operation(CNS_PARENT_DEATH_SIGNAL)
            raw.a = Int64(signal)
        case .workingDirectory(let path):
            operation(CNS_WORKING_DIRECTORY)
            raw.q = text(path)
        case .fileModeMask(let mask):
            operation(CNS_UMASK)
            raw.a = Int64(mask)
        case .subreaper: operation(CNS_SUBREAPER)
        case .terminal(let size, let isExclusive):
            operation(CNS_TERMINAL)
            (raw.a, raw.b, raw.c) = (Int64(size.rows), Int64(size.columns), isExclusive ? 1 : 0)
        case .noNewPrivileges: operation(CNS_NO_NEW_PRIVILEGES)
        case .landlock(let rules):
            operation(CNS_LANDLOCK)
            (raw.a, raw.b) = (Int64(rules.version), rules.forbidsBinding ? 1 : 0)
            func list(_ paths: [String]) -> UnsafePointer<UnsafeMutablePointer<CChar>?> {
                let list = paths.map { UnsafeMutablePointer(mutating: text($0.utf8)) } + [nil]
                return array(list).assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self)
            }
            if let paths = rules.writable { raw.arguments = list(paths) }
            if let paths = rules.readable { raw.variables = list(paths) }
        case .emptySignalMask: operation(CNS_EMPTY_SIGNAL_MASK)
        case .filter(let name):
            operation(CNS_FILTER)
            let program = filters[name]
            (raw.list, raw.a) = (UnsafeRawPointer(program.instructions), Int64(program.count))
        case .title(let title):
            operation(CNS_TITLE)
            raw.q = text(title.utf8)
        case .execute(let path):
            operation(CNS_EXECUTE)
            raw.q = text(path)
            (raw.arguments, raw.variables) = (UnsafePointer(image.arguments), UnsafePointer(image.variables))
        case .executeDescriptor(let descriptor):
            operation(CNS_EXECUTE_DESCRIPTOR)
            raw.a = Int64(descriptor)
            (raw.arguments, raw.variables) = (UnsafePointer(image.arguments), UnsafePointer(image.variables))
        case .exit(let code):
            operation(CNS_EXIT)
            raw.a = Int64(code)
        }
    }
}
