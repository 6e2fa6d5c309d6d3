/// The check that all elements of a vector are bits, which SumVec, Histogram and their relatives share.
///
/// x is a bit if x·(x - 1) = 0. For a whole vector, call i of the gadget sums r_i^(j+1)·x_j·(x_j - 1) over the j-th
/// elements of chunk i with joint randomness r_i: if some element is not a bit, the sum is a nonzero polynomial in
/// r_i, and zero for few values of it (VDAF-20 section 7.4.3).
struct BitVectorCheck<Field: NTTFieldElement>: Sendable {
    let shape: GadgetShape
    private let gadget: ParallelSum<Mul<Field>>
    private let chunkLength: Int

    /// - Throws: `.invalidParameter` for a chunk length that is not positive or leads to more calls than supported.
    init(elements: Int, chunkLength: Int) throws(VDAFError) {
        guard chunkLength > 0, chunkLength <= 1 << 30 else {
            throw .invalidParameter("chunk_length must be in 1...2^30, not \(chunkLength)")
        }
        self.chunkLength = chunkLength
        gadget = ParallelSum(Mul(), count: chunkLength)
        shape = try GadgetShape(
            arity: gadget.arity, degree: gadget.degree, calls: (elements + chunkLength - 1) / chunkLength)
    }

    @inline(__always)
    func evaluateGadget(_ inputs: UnsafePointer<Field>) -> Field {
        gadget.evaluate(inputs)
    }

    /// The sum of all calls, zero if all elements are bits. One element of joint randomness per call.
    @inline(__always)
    func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        caller: inout Caller
    ) -> Field where Caller.Field == Field {
        var sum = Field.zero
        for call in 0..<shape.calls {
            let start = call &* chunkLength
            let end = min(start &+ chunkLength, encoded.count)
            sum += caller.callBitChecks(
                0, elements: UnsafeBufferPointer(rebasing: encoded[start..<end]),
                randomness: jointRandomness[call], shareOfOne: shareOfOne)
        }
        return sum
    }
}
