import Contributor
import DAP
import Foundation
import TestPorts
import Testing
import TransparencyLog

extension EndToEnd {
    /// Witnesses that other people run, and what a monitor sees of a log.
    @Suite struct WitnessAndFsck {
        @Test func independentWitnessesVouchForTheLogAndFsckForItsFiles() async throws {
            try await TestNodes.run { nodes in
                let witnesses = try await startWitnesses(nodes)
                do {
                    try await collectUnder(witnesses, nodes)
                } catch {
                    for witness in witnesses { await witness.kill() }
                    throw error
                }
                for witness in witnesses { await witness.stop() }
            }
        }

        private func collectUnder(_ witnesses: [TestNode], _ nodes: TestNodes) async throws {
            let policy = try await policy(witnesses, nodes)
            try await policiesThatCannotWorkAreRefused(policy, nodes)
            // The first witness dies without warning: two of three still make the quorum.
            await witnesses[0].kill()
            try await collect(3, "first", policy, nodes)
            try await expectWhole(policy, nodes)
            // It comes back with what it remembers, and catches up; then another one may fail.
            try await witnesses[0].start()
            await witnesses[1].kill()
            try await collect(5, "second", policy, nodes)
            try await expectWhole(policy, nodes)

            let cosigned = try SignedCheckpoint(
                parsing: try await HTTPTransport().log(at: witnesses[0].url)
                    .tile(path: Witness.monitoringPath(origin: "test.example/log")))
            let published = try await LogReader.fetchCheckpoint(
                from: DirectoryTileSource(directory: nodes.leader.logFolder))
            #expect(cosigned.checkpoint == published.checkpoint)
            try await everyFaultHasItsExitCode(policy, nodes)
        }

        /// Three witnesses as `cairn witness run` starts them, one from a file and two from flags.
        private func startWitnesses(_ nodes: TestNodes) async throws -> [TestNode] {
            let log = try #require(try await NodeClient(url: nodes.leader.url).info().logVkey)
            let ports = try TestPorts.take(3)
            var witnesses: [TestNode] = []
            for (name, port) in zip(["north", "south", "west"], ports) {
                let folder = "\(nodes.folder.path)/\(name)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try await Cairn.succeed(
                    "keygen", "witness", "--name", "\(name).example", "--out", "\(folder)/witness.key")
                var command = [
                    "witness", "run", "--listen", "127.0.0.1:\(port)", "--key", "\(folder)/witness.key", "--data-dir",
                    "\(folder)/state", "--log", log,
                ]
                if name == "north" {
                    let yaml = """
                        listen: 127.0.0.1:\(port)
                        data_dir: state
                        key_file: witness.key
                        logs: ["\(log)"]
                        """
                    try yaml.write(toFile: "\(folder)/witness.yaml", atomically: true, encoding: .utf8)
                    command = ["witness", "run", "--config", "\(folder)/witness.yaml"]
                }
                let witness = TestNode(role: name, folder: folder, port: port, command: command)
                try await witness.start()
                witnesses.append(witness)
            }
            return witnesses
        }

