import Ledger

/// Where claims are checked by those who take some: finds λ, holds them against the log, and checks them together.
package struct ClaimDesk: Sendable {
    package let verifier: ClaimVerifier
    private var finder: LambdaFinder

    /// - Parameters:
    ///   - log: The log, if there is one at hand.
    ///   - files: Files that may hold λ.
    package init(verifier: ClaimVerifier, log: Auditor?, files: [LambdaFile]) {
        self.verifier = verifier
        finder = LambdaFinder(files: files, log: log)
    }

    /// What can be checked of a claim without its proofs, also against the log where it is at hand, and what its proofs
    /// are about.
    ///
    /// - Throws: ``CreditError`` where the claim is not to be believed; ``LambdaError`` and `AuditError` where that cannot be
    ///   found out.
    package mutating func check(
        _ claim: CreditClaim
    ) async throws -> (evidence: ClaimEvidence, checked: ClaimVerifier.Checked) {
        let evidence = try verifier.evidence(of: claim)
        try await finder.confirm(evidence)
        let weights = try await finder.weights(of: evidence)
        return (evidence, ClaimVerifier.Checked(claim, evidence: evidence, weights: weights))
    }
}
