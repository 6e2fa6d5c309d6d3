/// Everything about a bounded-norm vector but the equality of its norm: what should be bits are bits, so that the
/// stated squared norm is at most B² and every stated test result is in range; and each test's stated result is the dot
/// product that the aggregators computed.
///
/// The encoding is the bits of the squared norm, the bits of the test results, and the dot products. The last are not
/// sent: every party computes its share of them from its share of the vector.
///
/// Output 0 is the bit check; the others are the differences between stated and computed results. They are linear, so
/// the verifiers' own randomness combines them, and no gadget or joint randomness is spent on them.
struct BoundedNormCircuit<Field: NTTFieldElement>: ArithmeticCircuit {
    let measurementLength: Int
    let gadgets: [GadgetShape]
    /// How many elements must be bits.
    let bitCount: Int
    let norm: RangeEncoding<Field>
    private let wraparound: WraparoundTests
    private let check: BitVectorCheck<Field>

    var jointRandomnessLength: Int { check.shape.calls }
    var evaluationOutputLength: Int { 1 + WraparoundTests.count }

    /// - Throws: `.invalidParameter`, for no parameters that the parts allow.
    init(norm: RangeEncoding<Field>, wraparound: WraparoundTests) throws(VDAFError) {
        self.norm = norm
        self.wraparound = wraparound
        bitCount = norm.bits + WraparoundTests.count * wraparound.bits
        measurementLength = bitCount + WraparoundTests.count
        check = try BitVectorCheck(
            elements: bitCount, chunkLength: GadgetShape.shortestChunkLength(elements: bitCount, arity: 2))
        gadgets = [check.shape]
    }

    @inline(__always)
    func evaluateGadget(_ index: Int, _ inputs: UnsafePointer<Field>) -> Field {
        check.evaluateGadget(inputs)
    }

    @inline(__always)
    func evaluate<Caller: GadgetCaller>(
        _ encoded: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        caller: inout Caller, into outputs: UnsafeMutablePointer<Field>
    ) where Caller.Field == Field {
        outputs[0] = check.evaluate(
            UnsafeBufferPointer(rebasing: encoded[..<bitCount]), jointRandomness: jointRandomness,
            shareOfOne: shareOfOne, caller: &caller)
        guard let base = encoded.baseAddress else { return }
        let shift = Field(wraparound.bound - 1) * shareOfOne
        let (results, dotProducts) = (base + norm.bits, base + bitCount)
        for test in 0..<WraparoundTests.count {
            let stated = binaryValue(results + test &* wraparound.bits, count: wraparound.bits)
            outputs[1 &+ test] = stated - shift - dotProducts[test]
        }
    }

    /// Σ 2^i·elements[i].
    @inline(__always)
    private func binaryValue(_ elements: UnsafePointer<Field>, count: Int) -> Field {
        var sum = Field.BinarySum()
        var index = count &- 1
        while index >= 0 {
            sum.double(adding: elements[index])
            index &-= 1
        }
        return sum.reduced()
    }
}
