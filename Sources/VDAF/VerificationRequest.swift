import Parallel

/// One report of an aggregation job, as one aggregator has it after decryption.
public struct VerificationRequest<PublicShare: Sendable, InputShare: Sendable>: Sendable {
    /// `nonceSize` bytes: the report ID in DAP.
    public let nonce: [UInt8]
    /// What both aggregators have of the report.
    public let publicShare: PublicShare
    /// What this aggregator alone has of it. Secret.
    public let inputShare: InputShare

    /// A report to be verified.
    public init(nonce: [UInt8], publicShare: PublicShare, inputShare: InputShare) {
        self.nonce = nonce
        self.publicShare = publicShare
        self.inputShare = inputShare
    }
}

extension OneRoundVDAF {
    /// What `verifyInit` gives for one report of a job.
    public typealias VerificationResult = Result<(state: VerifierState, share: VerifierShare), VDAFError>

    /// Every report by itself, spread over `threads` threads: right for every type, and what a type with nothing better
    /// uses.
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<PublicShare, InputShare>], threads: Int
    ) -> [VerificationResult] {
        concurrentMap(count: reports.count, threads: threads) { index in
            let report = reports[index]
            return Result { () throws(VDAFError) in
                try verifyInit(
                    verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, aggregationParameter: (),
                    nonce: report.nonce, publicShare: report.publicShare, inputShare: report.inputShare)
            }
        }
    }
}
