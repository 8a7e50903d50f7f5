import CNamespaceShim
import Glibc
import HelperProtocol

/// The BPF programs of all policies, built once at start and never changed: libseccomp allocates, so it
/// must not run in a child.
struct FilterSet: ~Copyable {
    /// One program in C memory.
    struct Program {
        let instructions: UnsafeMutableRawPointer
        let count: Int
    }

    /// Larger than any of the policies needs; the kernel's own limit is 4096 (BPF_MAXINSNS).
    private static let capacity = 4096
    private let programs: [Program]

    /// Builds every program.
    init() throws(HelperFailure) {
        var programs: [Program] = []
        for name in FilterName.allCases { programs.append(try Self.build(name)) }
        self.programs = programs
    }

    deinit {
        for program in programs { program.instructions.deallocate() }
    }

    subscript(name: FilterName) -> Program { programs[name.rawValue] }

    private static func build(_ name: FilterName) throws(HelperFailure) -> Program {
        guard let filter = cns_filter_create(SystemCallPolicy.defaultError(name)) else {
            throw HelperFailure(.stepFailed, stage: .systemCallFilter, errno: ENOMEM)
        }
        defer { cns_filter_free(filter) }
        #if WEAKENED
            let rules = Weakness.rules(SystemCallPolicy.rules(name))
        #else
            let rules = SystemCallPolicy.rules(name)
        #endif
        for rule in rules {
            let conditions = rule.conditions.map(\.raw)
            for call in rule.names {
                // Calls that this architecture does not have cannot be made either.
                let number = cns_system_call(call)
                guard number >= 0 else { continue }
                try check(cns_filter_add(filter, number, rule.error, conditions, conditions.count))
            }
        }
        let instructions = UnsafeMutableRawPointer.allocate(byteCount: capacity * 8, alignment: 8)
        var count = 0
        let code = cns_filter_program(filter, cns_highest_system_call(), instructions, capacity, &count)
        if code != 0 { instructions.deallocate() }
        try check(code)
        return Program(instructions: instructions, count: count)
    }

    private static func check(_ code: Int32) throws(HelperFailure) {
        guard code == 0 else { throw HelperFailure(.stepFailed, stage: .systemCallFilter, errno: code) }
    }
}

extension SystemCallRule.Condition {
    fileprivate var raw: cns_condition {
        switch self {
        case .equal(let argument, let value):
            cns_condition(argument: argument, compare: CNS_EQUAL.rawValue, value: value, mask: 0)
        case .notEqual(let argument, let value):
            cns_condition(argument: argument, compare: CNS_NOT_EQUAL.rawValue, value: value, mask: 0)
        case .greater(let argument, let value):
            cns_condition(argument: argument, compare: CNS_GREATER.rawValue, value: value, mask: 0)
        case .masked(let argument, let mask, let value):
            cns_condition(argument: argument, compare: CNS_MASKED_EQUAL.rawValue, value: value, mask: mask)
        }
    }
}
