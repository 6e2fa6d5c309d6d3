import DAP
import VDAF

/// An aggregator's running sum of output shares.
package protocol OutputShareAccumulator: Sendable {
    /// Adds an encoded output share.
    ///
    /// - Throws: `.invalidEncoding`; the sum is then unchanged.
    mutating func add(_ outputShare: [UInt8]) throws(VDAFError)

    /// Takes an encoded output share out again that was added before, in this sum or in one that was merged into it.
    ///
    /// - Throws: `.invalidEncoding`; `.aggregateOutOfRange` where it cannot have been added: the sum is of no reports, or
    ///   (committed types, whose sums are integers) would be below zero. The sum is then unchanged.
    mutating func subtract(_ outputShare: [UInt8]) throws(VDAFError)

    /// Adds another sum of the same type.
    ///
    /// - Parameters:
    ///   - aggregateShare: its encoding, see ``aggregateShare()``.
    ///   - count: of how many output shares it is.
    /// - Throws: `.invalidEncoding`, `.invalidArgument`; the sum is then unchanged.
    mutating func merge(aggregateShare: [UInt8], count: Int) throws(VDAFError)

    /// How many output shares are in the sum.
    var count: Int { get }

    /// The encoded aggregate share.
    func aggregateShare() -> [UInt8]
}

/// The one implementation, for every VDAF of one round.
struct VDAFAccumulator<Steps: VerificationSteps>: OutputShareAccumulator {
    private let steps: Steps
    private var share: Steps.V.AggregateShare
    private(set) var count = 0

    init(_ steps: Steps) {
        self.steps = steps
        share = steps.vdaf.aggregateInit(())
    }

    mutating func add(_ outputShare: [UInt8]) throws(VDAFError) {
        steps.vdaf.aggregateUpdate(&share, with: try steps.vdaf.decodeOutputShare(outputShare))
        count += 1
    }

    mutating func subtract(_ outputShare: [UInt8]) throws(VDAFError) {
        let removed = try steps.vdaf.decodeOutputShare(outputShare)
        guard count > 0 else { throw .aggregateOutOfRange("an output share was to be taken out of an empty sum") }
        try steps.remove(removed, from: &share)
        count -= 1
    }

    mutating func merge(aggregateShare: [UInt8], count added: Int) throws(VDAFError) {
        let other = try steps.vdaf.decodeAggregateShare(aggregateShare)
        let (total, overflow) = count.addingReportingOverflow(added)
        guard added >= 0, !overflow else { throw .invalidArgument("a sum of \(added) output shares cannot be added") }
        share = count == 0 ? other : try steps.vdaf.merge([share, other])
        count = total
    }

    func aggregateShare() -> [UInt8] { steps.vdaf.encode(aggregateShare: share) }
}
