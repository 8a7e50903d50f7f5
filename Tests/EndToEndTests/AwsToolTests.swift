import FoundationEssentials
import HelperProtocol
import SandboxAPI
import SandboxTestSupport
import Testing

/// AWS CLI and boto3 in cells, against a server that checks every signature.
@Suite(.timeLimit(.minutes(20)))
struct AwsToolTests {
    /// What the server says when it has started.
    private struct Server: Decodable {
        var port: Int
        var key: String
        var secret: String
        var role: String

        var env: [String: String] {
            [
                "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)",
            ]
        }
    }

    private func with(_ body: (ToolBench, Server) async throws -> Void) async throws {
        let python = try TestPrograms.tools() + "/bin/python"
        try await OutsideServer.with([python, TestFile.path("Python/aws_server.py"), "bucket"]) { line in
            let server = try JSONDecoder().decode(Server.self, from: Data(line.utf8))
            try await ToolBench.with { try await body($0, server) }
        }
    }

    @Test func `AWS CLI copies to S3 and back with keys in env`() async throws {
        try await with { bench, server in
            let api = bench.pair.api
            _ = try await api.output("echo content > report.txt")
            _ = try await bench.cell(Recipe.named("aws-copy"), server.env)
            try await bench.expectNoTrace(of: [server.secret, server.key])
            #expect(
                try await api.output("cat copy.txt; stat -c %u copy.txt; rm copy.txt && echo gone")
                    == "content\n\(bench.pair.ids.user)\ngone"
            )
            let wrong = try await api.execute(
                bench.path + Recipe.named("aws-copy"),
                env: server.env.merging(["AWS_SECRET_ACCESS_KEY": "wrong"]) { $1 }
            )
            #expect(!wrong.success, "the server checks signatures")
            try await bench.expectPoison("AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=y aws s3 ls")
            try await bench.expectPoison("rm ~/.aws/cli/alias; aws --region us-east-1 sts get-caller-identity")
        }
    }

    @Test func `what AWS CLI keeps of an assumed role is gone with the cell`() async throws {
        try await with { bench, server in
            _ = try await bench.pair.api.output("echo content > report.txt")
            let text = try await bench.cell(
                """
                { \(Recipe.named("aws-role"))
                } >&2 && cat ~/.aws/cli/cache/*.json &&
                aws --profile deploy s3 cp --no-progress s3://bucket/assumed.txt assumed.txt >&2
                """,
                server.env.merging(["ROLE": server.role]) { $1 }
            )
            let cache = try JSONDecoder().decode([String: JSONText].self, from: Data(text.utf8))
            let assumed = try #require(cache["Credentials"]?.fields)
            let secrets = try ["SecretAccessKey", "SessionToken", "AccessKeyId"].map { try #require(assumed[$0]) }
            try await bench.expectNoTrace(of: secrets + [server.secret, server.key])
            #expect(try await bench.cell("ls -A ~", ["TOKEN": "x"]) == "")
            #expect(try await bench.pair.api.output("cat assumed.txt; rm assumed.txt") == "content")
        }
    }

    @Test func `a Python script with boto3 works with keys in env`() async throws {
        try await with { bench, server in
            let api = bench.pair.api
            // In the working directory and beside a script: modules that would be imported in the real ones' place.
            let planted = "import os; open('\(bench.stolen)', 'a').write(repr(dict(os.environ)))"
            _ = try await api.output(
                """
                mkdir job && echo 'import json, boto3; boto3.client("s3").delete_object(Bucket="bucket", Key="x")' > job/run.py
                for name in json boto3 sitecustomize; do echo "\(planted)" | tee $name.py > job/$name.py; done
                """
            )
            for command in [try Recipe.named("boto3"), "python3 job/run.py"] {
                _ = try await bench.cell(command, server.env)
                try await bench.expectNoTrace(of: [server.secret, server.key])
            }
            #expect(
                try await api.output("cat data.json; echo; stat -c %u data.json; rm data.json")
                    == "{\"number\": 42}\n\(bench.pair.ids.user)"
            )
            try await bench.expectPoison("python3 job/run.py")
            try await bench.expectPoison("echo 'import json' | python3 -")
        }
    }
}

/// A JSON value of which texts in an object matter.
private enum JSONText: Decodable {
    case object([String: String])
    case other

    var fields: [String: String]? { if case .object(let fields) = self { fields } else { nil } }

    init(from decoder: any Decoder) throws {
        let fields = try? decoder.singleValueContainer().decode([String: String].self)
        self = fields.map(Self.object) ?? .other
    }
}
