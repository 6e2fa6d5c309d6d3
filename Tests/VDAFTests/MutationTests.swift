import Foundation
import TestSupport
import Testing
import VDAF

/// A report with one bit of its public share or of an input share flipped is never accepted, by no aggregator.
///
/// Fresh honest reports are taken, and each of their bits is flipped in turn, until there were `CAIRN_MUTATIONS`
/// mutations a type (100,000 if it is not set; fewer than a report has bits are drawn at random). A type passes if none
/// was accepted, neither by all aggregators nor by some of them, and if every report was accepted as it was.
///
/// Chance plays no part that one would see. A changed report passes a proof over Field64 with probability below 2^-50,
/// and a helper's changed seed gives shares that fit nothing.
///
/// **Prio3**: no bit of a report is without meaning, so each flip must be refused. For types with joint randomness most
/// flips also make an aggregator's own part differ from the public share's. It refuses such a report at once, which is
/// needed against a client that fits its proof to the difference (`JointRandomnessAttackTests`); a flipped bit alone the
/// proof must refuse as well.
///
/// **Poplar1** checks what it evaluates: at one level, the nodes above the candidates. Everything else of a report waits
/// for its own level, and may be flipped unnoticed because it changes nothing here. At level L, with the measurement
/// alpha among the candidates, these bits count (``isEvaluated(_:bits:measurement:parameter:)``):
///
/// - Public share, seeds of the correction words 0 to L. On alpha's path the party with control bit 1 adds the word to
///   *its* seed of both children, so each bit changes the seed of alpha's child for one party alone.
/// - Public share, control-bit corrections of levels 0 to L, one for the left and one for the right child of the node
///   on alpha's path. The one for the child on the path counts always; the other only if a candidate leaves alpha's
///   path at that level, for no other candidate goes through that child. Below it the parties are equal and apply every
///   correction alike, which cancels.
/// - Public share, payload of level L: alpha's own node adds it for one party.
/// - Public share, unused bits of the last byte of control bits: the decoder refuses them.
/// - Input share: the key, the seed of the correlations, and the correlations (A, B) of level L.
///
/// Whatever is flipped elsewhere must leave the result as it was.
@Suite(.serialized, .onOwnThreads) struct MutationTests {
    static let wanted = max(10, ProcessInfo.processInfo.environment["CAIRN_MUTATIONS"].flatMap { Int($0) } ?? 100_000)
    static let threads = ProcessInfo.processInfo.activeProcessorCount

    /// Mutates reports of random measurements until `wanted` mutations were refused.
    static func expectRefused<V: OneRoundVDAF>(
        _ vdaf: V, _ name: String, wanted: Int = wanted,
        measurement: (inout SeededGenerator) -> V.Measurement
    ) throws {
        var random = SeededGenerator(test: name)
        var refusals: [Check: Int] = [:]
        var (count, reports) = (0, 0)
        while count < wanted {
            let report = MutatedReport(
                try Report(vdaf, measurement(&random), &random), start: .job(vdaf, threads: threads))
            var mutations = report.mutations
            if mutations.count > wanted - count {
                mutations = Array(mutations.shuffled(using: &random).prefix(wanted - count))
            }
            let verdicts = report.verdicts([nil] + mutations)
            guard case .accepted = verdicts[0] else {
                Issue.record("\(name): the honest report is not accepted: \(verdicts[0])")
                return
            }
            for (mutation, verdict) in zip(mutations, verdicts.dropFirst()) {
                guard case .refused(let checks) = verdict, checks != [.ownPart] else {
                    Issue.record("\(name), \(mutation): \(verdict)")
                    return
                }
                for check in checks { refusals[check, default: 0] += 1 }
            }
            count += mutations.count
            reports += 1
        }
        print("\(name): \(count) mutations of \(reports) reports refused, \(summary(refusals))")
    }

    static func summary(_ refusals: [Check: Int]) -> String {
        Check.allCases.compactMap { check in refusals[check].map { "\($0) by \(check)" } }.joined(separator: ", ")
    }

