import Crypto
import DAP
import Foundation
import Ledger
import LedgerFixtures
import Testing
import TransparencyLog

/// P4's true condition: nobody but the leader can bring its conviction about, and nobody but it can prevent it for ever.
///
/// Every lie that a party other than the leader can tell is told alone and together with every other one, before and after
/// the deadline, about an honest leader and about one that left the report out.
@Suite struct PromiseLiarTests {
    private static let deadline: UInt64 = 1_800_000_000
    private static let upload = deadline - UploadPromise.period

    /// What somebody else than the leader does.
    private enum Lie: CaseIterable {
        /// The helper dates its cosignatures a year back, or ahead.
        case helperBackdates, helperPostdates
        /// An independent witness does.
        case witnessBackdates, witnessPostdates
        /// Whoever serves the log shows a checkpoint from before the report was logged, freshly cosigned.
        case mirrorServesTheOldLog
        /// The leader's time is cut out of the checkpoint.
        case timeIsCutOut
        /// Somebody states a late time in the leader's name.
        case strangerStatesATime
        /// A line that names the leader's key and does not hold.
        case brokenTime
        /// The contributor keeps another deadline beside the leader's signature.
        case contributorForgesTheDeadline
        /// The entries are hidden.
        case tilesAreMissing
        /// The judge's own clock is far ahead.
        case judgeIsAhead
    }

    /// A log with both its checkpoints: without and with the end of the promised report.
    private struct World {
        var log: LogFixture
        let independent: Cosigner
        let policy: LogPolicy
        let held: HeldPromise
        let omitted: Bool

        init(omitting: Bool) throws {
            var log = try LogFixture()
            independent = try Cosigner(name: "independent.example")
            policy = try LogPolicy(
                parsing: Array(
                    """
                    log \(log.logSigner.verifier.vkey)
                    witness helper \(log.witness.verifier.vkey)
                    witness other \(independent.verifier.vkey)
                    group both all helper other
                    quorum both

                    """.utf8))
            let fixed = log
            let contributions = try [[1, 2, 3], [4, 5, 6], [7, 8, 9]].map { try fixed.contribution($0) }
            let entries = contributions.map(\.entry.withoutBatch)
            let promise = try UploadPromise(
                entries: entries, taskID: log.task.taskID, deadline: deadline, origin: log.logSigner.verifier.name,
                key: log.leaderKey)
            held = try promise.held(for: entries, configuration: log.task.configuration.encoding)[1]
            omitted = omitting
            log.logReports(omitting ? [contributions[0], contributions[2]] : contributions)
            self.log = log
        }

        /// What the judge is shown, given these lies, at a time that honest clocks show.
        func judge(_ lies: Set<Lie>, at now: UInt64) async throws -> PromiseVerdict? {
            var log = log
            log.entries = lies.contains(.mirrorServesTheOldLog) ? [log.entries[0]] : log.entries
            let copy = try LogFixture.rewritten(log) { _ in }
            defer { copy.removeFiles() }
            var writer = try TileWriter(directory: copy.directory)
            let head = try writer.append(entries: copy.entries, startingAt: 0)
            let checkpoint = try Checkpoint(origin: log.logSigner.verifier.name, size: head.size, root: head.root)
            var signed = try SignedCheckpoint(checkpoint, signedBy: log.logSigner)
            // An honest leader signed the old tree before it took the report, and never again; a dishonest one signs
            // what it shows when it shows it.
            let isOld = lies.contains(.mirrorServesTheOldLog)
            let stated = isOld ? upload - 10 : now
            if !lies.contains(.timeIsCutOut) { try signed.append(try log.stated(stated, on: checkpoint)) }
            if lies.contains(.strangerStatesATime) {
                try signed.append(
                    try Cosigner(name: log.logSigner.verifier.name, seed: [UInt8](repeating: 7, count: 32)).cosign(
                        checkpoint, timestamp: deadline + 1_000))
            }
            if lies.contains(.brokenTime) {
                let other = try Checkpoint(
                    origin: log.logSigner.verifier.name, size: head.size + 1, root: head.root)
                try signed.append(try log.stated(deadline + 1_000, on: other))
            }
            func time(_ back: Lie, _ ahead: Lie) -> UInt64 {
                lies.contains(back) ? now - 31_536_000 : lies.contains(ahead) ? now + 31_536_000 : now
            }
            try signed.append(
                try log.witness.cosign(checkpoint, timestamp: time(.helperBackdates, .helperPostdates)))
            try signed.append(
                try independent.cosign(checkpoint, timestamp: time(.witnessBackdates, .witnessPostdates)))
            try writer.publish(signed)
            if lies.contains(.tilesAreMissing) {
                try FileManager.default.removeItem(atPath: copy.directory + "/tile")
            }
            var file = held.serialized()
            if lies.contains(.contributorForgesTheDeadline) {
                file = Array(
                    String(decoding: file, as: UTF8.self).replacingOccurrences(
                        of: "deadline \(deadline)", with: "deadline 5"
                    ).utf8)
            }
            return try? await PromiseJudge(source: copy.source, policy: policy).judge(
                file: file, now: lies.contains(.judgeIsAhead) ? now + 31_536_000 : now)
        }
    }

