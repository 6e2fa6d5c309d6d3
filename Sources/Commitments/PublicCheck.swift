import Ristretto255
import VDAF

/// The check that anybody can make of a published aggregate share, with the log alone:
///
///     Σ_i C_{j,i} = Com(S_j; R_j)   and   0 ≤ S_j ≤ m·(p - 1).
///
/// **What it proves.** Given the commitments, at most one (S_j, R_j) passes: two that do would open one commitment in
/// two ways, which takes a discrete logarithm between generators, and sums are below 2^192 < ℓ, so integers that agree
/// modulo ℓ are equal. This holds even if clients and both aggregators collude, for the commitments were logged before
/// the sums were known. The range says that the sum is one of m shares at all; with honest clients it holds by itself.
///
/// A failure names aggregator j if and only if j signed this share. Cost: a point decoding and an addition for each
/// report, and one d-point multi-scalar multiplication. Commitments stream in one by one; memory does not grow with m.
public struct PublicCheck: Sendable {
    /// 0 for the leader, 1 for the helper.
    public let aggregatorID: Int

    /// m: commitments added so far.
    public private(set) var count: UInt64 = 0

    private let length: Int
    private let wordsPerSum: Int
    private let modulus: UInt128
    private var total = RistrettoPoint.identity

    /// - Parameters:
    ///   - aggregatorID: whose share is checked.
    ///   - length: d, coordinates of the aggregate.
    ///   - field: the field of V.
    public init<Field: FieldElement>(aggregatorID: Int, length: Int, field: Field.Type) {
        self.aggregatorID = aggregatorID
        self.length = length
        wordsPerSum = IntegerVector.wordsPerElement(of: field) + 1
        modulus = Field.modulus
    }

    /// Adds the commitment of one report to this aggregator's share.
    public mutating func add(_ commitment: Commitment) {
        total += commitment.point
        count += 1
    }

    /// Adds an encoded commitment.
    ///
    /// - Throws: `PublicCheckFailure.invalidCommitment`: the log holds bytes that no report can carry.
    public mutating func add(_ commitment: CompressedPoint) throws(PublicCheckFailure) {
        do {
            add(try Commitment(decoding: commitment))
        } catch {
            throw .invalidCommitment(position: count)
        }
    }

    /// Adds many encoded commitments in order, in less time than one by one.
    ///
    /// - Throws: as for one. Those before it have been added.
    public mutating func add(contentsOf commitments: [CompressedPoint]) throws(PublicCheckFailure) {
        for point in RistrettoPoint.decode(commitments) {
            guard let point, !point.isIdentity else { throw .invalidCommitment(position: count) }
            total += point
            count += 1
        }
    }

    /// Checks the share that the aggregator published against the commitments added.
    public func verify(_ share: CommittedAggregateShare) throws(PublicCheckFailure) {
        guard share.sums.count == length, share.sums.wordsPerValue == wordsPerSum else {
            throw .wrongShape(aggregatorID: aggregatorID)
        }
        let largest = UInt256(product: count, modulus - 1)
        for index in 0..<length where share.sums[index] > largest {
            throw .sumOutOfRange(aggregatorID: aggregatorID, coordinate: index)
        }
        guard total == PedersenVector.commit(share.sums, blind: share.blind) else {
            throw .commitmentMismatch(aggregatorID: aggregatorID)
        }
    }
}

/// Why a published aggregate share failed the public check.
public enum PublicCheckFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The logged bytes at this position (from 0) are not a commitment. It names nobody.
    case invalidCommitment(position: UInt64)

    /// The share does not have d sums of the right size.
    case wrongShape(aggregatorID: Int)

    /// A sum exceeds m·(p - 1): it cannot be the sum of m shares.
    case sumOutOfRange(aggregatorID: Int, coordinate: Int)

    /// The commitments do not add up to Com(S_j; R_j).
    case commitmentMismatch(aggregatorID: Int)

    public var description: String {
        switch self {
        case .invalidCommitment(let position):
            "the commitment at position \(position) is not a valid ristretto255 encoding"
        case .wrongShape(let aggregatorID):
            "the aggregate share of the \(Self.name(aggregatorID)) has the wrong length"
        case .sumOutOfRange(let aggregatorID, let coordinate):
            "coordinate \(coordinate) of the aggregate share of the \(Self.name(aggregatorID)) is larger than m·(p - 1)"
        case .commitmentMismatch(let aggregatorID):
            "the commitments do not add up to the aggregate share of the \(Self.name(aggregatorID))"
        }
    }

    private static func name(_ aggregatorID: Int) -> String {
        aggregatorID == 0 ? "leader" : "helper"
    }
}

extension Committed {
    /// A public check of the given aggregator's share, to add commitments to.
    public func publicCheck(aggregatorID: Int) -> PublicCheck {
        PublicCheck(aggregatorID: aggregatorID, length: base.outputLength, field: V.Field.self)
    }

    /// The public check in one call.
    ///
    /// - Throws: `PublicCheckFailure`, naming the aggregator unless the log itself is at fault.
    public func checkPublic(
        aggregatorID: Int, commitments: some Sequence<CompressedPoint>, share: CommittedAggregateShare
    ) throws(PublicCheckFailure) {
        var check = publicCheck(aggregatorID: aggregatorID)
        var chunk: [CompressedPoint] = []
        for commitment in commitments {
            chunk.append(commitment)
            if chunk.count == 256 {
                try check.add(contentsOf: chunk)
                chunk.removeAll(keepingCapacity: true)
            }
        }
        try check.add(contentsOf: chunk)
        try check.verify(share)
    }
}
