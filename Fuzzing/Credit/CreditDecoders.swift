import Credit
import Tasks

extension Decoder {
    /// Claims of credit and their parts. A claim that decodes comes to a verdict, and none that was not honestly made is
    /// believed.
    static let credit: [Decoder] = [
        claim,
        message("credit-statement", CreditStatement.self) { _ in
            [.exactly(7), .exactly(-1), .atLeast(0), .atLeast(.min), .between(-5...5), .between(.min ... .max)]
        } then: {
            _ = $0.leakedBits(of: -100...100)
            _ = $0.leakedBits(of: .min ... .max)
        },
        message("credit-note", CreditNote.self) {
            [CreditNote(commitment: $0.bytes(32), linearForm: $0.bytes(320), range: $0.bytes(736))]
        },
        Decoder(
            "credit-lambda", seeds: { [$0.bytes(8), $0.bytes(80)] },
            run: { canonical($0, "λ", CreditWeights.decode, CreditWeights.encode) }),
    ]

    private static let claim = Decoder(
        "credit-claim", maximumLength: 4096, seeds: { try $0.claims().map { $0.encoded() } },
        run: { input in
            guard let claim = canonical(input, "claim", CreditClaim.init(decoding:), { $0.encoded() }) else { return }
            // Whatever it is about, so that what lies behind this check is reached.
            let tasks = claim.batches.compactMap { try? TaskConfiguration(decoding: $0.configuration).taskID }
            let verifier = ClaimVerifier(policy: SampleLog.shared.policy, tasks: Set(tasks), audience: nil)
            guard let evidence = try? verifier.evidence(of: claim) else { return }
            let unknown = evidence.batches.map { _ in CreditWeights?.none }
            if (try? verifier.verify(.init(claim, evidence: evidence, weights: unknown))) != nil {
                broken("nobody signed this claim", by: input)
            }
        })
}

extension SeededGenerator {
    fileprivate mutating func claims() throws -> [CreditClaim] {
        let sample = SampleLog.shared
        var claims: [CreditClaim] = []
        for count in 1...2 {
            let items = (0..<count).map { number in
                CreditClaim.Item(
                    batch: UInt16(number), entry: sample.receipt.extra, index: UInt64(number), path: [bytes(32)],
                    note: number == 0 ? [] : bytes(100))
            }
            claims.append(
                CreditClaim(
                    context: .init(audience: "bank.example", purpose: "bonus", recipient: ""), statement: .atLeast(3),
                    batches: (0..<count).map { number in
                        CreditClaim.Batch(
                            configuration: bytes(60), closeProof: sample.receipt.serialized(),
                            weightsDigest: number == 0 ? [] : bytes(32))
                    }, items: items, totalProof: bytes(40), signatures: items.map { _ in bytes(64) }))
        }
        return claims
    }
}
