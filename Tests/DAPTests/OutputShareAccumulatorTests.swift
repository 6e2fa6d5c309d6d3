import Commitments
import DAP
import TaskTypes
import TestSupport
import Testing
import VDAF

/// Sums that reports join and leave, in parts and in any order.
@Suite struct OutputShareAccumulatorTests {
    private static let taskID = TaskID(unchecked: [UInt8](repeating: 7, count: 32))
    private static let roles: [Role] = [.leader, .helper]

    /// The output shares of some valid reports, as verification gives them, and the input shares behind them.
    private struct Verified {
        let reports: [ShardedReport]
        /// By aggregator and report.
        let outputs: [[[UInt8]]]

        init(_ vdaf: any TaskVDAF, count: Int) throws {
            let measurements = Fixtures.measurements(vdaf.configuration)
            let reports = try (0..<count).map {
                try vdaf.shard(
                    taskID: taskID, measurement: measurements[$0 % measurements.count], reportID: .random())
            }
            self.reports = reports
            func shares(_ aggregator: Int) -> [ReportToVerify] {
                reports.map {
                    ReportToVerify(
                        reportID: $0.reportID, publicShare: $0.publicShare, inputShare: $0.inputShares[aggregator])
                }
            }
            let leader = try vdaf.leaderInitialize(shares(0), verifyKey: Job.verifyKey, taskID: taskID, threads: 1)
                .map { try $0.get() }
            let helper = try vdaf.helperInitialize(
                shares(1), inbound: leader.map(\.outbound), verifyKey: Job.verifyKey, taskID: taskID, threads: 1
            ).map { try $0.get() }
            outputs = [
                try zip(leader, helper).map { try $0.finish(inbound: $1.outbound).get() }, helper.map(\.outputShare),
            ]
        }
    }

    private func sum(_ vdaf: any TaskVDAF, _ outputs: some Sequence<[UInt8]>) throws -> [UInt8] {
        var accumulator = vdaf.makeAccumulator()
        for output in outputs { try accumulator.add(output) }
        return accumulator.aggregateShare()
    }

