import Crypto
import DAP
import Ed25519
import Ledger
import Ristretto255
import TransparencyLog
import ZeroKnowledge

/// Checks claims with a log policy, λ, and nothing else.
///
/// A claim brings its tasks along, and whoever makes one can make up a task: with any owner's key, any keys of aggregators
/// and any λ. So the verifier says which tasks it accepts, by their ids; nothing that a task says about itself counts.
///
/// What a verified claim shows: whoever made it held, for each of its reports, the claim key that signed the report's
/// commitments before it was logged; those reports were in batches that both aggregators closed and the policy's witnesses
/// saw; and the sum of their credits is as stated. It shows nothing else about any credit or input.
package struct ClaimVerifier: Sendable {
    let policy: LogPolicy
    /// Claims may be over batches of these.
    private let tasks: Set<TaskID>
    /// What the claim must be for; nil where anything will do.
    private let audience: String?
    private let purpose: String?
    private let recipient: String?

    /// - Parameters:
    ///   - policy: the policy file of these tasks.
    ///   - tasks: ids of the tasks that this verifier knows and gives something for.
    package init(
        policy: LogPolicy, tasks: Set<TaskID>, audience: String?, purpose: String? = nil, recipient: String? = nil
    ) {
        self.policy = policy
        self.tasks = tasks
        self.audience = audience
        self.purpose = purpose
        self.recipient = recipient
    }

    /// The batches and reports of a claim, so that λ can be found.
    ///
    /// - Throws: `.refused`, `.malformed`.
    package func evidence(of claim: CreditClaim) throws(CreditError) -> ClaimEvidence {
        for (name, expected, found) in [
            ("audience", audience, claim.context.audience), ("purpose", purpose, claim.context.purpose),
            ("recipient", recipient, claim.context.recipient),
        ] {
            guard expected == nil || expected == found else {
                throw .refused(.context, "its \(name) is '\(found)', not '\(expected ?? "")'")
            }
        }
        return try ClaimEvidence(claim, policy: policy, tasks: tasks)
    }

    /// A claim with what was found about it.
    package struct Checked: Sendable {
        let claim: CreditClaim
        let evidence: ClaimEvidence
        /// λ of each batch, in order; nil for unit credit.
        let weights: [CreditWeights?]

        package init(_ claim: CreditClaim, evidence: ClaimEvidence, weights: [CreditWeights?]) {
            self.claim = claim
            self.evidence = evidence
            self.weights = weights
        }
    }

    /// Verifies signatures and proofs of one claim.
    package func verify(_ claim: Checked) throws(CreditError) {
        try verify([claim])[0].get()
    }

    /// Verifies many claims at once: their signatures share one equation, and their proofs one multi-scalar
    /// multiplication over the generators.
    ///
    /// - Returns: In order, what is wrong with each. One bad claim never spoils another: where the batch fails, each
    ///   is looked at by itself.
    package func verify(_ claims: [Checked]) -> [Result<Void, CreditError>] {
        var generator = SystemRandomNumberGenerator()
        let entries = zip(claims, Self.signatureFaults(claims)).map { claim, fault in
            Result { () throws(CreditError) in
                if let fault { throw fault }
                return try Self.entries(claim)
            }
        }
        var batch = VerificationBatch()
        var failed = false
        for case .success(let proofs) in entries {
            failed = failed || !Self.add(proofs, to: &batch, using: &generator)
        }
        if !failed, (try? batch.verify()) != nil { return entries.map { $0.map { _ in } } }
        return entries.map { entry in
            entry.flatMap { proofs in
                var own = VerificationBatch()
                guard Self.add(proofs, to: &own, using: &generator), (try? own.verify()) != nil else {
                    return .failure(.refused(.proof, "the credit notes do not prove what the claim says"))
                }
                return .success(())
            }
        }
    }

    private static func add(
        _ proofs: [any BatchVerifiable], to batch: inout VerificationBatch,
        using generator: inout SystemRandomNumberGenerator
    ) -> Bool {
        for proof in proofs {
            guard (try? proof.add(to: &batch, using: &generator)) != nil else { return false }
        }
        return true
    }

    /// Everything of a claim but its signatures that is not checked in a batch, and what is.
    private static func entries(_ checked: Checked) throws(CreditError) -> [any BatchVerifiable] {
        let (claim, evidence) = (checked.claim, checked.evidence)
        guard evidence.kind != .unit else {
            guard claim.totalProof.isEmpty, claim.items.allSatisfy(\.note.isEmpty),
                claim.batches.allSatisfy(\.weightsDigest.isEmpty)
            else { throw .refused(.proof, "a claim of unit credit has notes") }
            guard claim.statement.holds(for: Int64(claim.items.count)) else {
                throw .refused(.proof, "it has \(claim.items.count) receipts of credit 1 each")
            }
            return []
        }
        var weights: [CreditWeights] = []
        for (number, batch) in evidence.batches.enumerated() {
            guard checked.weights.indices.contains(number), let found = checked.weights[number] else {
                throw .refused(.weights, "λ of task \(batch.task.taskID) is not known")
            }
            guard found.digest == batch.weightsDigest else {
                throw .refused(.weights, "the claim is about another λ of task \(batch.task.taskID)")
            }
            weights.append(found)
        }
        _ = try CreditTotals.range(evidence.batchOfReport.map { weights[$0].range })

        var total = RistrettoPoint.identity
        var proofs: [any BatchVerifiable] = []
        for (number, item) in claim.items.enumerated() {
            let note: CreditNote
            do {
                note = try CreditNote(decoding: item.note)
            } catch {
                throw .refused(.proof, "a credit note cannot be read: \(error)")
            }
            let entries = try note.entries(
                evidence.reports[number], weights: weights[evidence.batchOfReport[number]])
            total += entries.point
            proofs += entries.proofs
        }
        let application = TotalProof.application(contextDigest: claim.contextDigest)
        return proofs
            + (try TotalProof.entries(claim.totalProof, of: claim.statement, total: total, application: application))
    }

    /// What is wrong with the signatures of each claim; nil where nothing is.
    private static func signatureFaults(_ claims: [Checked]) -> [CreditError?] {
        let signed = claims.map { signatures(of: $0) }
        var answers = SignedMessage.areValid(signed.flatMap { $0 })[...]
        return zip(claims, signed).map { checked, signed in
            let own = Array(answers.prefix(signed.count))
            answers = answers.dropFirst(signed.count)
            guard checked.claim.signatures.count == checked.evidence.reports.count else {
                return .malformed("signatures are missing")
            }
            for (number, report) in checked.evidence.reports.enumerated() {
                let name = "report \(report.entry.metadata.reportID)"
                guard own[2 * number] else { return .refused(.report, "\(name) has no valid claim key") }
                guard own[2 * number + 1] else {
                    return .refused(.signature, "the claim key of \(name) did not sign this claim")
                }
            }
            return nil
        }
    }

    /// Two signatures for every report of a claim, by its claim key: over the commitments and over the claim.
    private static func signatures(of checked: Checked) -> [SignedMessage] {
        let message = checked.claim.signedBytes
        return zip(checked.evidence.reports, checked.claim.signatures).flatMap { report, signature in
            // Nothing is validly signed by no key.
            let commitments = report.entry.signedClaim ?? SignedMessage(publicKey: [], signature: [], message: [])
            return [
                commitments,
                SignedMessage(publicKey: commitments.publicKey, signature: signature, message: message),
            ]
        }
    }
}
