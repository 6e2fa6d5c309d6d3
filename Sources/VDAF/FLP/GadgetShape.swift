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
    package var wireLengthLog2: Int { ceilLog2(calls + 1) }
    /// p: values of a wire polynomial: one seed, one per call, zeros up to a power of two.
    package var wireLength: Int { 1 << wireLengthLog2 }
    /// Values of the gadget polynomial: its degree is `degree * (p - 1)`.
    package var polynomialLength: Int { degree * (wireLength - 1) + 1 }
    /// log2 of n, the order of the root at whose powers the gadget polynomial's values are given.
    var polynomialOrderLog2: Int { ceilLog2(polynomialLength) }
    /// n / p: call k's output is value `k * step` of the gadget polynomial.
    var step: Int { 1 << (polynomialOrderLog2 - wireLengthLog2) }
    /// Elements of the gadget's part of a proof: wire seeds, then the gadget polynomial.
    var proofLength: Int { arity + polynomialLength }
    /// Elements of the gadget's part of a verifier: the wires and the gadget polynomial at the test point.
    var verifierLength: Int { arity + 1 }

    private func ceilLog2(_ value: Int) -> Int {
        Int.bitWidth - (value - 1).leadingZeroBitCount
    }
}
