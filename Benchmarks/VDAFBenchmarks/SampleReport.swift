import VDAF

/// One report with all that its two aggregators need.
struct SampleReport<V: VDAF> where V.AggregationParameter == Void {
    typealias Step = (state: V.VerifierState, share: V.VerifierShare)

    /// Verification ended without an output share.
    struct NotFinished: Error {}

    private let vdaf: V
    private let measurement: V.Measurement
    private let context = [UInt8](repeating: 1, count: 38)
    private let verifyKey = [UInt8](repeating: 2, count: 32)
    private let nonce = [UInt8](repeating: 3, count: 16)
    private let rand: [UInt8]
    private let publicShare: V.PublicShare
    private let inputShares: [V.InputShare]

    init(_ vdaf: V, measurement: V.Measurement) throws {
        try self.init(vdaf, measurement, rand: (0..<vdaf.randSize).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    }

    private init(_ vdaf: V, _ measurement: V.Measurement, rand: [UInt8]) throws {
        self.vdaf = vdaf
        self.measurement = measurement
        self.rand = rand
        (publicShare, inputShares) = try vdaf.shard(
            context: context, measurement: measurement, nonce: nonce, rand: rand)
    }

    /// Shards the same measurement again.
    func again() throws -> SampleReport {
        try SampleReport(vdaf, measurement, rand: rand)
    }

    func verifyInit(_ aggregatorID: Int) throws -> Step {
        try vdaf.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, aggregationParameter: (), nonce: nonce,
            publicShare: publicShare, inputShare: inputShares[aggregatorID])
    }

    /// Throws unless both aggregators accept the report.
    func checkAccepted() throws {
        try checkAccepted([verifyInit(0), verifyInit(1)])
    }

    func checkAccepted(_ steps: [Step]) throws {
        let message = try vdaf.verifierSharesToMessage(
            context: context, aggregationParameter: (), verifierShares: steps.map(\.share))
        for step in steps {
            guard case .finished = try vdaf.verifyNext(context: context, state: step.state, message: message) else {
                throw NotFinished()
            }
        }
    }
}

extension SampleReport where V: OneRoundVDAF {
    /// The report `count` times, as one aggregator has it.
    func requests(_ aggregatorID: Int, count: Int) -> [VerificationRequest<V.PublicShare, V.InputShare>] {
        (0..<count).map { _ in
            VerificationRequest(nonce: nonce, publicShare: publicShare, inputShare: inputShares[aggregatorID])
        }
    }

    func verifyJob(
        _ aggregatorID: Int, _ reports: [VerificationRequest<V.PublicShare, V.InputShare>]
    ) -> [Result<Step, VDAFError>] {
        vdaf.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregatorID, reports: reports, threads: 1)
    }
}
