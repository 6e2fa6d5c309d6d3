import AggregatorNode
import Contributor
import DAP
import Encodings
import Foundation
import Ledger
import PostgresCluster
import SumDB
import Tasks
import Testing
import TransparencyLog

extension EndToEnd {
    /// What a contributor and an auditor can check with the nodes gone.
    @Suite struct ReceiptsAndAudit {
        @Test(arguments: TestStorage.both)
        func receiptsAndAuditHoldAndEveryLieIsNoticed(on storage: TestStorage) async throws {
            try await TestNodes.run(on: storage) { nodes in
                let task = try await collectedTask(nodes)
                try await checkReceipts(task, nodes)
                let policy = nodes.policyPath(task.name)
                try await expectVerified(log: "\(nodes.leader.url)/log", policy: policy)
                await nodes.stop()
                let log = nodes.leader.logFolder
                try await expectVerified(log: log, policy: policy)
                try await checkedByGo(task, log: log, policy: policy, nodes)
                try await expectOnlyThisLog(log: log, nodes)
                try await missingBlobsMeanUnverified(log: log, policy: policy, nodes)
                for role in ["leader", "helper"] {
                    try await falsifiedShareNamesItsSigner(role: role, policy: policy, nodes)
                }
                try await damagedLogIsRefused(log: log, policy: policy, nodes)
            }
        }

        /// A committed task with five reports of a CSV file, collected by the command line.
        private func collectedTask(_ nodes: TestNodes) async throws -> TaskFile {
            let task = try await nodes.createTask(
                "steps", "--vdaf", "sum", "--max-measurement", "50000", "--time-precision", "86400",
                "--min-batch-size", "3", "--max-batch-size", "100")
            let csv = "\(nodes.folder.path)/steps.csv"
            try "name,steps\nann,100\nbob,2000\ncat,30000\ndan,4\neve,0\n".write(
                toFile: csv, atomically: true, encoding: .utf8)
            let contribution = try await Cairn.succeed(
                "contribute", "--task", "steps", "--csv", csv, "--column", "steps", "--json", home: nodes.home)
            #expect((try contribution.json()["reports"] as? [Any])?.count == 5)

            let day = currentTime() / 86400 * 86400
            let collection = try await Cairn.succeed(
                "collect", "--task", "steps", "--hpke-key", nodes.collectorKeyFile, "--token", nodes.collectorTokenFile,
                "--interval", "\(day)..\(day + 86400)", "--json", home: nodes.home)
            let json = try collection.json()
            #expect(json["result"] as? [String] == ["32104"])
            #expect(json["count"] as? Int == 5)
            #expect(json["audited"] as? Bool == true, "\(json)")
            return task
        }

        private func checkReceipts(_ task: TaskFile, _ nodes: TestNodes) async throws {
            let fetched = try await Cairn.succeed(
                "receipt", "fetch", "--task", "steps", "--wait", "30", "--out", Self.receipts(nodes), "--json",
                home: nodes.home)
            let paths = try #require(try fetched.json()["files"] as? [String])
            #expect((try fetched.json()["fetched"] as? [String])?.count == 5)
            #expect(paths.count == 5)
            let listed = try await Cairn.succeed("receipt", "list", "--json", home: nodes.home)
            #expect((try listed.json()["reports"] as? [Any])?.count == 5)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: nodes.home).sorted()
                    == ["hpke-seen.json", "tasks", "uploads.lock", "wallet", "wallet.mark"])
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(nodes.home)/wallet")
            #expect(attributes[.posixPermissions] as? Int == 0o600)

            let policy = nodes.policyPath(task.name)
            for path in paths {
                try await Cairn.succeed("receipt", "verify", path, "--policy", policy)
            }
            let receipt = try String(contentsOfFile: paths[0], encoding: .utf8)
            let forged = "\(nodes.folder.path)/forged.tlog-proof"
            for (name, text, check) in Self.forgeries(of: receipt) {
                try text.write(toFile: forged, atomically: true, encoding: .utf8)
                let result = try await Cairn.run("receipt", "verify", forged, "--policy", policy, "--json")
                #expect(result.status == 1, "\(name)")
                let checks = try #require(try result.json()["checks"] as? [[String: Any]], "\(name)")
                #expect(checks.last?["check"] as? String == check, "\(name)")
                #expect(checks.last?["passed"] as? Bool == false, "\(name)")
            }
        }

