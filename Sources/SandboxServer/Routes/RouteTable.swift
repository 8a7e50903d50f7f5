import HTTPTypes
import Hummingbird

/// Which paths exist and which methods they take: what decides between 404 and 405 for a request that no route takes.
///
/// Filled from the router itself, so a route needs no second entry anywhere. A template's component is a literal, `{name}`
/// for one component of any content, or, as the last one, `**` for any number of further ones.
struct RouteTable: Sendable {
    private struct Row: Sendable {
        var components: [Component]
        var methods: Set<HTTPRequest.Method>
    }

    private enum Component: Sendable, Equatable {
        case literal(String)
        case any
        case rest
    }

    private var rows: [Row] = []

    /// An empty table.
    init() {}

    /// The routes that the router has by now. HEAD goes wherever GET does.
    init(_ router: Router<SandboxContext>) {
        for route in router.routes { add(route.path.description, route.method) }
    }

    /// Adds one method of one template.
    mutating func add(_ template: String, _ method: HTTPRequest.Method) {
        let components = Self.split(template).map { component -> Component in
            switch component {
            case "**": .rest
            case "*": .any
            case _ where component.hasPrefix("{") && component.hasSuffix("}"): .any
            default: .literal(String(component))
            }
        }
        let methods: Set<HTTPRequest.Method> = method == .get ? [.get, .head] : [method]
        if let index = rows.firstIndex(where: { $0.components == components }) {
            rows[index].methods.formUnion(methods)
        } else {
            rows.append(Row(components: components, methods: methods))
        }
    }

    /// The methods of the template that the router chooses for the path; nil if no template matches it. Where two differ
    /// first, it prefers the literal, and never looks for a method at the other.
    func methods(for path: String) -> Set<HTTPRequest.Method>? {
        let components = Self.split(path)
        let matching = rows.filter { Self.matches($0.components, components) }
        return matching.max { Self.ranks($0).lexicographicallyPrecedes(Self.ranks($1)) }?.methods
    }

    /// The value of `Allow` for the path, sorted; nil if no template matches it.
    func allow(for path: String) -> String? {
        methods(for: path)?.map(\.rawValue).sorted().joined(separator: ", ")
    }

    /// Comparable component by component; the end of a template comes before any number of further components.
    private static func ranks(_ row: Row) -> [Int] {
        row.components.map { component in
            switch component {
            case .literal: 3
            case .any: 2
            case .rest: 0
            }
        } + [1]
    }

    private static func matches(_ template: [Component], _ path: [Substring]) -> Bool {
        if template.last == .rest {
            guard path.count >= template.count - 1 else { return false }
            return zip(template.dropLast(), path).allSatisfy(matches)
        }
        return template.count == path.count && zip(template, path).allSatisfy(matches)
    }

    private static func matches(_ component: Component, _ text: Substring) -> Bool {
        switch component {
        case .literal(let literal): literal == text
        case .any, .rest: true
        }
    }

    private static func split(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: true)
    }
}
