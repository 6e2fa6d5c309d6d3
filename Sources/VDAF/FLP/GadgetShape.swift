/// How often a circuit calls a gadget, and the sizes that follow from it (VDAF-20 section 7.3.2).
public struct GadgetShape: Sendable, Equatable {
    /// Input wires.
    public let arity: Int
    /// Degree of the gadget.
    public let degree: Int
    /// Calls in one evaluation of the circuit.
    public let calls: Int

    /// The longest wire polynomial that is supported, as libprio-rs has it. It bounds what precomputed tables may
    /// need.
    static let maximalWireLength = 1 << 20

    /// - Throws: `.invalidParameter` when the polynomials would be too long to work with.
    public init(arity: Int, degree: Int, calls: Int) throws(VDAFError) {
        guard arity >= 1, degree >= 1, calls >= 1 else {
            throw .invalidParameter("a gadget needs inputs, a degree and calls")
        }
        guard calls < Self.maximalWireLength else {
            throw .invalidParameter("\(calls) gadget calls; fewer than \(Self.maximalWireLength) are supported")
        }
        guard arity <= 1 << 32, degree <= 1 << 8 else {
            throw .invalidParameter("gadget arity \(arity) or degree \(degree) is not supported")
        }
        self.arity = arity
        self.degree = degree
        self.calls = calls
    }

    /// log2 of p.
    package var wireLengthLog2: Int { Self.ceilLog2(calls + 1) }
    /// p: values of a wire polynomial: one seed, one per call, zeros up to a power of two.
    package var wireLength: Int { 1 << wireLengthLog2 }
    /// Values of the gadget polynomial: its degree is `degree * (p - 1)`.
    package var polynomialLength: Int { degree * (wireLength - 1) + 1 }
    /// log2 of n, the order of the root at whose powers the gadget polynomial's values are given.
    var polynomialOrderLog2: Int { Self.ceilLog2(polynomialLength) }
    /// n / p: call k's output is value `k * step` of the gadget polynomial.
    var step: Int { 1 << (polynomialOrderLog2 - wireLengthLog2) }
    /// Elements of the gadget's part of a proof: wire seeds, then the gadget polynomial.
    var proofLength: Int { Self.proofLength(arity: arity, degree: degree, calls: calls) }
    /// Elements of the gadget's part of a verifier: the wires and the gadget polynomial at the test point.
    var verifierLength: Int { arity + 1 }

    private static func ceilLog2(_ value: Int) -> Int {
        Int.bitWidth - (value - 1).leadingZeroBitCount
    }
}

/// How long chunks should be.
extension GadgetShape {
    /// ``proofLength``, also of shapes that are too long to work with.
    package static func proofLength(arity: Int, degree: Int, calls: Int) -> Int {
        arity + degree * (1 << ceilLog2(calls + 1) - 1) + 1
    }

    /// How many copies of a gadget with `arity` inputs and degree 2 to put into one, so that the proof for `elements`
    /// calls of the single gadget is shortest: of the lengths ⌈elements/(2^k - 1)⌉, k = 1, 2, …, the best one, and of
    /// equals the first.
    ///
    /// Other lengths only add inputs to a gadget polynomial that is no shorter for it.
    package static func shortestChunkLength(elements: Int, arity: Int) -> Int {
        var best = (chunkLength: elements, proofLength: Int.max)
        for exponent in 1...19 {
            let calls = 1 << exponent - 1
            let chunkLength = (elements + calls - 1) / calls
            let proofLength = proofLength(
                arity: arity * chunkLength, degree: 2, calls: (elements + chunkLength - 1) / chunkLength)
            if proofLength < best.proofLength { best = (chunkLength, proofLength) }
            if chunkLength == 1 { break }
        }
        return best.chunkLength
    }
}