        private static func receipts(_ nodes: TestNodes) -> String { "\(nodes.folder.path)/receipts" }

        /// Other people's code accepts the leader's log and the contributors' receipts, as they are on disk.
        private func checkedByGo(_ task: TaskFile, log: String, policy: String, _ nodes: TestNodes) async throws {
            let printed = try await SumDBProgram.run(["check", policy, log, Self.receipts(nodes)])
            #expect(printed.hasSuffix("inclusions 5 consistencies 0\n"), "\(printed)")
        }

        /// Receipts with one thing wrong, and the check that must say so.
        private static func forgeries(of receipt: String) -> [(name: String, text: String, check: String)] {
            let lines = receipt.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            func replacing(_ prefix: String, _ change: (String) -> String) -> String {
                lines.map { $0.hasPrefix(prefix) ? change($0) : $0 }.joined(separator: "\n")
            }
            let extra = lines.first { $0.hasPrefix("extra ") }?.dropFirst("extra ".count) ?? ""
            var entry = Base64.decode(extra) ?? []
            entry[entry.count - 1] ^= 1
            let leaderSignature = lines.firstIndex { $0.hasPrefix("— ") } ?? 0
            let witnessSignature = lines.lastIndex { $0.hasPrefix("— ") } ?? 0
            var unsigned = lines
            unsigned.remove(at: leaderSignature)
            var unwitnessed = lines
            unwitnessed.remove(at: witnessSignature)
            return [
                ("not a proof", "hello\n", "format"),
                ("no base64", replacing("extra ") { _ in "extra ?" }, "format"),
                ("no entry", receipt.replacing("extra \(extra)\n", with: ""), "entry"),
                ("an entry of no type", replacing("extra ") { _ in "extra " + Base64.encode([0]) }, "entry"),
                ("another commitment", replacing("extra ") { _ in "extra " + Base64.encode(entry) }, "log"),
                ("another index", replacing("index ") { $0 == "index 0" ? "index 1" : "index 0" }, "log"),
                ("no log signature", unsigned.joined(separator: "\n"), "log"),
                ("no witness", unwitnessed.joined(separator: "\n"), "log"),
            ]
        }

        private func expectVerified(log: String, policy: String) async throws {
            let audit = try await Cairn.run("audit", "--log", log, "--policy", policy, "--json")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            let batches = try #require(try audit.json()["batches"] as? [[String: Any]])
            #expect(batches.map { $0["verdict"] as? String } == ["verified"])
            #expect(batches.map { $0["result"] as? [String] } == [["32104"]])
            #expect(batches.map { $0["count"] as? Int } == [5])
        }

        /// Another log's policy does not accept this log.
        private func expectOnlyThisLog(log: String, _ nodes: TestNodes) async throws {
            let key = "\(nodes.folder.path)/other.skey"
            try await Cairn.succeed("keygen", "log", "--name", "test.example/log", "--out", key)
            let vkey = try String(contentsOfFile: key + ".pub", encoding: .utf8)
            let policy = "\(nodes.folder.path)/other.policy"
            try "log \(vkey)quorum none\n".write(toFile: policy, atomically: true, encoding: .utf8)
            let audit = try await Cairn.run("audit", "--log", log, "--policy", policy)
            #expect(audit.status == 2)
            #expect(audit.errors.contains("policy"))
        }

        private func missingBlobsMeanUnverified(log: String, policy: String, _ nodes: TestNodes) async throws {
            let copy = "\(nodes.folder.path)/log-without-blobs"
            try FileManager.default.copyItem(atPath: log, toPath: copy)
            for blob in try FileManager.default.contentsOfDirectory(atPath: "\(copy)/blob") {
                try FileManager.default.removeItem(atPath: "\(copy)/blob/\(blob)")
            }
            let audit = try await Cairn.run("audit", "--log", copy, "--policy", policy, "--json")
            #expect(audit.status == 2)
            #expect(try audit.json()["outcome"] as? String == "unverified")
            let batch = try #require((try audit.json()["batches"] as? [[String: Any]])?.first)
            #expect(batch["verdict"] as? String == "unverified")
            #expect(batch["culprits"] as? [String] == [])
        }

