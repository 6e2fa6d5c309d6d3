import TaskTypes

/// What everybody knows about the credits of a batch: their sum (promise P6).
///
/// v = f·⟨λ, x⟩ - c for every report, and the x add up to the published aggregate A, so the credits of all m reports add
/// up to f·⟨λ, A⟩ - m·c. Who claims more has to take it from somebody, and the proofs do not allow that.
extension CreditWeights {
    /// The sum of the credits of all reports of a batch.
    ///
    /// - Parameters:
    ///   - aggregate: A, as the audit verified it.
    ///   - count: m.
    /// - Throws: `.wrongWeights` if A has not λ's length, or the sum does not fit 127 bits.
    package func total(of aggregate: AggregateValue, count: UInt64) throws(CreditError) -> Int128 {
        let sums = aggregate.integers
        guard sums.count == lambda.count else {
            throw .wrongWeights("λ has \(lambda.count) coefficients; the aggregate has \(sums.count) coordinates")
        }
        var total = Int128(0)
        var isTooLarge = false
        func add(_ a: Int128, _ b: Int128) {
            let (product, overflow) = a.multipliedReportingOverflow(by: b)
            let (sum, carry) = total.addingReportingOverflow(product)
            isTooLarge = isTooLarge || overflow || carry
            total = sum
        }
        for (coefficient, sum) in zip(lambda, sums) {
            guard let sum else { throw .wrongWeights("a coordinate of the aggregate does not fit 127 bits") }
            add(Int128(coefficient) * factor, sum)
        }
        add(-Int128(constant), Int128(count))
        guard !isTooLarge else { throw .wrongWeights("the total does not fit 127 bits") }
        return total
    }
}

extension AggregateValue {
    /// The sums as signed integers; nil for one that does not fit.
    package var integers: [Int128?] {
        switch self {
        case .integer(let value): [Int128(exactly: value)]
        case .vector(let values): values.map { Int128(exactly: $0) }
        case .signedVector(let values): values
        }
    }
}
