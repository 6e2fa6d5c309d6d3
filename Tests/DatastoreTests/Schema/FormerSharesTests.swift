import Crypto
import DAP
import Datastore
import Foundation
import Ledger
import TaskTypes
import Testing

/// What of a former database was shares: sealed now, and added up.
@Suite struct FormerSharesTests {
    private let vdaf: any TaskVDAF = {
        guard let vdaf = try? makeTaskVDAF(.count) else { fatalError("Prio3Count cannot be made") }
        return vdaf
    }()

    private func task(_ byte: UInt8) -> TaskID { TaskID(unchecked: [UInt8](repeating: byte, count: 32)) }

    private func number(_ share: [UInt8]) -> Int { share.reversed().reduce(0) { $0 << 8 | Int($1) } }

    /// The former sum of output shares, and how many they are.
    private func former(_ database: FormerDatabase, _ rows: String) throws -> (sum: Int, count: Int) {
        let shares = try database.rows("SELECT hex(output_share) FROM \(rows)").map { row in
            stride(from: 14, through: 0, by: -2).reduce(0) { sum, offset in
                let start = row[0].index(row[0].startIndex, offsetBy: offset)
                return sum << 8 | (Int(row[0][start...].prefix(2), radix: 16) ?? -1)
            }
        }
        return (shares.reduce(0, +), shares.count)
    }

    @Test func theSumsOfALeaderAreThoseOfItsFormerShares() async throws {
        let file = try FormerDatabase(.leader)
        _ = try file.migrate()
        let database = try NodeDatabase.open(path: file.file.path)
        let join =
            "former.leader_reports AS r JOIN former.leader_output_shares AS o USING (sequence) WHERE hex(r.task_id)"
        for byte: UInt8 in [0xA1, 0xC3] {
            let expected = try former(file, "\(join) = '\(String(repeating: String(format: "%02X", byte), count: 32))'")
            let batch = try await database.aggregateShare(
                task: task(byte), scope: .interval(Interval(start: 0, duration: 10_000)), vdaf: vdaf)
            #expect(number(batch.aggregateShare) == expected.sum)
            #expect(batch.summary.count == UInt64(expected.count))
            #expect(expected.count > 9)
        }
        var found = 0
        let batches = try file.rows(
            "SELECT hex(task_id), hex(batch_id) FROM former.leader_batches WHERE batch_id NOT NULL")
        for row in batches {
            let expected = try former(file, "\(join) = '\(row[0])' AND hex(r.batch_id) = '\(row[1])'")
            let (byte, id) = (try #require(UInt8(row[0].prefix(2), radix: 16)), try batchID(row[1]))
            let batch = try await database.aggregateShare(task: task(byte), scope: .batch(id), vdaf: vdaf)
            #expect(number(batch.aggregateShare) == expected.sum)
            #expect(batch.summary.count == UInt64(expected.count))
            found += expected.count
        }
        #expect(found > 9)
    }

    private func batchID(_ hex: String) throws -> BatchID {
        let bytes = stride(from: 0, to: hex.count, by: 2).map { offset in
            UInt8(hex[hex.index(hex.startIndex, offsetBy: offset)...].prefix(2), radix: 16)
        }
        return try #require(BatchID(bytes.compactMap { $0 }))
    }

    @Test func theSumsOfAHelperAreThoseOfItsFormerShares() async throws {
        let file = try FormerDatabase(.helper)
        _ = try file.migrate()
        let database = try NodeDatabase.open(path: file.file.path)
        for byte: UInt8 in [0xA1, 0xC3] {
            let hex = String(repeating: String(format: "%02X", byte), count: 32)
            let expected = try former(
                file, "former.helper_reports WHERE hex(task_id) = '\(hex)' AND output_share IS NOT NULL")
            let sum = try await database.sumHelperShares(
                task(byte), .interval(Interval(start: 0, duration: 10_000)), vdaf: vdaf)
            #expect(number(sum.aggregateShare) == expected.sum && sum.count == UInt64(expected.count))
            #expect(expected.count > 5)
        }
        for byte: UInt8 in [0xB2, 0xD4] {
            for batch: UInt8 in 1...3 {
                let hex = String(repeating: String(format: "%02X", byte), count: 32)
                let expected = try former(
                    file,
                    """
                    former.helper_reports WHERE hex(task_id) = '\(hex)' AND output_share IS NOT NULL
                        AND hex(batch_id) = '\(String(repeating: String(format: "%02X", batch), count: 32))'
                    """)
                let id = BatchID(unchecked: [UInt8](repeating: batch, count: 32))
                let sum = try await database.sumHelperShares(task(byte), .batch(id), vdaf: vdaf)
                #expect(number(sum.aggregateShare) == expected.sum && sum.count == UInt64(expected.count))
            }
        }
    }

    @Test func whatWaitsForAJobIsReadAsItWasUploaded() async throws {
        let file = try FormerDatabase(.leader)
        _ = try file.migrate()
        let database = try NodeDatabase.open(path: file.file.path)
        var found = 0
        for byte: UInt8 in [0xA1, 0xB2, 0xC3, 0xD4] {
            let waiting = try await database.waitingReports(
                task: task(byte), now: 1_000, limit: 99, payloadLimit: 1 << 20)
            for report in waiting {
                let former = try file.rows(
                    """
                    SELECT hex(metadata || x'FF' || public_share || x'FF' || input_share || x'FF' || helper_share)
                    FROM former.leader_payloads WHERE sequence = \(report.sequence)
                    """)
                let payload = report.payload
                let now = [payload.metadata, payload.publicShare, payload.inputShare, payload.helperShare]
                #expect(
                    former == [[now.joined(separator: [0xFF]).map { String(format: "%02X", $0) }.joined()]])
                found += 1
            }
        }
        #expect(found == 8)
    }

