import Commitments
import DAP
import Ristretto255
import TaskTypes
import TestSupport
import Testing
import VDAF

@Suite struct TaskVDAFTests {
    private static let taskID = TaskID(unchecked: [UInt8](repeating: 7, count: 32))

    private func shard(_ vdaf: any TaskVDAF, _ measurement: MeasurementValue) throws -> ShardedReport {
        try vdaf.shard(taskID: Self.taskID, measurement: measurement, reportID: .random())
    }

    @Test(arguments: Fixtures.all)
    func aJobOfGoodReportsAddsUp(_ configuration: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(configuration)
        let measurements = Fixtures.measurements(configuration)
        let reports = try [0, 1, 0, 0].map { try shard(vdaf, measurements[$0]) }
        let job = try Job(vdaf, taskID: Self.taskID, reports: reports)
        #expect(job.count == 4)
        #expect(try job.result() == SampleType.of(configuration).sum)
        #expect(vdaf.verifyKeySize == 32)
        for report in reports {
            #expect(try vdaf.commitments(publicShare: report.publicShare).count == (configuration.isCommitted ? 2 : 0))
            #expect((report.opening != nil) == configuration.isCommitted)
        }
    }

    /// Reports are verified in groups and threads; a bad one's neighbours in both must not notice.
    @Test(arguments: Fixtures.all, [1, 3])
    func badReportsAreRefusedAndTheOthersAreUnaffected(_ configuration: VDAFConfiguration, threads: Int) throws {
        let vdaf = try makeTaskVDAF(configuration)
        let measurements = Fixtures.measurements(configuration)
        let good = try [0, 1, 0, 0].map { try shard(vdaf, measurements[$0]) }
        let victim = try shard(vdaf, measurements[0])

        var bad: [(String, ShardedReport, leader: ReportError?, helper: ReportError?)] = [
            (
                "truncated leader share", victim.replacing(leader: victim.inputShares[0].dropLast()), .invalidMessage,
                nil
            ),
            ("long leader share", victim.replacing(leader: victim.inputShares[0] + [0]), .invalidMessage, nil),
            ("empty helper share", victim.replacing(helper: []), nil, .invalidMessage),
            (
                "non-canonical field element",
                victim.replacing(leader: [UInt8](repeating: 0xFF, count: 16) + victim.inputShares[0].dropFirst(16)),
                .invalidMessage, nil
            ),
            ("long public share", victim.replacing(publicShare: victim.publicShare + [0]), .invalidMessage, nil),
        ]
        // A changed measurement or seed shows in the proof, or for committed types first in the commitment.
        let changedLeader = victim.replacing(leader: victim.inputShares[0].flipping(0))
        let changedHelper = victim.replacing(helper: victim.inputShares[1].flipping(0))
        let usesJointRandomness = configuration.base.type >= 3
        let leaderSeesIt = configuration.isCommitted || usesJointRandomness
        bad.append(
            (
                "changed leader measurement", changedLeader, leaderSeesIt ? .vdafVerifyError : nil,
                leaderSeesIt ? nil : .vdafVerifyError
            ))
        bad.append(("changed helper seed", changedHelper, nil, .vdafVerifyError))
        if usesJointRandomness {
            // Bounded-norm vectors have two kinds of joint randomness.
            for offset in configuration.isSigned ? [0, 32] : [0] {
                bad.append(
                    (
                        "wrong joint-randomness part of the leader",
                        victim.replacing(publicShare: victim.publicShare.flipping(offset)), .vdafVerifyError, nil
                    ))
                let behind = offset + (configuration.isSigned ? 64 : 32)
                bad.append(
                    (
                        "wrong joint-randomness part of the helper",
                        victim.replacing(publicShare: victim.publicShare.flipping(behind)), nil, .vdafVerifyError
                    ))
            }
        }
        if configuration.isCommitted {
            let c0 = Array(victim.publicShare.suffix(64).prefix(32))
            let c1 = Array(victim.publicShare.suffix(32))
            let rest = Array(victim.publicShare.dropLast(64))
            let foreign = try vdaf.commitments(publicShare: good[0].publicShare)
            func with(_ first: [UInt8], _ second: [UInt8]) -> ShardedReport {
                victim.replacing(publicShare: rest + first + second)
            }
            bad.append(("another report's C_0", with(foreign[0], c1), .vdafVerifyError, nil))
            bad.append(("another report's C_1", with(c0, foreign[1]), nil, .vdafVerifyError))
            bad.append(("exchanged commitments", with(c1, c0), .vdafVerifyError, nil))
            bad.append(("identity as C_0", with([UInt8](repeating: 0, count: 32), c1), .invalidMessage, nil))
            bad.append(
                ("C_1 that does not decode", with(c0, [UInt8](repeating: 0xFF, count: 32)), .invalidMessage, nil))
            bad.append(
                (
                    "other r_0", victim.replacing(leader: victim.inputShares[0].flipping(-32)), .vdafVerifyError, nil
                ))
            bad.append(
                (
                    "other r_1", victim.replacing(helper: victim.inputShares[1].flipping(-32)), nil, .vdafVerifyError
                ))
            bad.append(
                (
                    "non-canonical r_1",
                    victim.replacing(helper: victim.inputShares[1].dropLast(32) + [UInt8](repeating: 0xFF, count: 32)),
                    nil, .invalidMessage
                ))
        }

        let reports = [good[0]] + bad.map { $0.1 } + good.dropFirst()
        let job = try Job(vdaf, taskID: Self.taskID, reports: reports, threads: threads)
        for (offset, report) in bad.enumerated() {
            #expect(job.leaderRefusals[offset + 1] == report.leader, "\(report.0), leader")
            #expect(job.helperRefusals[offset + 1] == report.helper, "\(report.0), helper")
        }
        #expect(job.count == 4)
        #expect(try job.result() == SampleType.of(configuration).sum)
    }

