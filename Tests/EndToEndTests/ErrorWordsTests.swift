import AggregatorNode
import Contributor
import DAP
import Foundation
import Tasks
import TestPorts
import TestSupport
import Testing

extension EndToEnd {
    /// Every way in which a server can fail, and files that are none: people read words about what was seen, and never the
    /// names and numbers of the libraries below.
    @Suite struct ErrorWords {
        /// Names of types, numbers of the system, and places in sources.
        private static let forbidden = [
            #"[A-Z][A-Za-z]+(Error|Client|Exception)\b"#, #"errno"#, #"Error Domain"#, #"/Sources/"#, #"\.swift\b"#,
            #"\berror \d+"#, #"NIO"#, #"AsyncHTTP"#, #"BoringSSL"#, #"OPENSSL"#, #"SQLITE"#, #"SQLite error"#, #"GRDB"#,
            #"Yams"#, #"Optional\("#, #"code: \d"#, #"\u{1B}"#, #"nil\b"#, #"Swift\."#,
        ]

        static func expectWords(_ text: String, _ expected: String...) throws {
            for pattern in forbidden {
                let found = text.range(of: pattern, options: .regularExpression)
                #expect(found == nil, "'\(found.map { String(text[$0]) } ?? "")' in: \(text)")
            }
            for words in expected { #expect(text.contains(words), "'\(words)' is not in: \(text)") }
            #expect(!text.contains("\u{1B}"))
        }

        static func audit(_ url: String, _ options: String..., environment: [String: String] = [:]) async throws
            -> (result: CommandResult, seconds: Double)
        {
            let folder = try TemporaryFolder()
            let policy = "\(folder.path)/log.policy"
            let key = "\(folder.path)/log.skey"
            try await Cairn.succeed("keygen", "log", "--name", "test.example/log", "--out", key)
            let vkey = try String(contentsOfFile: key + ".pub", encoding: .utf8)
            try "log \(vkey)quorum none\n".write(toFile: policy, atomically: true, encoding: .utf8)
            let start = ContinuousClock.now
            let result = try await Cairn.run(
                ["audit", "--log", url, "--policy", policy] + options, environment: environment)
            return (result, (ContinuousClock.now - start) / .seconds(1))
        }

        @Test func everyFailureOfAServerHasWordsAndPermanentOnesEndAtOnce() async throws {
            try await OddServers.run { servers in
                let permanent: [(String, String)] = [
                    ("https://nowhere.invalid/log", "there is no host"),
                    ("http://127.0.0.1:99999/log", "ports are 1 to 65535"), ("http://[::1/log", "no host"),
                    (servers.url(.garbage), "does not speak HTTP"), (servers.url(.page404), "no log is there"),
                    (servers.url(.page401), "it wants a token"), (servers.url(.redirect), "not followed"),
                    (servers.url(.badRedirect), "does not speak HTTP"), (servers.url(.empty), "checkpoint"),
                    (servers.url(.wrongType), "checkpoint"), (servers.url(.noStatus), "does not speak HTTP"),
                    (servers.url(.page404).replacingOccurrences(of: "http://", with: ""), "there is no folder"),
                    (servers.url(.page404) + "/?x", "behind '?'"), ("", "there is no folder"),
                    (servers.url(.selfSigned), "vouches for its certificate"),
                    (servers.url(.good), "vouches for its certificate"),
                    (servers.url(.expired), "valid until 2020-02-01"), (servers.url(.notYet), "valid from 2098-01-01"),
                    (servers.url(.garbage).replacingOccurrences(of: "http:", with: "https:"), "TLS"),
                    (servers.url(.page404).replacingOccurrences(of: "http:", with: "https:"), "is it http://?"),
                    (servers.url(.good).replacingOccurrences(of: "https:", with: "http:"), "is it https://?"),
                ]
                for (url, words) in permanent {
                    let (result, _) = try await Self.audit(url, "--timeout", "600")
                    #expect([2, 64].contains(result.status), "\(url): \(result.status) \(result.errors)")
                    try Self.expectWords(result.errors, words)
                    #expect(!result.errors.contains("waiting for"), "it was tried again: \(result.errors)")
                }
                let passing: [(OddServers.Kind, String)] = [
                    (.hangUp, "broke off"), (.midBody, "broke off"), (.page503, "HTTP 503"),
                ]
                // Each waits most of the time, so all at once.
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (kind, words) in passing {
                        group.addTask {
                            let (result, seconds) = try await Self.audit(servers.url(kind), "--timeout", "3")
                            #expect(result.status == 2, "\(result.errors)")
                            try Self.expectWords(result.errors, words, "waiting for \(servers.url(kind))")
                            #expect(seconds < 18, "without the option it is 20")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test func whereNothingListensAFewTriesAreEnough() async throws {
            let port = try TestPorts.take(1)[0]
            let (result, seconds) = try await Self.audit("http://127.0.0.1:\(port)/log", "--timeout", "600")
            #expect(result.status == 2)
            try Self.expectWords(result.errors, "http://127.0.0.1:\(port)/log", "nothing listens there", "waiting for")
            #expect(seconds > 2 && seconds < 60, "\(seconds) s of ten minutes")
        }

        /// Everybody who sends something to a task's nodes meets the same servers.
        @Test func contributorsAndCollectorsReadTheSameWords() async throws {
            try await OddServers.run { servers in
                let folder = servers.folder.path
                try TestWallet.create(in: folder)
                try await Cairn.succeed("keygen", "hpke", "--out", "\(folder)/collector.key")
                try await Cairn.succeed("keygen", "token", "--out", "\(folder)/token")
                for kind in OddServers.Kind.allCases where kind != .proxy && kind != .page503 && kind != .hangUp {
                    try await Cairn.succeed(
                        "task", "create", "--name", kind.rawValue, "--uncommitted", "--plain", "--leader",
                        servers.url(kind), "--helper", servers.url(.page404) + "/helper", "--collector-config",
                        "\(folder)/collector.key.pub", "--vdaf", "count", "--batch-mode", "leader-selected",
                        "--min-batch-size", "10", "--out", folder, home: folder)
                    let commands = [
                        ["contribute", "--value", "1"],
                        ["collect", "--hpke-key", "\(folder)/collector.key", "--token", "\(folder)/token"],
                    ]
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for command in commands {
                            group.addTask {
                                let result = try await Cairn.run(
                                    command + ["--task", "\(folder)/\(kind.rawValue).task", "--timeout", "1"],
                                    home: folder)
                                #expect([1, 69, 75].contains(result.status), "\(kind) \(command[0]): \(result.status)")
                                #expect(result.errors.hasPrefix("cairn: "), "\(kind) \(command[0]): \(result.errors)")
                                try Self.expectWords(result.errors)
                            }
                        }
                        try await group.waitForAll()
                    }
                }
                // What no request could carry is no token, and nothing is waited for.
                for text in ["two words", "a\u{1B}[31m", "ä", "PRIVATE+KEY+example.org/log+1234abcd+AQ"] {
                    try "\(text)\n".write(toFile: "\(folder)/odd.token", atomically: true, encoding: .utf8)
                    let result = try await Cairn.run(
                        "collect", "--task", "\(folder)/good.task", "--hpke-key", "\(folder)/collector.key", "--token",
                        "\(folder)/odd.token", home: folder)
                    #expect(result.status == 1)
                    try Self.expectWords(result.errors, "odd.token does not hold a token")
                }
            }
        }

        /// The code alone would send people to look for the mistake in their data.
        @Test func aClockThatIsAheadIsSaidWithTheCodeInBrackets() async throws {
            try await TestNodes.run { nodes in
                let clock = try await SkewedClock(folder: nodes.folder.path)
                let task = try await nodes.createTask(
                    "clock", "--vdaf", "count", "--uncommitted", "--plain", "--batch-mode", "leader-selected",
                    "--min-batch-size", "10", "--time-precision", "1")
                let result = try await Cairn.run(
                    ["contribute", "--task", nodes.taskPath(task.name), "--value", "1"], home: nodes.home,
                    environment: clock.ahead(by: 7_200).compactMapValues(\.self))
                #expect(result.status == 1)
                try Self.expectWords(
                    result.errors, "your clock is 2 hours ahead of the node's [report_too_early]")
            }
        }

        /// What the leader has is shown while it is waited for, and where it is too little.
        @Test func collectorsReadWhatTheLeaderHas() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "few", "--vdaf", "count", "--committed", "--batch-mode", "leader-selected", "--min-batch-size", "2",
                    "--max-batch-size", "10")
                func collect(_ options: String...) async throws -> CommandResult {
                    try await Cairn.run(
                        [
                            "collect", "--task", nodes.taskPath(task.name), "--hpke-key", nodes.collectorKeyFile,
                            "--token", nodes.collectorTokenFile,
                        ] + options, home: nodes.home)
                }
                func contribute() async throws {
                    try await Cairn.succeed(
                        "contribute", "--task", nodes.taskPath(task.name), "--value", "1", home: nodes.home)
                }
                try await contribute()
                let start = ContinuousClock.now
                let few = try await collect()
                // What may still come is waited for, ten minutes long.
                #expect(few.status == 1 && ContinuousClock.now - start < .seconds(60))
                try Self.expectWords(few.errors, "[invalidBatchSize]", "the leader has 1 reports received")

                await nodes.helper.kill()
                async let waiting = collect("--timeout", "4", "--json")
                let late = try await waiting
                #expect(late.status == 75 || late.status == 1, "\(late.status): \(late.errors)")
                try Self.expectWords(late.errors, "the leader has 1 reports received")
                try await nodes.helper.start()
                try await contribute()
                let done = try await collect("--json")
                #expect(done.status == 0, "\(done.errors)")
                #expect(try done.json()["received"] as? Int == 2 && done.json()["pending"] as? Int == 0)
            }
        }

