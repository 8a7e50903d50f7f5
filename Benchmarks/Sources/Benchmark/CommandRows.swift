import HelperProtocol

/// The same command in every way there is, one after the other, again and again.
enum CommandRows {
    static func measure(_ settings: Settings, _ pair: PairProcess, _ workspace: Workspace) async throws -> [[String]] {
        let helper = try await HelperExec(workspace.socket)
        let http = try HTTPConnection(port: pair.port)
        var plain = Samples()
        var user = Samples()
        var secure = Samples()
        var httpUser = Samples()
        var httpSecure = Samples()
        let warmUp = max(20, settings.runs / 10)
        let clock = ContinuousClock()
        for round in -warmUp..<settings.runs {
            let times = (
                try clock.measure { try PlainSpawn.run(settings.shell) },
                try await clock.measure { try await helper.run(settings.shell, in: .user) },
                try await clock.measure { try await helper.run(settings.shell, in: .secure) },
                try clock.measure { try http.execute(in: "user") },
                try clock.measure { try http.execute(in: "secure") }
            )
            guard round >= 0 else { continue }
            plain.add(times.0)
            user.add(times.1)
            secure.add(times.2)
            httpUser.add(times.3)
            httpSecure.add(times.4)
        }
        func row(_ name: String, _ samples: Samples, against user: Samples?) -> [String] {
            let half = samples.quantile(0.5)
            return [
                name, samples.text(0.5), samples.text(0.99), (half / plain.quantile(0.5)).text(2) + " x",
                user.map { (half / $0.quantile(0.5)).text(2) + " x" } ?? "",
            ]
        }
        return [
            row("posix_spawn, pipes, wait", plain, against: nil),
            row("user, over the helper's socket", user, against: user),
            row("secure, over the helper's socket", secure, against: user),
            row("user, over HTTP", httpUser, against: httpUser),
            row("secure, over HTTP", httpSecure, against: httpUser),
        ]
    }
}
