import Commitments
import Ristretto255
import VDAF

/// A contributor's program from which the check of the norm was taken out: shares, proofs, joint randomness and
/// commitments all fit each other, only the vector is longer than the task allows, and its norm is stated to be the
/// bound. No proof of that can be true, and both aggregators must notice without seeing the vector.
///
/// The demo and the benchmarks give such reports to nodes.
package struct NormForger<Field: NTTFieldElement>: Sendable {
    private let committed: Committed<BoundedL2<Field>>
    private var base: BoundedL2<Field> { committed.base }

    package init(_ committed: Committed<BoundedL2<Field>>) {
        self.committed = committed
    }

    /// A report of any vector, given in units of 2^-f.
    package func report(
        of vector: [Int64], context: [UInt8], nonce: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(VDAFError) -> (
        publicShare: Committed<BoundedL2<Field>>.PublicShare, inputShares: [Committed<BoundedL2<Field>>.InputShare]
    ) {
        let elements = vector.map(BoundedL2<Field>.element)
        let bound = base.encoding.integerBound
        let rand = (0..<base.randSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let (publicShare, inputShares) = try base.shard(
            context: context, vectorAndNorm: elements + base.encode(squaredNorm: bound * bound), nonce: nonce,
            rand: rand
        ) { signs throws(VDAFError) in
            let results = try elements.withUnsafeBufferPointer { elements throws(VDAFError) in
                try SignDotProducts(dimension: elements.count, checks: WraparoundTests.count)
                    .evaluate(elements, xof: &signs)
            }
            return (bits: results.flatMap(bits(stating:)), results: results)
        }
        let outputs = try base.outputShares(context: context, inputShares: inputShares)
        let blinds = outputs.map { _ in Scalar.random(using: &generator) }
        var commitments: [Commitment] = []
        for (output, blind) in zip(outputs, blinds) {
            let point = PedersenVector.commit(values: output.map(\.canonicalValue), blind: blind)
            commitments.append(try Commitment(decoding: point.compressed()))
        }
        return (
            .init(base: publicShare, commitments: .init(leader: commitments[0], helper: commitments[1])),
            zip(inputShares, blinds).map { .init(base: $0, blind: $1) }
        )
    }

    /// The bits of a test's result, or those of 0 where the result is out of range and has none.
    private func bits(stating result: Field) -> [Field] {
        let tests = base.wraparound
        let shifted = (result + Field(tests.bound - 1)).canonicalValue
        let stated = shifted < 2 * UInt128(tests.bound) ? shifted : UInt128(tests.bound - 1)
        return (0..<tests.bits).map { Field(UInt64(stated >> UInt128($0) & 1)) }
    }
}