        @Test func fewDescriptorsEndWithAMessage() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for limit in [20, 24, 28, 32, 40] {
                    group.addTask {
                        let outcome = try await shell(
                            "ulimit -n \(limit); exec '\(try Cairn.path())' log fsck http://127.0.0.1:9/log --timeout 2"
                        )
                        #expect(outcome.status == 2, "\(limit): \(outcome.status) \(outcome.errors)")
                        let told = outcome.errors + outcome.output
                        try Self.expectWords(told)
                        #expect(told.contains("ulimit -n") || told.contains("nothing listens"), "\(limit): \(told)")
                    }
                }
                try await group.waitForAll()
            }
        }

        @Test func portsAboveTheLastAreRefusedWhereverTheyStand() async throws {
            let folder = try TemporaryFolder()
            let bad = "http://127.0.0.1:99999/"
            try await Cairn.succeed("keygen", "hpke", "--out", "\(folder.path)/c.key")
            for option in ["--leader", "--helper"] {
                let other = option == "--leader" ? "--helper" : "--leader"
                let result = try await Cairn.run(
                    "task", "create", "--name", "x", option, bad, other, "http://127.0.0.1:9/", "--collector-config",
                    "\(folder.path)/c.key.pub", "--vdaf", "count", "--min-batch-size", "10", "--max-batch-size", "10",
                    "--out", folder.path, home: folder.path)
                #expect(result.status == 64, "\(result.errors)")
                try Self.expectWords(result.errors, option, "ports are 1 to 65535")
            }
            for option in ["--public-url", "--peer-url"] {
                let other = option == "--public-url" ? "--peer-url" : "--public-url"
                let result = try await Cairn.run(
                    "node", "init", "--role", "leader", "--dir", "\(folder.path)/n\(option)", "--listen",
                    "127.0.0.1:8301", option, bad, other, "http://127.0.0.1:9/", "--log-origin", "test.example/log")
                #expect(result.status == 64)
                try Self.expectWords(result.errors, option, "ports are 1 to 65535")
            }
            let policy = "\(folder.path)/p"
            try await Cairn.succeed("keygen", "witness", "--name", "w.example", "--out", "\(folder.path)/w")
            let vkey = try String(contentsOfFile: "\(folder.path)/w.pub", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            try "witness w \(vkey) \(bad)\nquorum w\n".write(toFile: policy, atomically: true, encoding: .utf8)
            let audit = try await Cairn.run("audit", "--log", folder.path, "--policy", policy)
            #expect(audit.status == 2)
            try Self.expectWords(audit.errors, "policy line 1", "ports are 1 to 65535")

            let collector = HpkeKeyPair.generate(id: 1)
            for (leader, helper) in [(bad, "http://127.0.0.1:9/"), ("http://127.0.0.1:9/", bad)] {
                let configuration = try TaskConfiguration(
                    taskInfo: [1], leaderURL: leader, helperURL: helper, timePrecision: 60, minBatchSize: 10,
                    batchMode: .leaderSelected, vdaf: .count, taskInterval: nil, cairn: nil)
                let file = try TaskFile(
                    name: "bad", configuration: configuration, collectorHpkeConfig: collector.config, logPolicy: nil,
                    logURL: nil)
                try Data(file.json()).write(to: URL(fileURLWithPath: "\(folder.path)/bad.task"))
                let result = try await Cairn.run(
                    "contribute", "--task", "\(folder.path)/bad.task", "--value", "1", home: folder.path)
                #expect(result.status == 1)
                try Self.expectWords(result.errors, "ports are 1 to 65535")
            }
            await #expect(throws: ContributorError.self) { try await HTTPTransport().send(.init(.GET, bad)) }
        }

        private func shell(_ script: String) async throws -> CommandResult {
            let outcome = try await ChildProcessShell.run(script)
            return outcome
        }
    }
}
