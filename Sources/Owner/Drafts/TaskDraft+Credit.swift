import Credit
import Tasks

/// What a contribution to a task shall earn.
package enum CreditTerms: Sendable, Equatable {
    /// Nothing.
    case none
    /// One each.
    case unit
    /// So much as it points where the published sum points.
    case alignment(bound: UInt64?)
    /// So much per unit of each coordinate.
    case priced(LambdaFile, bound: UInt64?)
    /// By a λ that stays hidden until the batch is closed.
    case validation(LambdaFile, bound: UInt64?)
}

extension TaskDraft {
    /// Fixes what contributions earn. The type and the batch size of the task have to be set before.
    ///
    /// Without a bound, λ is bounded by its own largest coefficient, or by what a batch can add up to.
    ///
    /// - Returns: What verifiers need to know of λ, to be kept in a file; of validation the owner's secret until it is
    ///   revealed. nil where there is nothing to know.
    /// - Throws: `.lambdaBound`, `.lambdaLength`.
    @discardableResult
    package mutating func setCredit(_ terms: CreditTerms) throws(TaskDraftError) -> LambdaFile? {
        switch terms {
        case .none:
            credit = CreditPolicy(kind: .none, bound: 0)
            return nil
        case .unit:
            credit = CreditPolicy(kind: .unit, bound: 0)
            return nil
        case .alignment(let bound):
            let (most, overflow) = maxBatchSize.multipliedReportingOverflow(by: vdaf.base.coordinateBound)
            guard let bound = bound ?? (overflow ? nil : most) else { throw .lambdaBound }
            credit = CreditPolicy(kind: .alignment, bound: bound)
            return nil
        case .priced(let given, let bound):
            try checkLength(of: given)
            credit = CreditPolicy(kind: .priced, bound: bound ?? Self.largest(of: given))
            lambdaHash = CreditWeights.hash(given.lambda)
            return LambdaFile(lambda: given.lambda)
        case .validation(let given, let bound):
            try checkLength(of: given)
            var generator = SystemRandomNumberGenerator()
            let salt = given.salt ?? (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            credit = CreditPolicy(kind: .validation, bound: bound ?? Self.largest(of: given))
            lambdaHash = CreditWeights.hash(given.lambda, salt: salt)
            return LambdaFile(lambda: given.lambda, salt: salt)
        }
    }

    private func checkLength(of file: LambdaFile) throws(TaskDraftError) {
        let expected = vdaf.outputLength
        guard file.lambda.count == expected else {
            throw .lambdaLength(found: file.lambda.count, expected: expected)
        }
    }

    private static func largest(of file: LambdaFile) -> UInt64 { max(1, file.lambda.map(\.magnitude).max() ?? 1) }
}