    @Test(arguments: Fixtures.all)
    func reportsOfAnotherTaskOrWithAnotherIDAreRefused(_ configuration: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(configuration)
        let report = try shard(vdaf, Fixtures.measurements(configuration)[0])
        let renamed = ShardedReport(
            reportID: .random(), publicShare: report.publicShare, inputShares: report.inputShares, opening: nil)
        let other = TaskID(unchecked: [UInt8](repeating: 8, count: 32))
        #expect(try Job(vdaf, taskID: other, reports: [report]).count == 0)
        // Without joint randomness a nonce only moves the verifiers' query, which an honest proof survives.
        let usesJointRandomness = configuration.base.type >= 3
        #expect(try Job(vdaf, taskID: Self.taskID, reports: [renamed]).count == (usesJointRandomness ? 0 : 1))
    }

    @Test(arguments: Fixtures.all)
    func measurementsOutOfRangeOrOfAnotherKindAreRefused(_ configuration: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(configuration)
        for measurement in SampleType.of(configuration).wrong {
            #expect(throws: VDAFError.self, "\(measurement)") { try shard(vdaf, measurement) }
        }
    }

    @Test(arguments: Fixtures.all)
    func randomMessagesNeverTrapOrPass(_ configuration: VDAFConfiguration) throws {
        var generator = SeededGenerator()
        let vdaf = try makeTaskVDAF(configuration)
        let report = try shard(vdaf, Fixtures.measurements(configuration)[0])
        func share(_ aggregator: Int) -> ReportToVerify {
            ReportToVerify(
                reportID: report.reportID, publicShare: report.publicShare,
                inputShare: report.inputShares[aggregator])
        }
        let leader = try vdaf.leaderInitialize(
            [share(0)], verifyKey: Job.verifyKey, taskID: Self.taskID, threads: 1)[0].get()
        for _ in 0..<30 {
            var bytes = generator.bytes(in: 0...200)
            if Bool.random(using: &generator), !bytes.isEmpty { bytes[0] = 0 }
            let helper = vdaf.helperInitialize(
                [share(1)], inbound: [bytes], verifyKey: Job.verifyKey, taskID: Self.taskID, threads: 1)
            #expect(helper[0].refusal == .vdafVerifyError, "seed \(generator.seed)")
            let finished = leader.finish(inbound: [2] + bytes)
            #expect(finished.refusal == .vdafVerifyError, "seed \(generator.seed)")
            let random = ReportToVerify(
                reportID: report.reportID, publicShare: generator.bytes(in: 0...200),
                inputShare: generator.bytes(in: 0...200))
            let verdict = vdaf.leaderInitialize(
                [random], verifyKey: Job.verifyKey, taskID: Self.taskID, threads: 1)
            #expect(verdict[0].refusal == .invalidMessage, "seed \(generator.seed)")
        }
    }