    @Test(arguments: Fixtures.all)
    func anOutputShareFollowsFromItsInputShare(_ configuration: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(configuration)
        let verified = try Verified(vdaf, count: 3)
        for (aggregator, role) in Self.roles.enumerated() {
            for (report, output) in zip(verified.reports, verified.outputs[aggregator]) {
                let input = report.inputShares[aggregator]
                #expect(try vdaf.outputShare(of: role, inputShare: input, taskID: Self.taskID) == output)
                #expect(input.count == vdaf.sizes.inputShares[aggregator])
                #expect(output.count == vdaf.sizes.outputShare)
                #expect(vdaf.sizes.isInputShareSmaller(of: role) == (input.count < output.count))
                #expect(throws: VDAFError.self) {
                    try vdaf.outputShare(of: role, inputShare: input.dropLast(), taskID: Self.taskID)
                }
                #expect(throws: VDAFError.self) {
                    try vdaf.outputShare(of: .collector, inputShare: input, taskID: Self.taskID)
                }
            }
        }
        // A helper's share is expanded for its task: the same bytes mean something else in another one.
        let other = try vdaf.outputShare(
            of: .helper, inputShare: verified.reports[0].inputShares[1], taskID: TaskID.random())
        #expect(other != verified.outputs[1][0])
        #expect(!vdaf.sizes.isInputShareSmaller(of: .leader), "a leader's input share has the proof, too")
    }

    /// Whatever joins and leaves, in whatever order and over however many resumptions: what remains is the sum of what
    /// remains, to the byte.
    @Test(arguments: Fixtures.all)
    func aSumIsOfWhatRemainsInIt(_ configuration: VDAFConfiguration) throws {
        var random = SeededGenerator()
        let vdaf = try makeTaskVDAF(configuration)
        let verified = try Verified(vdaf, count: 10)
        for outputs in verified.outputs {
            var accumulator = vdaf.makeAccumulator()
            var inside: [Int] = []
            var outside = Array(outputs.indices)
            for _ in 0..<60 {
                switch Int.random(in: 0..<5, using: &random) {
                case 0, 1:
                    guard let next = outside.indices.randomElement(using: &random) else { continue }
                    inside.append(outside.remove(at: next))
                    try accumulator.add(outputs[inside[inside.count - 1]])
                case 2:
                    guard let next = inside.indices.randomElement(using: &random) else { continue }
                    outside.append(inside.remove(at: next))
                    try accumulator.subtract(outputs[outside[outside.count - 1]])
                case 3:
                    let joining = outside.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
                    try accumulator.merge(
                        aggregateShare: sum(vdaf, joining.map { outputs[$0] }), count: joining.count)
                    inside += joining
                    outside.removeAll { joining.contains($0) }
                default:
                    accumulator = try vdaf.makeAccumulator(
                        resuming: accumulator.aggregateShare(), count: accumulator.count)
                }
                #expect(accumulator.count == inside.count, "CAIRN_TEST_SEED=\(random.seed)")
                #expect(
                    try accumulator.aggregateShare() == sum(vdaf, inside.sorted().map { outputs[$0] }),
                    "CAIRN_TEST_SEED=\(random.seed)")
                #expect(accumulator.aggregateShare().count == vdaf.sizes.aggregateShare)
            }
        }
    }

    @Test(arguments: Fixtures.all)
    func whatIsNotInASumDoesNotLeaveIt(_ configuration: VDAFConfiguration) throws {
        let vdaf = try makeTaskVDAF(configuration)
        let outputs = try Verified(vdaf, count: 2).outputs[0]
        var accumulator = vdaf.makeAccumulator()
        #expect(throws: VDAFError.self) { try accumulator.subtract(outputs[0]) }
        try accumulator.add(outputs[0])
        let before = accumulator.aggregateShare()
        for bytes in [[], outputs[0].dropLast(), outputs[0] + [0]] {
            #expect(throws: VDAFError.self) { try accumulator.subtract(bytes) }
            #expect(throws: VDAFError.self) { try accumulator.add(bytes) }
            #expect(throws: VDAFError.self) { try accumulator.merge(aggregateShare: bytes + [1, 2, 3], count: 1) }
        }
        #expect(throws: VDAFError.self) { try accumulator.merge(aggregateShare: before, count: -1) }
        #expect(throws: VDAFError.self) { try accumulator.merge(aggregateShare: before, count: .max) }
        #expect(accumulator.aggregateShare() == before)
        #expect(accumulator.count == 1)
    }

    /// Committed sums are integers: what would make one negative was never added. The sum stays as it was.
    @Test func aCommittedSumDoesNotGoBelowZero() throws {
        let vdaf = try makeTaskVDAF(.committed(.sumVec(length: 3, maxMeasurement: 14, chunkLength: 4)))
        func output(_ coordinates: [UInt64], blind: UInt8 = 1) -> [UInt8] {
            coordinates.flatMap { value in
                withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) } + [UInt8](repeating: 0, count: 8)
            } + [blind] + [UInt8](repeating: 0, count: 31)
        }
        var accumulator = vdaf.makeAccumulator()
        try accumulator.add(output([5, .max, 7]))
        try accumulator.add(output([5, .max, 0]))
        let before = accumulator.aggregateShare()
        // The last coordinate would be -1, after others that are fine.
        #expect(throws: VDAFError.self) { try accumulator.subtract(output([1, 1, 8])) }
        #expect(accumulator.aggregateShare() == before && accumulator.count == 2)
        try accumulator.subtract(output([10, .max, 7]))
        #expect(throws: VDAFError.self) { try accumulator.subtract(output([1, 0, 0])) }
        try accumulator.subtract(output([0, .max, 0]))
        #expect(accumulator.aggregateShare().allSatisfy { $0 == 0 } && accumulator.count == 0)
    }

    /// Unreduced sums are wider than the field, and none is lost in between.
    @Test func aCommittedSumIsNotReduced() throws {
        let vdaf = try makeTaskVDAF(.committed(.count))
        let largest = withUnsafeBytes(of: (Field64.modulus - 1).littleEndian) { [UInt8]($0) }.prefix(8)
        let output = Array(largest) + [UInt8](repeating: 0, count: 32)
        var accumulator = vdaf.makeAccumulator()
        for _ in 0..<5 { try accumulator.add(output) }
        var expected = withUnsafeBytes(of: (5 * (Field64.modulus - 1)).littleEndian) { [UInt8]($0) }
        #expect(accumulator.aggregateShare() == expected + [UInt8](repeating: 0, count: 32))
        for _ in 0..<4 { try accumulator.subtract(output) }
        expected = withUnsafeBytes(of: (Field64.modulus - 1).littleEndian) { [UInt8]($0) }
        #expect(accumulator.aggregateShare() == expected + [UInt8](repeating: 0, count: 32))
    }
}
