import Credit
import TransparencyLog

/// Verifies claims as the commands do that take some: reads them, finds λ, and checks them together.
struct ClaimDesk {
    let verifier: ClaimVerifier
    private var finder: CreditLambda

    /// - Parameters:
    ///   - log: The log's URL or folder, if there is one at hand.
    ///   - lambda: Paths of files with λ.
    init(verifier: ClaimVerifier, policy: LogPolicy, log: String?, lambda: [String]) throws {
        self.verifier = verifier
        finder = CreditLambda(
            files: try lambda.map(LambdaFile.read),
            log: try log.map { TaskLog(source: try LogLocation.source($0), policy: policy) })
    }

    static func read(_ path: String) throws -> CreditClaim {
        try CreditClaim(file: try UserFile.read(path, limit: CreditClaim.maximumSize))
    }

    /// What can be checked of a claim without its proofs, also against the log where it is at hand, and what its proofs
    /// are about.
    mutating func check(_ claim: CreditClaim) async throws -> (ClaimEvidence, ClaimVerifier.Checked) {
        let evidence = try verifier.evidence(of: claim)
        try await finder.confirm(evidence)
        let weights = try await finder.weights(of: evidence)
        return (evidence, ClaimVerifier.Checked(claim, evidence: evidence, weights: weights))
    }
}
