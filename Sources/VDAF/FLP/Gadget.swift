/// A gadget: the only nonlinear part of a validity circuit (VDAF-20 appendix A).
///
/// A circuit evaluates its gadgets several times each. A proof shows that all those evaluations were correct at about
/// the cost of one, so circuits are written to put all their multiplications into few gadgets.
protocol Gadget<Field>: Sendable {
    associatedtype Field: NTTFieldElement
    /// Number of input wires.
    var arity: Int { get }
    /// Degree of the output as a polynomial in the inputs.
    var degree: Int { get }
    /// The gadget's output on `arity` inputs.
    func evaluate(_ inputs: UnsafePointer<Field>) -> Field
    /// Adds the gadget's output to a sum, where possible without a reduction of its own.
    func accumulate(_ inputs: UnsafePointer<Field>, into sum: inout Field.ProductSum)
}

extension Gadget {
    @inline(__always)
    func accumulate(_ inputs: UnsafePointer<Field>, into sum: inout Field.ProductSum) {
        sum.add(evaluate(inputs), times: Field.one)
    }
}

/// x·y.
struct Mul<Field: NTTFieldElement>: Gadget {
    let arity = 2
    let degree = 2

    @inline(__always)
    func evaluate(_ inputs: UnsafePointer<Field>) -> Field {
        inputs[0] * inputs[1]
    }

    @inline(__always)
    func accumulate(_ inputs: UnsafePointer<Field>, into sum: inout Field.ProductSum) {
        sum.add(inputs[0], times: inputs[1])
    }
}

/// x².
struct Square<Field: NTTFieldElement>: Gadget {
    let arity = 1
    let degree = 2

    @inline(__always)
    func evaluate(_ inputs: UnsafePointer<Field>) -> Field {
        inputs[0] * inputs[0]
    }

    @inline(__always)
    func accumulate(_ inputs: UnsafePointer<Field>, into sum: inout Field.ProductSum) {
        sum.add(inputs[0], times: inputs[0])
    }
}

/// p(x) for a fixed polynomial p.
struct PolyEval<Field: NTTFieldElement>: Gadget {
    /// From the constant term up.
    private let coefficients: [Field]
    let arity = 1
    let degree: Int

    /// - Precondition: There is a leading coefficient, and it is not zero.
    init(coefficients: [Field]) {
        precondition(coefficients.last.map { $0 != .zero } ?? false, "a polynomial needs a nonzero leading coefficient")
        self.coefficients = coefficients
        degree = coefficients.count - 1
    }

    @inline(__always)
    func evaluate(_ inputs: UnsafePointer<Field>) -> Field {
        coefficients.withUnsafeBufferPointer { coefficients in
            let x = Field.Factor(inputs[0])
            var result = coefficients[degree]
            for power in stride(from: degree &- 1, through: 0, by: -1) {
                result = result * x + coefficients[power]
            }
            return result
        }
    }
}

/// The sum of `count` copies of a gadget on consecutive inputs.
///
/// It trades the number of calls, which sets the length of the gadget polynomial, against arity, which sets the
/// number of wire polynomials; with about √n copies a proof of n multiplications has O(√n) elements.
struct ParallelSum<Inner: Gadget>: Gadget {
    typealias Field = Inner.Field
    private let inner: Inner
    private let count: Int

    init(_ inner: Inner, count: Int) {
        self.inner = inner
        self.count = count
    }

    var arity: Int { inner.arity * count }
    var degree: Int { inner.degree }

    @inline(__always)
    func evaluate(_ inputs: UnsafePointer<Field>) -> Field {
        var sum = Field.ProductSum()
        let step = inner.arity
        for index in 0..<count {
            inner.accumulate(inputs + index &* step, into: &sum)
        }
        return sum.reduced()
    }
}