    static func vector(_ length: Int, upTo maximum: UInt64, _ random: inout SeededGenerator) -> [UInt64] {
        (0..<length).map { _ in UInt64.random(in: 0...maximum, using: &random) }
    }

    @Test func count() throws {
        try Self.expectRefused(Prio3Count(), "Count") { Bool.random(using: &$0) }
    }

    @Test func sum() throws {
        try Self.expectRefused(Prio3Sum(maxMeasurement: 6), "Sum") { .random(in: 0...6, using: &$0) }
    }

    @Test func average() throws {
        try Self.expectRefused(Prio3Average(maxMeasurement: 6), "Average") { .random(in: 0...6, using: &$0) }
    }

    @Test func sumVec() throws {
        try Self.expectRefused(Prio3SumVec(length: 2, maxMeasurement: 5, chunkLength: 2), "SumVec") {
            Self.vector(2, upTo: 5, &$0)
        }
    }

    @Test func sumVecOverField64() throws {
        try Self.expectRefused(
            Prio3SumVecField64Multiproof(length: 2, maxMeasurement: 5, chunkLength: 2), "SumVec Field64"
        ) { Self.vector(2, upTo: 5, &$0) }
    }

    @Test func sumVecOverField64WithHmacSha256Aes128() throws {
        try Self.expectRefused(
            Prio3SumVecField64MultiproofHmacSha256Aes128(length: 2, maxMeasurement: 5, chunkLength: 2),
            "SumVec Field64 HmacSha256Aes128"
        ) { Self.vector(2, upTo: 5, &$0) }
    }

    @Test func histogram() throws {
        try Self.expectRefused(Prio3Histogram(length: 4, chunkLength: 2), "Histogram") {
            .random(in: 0..<4, using: &$0)
        }
    }

    @Test func histogramOfThreeAggregators() throws {
        try Self.expectRefused(
            Prio3Histogram(length: 4, chunkLength: 2, shares: 3), "Histogram, 3 shares", wanted: Self.wanted / 10
        ) { .random(in: 0..<4, using: &$0) }
    }

    @Test func multihotCountVec() throws {
        try Self.expectRefused(Prio3MultihotCountVec(length: 4, maxWeight: 2, chunkLength: 2), "MultihotCountVec") {
            let ones = [true, true, false, false].shuffled(using: &$0)
            let mask = UInt8.random(in: 0..<16, using: &$0)
            return ones.enumerated().map { $0.element && mask >> UInt8($0.offset) & 1 == 1 }
        }
    }

    @Test func l1BoundSum() throws {
        try Self.expectRefused(Prio3L1BoundSum(length: 2, maxValue: 5, chunkLength: 3), "L1BoundSum") {
            let first = UInt64.random(in: 0...5, using: &$0)
            return [first, UInt64.random(in: 0...5 - first, using: &$0)]
        }
    }

    @Test func boundedL2Vector() throws {
        try Self.expectRefused(
            BoundedL2Vector(encoding: .init(integerBound: 3, fractionalBits: 1), dimension: 2), "BoundedL2Vector"
        ) { [0.5 * Double.random(in: -2...2, using: &$0).rounded(), 0.5] }
    }

    /// Whether Poplar1 evaluates what a mutation changes, or its decoder refuses it.
    static func isEvaluated(
        _ mutation: Mutation, bits: Int, measurement: BitString, parameter: Poplar1AggregationParameter
    ) -> Bool {
        let level = parameter.level
        let isLeaf = level == bits - 1
        switch mutation.message {
        case .publicShare:
            let seeds = 8 * ((2 * bits + 7) / 8)
            let innerPayloads = seeds + 128 * bits
            let leafPayload = innerPayloads + 128 * (bits - 1)
            switch mutation.bit {
            case ..<(2 * bits):
                let (depth, child) = (mutation.bit / 2, mutation.bit % 2 == 1)
                return depth <= level
                    && (child == measurement[depth]
                        || parameter.prefixes.contains { commonLength($0, measurement) == depth })
            case ..<seeds: return true
            case ..<innerPayloads: return (mutation.bit - seeds) / 128 <= level
            case ..<leafPayload: return (mutation.bit - innerPayloads) / 128 == level
            default: return isLeaf
            }
        case .inputShare:
            let innerCorrelations = 8 * (16 + 32)
            let leafCorrelation = innerCorrelations + 128 * (bits - 1)
            switch mutation.bit {
            case ..<innerCorrelations: return true
            case ..<leafCorrelation: return (mutation.bit - innerCorrelations) / 128 == level
            default: return isLeaf
            }
        }
    }

