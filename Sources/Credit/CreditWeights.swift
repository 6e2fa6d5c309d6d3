import Commitments
import Ristretto255
import TaskTypes
import Tasks
import VDAF
import ZeroKnowledge

/// λ of one task, and everything that follows from it and the task's type: v = ⟨λ, x⟩ for the input x of a report.
///
/// Where numbers are offset-encoded (`numeric_encoding`), the integer q stands for a real number that is proportional to
/// 2q - M, so credit is ⟨λ, 2x - M⟩ and a contribution of nothing earns nothing. In general
///
///     v = ⟨f·λ, x⟩ - c     with f = 1 and c = 0, or f = 2 and c = M·Σλ_k.
///
/// A valid report has 0 ≤ x_k ≤ M and Σx_k ≤ T, or, where x is signed, a norm of at most B; this bounds v. A claim
/// proves those bounds: two clients and an aggregator that together got an invalid report into a batch could otherwise
/// claim any credit.
///
/// `Protocols/credit.md` §2.
package struct CreditWeights: Sendable {
    /// λ.
    package let lambda: [Int64]
    /// f·λ.
    let form: LinearForm
    /// c.
    let constant: Int64
    /// The least and the greatest v of a valid report.
    package let range: ClosedRange<Int64>
    /// p·ΣG_k, which the commitments of a report exceed the one to x by.
    private let wrap: RistrettoPoint
    private let isCentred: Bool
    private let coordinateBound: Int128
    private let isSigned: Bool
    /// p.
    private let modulus: UInt128

    /// - Throws: `.wrongWeights` if λ does not have the task's length or exceeds its bound Λ.
    package init(lambda: [Int64], task: ValidatedTask) throws(CreditError) {
        let vdaf = task.vdaf
        guard lambda.count == vdaf.outputLength else {
            throw .wrongWeights("λ has \(lambda.count) coefficients; reports have \(vdaf.outputLength) coordinates")
        }
        let largest = task.cairn?.creditPolicy?.bound ?? 0
        if let index = lambda.firstIndex(where: { $0.magnitude > largest }) {
            throw .wrongWeights("λ_\(index) = \(lambda[index]) exceeds the task's bound \(largest)")
        }
        self.lambda = lambda
        isCentred = task.cairn?.numericEncoding != nil
        coordinateBound = Int128(vdaf.coordinateBound)
        isSigned = vdaf.isSigned
        modulus = vdaf.fieldModulus

        // The task's validation has made sure that T·Λ is below 2^63, so nothing here is outside Int64 in the end.
        let bound = Int128(vdaf.coordinateBound)
        let total = lambda.reduce(Int128(0)) { $0 + Int128($1) }
        let positive = lambda.reduce(Int128(0)) { $0 + max(0, Int128($1)) }
        let negative = total - positive
        var (lowest, highest, constant) = (negative * bound, positive * bound, Int128(0))
        if isSigned {
            highest = try Self.norm(lambda) * bound
            lowest = -highest
        } else if isCentred {
            constant = bound * total
            (lowest, highest) = ((negative - positive) * bound, (positive - negative) * bound)
        } else {
            let sumBound = Int128(vdaf.sumBound)
            highest = min(highest, sumBound * max(0, Int128(lambda.max() ?? 0)))
            lowest = max(lowest, sumBound * min(0, Int128(lambda.min() ?? 0)))
        }
        guard let low = Int64(exactly: lowest), let high = Int64(exactly: highest),
            let offset = Int64(exactly: constant)
        else { throw .wrongWeights("credit of a report does not fit 64 bits") }
        range = low...high
        self.constant = offset

        do throws(ProofError) {
            form = try LinearForm(
                lambda.map { coefficient in
                    let scalar = Scalar(signed: coefficient)
                    return task.cairn?.numericEncoding == nil ? scalar : scalar + scalar
                })
        } catch {
            throw .wrongWeights("\(error)")
        }
        wrap = PedersenVector.commit(toAll: vdaf.outputLength, value: modulus)
    }

    /// ⌈‖λ‖⌉.
    private static func norm(_ lambda: [Int64]) throws(CreditError) -> Int128 {
        var square = UInt128(0)
        for coefficient in lambda {
            let term = UInt128(coefficient.magnitude) * UInt128(coefficient.magnitude)
            let (sum, overflow) = square.addingReportingOverflow(term)
            guard !overflow, sum >> 126 == 0 else { throw .wrongWeights("the norm of λ does not fit 63 bits") }
            square = sum
        }
        return Int128(square.squareRootRoundedUp)
    }

    /// f.
    var factor: Int128 { isCentred ? 2 : 1 }

    /// What claims carry of λ: 32 bytes that bind every coefficient.
    package var digest: [UInt8] { form.digest }

    /// v of an input.
    ///
    /// - Throws: `.wrongInput` if it is no valid input of the task.
    package func value(of input: [Int64]) throws(CreditError) -> Int64 {
        guard input.count == lambda.count else {
            throw .wrongInput("it has \(input.count) coordinates instead of \(lambda.count)")
        }
        var sum = Int128(0)
        for (coefficient, x) in zip(lambda, input) {
            guard isSigned ? x.magnitude <= coordinateBound : x >= 0 && x <= coordinateBound else {
                throw .wrongInput("a coordinate exceeds the task's bound")
            }
            sum += Int128(coefficient) * (isCentred ? 2 * Int128(x) - coordinateBound : Int128(x))
        }
        guard let value = Int64(exactly: sum), range.contains(value) else {
            throw .wrongInput("its coordinates add up to more than the task allows")
        }
        return value
    }

    /// The integers behind an opening, which has them modulo p.
    ///
    /// - Throws: `.wrongInput` for what no input is.
    package func input(of opening: ReportOpening) throws(CreditError) -> [Int64] {
        var input: [Int64] = []
        input.reserveCapacity(opening.values.count)
        for value in opening.values {
            let isNegative = isSigned && value > modulus / 2 && value < modulus
            guard let magnitude = Int64(exactly: isNegative ? modulus - value : value) else {
                throw .wrongInput("it is not the opening of a report")
            }
            input.append(isNegative ? -magnitude : magnitude)
        }
        return input
    }

    /// C: the commitment to x that a report's two commitments make.
    func inputCommitment(of report: LoggedReport) throws(CreditError) -> RistrettoPoint {
        let (leader, helper) = try report.commitments()
        return leader + helper - wrap
    }

    /// What a note's first proof is about: K + c·B commits to ⟨f·λ, x⟩.
    func statement(input: RistrettoPoint, note: RistrettoPoint) throws(ProofError) -> LinearFormStatement {
        try LinearFormStatement(
            form: form, commitment: input, note: note + Scalar(signed: constant) * NoteBases.shared.value)
    }
}
