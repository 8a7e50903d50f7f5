import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// psql and pg_dump in cells, against a real PostgreSQL that wants a password.
@Suite(.timeLimit(.minutes(20)))
struct PostgresToolTests {
    @Test func `psql and pg_dump work with a password in env`() async throws {
        let password = Canary.make()
        try await PostgresServer.with(password: password) { server in
            try await ToolBench.with { bench in
                let api = bench.pair.api
                let place = ["PGHOST": "127.0.0.1", "PGPORT": "\(server.port)", "PGDATABASE": "postgres"]
                let env = place.merging(["PGUSER": PostgresServer.role, "PGPASSWORD": password]) { $1 }
                _ = try await bench.cell(Recipe.named("postgres"), env)
                try await bench.expectNoTrace(of: [password])
                let user = "\(bench.pair.ids.user)"
                #expect(
                    try await api.output("cat fruit.csv; stat -c %u fruit.csv dump.sql")
                        == "1,apple\n2,pear\n\(user)\n\(user)"
                )
                #expect(
                    try await api.output("grep -c 'CREATE TABLE public.fruit' dump.sql && rm fruit.csv dump.sql") == "1"
                )

                let wrong = try await api.execute(
                    "psql -c 'select 1'",
                    env: env.merging(["PGPASSWORD": "wrong"]) { $1 }
                )
                #expect(!wrong.success && wrong.stderr.contains("password authentication failed"), "\(wrong.stderr)")
                let variables = place.map { "\($0)=\($1)" }.joined(separator: " ")
                _ = try await bench.cell("psql -q -c \"create role bait login password 'b4it'\"", env)
                try await bench.expectPoison("\(variables) PGUSER=bait PGPASSWORD=b4it psql -c 'select 1'")
            }
        }
    }
}
