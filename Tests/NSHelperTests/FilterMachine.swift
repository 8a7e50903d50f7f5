import CNamespaceShim

@testable import NSHelper

/// Runs classic BPF the way the kernel runs a seccomp filter (bpf(4), seccomp(2)). Whatever the kernel would not
/// load, or could not run to its end, is an error here.
struct FilterMachine {
    enum Fault: Error {
        case outOfProgram, misplacedLoad, unknownInstruction(UInt16)
    }

    /// What a filter answers.
    enum Answer: Hashable {
        case allow, killProcess
        case error(Int32)
        case other(UInt32)

        init(_ value: UInt32) {
            switch value & 0xFFFF_0000 {
            case 0x7FFF_0000: self = .allow
            case 0x8000_0000: self = .killProcess
            case 0x0005_0000: self = .error(Int32(value & 0xFFFF))
            default: self = .other(value)
            }
        }
    }

    /// One call as the kernel shows it to a filter: `struct seccomp_data`.
    struct Call {
        var number: UInt32
        var architecture: UInt32
        var arguments: [UInt64]

        func word(_ offset: UInt32) -> UInt32? {
            guard offset % 4 == 0 else { return nil }
            switch offset {
            case 0: return number
            case 4: return architecture
            case 8, 12: return 0x1234_5678  // the instruction pointer, which no filter may care about
            case 16..<64:
                let index = Int(offset - 16) / 8
                let value = index < arguments.count ? arguments[index] : 0
                return UInt32(truncatingIfNeeded: offset % 8 == 0 ? value : value >> 32)
            default: return nil
            }
        }
    }

    /// One instruction: `struct sock_filter`.
    struct Instruction {
        var code: UInt16
        var whenTrue: UInt8
        var whenFalse: UInt8
        var constant: UInt32
    }

    let program: [Instruction]

    init(_ filter: FilterSet.Program) {
        program = (0..<filter.count).map { index in
            let start = filter.instructions + index * 8
            return Instruction(
                code: start.load(as: UInt16.self),
                whenTrue: start.load(fromByteOffset: 2, as: UInt8.self),
                whenFalse: start.load(fromByteOffset: 3, as: UInt8.self),
                constant: start.load(fromByteOffset: 4, as: UInt32.self)
            )
        }
    }

    func run(_ call: Call) throws(Fault) -> Answer {
        var accumulator: UInt32 = 0
        var position = 0
        // Jumps lead forward only, so this ends.
        while position < program.count {
            let next = program[position]
            position += 1
            switch next.code {
            case 0x20:  // LD W ABS
                guard let word = call.word(next.constant) else { throw .misplacedLoad }
                accumulator = word
            case 0x54: accumulator &= next.constant  // ALU AND K
            case 0x05: position += Int(next.constant)  // JMP JA
            case 0x15: position += Int(accumulator == next.constant ? next.whenTrue : next.whenFalse)  // JEQ K
            case 0x25: position += Int(accumulator > next.constant ? next.whenTrue : next.whenFalse)  // JGT K
            case 0x35: position += Int(accumulator >= next.constant ? next.whenTrue : next.whenFalse)  // JGE K
            case 0x45: position += Int(accumulator & next.constant != 0 ? next.whenTrue : next.whenFalse)  // JSET K
            case 0x06: return Answer(next.constant)  // RET K
            default: throw .unknownInstruction(next.code)
            }
        }
        throw .outOfProgram
    }
}

/// The real programs, built once for all tests.
enum Filters {
    #if arch(x86_64)
        static let native: UInt32 = 0xC000_003E
    #elseif arch(arm64)
        static let native: UInt32 = 0xC000_00B7
    #endif

    static let machines: Result<[FilterName: FilterMachine], any Error> = Result {
        let set = try FilterSet()
        var machines: [FilterName: FilterMachine] = [:]
        for name in FilterName.allCases { machines[name] = FilterMachine(set[name]) }
        return machines
    }

    static func answer(
        _ filter: FilterName,
        _ number: UInt32,
        _ arguments: [UInt64] = [],
        architecture: UInt32 = native
    ) throws -> FilterMachine.Answer? {
        let call = FilterMachine.Call(number: number, architecture: architecture, arguments: arguments)
        return try machines.get()[filter]?.run(call)
    }

    /// Of a call by name; nil if this architecture does not have it.
    static func answer(
        _ filter: FilterName,
        _ name: String,
        _ arguments: [UInt64] = []
    ) throws
        -> FilterMachine.Answer?
    {
        let number = cns_system_call(name)
        return number < 0 ? nil : try answer(filter, UInt32(number), arguments)
    }
}
