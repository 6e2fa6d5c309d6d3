/// Why credit cannot be shown, proved or believed. The text is for people.
package enum CreditError: Error, Equatable, Sendable {
    /// The task has no credit policy, or none for which there are claims.
    case noCredit(String)
    /// λ does not fit the task.
    case wrongWeights(String)
    /// The saved input is not the one behind the report, or is no valid input.
    case wrongInput(String)
    /// The statement is not true, or says nothing, so there is nothing to prove.
    case falseStatement(String)
    /// More reports than one claim holds, and a statement that no several claims can make together.
    case indivisible(reports: Int, reason: String)
    /// The claim has more bytes than verifiers read.
    case tooLong(bytes: Int)
    /// The bytes are not a claim.
    case malformed(String)
    /// A claim that was read, and is not to be believed. `check` says which check failed.
    case refused(ClaimCheck, String)
    /// A file could not be read or written.
    case file(path: String, reason: String)
}

/// What is checked of a claim, in this order.
package enum ClaimCheck: String, Sendable, CaseIterable {
    /// Audience, purpose and recipient are those that the verifier expects.
    case context
    /// Tasks are among those that the verifier accepts, are valid, and have one credit policy. With the log at hand: it
    /// has them, signed by the owners that they name.
    case task
    /// Every `close` is in its task's log, under a checkpoint that satisfies the task's policy, and signed by both nodes.
    /// With the log at hand: it is the first of its buckets, and the audit finds no fault with it.
    case close
    /// Every report is under its batch's `close`, once.
    case report
    /// λ is the one that the claim is about.
    case weights
    /// Every claim key signed this claim.
    case signature
    /// The credit notes commit to the credit of their reports, and their sum is what the claim says.
    case proof
    /// No receipt was counted before.
    case registry
}

extension CreditError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noCredit(let text), .wrongWeights(let text), .falseStatement(let text), .malformed(let text): text
        case .indivisible(let reports, let reason):
            "a claim holds \(CreditClaim.mostItems) reports, these are \(reports), and \(reason). Name up to "
                + "\(CreditClaim.mostItems) reports with --report, or fewer tasks, and make a claim of each."
        case .tooLong(let bytes):
            "the claim has \(bytes) bytes, more than the \(CreditClaim.maximumSize) that verifiers read. Name fewer "
                + "reports with --report, and make several claims."
        case .wrongInput(let text): "the saved input does not fit: \(text)"
        case .refused(let check, let text): "\(check.rawValue): \(text)"
        case .file(let path, let reason): "\(path): \(reason)"
        }
    }
}
