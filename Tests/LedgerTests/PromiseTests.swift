import Crypto
import DAP
import Foundation
import Ledger
import LedgerFixtures
import Tasks
import Testing
import TransparencyLog

/// A promise is kept by one of three entries, and broken by everything that a leader might do instead.
@Suite struct PromiseTests {
    private static let deadline: UInt64 = 1_700_000_000

    /// A log, an upload of three reports and the promises that its contributor holds. The log's fixture is cosigned
    /// after the deadline.
    private struct Upload {
        var log: LogFixture
        let contributions: [LogFixture.Contribution]
        let held: [HeldPromise]

        init(key: Curve25519.Signing.PrivateKey? = nil, origin: String? = nil) throws {
            log = try LogFixture()
            let log = log
            contributions = try [[1, 2, 3], [4, 5, 6], [7, 8, 9]].map { try log.contribution($0) }
            let entries = contributions.map(\.entry.withoutBatch)
            let promise = try UploadPromise(
                entries: entries, taskID: log.task.taskID, deadline: deadline,
                origin: origin ?? log.logSigner.verifier.name, key: key ?? log.leaderKey)
            held = try UploadPromise(parsing: promise.note.serialized()).held(
                for: entries, configuration: log.task.configuration.encoding)
        }

        var id: ReportID { contributions[1].entry.metadata.reportID }

        /// The verdict on the second report's promise.
        func judge(now: UInt64 = deadline + 1) async throws -> PromiseVerdict {
            try log.publish()
            return try await PromiseJudge(source: log.source, policy: log.policy)
                .judge(file: held[1].serialized(), now: now)
        }

        func rejected(
            _ role: Role, _ key: Curve25519.Signing.PrivateKey
        ) throws -> LedgerEntry {
            .rejected(
                try RejectedEntry(
                    taskID: log.task.taskID, reportID: id, role: role, error: .vdafVerifyError, key: key))
        }

        func claimKey(_ seed: [UInt8]? = nil) throws -> Curve25519.Signing.PrivateKey {
            try ClaimKey.derive(seed: seed ?? log.seed, taskID: log.task.taskID, reportID: id)
        }
    }

    private func expectBroken(_ verdict: PromiseVerdict, _ remark: String, _ comment: Comment? = nil) {
        guard case .broken(Self.deadline, seen: 1_800_000_000, let reason) = verdict else {
            Issue.record("\(verdict)", sourceLocation: #_sourceLocation)
            return
        }
        #expect(reason.contains(remark), comment)
    }

    @Test func filesRoundTripAndEveryChangedByteIsNoticed() throws {
        let upload = try Upload()
        defer { upload.log.removeFiles() }
        let origin = upload.log.logSigner.verifier.name
        let key = Array(upload.log.leaderKey.publicKey.rawRepresentation)
        let file = upload.held[1].serialized()
        #expect(try HeldPromise(parsing: file) == upload.held[1])
        for position in file.indices {
            var changed = file
            changed[position] ^= 1
            #expect(throws: UploadPromise.Failure.self, "byte \(position)") {
                let held = try HeldPromise(parsing: changed)
                try held.promise.verify(leaderKey: key, origin: origin)
            }
        }
        for length in file.indices {
            #expect(throws: UploadPromise.Failure.self) { try HeldPromise(parsing: Array(file.prefix(length))) }
        }
    }

