import FoundationEssentials
import SandboxAPI

/// Finds the number that is no whole one where a whole one is asked for: the decoder does not say which it is.
enum NumberSearch {
    /// Longer bodies are not searched.
    private static let bodyBytes = 65_536

    /// Names of the fields down to it; nil if the trouble is another.
    static func path<Value: Decodable>(to type: Value.Type, in data: Data) -> [String]? {
        guard data.count <= bodyBytes,
            let body = try? JSONDecoder().decode(JSONValue.self, from: data)
        else { return nil }
        let paths = numbers(body, [])
        // Without the vault, which gives each secret out once: what stands for a secret is as good a text here.
        let decoder = JSONDecoder()
        // Each costs a decoding of the whole.
        for index in paths.indices.prefix(16) {
            var left = index
            guard let other = try? JSONEncoder().encode(replaced(body, keeping: &left)) else { return nil }
            do {
                _ = try decoder.decode(type, from: other)
            } catch Swift.DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
                return paths[index]
            } catch {
                continue
            }
        }
        return nil
    }

    /// Where the numbers are that are no whole ones, in the order of ``replaced(_:keeping:)``.
    private static func numbers(_ value: JSONValue, _ path: [String]) -> [[String]] {
        switch value {
        case .number: [path]
        case .array(let values): values.flatMap { numbers($0, path) }
        case .object(let fields):
            fields.sorted { $0.key < $1.key }.flatMap { numbers($0.value, path + [$0.key]) }
        default: []
        }
    }

    /// The value with a whole number in the place of each other one but the one that is counted down to.
    private static func replaced(_ value: JSONValue, keeping left: inout Int) -> JSONValue {
        switch value {
        case .number:
            defer { left -= 1 }
            return left == 0 ? value : .integer(1)
        case .array(let values): return .array(values.map { replaced($0, keeping: &left) })
        case .object(let fields):
            let sorted = fields.sorted { $0.key < $1.key }
            return .object(
                Dictionary(uniqueKeysWithValues: sorted.map { ($0.key, replaced($0.value, keeping: &left)) })
            )
        default: return value
        }
    }
}