    /// A withdrawn report leaves the sum that the migration made.
    @Test func aReportCanLeaveItsFormerBatch() async throws {
        let file = try FormerDatabase(.helper)
        _ = try file.migrate()
        let database = try NodeDatabase.open(path: file.file.path)
        let scope = BatchScope.batch(BatchID(unchecked: [UInt8](repeating: 3, count: 32)))
        let before = try await database.sumHelperShares(task(0xB2), scope, vdaf: vdaf)
        #expect(number(before.aggregateShare) == 21 + 22 + 24 && before.count == 3)
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 5, count: 32))
        let withdrawal = try WithdrawalEntry(taskID: task(0xB2), reportID: Make.reportID(22), key: key)
        #expect(try await database.withdrawHelperReport(withdrawal, early: nil, vdaf: vdaf) == .withdrawn)
        let after = try await database.sumHelperShares(task(0xB2), scope, vdaf: vdaf)
        #expect(number(after.aggregateShare) == 21 + 24 && after.count == 2)
    }

    /// Neither the file nor what SQLite keeps beside it has an open share any more.
    @Test func noShareLiesOpenAfterwards() throws {
        let marker = Array("an input share that is easy to find".utf8)
        let hex = marker.map { String(format: "%02X", $0) }.joined()
        let file = try FormerDatabase(
            .leader,
            change: """
                UPDATE leader_payloads SET input_share = x'\(hex)';
                UPDATE leader_payloads SET helper_share = zeroblob(9000);
                """)
        #expect(try Data(contentsOf: URL(filePath: file.file.path)).firstRange(of: marker) != nil)
        let database = try NodeDatabase.open(path: file.file.path)
        for name in try FileManager.default.contentsOfDirectory(atPath: file.file.directory.path)
        where !name.contains("before-2") {
            let data = try Data(contentsOf: file.file.directory.appending(path: name))
            #expect(data.firstRange(of: marker) == nil, "\(name)")
        }
        try database.close()
    }

    /// A process that is killed before the file's checkpoint leaves that to the next one, which knows of it.
    @Test func theOpenSharesOfTheFileAreSaidToBeDue() async throws {
        let file = try FormerDatabase(.leader)
        let database = try NodeDatabase.open(path: file.file.path)
        let due = { @Sendable (session: Session) in try session.integer("SELECT COUNT(*) FROM scrubs_due") }
        #expect(try await database.engine.read(due) == 1)
        #expect(try await database.scrubIfDue())
        #expect(try await database.engine.read(due) == 0)
        try database.close()
    }

    /// Nobody could say what its reports add up to, so nothing is changed.
    @Test func aDamagedTaskWithReportsStopsTheMigration() throws {
        let file = try FormerDatabase(.leader, change: "UPDATE tasks SET configuration = x'00' WHERE name = 'task 161'")
        let before = try FormerDatabase.everything(file.file.path)
        let error = #expect(throws: DatastoreError.self) { try file.migrate() }
        #expect(error?.description.contains("end it with the version of cairn that wrote it") == true)
        #expect(try FormerDatabase.everything(file.file.path) == before)
    }
}