    /// How many bits two strings share before they differ, or one ends.
    private static func commonLength(_ a: BitString, _ b: BitString) -> Int {
        let length = min(a.count, b.count)
        return (0..<length).first { a[$0] != b[$0] } ?? length
    }

    static func expectPoplar1Refused(_ name: String, bits: Int, level: Int, wanted: Int) throws {
        var random = SeededGenerator(test: name)
        let vdaf = try Poplar1(bits: bits)
        var refusals: [Check: Int] = [:]
        var (refused, unnoticed, reports) = (0, 0, 0)
        while refused < wanted {
            let measurement = IdpfTests.randomString(bits, &random)
            var candidates: Set = [measurement.prefix(level + 1)]
            switch Int.random(in: 0...4, using: &random) {
            case 4: candidates.formUnion(IdpfTests.strings(level + 1))
            case let others: candidates.formUnion((0..<others).map { _ in IdpfTests.randomString(level + 1, &random) })
            }
            let parameter = try Poplar1AggregationParameter(
                level: level, prefixes: candidates.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) })
            let report = MutatedReport(
                try Report(vdaf, measurement, parameter, &random), start: .each(threads: threads))
            var mutations = report.mutations
            if mutations.count > 2 * (wanted - refused) {
                mutations = Array(mutations.shuffled(using: &random).prefix(2 * (wanted - refused)))
            }
            let verdicts = report.verdicts([nil] + mutations)
            func result(_ outputs: [Poplar1Vector]) throws -> [UInt128] {
                try vdaf.unshard(aggregationParameter: parameter, aggregateShares: outputs, measurementCount: 1)
            }
            guard case .accepted(let outputs) = verdicts[0] else {
                Issue.record("\(name): the honest report is not accepted: \(verdicts[0])")
                return
            }
            let honest = try result(outputs)
            for (mutation, verdict) in zip(mutations, verdicts.dropFirst()) {
                let isEvaluated = Self.isEvaluated(
                    mutation, bits: bits, measurement: measurement, parameter: parameter)
                switch verdict {
                case .refused(let checks) where isEvaluated:
                    for check in checks { refusals[check, default: 0] += 1 }
                    refused += 1
                case .accepted(let outputs) where !isEvaluated:
                    #expect(try result(outputs) == honest, "\(name), \(mutation)")
                    unnoticed += 1
                case .refused(by: [.decoding]):
                    continue
                default:
                    Issue.record("\(name), \(measurement), \(mutation), evaluated \(isEvaluated): \(verdict)")
                    return
                }
            }
            reports += 1
        }
        print(
            "\(name): \(refused) mutations of \(reports) reports refused, \(summary(refusals)); "
                + "\(unnoticed) elsewhere changed nothing")
    }

    @Test func poplar1AtTheLeaves() throws {
        try Self.expectPoplar1Refused("Poplar1, leaves", bits: 4, level: 3, wanted: Self.wanted)
    }

    @Test(arguments: [0, 1, 3])
    func poplar1AtAnInnerLevel(level: Int) throws {
        try Self.expectPoplar1Refused(
            "Poplar1, level \(level)", bits: 5, level: level, wanted: Self.wanted / 10)
    }

    @Test func poplar1OfOneBit() throws {
        try Self.expectPoplar1Refused("Poplar1, one bit", bits: 1, level: 0, wanted: Self.wanted / 10)
    }
}