    @Test func aPromiseAboutOtherReportsIsNone() throws {
        let upload = try Upload()
        defer { upload.log.removeFiles() }
        let entries = upload.contributions.map(\.entry)
        let promise = upload.held[0].promise
        for wrong in [Array(entries.dropLast()), entries.reversed(), entries + [entries[0]], []] {
            #expect(throws: UploadPromise.Failure.otherReports(promised: 3)) {
                try promise.held(for: wrong, configuration: upload.log.task.configuration.encoding)
            }
        }
    }

    @Test func eachOfThreeEntriesKeepsIt() async throws {
        let upload = try Upload()
        defer { upload.log.removeFiles() }
        let withdrawal = try WithdrawalEntry(
            taskID: upload.log.task.taskID, reportID: upload.id, key: upload.claimKey())
        let endings: [(LedgerEntry, String)] = try [
            (.report(upload.contributions[1].entry), "report"),
            (upload.rejected(.leader, upload.log.leaderKey), "rejected"),
            (upload.rejected(.helper, upload.log.helperKey), "rejected"), (.withdrawal(withdrawal), "withdrawal"),
        ]
        for (entry, name) in endings {
            var log = upload
            log.log = try LogFixture.rewritten(upload.log) { $0.append(entry.encoded()) }
            defer { log.log.removeFiles() }
            #expect(try await log.judge() == .kept(by: name, index: 1))
        }
    }

    @Test func omissionConvictsOnceTheLeaderStatesATimeAfterTheDeadline() async throws {
        var upload = try Upload()
        defer { upload.log.removeFiles() }
        // All but the promised report.
        try upload.log.logHonestBatch([upload.contributions[0], upload.contributions[2]])
        expectBroken(try await upload.judge(), "does not have the report")
        // The leader's own word about the time decides, neither the judge's clock nor the witnesses'.
        expectBroken(try await upload.judge(now: 0), "does not have the report")
        upload.log.cosignedAt = 5
        expectBroken(try await upload.judge(now: 0), "does not have the report")
    }

    @Test func beforeThatItIsPendingOrOverdue() async throws {
        var upload = try Upload()
        defer { upload.log.removeFiles() }
        upload.log.cosignedAt = Self.deadline
        upload.log.leaderTime = Self.deadline
        #expect(try await upload.judge(now: Self.deadline) == .pending(deadline: Self.deadline))
        guard case .overdue(Self.deadline, _) = try await upload.judge(now: Self.deadline + 1) else {
            Issue.record("not overdue")
            return
        }
    }

    @Test func aSwappedClaimKeyOrCommitmentBreaksIt() async throws {
        let upload = try Upload()
        defer { upload.log.removeFiles() }
        // The leader's own claim key, over the contributor's commitments: credit would be the leader's.
        var stolen = upload.contributions[1].entry
        let thief = try ClaimKey.make(
            seed: [UInt8](repeating: 8, count: 32), taskID: stolen.taskID, reportID: upload.id,
            commitments: [stolen.leaderCommitment, stolen.helperCommitment])
        stolen.metadata = ReportMetadata(
            reportID: upload.id, time: stolen.metadata.time, publicExtensions: [thief.reportExtension])
        var swapped = upload.contributions[1].entry
        swapped.leaderCommitment = upload.contributions[0].entry.leaderCommitment
        for lie in [stolen, swapped] {
            var log = upload
            log.log = try LogFixture.rewritten(upload.log) { $0.append(LedgerEntry.report(lie).encoded()) }
            defer { log.log.removeFiles() }
            expectBroken(try await log.judge(), "another claim key")
        }
    }

    @Test func forgedEndingsDoNotKeepItAndFrameNobody() async throws {
        let upload = try Upload()
        defer { upload.log.removeFiles() }
        // A leader that says, in the helper's name, that the helper refused; or that the contributor left.
        let forgeries: [(LedgerEntry, String)] = try [
            (upload.rejected(.helper, upload.log.leaderKey), "without the helper's signature"),
            (
                .withdrawal(
                    try WithdrawalEntry(
                        taskID: upload.log.task.taskID, reportID: upload.id, key: upload.log.leaderKey)),
                "without its claim key's signature"
            ),
        ]
        for (entry, remark) in forgeries {
            var log = upload
            log.log = try LogFixture.rewritten(upload.log) { $0.append(entry.encoded()) }
            defer { log.log.removeFiles() }
            expectBroken(try await log.judge(), remark)
        }
    }

    @Test func aLeafBehindTheCloseDoesNotKeepIt() async throws {
        var upload = try Upload()
        defer { upload.log.removeFiles() }
        try upload.log.logHonestBatch([upload.contributions[0], upload.contributions[2]])
        upload.log.log(.report(upload.contributions[1].entry))
        expectBroken(try await upload.judge(), "counts for nothing")
    }

    @Test func aNoteByAnotherKeyConvictsNobody() async throws {
        for upload in try [Upload(key: Curve25519.Signing.PrivateKey()), Upload(origin: "example.org/elsewhere")] {
            defer { upload.log.removeFiles() }
            guard case .void = try await upload.judge() else {
                Issue.record("a stranger's note was taken for the leader's")
                continue
            }
        }
    }

    @Test func aStrangersLogSaysNothing() async throws {
        let (upload, other) = (try Upload(), try Upload())
        defer {
            upload.log.removeFiles()
            other.log.removeFiles()
        }
        try other.log.publish()
        let verdict = try await PromiseJudge(source: other.log.source, policy: other.log.policy)
            .judge(file: upload.held[0].serialized(), now: 0)
        guard case .unverified = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    @Test func aLeaderThatNeverLogsTheTaskIsConvictedAllTheSame() async throws {
        var upload = try Upload()
        defer { upload.log.removeFiles() }
        upload.log.entries = [LedgerEntry.unknown(type: 99, body: [1]).encoded()]
        upload.log.logReports(upload.contributions)
        expectBroken(try await upload.judge(), "does not even have its task")
    }

    @Test func aMissingTileGivesNoVerdict() async throws {
        let upload = try Upload()
        defer { upload.log.removeFiles() }
        try upload.log.publish()
        try FileManager.default.removeItem(atPath: upload.log.directory + "/tile/entries")
        let verdict = try await PromiseJudge(source: upload.log.source, policy: upload.log.policy)
            .judge(file: upload.held[1].serialized(), now: Self.deadline + 1)
        guard case .unverified(let reason) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(reason.contains("not complete"))
    }

    @Test func aFileOfVersion1IsJudgedByTheTaskInTheLog() async throws {
        var upload = try Upload()
        defer { upload.log.removeFiles() }
        let lines = String(decoding: upload.held[1].serialized(), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let first = (["cairn promise v1"] + lines.dropFirst(2)).joined(separator: "\n")
        let held = try HeldPromise(parsing: Array(first.utf8))
        #expect(held.configuration == nil && held.serialized() == Array(first.utf8))
        try upload.log.logHonestBatch([upload.contributions[0], upload.contributions[2]])
        try upload.log.publish()
        let judge = PromiseJudge(source: upload.log.source, policy: upload.log.policy)
        expectBroken(try await judge.judge(file: Array(first.utf8), now: 0), "does not have the report")
        // A later version is refused by its name.
        let later = first.replacingOccurrences(of: "promise v1", with: "promise v9")
        #expect(throws: UploadPromise.Failure.version("cairn promise v9")) {
            try HeldPromise(parsing: Array(later.utf8))
        }
    }

    @Test func deadlinesBeyondThePeriodAreNotBelieved() {
        let now: UInt64 = 1_800_000_000
        let latest = UploadPromise.latestDeadline(uploadedAt: now)
        #expect(latest == now + UploadPromise.period + LeaderTime.tolerance)
        #expect(UploadPromise.latestDeadline(uploadedAt: now, window: 600) == latest + 600)
        #expect(UploadPromise.latestDeadline(uploadedAt: .max - 5) == .max)
    }
}
