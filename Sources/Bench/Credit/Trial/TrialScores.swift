import Credit
import SharedModel
import Tasks

/// The credit of every contributor in one round, by each policy, computed as claims compute it: integers, from encoded
/// updates and the λ that a task of that policy has.
struct TrialScores {
    /// Gradients become λ in units of 2^-30. A softmax model's gradient by inputs in [-1, 1] never exceeds 1, which bounds
    /// λ before anything is known.
    static let scale = Double(1 << 30)

    private let world: BenchWorld
    private let encoding: UpdateEncoding
    /// λ of priced credit, fixed before the first round.
    private let prices: [Int64]

    /// - Parameter prices: the slope that prices are made from.
    init(encoding: UpdateEncoding, prices: [Double]) throws {
        world = try BenchWorld()
        self.encoding = encoding
        self.prices = Self.lambda(against: prices)
    }

    /// -gradient, in units.
    static func lambda(against gradient: [Double]) -> [Int64] {
        gradient.map { Int64((-$0 * scale).rounded()) }
    }

    /// - Parameters:
    ///   - updates: encoded, one for each contributor.
    ///   - sums: their sum.
    ///   - gradient: of the validation loss at the round's model.
    func credits(
        _ policy: CreditPolicy.Kind, updates: [[UInt64]], sums: [UInt128], gradient: [Double]
    ) throws -> [Int64] {
        let weights: CreditWeights
        switch policy {
        case .none: return updates.map { _ in 0 }
        case .unit: return updates.map { _ in 1 }
        case .priced:
            weights = try CreditWeights(
                lambda: prices, salt: nil,
                task: task(.priced, bound: UInt64(Self.scale), lambdaHash: CreditWeights.hash(prices)))
        case .alignment:
            let largest = UInt64(updates.count) * encoding.maximum
            weights = try CreditWeights(
                aggregate: .vector(sums), count: UInt64(updates.count),
                task: task(.alignment, bound: largest, lambdaHash: nil))
        case .validation:
            let lambda = Self.lambda(against: gradient)
            let salt = [UInt8](repeating: 0, count: 32)
            weights = try CreditWeights(
                lambda: lambda, salt: salt,
                task: task(.validation, bound: UInt64(Self.scale), lambdaHash: CreditWeights.hash(lambda, salt: salt)))
        }
        return try updates.map { try weights.value(of: $0.map(Int64.init)) }
    }

    private func task(_ kind: CreditPolicy.Kind, bound: UInt64, lambdaHash: [UInt8]?) throws -> ValidatedTask {
        try world.task(
            length: prices.count, bits: encoding.bits, credit: CreditPolicy(kind: kind, bound: bound),
            lambdaHash: lambdaHash, encodingBound: encoding.bound, batchSize: 1000)
    }
}
