import Commitments
import Ristretto255
import VDAF

/// What a check of one aggregator's published share came to.
package enum PublicCheckOutcome: Sendable, Equatable {
    /// The share opens the sum of the logged commitments, and its coordinates are in range.
    case ok
    /// A coordinate is above count × (p - 1): no sum of that many output shares.
    case rangeViolation
    /// The share does not open the sum of the logged commitments, or not that many were added.
    case commitmentMismatch
    /// The bytes are not an aggregate share.
    case undecodable
}

/// Checks one aggregator's share of a batch against the log, as anybody can: the sum of the aggregator's logged
/// commitments must open to the share that it signed. Commitments are added as they are read, so memory does not grow
/// with the batch. The mathematics is `Commitments.PublicCheck`; this hides which VDAF the task uses.
package protocol TaskPublicCheck: Sendable {
    /// Adds the commitments of some reports to this aggregator's output shares; some hundreds at a time are decoded faster
    /// than one by one.
    ///
    /// - Throws: `.invalidEncoding` where bytes are not a commitment: the log holds what no report can carry.
    mutating func add(contentsOf commitments: [[UInt8]]) throws(VDAFError)

    /// Checks the aggregator's aggregate share.
    ///
    /// - Parameter count: How many reports the batch has, as stated; must be the number of commitments added.
    func check(aggregateShare: [UInt8], count: Int) -> PublicCheckOutcome
}

struct CommittedPublicCheck<Base: OneRoundVDAF>: TaskPublicCheck {
    private let vdaf: Committed<Base>
    private var check: PublicCheck

    init(vdaf: Committed<Base>) {
        self.vdaf = vdaf
        // The identifier only names the aggregator in errors, which are turned into outcomes here.
        check = vdaf.publicCheck(aggregatorID: 0)
    }

    mutating func add(contentsOf commitments: [[UInt8]]) throws(VDAFError) {
        do {
            try check.add(
                contentsOf: commitments.map { bytes throws(RistrettoError) in try CompressedPoint(bytes) })
        } catch {
            throw .invalidEncoding("commitment: \(error)")
        }
    }

    func check(aggregateShare: [UInt8], count: Int) -> PublicCheckOutcome {
        guard let share = try? vdaf.decodeAggregateShare(aggregateShare) else { return .undecodable }
        guard UInt64(exactly: count) == check.count else { return .commitmentMismatch }
        do throws(PublicCheckFailure) {
            try check.verify(share)
            return .ok
        } catch {
            switch error {
            case .sumOutOfRange: return .rangeViolation
            case .wrongShape: return .undecodable
            case .commitmentMismatch, .invalidCommitment: return .commitmentMismatch
            }
        }
    }
}
