// What a contributor is about to state, before anything is proved: in how many claims, and what they tell.

/// A statement about reports, divided among as many claims as it takes.
package struct ClaimPlan: Sendable {
    /// What is wanted of a claim.
    package enum Wish: Sendable, Equatable {
        case atLeast(Int64)
        /// The total is this.
        case exactly(Int64)
        /// The total, whatever it is.
        case exact
        case between(ClosedRange<Int64>)
    }

    /// One claim of it.
    package struct Part: Sendable {
        package let statement: CreditStatement
        package let batches: [ClaimableBatch]

        package var reports: Int { batches.reduce(0) { $0 + $1.reports.count } }
    }

    /// What all parts state together.
    package let statement: CreditStatement
    package let parts: [Part]
    /// Bits about the total that the parts tell at most.
    package let leakedBits: Double
    /// Between what everybody knows the total to lie.
    package let known: ClosedRange<Int64>

    package var reports: Int { parts.reduce(0) { $0 + $1.reports } }

    /// Finds out whether the statement is true, and whether claims of the size that verifiers read can make it.
    ///
    /// - Parameter most: How many reports a claim holds.
    /// - Throws: `.falseStatement`, `.wrongInput`, `.indivisible`.
    package init(
        _ wish: Wish, over batches: [ClaimableBatch], ofAtMost most: Int = CreditClaim.mostItems
    ) throws(CreditError) {
        let total = try Self.total(of: batches)
        let statement: CreditStatement =
            switch wish {
            case .atLeast(let bound): .atLeast(bound)
            case .exactly(let value): .exactly(value)
            case .exact: .exactly(total)
            case .between(let range): .between(range)
            }
        guard statement.holds(for: total) else {
            throw .falseStatement("the total is \(total), so it is not true that \(statement)")
        }
        let divided = batches.parts(ofAtMost: most)
        var totals: [Int64] = []
        for part in divided { totals.append(try Self.total(of: part)) }
        let counts = divided.map { $0.reduce(0) { $0 + $1.reports.count } }
        guard let statements = statement.divided(counts: counts, totals: totals) else {
            throw .indivisible(reports: counts.reduce(0, +), reason: Self.reason(statement))
        }
        var leaked = 0.0
        for (statement, part) in zip(statements, divided) { leaked += statement.leakedBits(of: try part.knownRange()) }
        self.statement = statement
        parts = zip(statements, divided).map { Part(statement: $0, batches: $1) }
        leakedBits = leaked
        known = try batches.knownRange()
    }

    /// The claim of one part, in bytes that verifiers read.
    ///
    /// - Throws: as ``CreditClaim/make(_:over:context:using:)`` does; `.tooLong`.
    package static func file(of part: Part, context: CreditClaim.Context) throws(CreditError) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        let claim = try CreditClaim.make(part.statement, over: part.batches, context: context, using: &generator)
        let file = claim.encoded()
        guard file.count <= CreditClaim.maximumSize else { throw .tooLong(bytes: file.count) }
        return file
    }

    private static func total(of batches: [ClaimableBatch]) throws(CreditError) -> Int64 {
        var total: Int64 = 0
        for batch in batches { total = try batch.credits().reduce(total, &+) }
        return total
    }

    private static func reason(_ statement: CreditStatement) -> String {
        guard case .atLeast(let bound) = statement else { return "a range cannot be divided" }
        return "one of the parts is worth less than its share of \(bound)"
    }
}
