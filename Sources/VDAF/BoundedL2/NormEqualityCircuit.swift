/// Σ X_k² = v modulo p, for a vector X and a number v in range encoding.
///
/// The encoding is X followed by the bits of v. There is no joint randomness: nothing is combined. That the bits are
/// bits, and that the sum of squares did not wrap around, is for others to show.
struct NormEqualityCircuit<Field: NTTFieldElement>: ArithmeticCircuit {
    let measurementLength: Int
    let jointRandomnessLength = 0
    let evaluationOutputLength = 1
    let gadgets: [GadgetShape]
    private let dimension: Int
    private let chunkLength: Int
    private let norm: RangeEncoding<Field>
    private let gadget: ParallelSum<Square<Field>>

    /// - Throws: `.invalidParameter` for a dimension that is too large.
    init(dimension: Int, norm: RangeEncoding<Field>) throws(VDAFError) {
        self.dimension = dimension
        self.norm = norm
        measurementLength = dimension + norm.bits
        chunkLength = GadgetShape.shortestChunkLength(elements: dimension, arity: 1)
        gadget = ParallelSum(Square(), count: chunkLength)
        gadgets = [
            try GadgetShape(
                arity: gadget.arity, degree: gadget.degree, calls: (dimension + chunkLength - 1) / chunkLength)
        ]
    }

    @inline(__always)
    func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field>) -> Field {
        gadget.evaluate(inputs)
    }

    @inline(__always)
    func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field>
    ) where Caller.Field == Field {
        guard let base = encoded.baseAddress else { return }
        var sum = Field.zero
        var start = 0
        while start < dimension {
            let count = min(chunkLength, dimension &- start)
            sum += caller.call(0, on: UnsafeBufferPointer(start: base + start, count: count))
            start &+= count
        }
        outputs[0] = norm.decode(base + dimension) - sum
    }
}