        /// The helper and two of the three others must have cosigned.
        private func policy(_ witnesses: [TestNode], _ nodes: TestNodes) async throws -> String {
            let log = try #require(try await NodeClient(url: nodes.leader.url).info().logVkey)
            let helper = try #require(try await NodeClient(url: nodes.helper.url).info().witnessVkey)
            var lines = ["log \(log)", "witness helper \(helper)"]
            for witness in witnesses {
                let vkey = try String(contentsOfFile: "\(witness.folder)/witness.key.pub", encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
                lines.append("witness \(witness.role) \(vkey) \(witness.url)/")
            }
            lines += ["group others 2 north south west", "group all-of-them all helper others", "quorum all-of-them"]
            let path = "\(nodes.folder.path)/watched.policy"
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        /// Each lacks what would keep the log from ever being published.
        private func policiesThatCannotWorkAreRefused(_ policy: String, _ nodes: TestNodes) async throws {
            let text = try String(contentsOfFile: policy, encoding: .utf8)
            let lines = text.split(separator: "\n").map(String.init)
            func without(_ word: String) -> String {
                lines.filter { !$0.hasPrefix(word) }.joined(separator: "\n") + "\n"
            }
            let noURL = lines.map { line in
                line.hasPrefix("witness west") ? line.split(separator: " ").prefix(3).joined(separator: " ") : line
            }
            for (broken, word) in [
                (without("log "), "log"), (without("quorum "), "quorum"),
                (without("witness helper").replacing("all helper others", with: "all others"), "helper"),
                (noURL.joined(separator: "\n") + "\n", "west"),
            ] {
                let path = "\(nodes.folder.path)/broken.policy"
                try broken.write(toFile: path, atomically: true, encoding: .utf8)
                let result = try await Cairn.run(
                    [
                        "task", "create", "--name", "broken", "--leader", nodes.leader.url, "--helper",
                        nodes.helper.url, "--collector-config", "\(nodes.collectorKeyFile).pub", "--vdaf", "sum",
                        "--max-measurement", "9", "--min-batch-size", "2", "--max-batch-size", "2", "--policy", path,
                        "--out", nodes.folder.path,
                    ], home: nodes.home)
                #expect(result.status == 1 && result.errors.contains(word), "\(result.errors)")
            }
        }

        private func collect(
            _ value: UInt64, _ name: String, _ policy: String, _ nodes: TestNodes
        ) async throws {
            let task = try await nodes.createTask(
                name, "--vdaf", "sum", "--max-measurement", "9", "--batch-mode", "leader-selected",
                "--min-batch-size", "2", "--max-batch-size", "2", "--policy", policy)
            let client = try TaskClient(task: task)
            _ = try await client.upload(
                [.integer(value), .integer(value)], wallet: nodes.wallet(), time: currentTime())
            let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(180))
            #expect(outcome.value == .integer(UInt128(2 * value)))
        }

        private func expectWhole(_ policy: String, _ nodes: TestNodes) async throws {
            let audit = try await Cairn.run("audit", "--log", "\(nodes.leader.url)/log", "--policy", policy)
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            let fsck = try await fsck("\(nodes.leader.url)/log", policy, nodes)
            #expect(fsck.status == 0, "\(fsck.output)\(fsck.errors)")
            let json = try fsck.json()
            #expect(json["sound"] as? Bool == true && json["accepted"] as? Bool == true)
            #expect((json["entries"] as? [String: Int])?["report"] ?? 0 >= 2)
        }

        private func fsck(_ log: String, _ policy: String, _ nodes: TestNodes) async throws -> CommandResult {
            try await Cairn.run(
                "log", "fsck", log, "--policy", policy, "--seen", "\(nodes.folder.path)/seen", "--json")
        }

        private func everyFaultHasItsExitCode(_ policy: String, _ nodes: TestNodes) async throws {
            let seen = "\(nodes.folder.path)/seen"
            let remembered = try Data(contentsOf: URL(fileURLWithPath: seen))
            let copy = "\(nodes.folder.path)/copy"
            try FileManager.default.copyItem(atPath: nodes.leader.logFolder, toPath: copy)
            let blobs = try FileManager.default.contentsOfDirectory(atPath: "\(copy)/blob").sorted()
            let blob = "blob/" + (try #require(blobs.first))

            try Data([1]).write(to: URL(fileURLWithPath: "\(copy)/\(blob)"))
            try await expect(1, "inconsistent", blob, try await fsck(copy, policy, nodes))
            try FileManager.default.removeItem(atPath: "\(copy)/\(blob)")
            try await expect(2, "missing", blob, try await fsck(copy, policy, nodes))
            try await expect(2, "missing", "checkpoint", try await fsck(copy + "/blob", policy, nodes))
            #expect(try Data(contentsOf: URL(fileURLWithPath: seen)) == remembered, "a bad log is not remembered")

            // What was seen before had one entry more.
            let larger = try SignedCheckpoint(parsing: Array(remembered)).checkpoint
            let before = try SignedCheckpoint(
                Checkpoint(origin: larger.origin, size: larger.size + 1, root: larger.root),
                signedBy: try NoteSigner(name: larger.origin))
            try Data(before.serialized()).write(to: URL(fileURLWithPath: seen))
            let rewound = try await fsck("\(nodes.leader.url)/log", policy, nodes)
            try await expect(1, "inconsistent", "checkpoint", rewound)
            #expect(rewound.output.contains("rewound"))
        }

        private func expect(_ status: Int32, _ kind: String, _ path: String, _ result: CommandResult) async throws {
            #expect(result.status == status, "\(result.output)\(result.errors)")
            let fault = try #require(try result.json()["fault"] as? [String: Any])
            #expect(fault["kind"] as? String == kind && fault["path"] as? String == path)
        }
    }
}
