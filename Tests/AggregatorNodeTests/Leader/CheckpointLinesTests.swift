import AggregatorNode
import Encodings
import Ledger
import Testing
import TransparencyLog

/// One checkpoint for the tasks of all peers: what one of them asks for must not cost another its quorum.
@Suite struct CheckpointLinesTests {
    private let log: NoteSigner
    private let checkpoint: SignedCheckpoint

    init() throws {
        log = try NoteSigner(name: "log.example")
        checkpoint = try SignedCheckpoint(
            Checkpoint(origin: "log.example", size: 3, root: [UInt8](repeating: 1, count: 32)), signedBy: log)
    }

    private func peer(_ name: String) throws -> PeerSettings {
        PeerSettings(
            url: try #require(BaseURL("https://\(name).example/")), pskFiles: [], tokenFiles: [], logOrigin: nil)
    }

    private func cosigners(_ count: Int, _ name: String) throws -> [Cosigner] {
        try (0..<count).map { try Cosigner(name: "\(name)\($0).example") }
    }

    /// A task whose quorum are all of its witnesses.
    private func task(_ name: String, _ witnesses: [Cosigner], threshold: String = "all") throws -> TaskPolicy {
        var text = "log \(log.verifier.vkey)\n"
        for (place, witness) in witnesses.enumerated() {
            // The first is the helper, which has no URL of its own.
            text += "witness w\(place) \(witness.verifier.vkey)\(place == 0 ? "" : " https://w\(place).example/")\n"
        }
        text += "group g \(threshold) \(witnesses.indices.map { "w\($0)" }.joined(separator: " "))\nquorum g\n"
        return TaskPolicy(try LogPolicy(parsing: Array(text.utf8)), peer: try peer(name))
    }

    private func signed(_ cosigners: [Cosigner], at time: UInt64 = 5) throws -> [VerifiedSignature] {
        try cosigners.flatMap { cosigner in
            var note = checkpoint
            try note.append(try cosigner.cosign(checkpoint.checkpoint, timestamp: time))
            return note.note.validSignatures(by: cosigner.verifier)
        }
    }

    private func carrying(_ policies: [TaskPolicy], _ cosigners: [Cosigner]) throws -> SignedCheckpoint {
        try CheckpointLines(policies, own: [log.verifier]).carrying(signed(cosigners), on: checkpoint)
    }

    @Test func aPolicyOfNinetyEightWitnessesLeavesTheOthersTheirQuorum() throws {
        let (many, few) = (try cosigners(98, "greedy"), try cosigners(2, "fair"))
        for threshold in ["all", "any"] {
            let policies = [try task("greedy", many, threshold: threshold), try task("fair", few)]
            #expect(policies[0].asked.count == LogPolicy.mostAsked && policies[0].asked[0].name == "w0")
            let carrying = try carrying(policies, many + few)
            #expect(policies[1].policy.evaluate(carrying).isAccepted)
            // Of its own it has what a leader asks for, whatever it names.
            #expect(policies[0].policy.evaluate(carrying).isAccepted == (threshold == "any"))
        }
    }

    /// Many tasks of one peer, each modest, are as many lines as one greedy one.
    @Test func manyTasksOfOnePeerLeaveTheOthersTheirPart() throws {
        let greedy = try (0..<20).map { try cosigners(10, "g\($0)-") }
        let others = try (0..<3).map { try cosigners(12, "o\($0)-") }
        let policies =
            try greedy.map { try task("greedy", $0) } + others.enumerated().map { try task("o\($0)", $1) }
        let lines = CheckpointLines(policies, own: [log.verifier])
        let carrying = try carrying(policies, greedy.flatMap(\.self) + others.flatMap(\.self))
        for policy in policies.suffix(3) { #expect(policy.policy.evaluate(carrying).isAccepted) }
        #expect(carrying.note.signatures.count <= SignedNote.maximumSignatures)
        // What the others leave over is the greedy one's: whole quorums first.
        #expect(policies.prefix(20).count { $0.policy.evaluate(carrying).isAccepted } == 6)
        #expect(lines.needs().map(\.lines) == [200, 12, 12, 12])
        #expect(CheckpointLines.part(of: 4) == 24)
    }

    @Test func aWitnessThatSignsOftenHasOneLine() throws {
        let (witness, other) = (try cosigners(1, "often"), try cosigners(1, "once"))
        let policies = [try task("a", witness), try task("b", other)]
        let lines = CheckpointLines(policies, own: [log.verifier])
        let often = try (1...99).flatMap { try signed(witness, at: $0) }
        var carrying = try lines.carrying(often + signed(other), on: checkpoint)
        #expect(carrying.note.signatures.count == 3)
        #expect(carrying.note.validSignatures(by: witness[0].verifier).map(\.timestamp) == [99])
        // And no more of them, round after round.
        for time in 100...110 as ClosedRange<UInt64> {
            carrying = try lines.carrying(
                lines.standing(on: carrying) + signed(witness, at: time), on: carrying)
        }
        #expect(carrying.note.signatures.count == 3)
        #expect(policies.allSatisfy { $0.policy.evaluate(carrying).isAccepted })
    }

    /// What nobody asked for has no place, whoever signed it.
    @Test func linesOfStrangersAreNotCarried() throws {
        let (witness, stranger) = (try cosigners(1, "w"), try cosigners(1, "s"))
        let carrying = try carrying([try task("a", witness)], witness + stranger)
        #expect(carrying.note.validSignatures(by: stranger[0].verifier).isEmpty)
        #expect(carrying.note.validSignatures(by: log.verifier).count == 1)
    }

    /// A checkpoint that has everything is the same one.
    @Test func nothingNewChangesNothing() throws {
        let witness = try cosigners(2, "w")
        let policies = [try task("a", witness)]
        let first = try carrying(policies, witness)
        let lines = CheckpointLines(policies, own: [log.verifier])
        #expect(try lines.carrying(lines.standing(on: first), on: first) == first)
    }

    /// The witnesses of two peers' tasks may be the same: their lines are needed once.
    @Test func sharedWitnessesTakeOneLineEach() throws {
        let shared = try cosigners(14, "shared")
        let helpers = try cosigners(7, "helper")
        let policies = try helpers.enumerated().map { try task("p\($0)", [$1] + shared) }
        let carrying = try carrying(policies, helpers + shared)
        #expect(carrying.note.signatures.count == 1 + 14 + 7)
        #expect(policies.allSatisfy { $0.policy.evaluate(carrying).isAccepted })
    }

    // MARK: Whom the tree stands still for

    private func needing(
        _ task: TaskPolicy, signed cosigners: [Cosigner], late: [Cosigner]
    ) throws -> Set<String> {
        StandingStill.peers(
            of: [task], on: try carrying([task], cosigners), late: Set(late.map(\.verifier)))
    }

    /// Whoever is late is waited for by a task that lacks nothing else.
    @Test func whoAnswersLateIsNeededWhereNothingElseIsMissing() throws {
        let all = try cosigners(3, "w")
        let three = try task("a", all)
        let late = [all[1], all[2]]
        #expect(try needing(three, signed: [all[0]], late: late) == [three.peer])
        #expect(try needing(three, signed: [all[0], all[1]], late: [all[2]]) == [three.peer])
        // One who never answers is missing besides.
        #expect(try needing(three, signed: [], late: late).isEmpty)
        #expect(try needing(three, signed: [all[0]], late: [all[1]]).isEmpty)
        #expect(try needing(three, signed: [all[0], all[1]], late: []).isEmpty)
        #expect(try needing(three, signed: all, late: late).isEmpty, "it has its quorum")
        let two = try task("b", all, threshold: "2")
        #expect(try needing(two, signed: [all[0]], late: late) == [two.peer])
        #expect(try needing(two, signed: [], late: [all[1]]).isEmpty)
        #expect(try needing(three, signed: [all[0]], late: cosigners(3, "stranger")).isEmpty)
    }

    @Test func aMovedHelperIsAskedWhereItIsNow() throws {
        var moved = try peer("new")
        moved.formerURLs = [try #require(BaseURL("https://old.example/api"))]
        let key = try Cosigner(name: "helper.example").verifier.vkey
        let text = "log \(log.verifier.vkey)\nwitness h \(key) https://old.example/api/witness\nquorum h\n"
        let task = TaskPolicy(try LogPolicy(parsing: Array(text.utf8)), peer: moved)
        #expect(task.prefix(of: task.asked[0]) == "https://new.example/witness")
    }
}

/// How long a checkpoint waits for whom.
@Suite struct WitnessPatienceTests {
    private let start = ContinuousClock.now

    private func standing(complete: Bool = false, publishable: Bool = true, awaited: Bool = true)
        -> WitnessPatience.Standing
    {
        .init(isComplete: complete, isPublishable: publishable, isAwaited: awaited)
    }

    @Test func withoutAnyQuorumARoundWaitsForWhoeverComes() {
        var patience = WitnessPatience(start: start)
        #expect(patience.end(standing(publishable: false), now: start + .seconds(60)) == nil)
        #expect(patience.end(standing(publishable: false, awaited: false), now: start) == nil)
    }

    @Test func oneWhoIsPromptIsWaitedForForABoundedTime() {
        var patience = WitnessPatience(start: start)
        #expect(patience.end(standing(), now: start + .milliseconds(10)) == start + WitnessPatience.longest)
        #expect(patience.end(standing(), now: start + .seconds(3)) == start + .seconds(3))
    }

    @Test func theSlowAndTheDeadCostNoMoreThanAMoment() {
        var patience = WitnessPatience(start: start)
        let now = start + .milliseconds(10)
        #expect(patience.end(standing(awaited: false), now: now) == now + WitnessPatience.grace)
        // The moment begins once.
        #expect(
            patience.end(standing(awaited: false), now: now + .milliseconds(200)) == now + WitnessPatience.grace)
    }

    /// It is asked one thing after the other, so the tree stands still for two answers, and no longer.
    @Test func whoAnswersLateIsWaitedForWhereSomebodyNeedsIt() {
        var patience = WitnessPatience(start: start)
        var needed = standing(awaited: false)
        needed.isNeeded = true
        let end = start + WitnessPatience.longestForLate
        #expect(WitnessPatience.longestForLate > WitnessPatience.longest)
        #expect(patience.end(needed, now: start + .milliseconds(10)) == end)
        #expect(patience.end(needed, now: start + .seconds(9)) == end)
        // When it is there, the others are as patient as ever.
        let now = start + .seconds(9)
        #expect(patience.end(standing(complete: true), now: now) == now)
        needed.isPublishable = false
        #expect(patience.end(needed, now: start) == nil)
    }

    /// A collection that never ends, and a witness that is late each time: half of the time is the others'.
    @Test func whoHasHadALongRoundIsNotWaitedForBeforeAsMuchTimeHasGoneBy() {
        var still = StandingStill()
        var (now, long, rounds) = (start, Duration.zero, 0)
        while now < start + .seconds(1_000) {
            let isLong = still.isPossible(for: "slow", now: now)
            let end = now + (isLong ? WitnessPatience.longestForLate : WitnessPatience.grace)
            still.end(for: isLong ? ["slow"] : [], start: now, now: end)
            if isLong { (long, rounds) = (long + (end - now), rounds + 1) }
            #expect(still.isPossible(for: "other", now: end))
            now = end
        }
        #expect(rounds > 40 && long <= .seconds(510))
    }

    @Test func aShortRoundIsNobodysRest() {
        var still = StandingStill()
        still.end(for: ["a"], start: start, now: start + WitnessPatience.longest)
        #expect(still.isPossible(for: "a", now: start + WitnessPatience.longest))
        let end = start + .seconds(5)
        still.end(for: ["a"], start: start, now: end)
        #expect(!still.isPossible(for: "a", now: end + .milliseconds(4_999)))
        #expect(still.isPossible(for: "a", now: end + .seconds(5)))
    }

    @Test func whenAllIsThereARoundEnds() {
        var patience = WitnessPatience(start: start)
        #expect(patience.end(standing(complete: true), now: start) == start + WitnessPatience.grace)
    }
}