        /// All keys are the real ones; only the sum is a lie.
        private func falsifiedShareNamesItsSigner(role: String, policy: String, _ nodes: TestNodes) async throws {
            let folder = "\(nodes.folder.path)/falsified-\(role)"
            try await falsify(role == "leader" ? .leader : .helper, at: folder, nodes)
            let audit = try await Cairn.run("audit", "--log", folder, "--policy", policy, "--json")
            #expect(audit.status == 1)
            let batch = try #require((try audit.json()["batches"] as? [[String: Any]])?.first, "\(audit.errors)")
            #expect(batch["verdict"] as? String == "failed")
            #expect(batch["culprits"] as? [String] == [role])
        }

        private func falsify(_ role: Role, at folder: String, _ nodes: TestNodes) async throws {
            let leader = try NodeKeys.load(try NodeConfiguration.load(path: nodes.leader.configuration))
            let helper = try NodeKeys.load(try NodeConfiguration.load(path: nodes.helper.configuration))
            guard let logKey = leader.log, let witness = helper.witness else {
                Issue.record("the nodes' note keys have the wrong roles")
                return
            }
            let source = DirectoryTileSource(directory: nodes.leader.logFolder)
            let original = try await LogReader.fetchCheckpoint(from: source).checkpoint
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "\(nodes.leader.logFolder)/blob", toPath: "\(folder)/blob")
            var entries: [[UInt8]] = []
            for try await leaf in LogReader(source: source, head: original.head).entries(0..<original.size) {
                guard case .batch(var batch) = try LedgerEntry(decoding: leaf.bytes) else {
                    entries.append(leaf.bytes)
                    continue
                }
                let statement = role == .leader ? batch.leader : batch.helper
                var share = try await source.tile(path: Blob.path(hash: statement.shareHash))
                share[0] ^= 1
                try Data(share).write(to: URL(fileURLWithPath: "\(folder)/\(Blob.path(hash: Blob.hash(share)))"))
                let lie = try Statement(
                    role: role, terms: statement.terms, shareHash: Blob.hash(share),
                    key: role == .leader ? leader.statement : helper.statement)
                batch = BatchEntry(
                    leader: role == .leader ? lie : batch.leader, helper: role == .helper ? lie : batch.helper)
                entries.append(LedgerEntry.batch(batch).encoded())
            }
            var writer = try TileWriter(directory: folder)
            let head = try writer.append(entries: entries, startingAt: 0)
            let checkpoint = try Checkpoint(origin: original.origin, size: head.size, root: head.root)
            var signed = try SignedCheckpoint(checkpoint, signedBy: logKey)
            let clock = try Cosigner(name: original.origin, seed: Array(leader.statement.rawRepresentation))
            try signed.append(try clock.cosign(checkpoint, timestamp: currentTime()))
            try signed.append(try witness.cosign(checkpoint, timestamp: currentTime()))
            try writer.publish(signed)
        }

        /// One changed byte in an entry bundle.
        private func damagedLogIsRefused(log: String, policy: String, _ nodes: TestNodes) async throws {
            let copy = "\(nodes.folder.path)/damaged-log"
            try FileManager.default.copyItem(atPath: log, toPath: copy)
            let tiles =
                FileManager.default.enumerator(atPath: "\(copy)/tile/entries")?.compactMap { $0 as? String } ?? []
            for tile in tiles {
                let path = "\(copy)/tile/entries/\(tile)"
                guard var bytes = FileManager.default.contents(atPath: path), !bytes.isEmpty else { continue }
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: URL(fileURLWithPath: path))
            }
            let audit = try await Cairn.run("audit", "--log", copy, "--policy", policy)
            #expect(audit.status == 1)
            #expect(audit.output.contains("VERIFIED") == false)
        }
    }
}