    private static var combinations: [Set<Lie>] {
        let lies = Array(Lie.allCases)
        return [[]] + lies.map { [$0] }
            + lies.indices.flatMap { first in lies[(first + 1)...].map { [lies[first], $0] } }
    }

    @Test func noHonestLeaderIsEverConvictedByOneOrTwoLiars() async throws {
        let world = try World(omitting: false)
        defer { world.log.removeFiles() }
        var kept = 0
        for lies in Self.combinations {
            for now in [Self.upload, Self.deadline, Self.deadline + 1, Self.deadline + 100_000_000] {
                let verdict = try await world.judge(lies, at: now)
                if case .broken? = verdict { Issue.record("convicted by \(lies) at \(now): \(verdict as Any)") }
                if case .kept? = verdict { kept += 1 }
            }
        }
        // The verdict is not empty: without lies about the log itself the promise is found kept.
        #expect(kept > Self.combinations.count)
    }

    @Test func aLeaderThatLeftTheReportOutIsConvictedByItsOwnSignaturesWhateverTheWitnessesSay() async throws {
        let world = try World(omitting: true)
        defer { world.log.removeFiles() }
        let harmless: Set<Lie> = [
            .helperBackdates, .helperPostdates, .witnessBackdates, .witnessPostdates, .strangerStatesATime,
            .brokenTime, .judgeIsAhead,
        ]
        for lies in Self.combinations where lies.isSubset(of: harmless) {
            guard case .broken? = try await world.judge(lies, at: Self.deadline + 1) else {
                Issue.record("not convicted in spite of \(lies)")
                continue
            }
            // Not a second before.
            if case .broken? = try await world.judge(lies, at: Self.deadline) {
                Issue.record("convicted too early with \(lies)")
            }
        }
    }

    @Test func aTimeThatNoQuorumConfirmsIsNotAccepted() async throws {
        var log = try LogFixture()
        defer { log.removeFiles() }
        let key = Array(log.leaderKey.publicKey.rawRepresentation)
        for (apart, expected) in [
            (0, true), (LeaderTime.tolerance, true), (LeaderTime.tolerance + 1, false), (86_400, false),
        ] {
            log.leaderTime = log.cosignedAt + apart
            let checkpoint = try log.publish()
            let finding = LeaderTime.judge(checkpoint, leaderKey: key, policy: log.policy)
            #expect((finding == .confirmed(log.cosignedAt + apart)) == expected, "\(apart): \(finding)")
        }
        // A line in the leader's name that does not hold, and the same line twice, take nothing away.
        log.leaderTime = log.cosignedAt
        var checkpoint = try log.publish()
        let forgery = try log.stated(
            log.cosignedAt + 7,
            on: Checkpoint(origin: checkpoint.checkpoint.origin, size: 9, root: checkpoint.checkpoint.root))
        try checkpoint.append(forgery)
        try checkpoint.append(try log.stated(log.cosignedAt, on: checkpoint.checkpoint))
        #expect(LeaderTime.judge(checkpoint, leaderKey: key, policy: log.policy) == .confirmed(log.cosignedAt))
        log.leaderTime = nil
        #expect(LeaderTime.judge(try log.publish(), leaderKey: key, policy: log.policy) == .missing)
    }
}