    @Test(arguments: Fixtures.all)
    func initializingAgainGivesTheSameMessages(_ configuration: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(configuration)
        let report = try shard(vdaf, Fixtures.measurements(configuration)[0])
        let share = ReportToVerify(
            reportID: report.reportID, publicShare: report.publicShare, inputShare: report.inputShares[0])
        let outbound = try (0..<2).map { _ in
            try vdaf.leaderInitialize([share], verifyKey: Job.verifyKey, taskID: Self.taskID, threads: 1)[0].get()
                .outbound
        }
        #expect(outbound[0] == outbound[1])
    }

    /// x_0 = 1 breaks the margin rule, although its commitment is right: the leader alone can see it.
    @Test func aMarginViolationIsRefusedByTheLeader() throws {
        let vdaf = try makeTaskVDAF(.committed(.count))
        let report = try shard(vdaf, .bool(true))
        let blind = try Scalar.decode(report.inputShares[0].suffix(32))
        func changed(leaderValue value: UInt64) -> ShardedReport {
            let commitment = PedersenVector.commit(values: [UInt128(value)], blind: blind).encoded()
            return report.replacing(
                publicShare: commitment + report.publicShare.suffix(32),
                leader: Field64(value).encode() + report.inputShares[0].dropFirst(8))
        }
        // 2 is above the bound M = 1: the leader passes it on, and the proof stops it at the helper.
        let job = try Job(
            vdaf, taskID: Self.taskID,
            reports: [changed(leaderValue: 0), changed(leaderValue: 1), changed(leaderValue: 2)])
        #expect(job.leaderRefusals == [.vdafVerifyError, .vdafVerifyError, nil])
        #expect(job.helperRefusals == [nil, nil, .vdafVerifyError])
        #expect(job.count == 0)
    }

    @Test(arguments: Fixtures.vdafs)
    func theOpeningOpensBothCommitments(_ base: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(.committed(base))
        let report = try shard(vdaf, Fixtures.measurements(base)[0])
        let opening = try #require(report.opening)
        #expect(opening.values == SampleType.of(base).output)
        // C_0 + C_1 = Com(x + p; r_0 + r_1), by the margin rule.
        let commitments = try vdaf.commitments(publicShare: report.publicShare).map { try RistrettoPoint.decode($0) }
        let blind = try Scalar.decode(opening.blinds[0]) + Scalar.decode(opening.blinds[1])
        let shifted = opening.values.map { value in
            // A negative x stands there as x + p already.
            base.isSigned && value > base.fieldModulus / 2 ? value : value + base.fieldModulus
        }
        #expect(commitments[0] + commitments[1] == PedersenVector.commit(values: shifted, blind: blind))
    }
}

@Suite struct TaskPublicCheckTests {
    private static let taskID = TaskID(unchecked: [UInt8](repeating: 7, count: 32))

    @Test(arguments: Fixtures.vdafs)
    func honestSharesPassAndOthersAreToldApart(_ base: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(.committed(base))
        let reports = try Fixtures.measurements(base).map {
            try vdaf.shard(taskID: Self.taskID, measurement: $0, reportID: .random())
        }
        let job = try Job(vdaf, taskID: Self.taskID, reports: reports)
        for (aggregator, share) in [job.leaderShare, job.helperShare].enumerated() {
            var check = try #require(vdaf.makePublicCheck())
            for report in reports {
                try check.add(contentsOf: [vdaf.commitments(publicShare: report.publicShare)[aggregator]])
            }
            #expect(check.check(aggregateShare: share, count: 2) == .ok)
            #expect(check.check(aggregateShare: share, count: 1) == .commitmentMismatch)
            #expect(check.check(aggregateShare: share, count: -1) == .commitmentMismatch)
            #expect(check.check(aggregateShare: share.flipping(0), count: 2) == .commitmentMismatch)
            #expect(check.check(aggregateShare: share.flipping(-32), count: 2) == .commitmentMismatch)
            #expect(check.check(aggregateShare: share + [0], count: 2) == .undecodable)
            #expect(check.check(aggregateShare: [], count: 2) == .undecodable)
            let fieldSize = base.fieldModulus >> 64 == 0 ? 8 : 16
            #expect(check.check(aggregateShare: share.flipping(fieldSize + 7), count: 2) == .rangeViolation)
            let other = aggregator == 0 ? job.helperShare : job.leaderShare
            #expect(check.check(aggregateShare: other, count: 2) == .commitmentMismatch)
            #expect(throws: VDAFError.self) { try check.add(contentsOf: [[UInt8](repeating: 0xFF, count: 32)]) }
            #expect(throws: VDAFError.self) { try check.add(contentsOf: [[1]]) }
        }
        #expect(try makeTaskVDAF(base).makePublicCheck() == nil)
    }
}
