#if WEAKENED
    import HelperProtocol

    extension Weakness {
        /// What kind of child a list of steps makes.
        private enum Role {
            case namespaceInit, userCommand, cell, other

            init(_ steps: [Step]) {
                let isCommand = steps.contains { if case .forkInit = $0 { true } else { false } }
                self =
                    isCommand
                    ? steps.contains(.newMountNamespace) ? .cell : .userCommand
                    : steps.contains { if case .reapForEver = $0 { true } else { false } } ? .namespaceInit : .other
            }
        }

        /// The steps of one child without what is left out.
        static func steps(_ steps: [Step]) -> [Step] {
            let role = Role(steps)
            let mount = steps.lazy.compactMap { step -> Int32? in
                if case .joinNamespace(let descriptor, .mount) = step { descriptor } else { nil }
            }.first
            let control = steps.lazy.compactMap { step -> UInt32? in
                guard case .forkInit(let parent) = step else { return nil }
                return parent.lazy.compactMap { if case .userID(let uid) = $0 { uid } else { nil } }.first
            }.first
            return steps.compactMap { step in
                if case .descriptors(let list) = step, list.count == 3, let mount, lacks(.closedDescriptors) {
                    return .descriptors(list + [mount])
                }
                return keep(step, role, control)
            }
        }

        private static func keep(_ step: Step, _ role: Role, _ control: UInt32?) -> Step? {
            switch (step, role) {
            case (.userID, .userCommand) where lacks(.userID): control.map { .userID($0) }
            case (.verifyIdentity(_, _, let gid, let bounding, _), .userCommand) where lacks(.userID):
                control.map { .verifyIdentity(uid: $0, gid: gid, boundingIsEmpty: bounding) }
            case (.filter, .userCommand), (.filter, .cell): lacks(.systemCallFilter) ? nil : step
            case (.noNewPrivileges, .userCommand), (.noNewPrivileges, .cell): lacks(.noNewPrivileges) ? nil : step
            case (.landlock, _): lacks(.landlockScope) ? nil : step
            case (.resourceLimit(let limit), _): .resourceLimit(weakened(limit))
            case (.mask(let path), _): isUncovered(path) ? nil : step
            case (.mountAttributes(let path, let set, let clear, let wholeTree), _) where lacks(.noSetUID):
                .mountAttributes(path, set: set.subtracting(.noSUID), clear: clear, wholeTree: wholeTree)
            case (.mount(let source, let target, let type, let flags, let data), _):
                isLeftOut(target, type, role)
                    ? nil : .mount(source: source, target: target, type: type, flags: flags, data: weakened(data, type))
            default: step
            }
        }

        private static func weakened(_ limit: ResourceLimit) -> ResourceLimit {
            guard limit.resource == .coreFile, lacks(.coreLimit) else { return limit }
            return ResourceLimit(resource: .coreFile, soft: ResourceLimit.unlimited, hard: ResourceLimit.unlimited)
        }

        private static func isUncovered(_ path: String) -> Bool {
            path.hasPrefix("/proc/") || path.hasPrefix("/sys/") ? lacks(.procMasks) : lacks(.hiddenPaths)
        }

        private static func isLeftOut(_ target: String, _ type: String, _ role: Role) -> Bool {
            switch role {
            case .cell: type != "proc" && lacks(.cellMounts)
            case .namespaceInit: target == "/run" && lacks(.privateRun)
            default: false
            }
        }

        private static func weakened(_ data: String, _ type: String) -> String {
            guard type == "tmpfs" || type == "devpts", lacks(.mountLimits) else { return data }
            return data.split(separator: ",").filter { option in
                !["size=", "nr_inodes=", "max="].contains { option.hasPrefix($0) }
            }.joined(separator: ",")
        }
    }
#endif
