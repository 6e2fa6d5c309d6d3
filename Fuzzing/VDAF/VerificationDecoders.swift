import Commitments
import VDAF

extension Decoder {
    /// Verification of shares that an attacker chose: it must end in a verdict, never in a trap, and what both
    /// aggregators accept must be within the type's bounds.
    static let verification: [Decoder] = [
        verify("verify-count", required { try Prio3Count() }, true),
        verify("verify-sum", required { try Prio3Sum(maxMeasurement: 100) }, 77),
        verify(
            "verify-sumvec", required { try Prio3SumVec(length: 3, maxMeasurement: 5, chunkLength: 2) }, [5, 0, 2]),
        verify(
            "verify-sumvec-field64",
            required { try Prio3SumVecField64Multiproof(length: 3, maxMeasurement: 5, chunkLength: 2) }, [5, 0, 2]),
        verify(
            "verify-sumvec-field64-hmac",
            required {
                try Prio3SumVecField64MultiproofHmacSha256Aes128(length: 3, maxMeasurement: 5, chunkLength: 2)
            }, [5, 0, 2]),
        verify("verify-histogram", required { try Prio3Histogram(length: 5, chunkLength: 2) }, 3),
        verify(
            "verify-multihot", required { try Prio3MultihotCountVec(length: 5, maxWeight: 2, chunkLength: 2) },
            [true, false, true, false, false]),
        verify(
            "verify-l1boundsum", required { try Prio3L1BoundSum(length: 3, maxValue: 9, chunkLength: 2) }, [4, 0, 5]),
        verify("verify-bounded-l2-vector", boundedL2, [1.5, -2, 0]),
        verify(
            "verify-committed-sumvec", committedSumVec, [5, 0, 2]
        ) {
            // x_0 + x_1 mod p.
            var sum = $0[0].coordinates
            Field128.addVector(&sum, $0[1].coordinates)
            return Field128.canonicalValues(sum).allSatisfy { $0 <= 7 }
        },
        verifyPoplar1("verify-poplar1-inner", level: 3), verifyPoplar1("verify-poplar1-leaf", level: 7),
    ]

    static let committedSumVec = required {
        try Committed(Prio3SumVec(length: 3, maxMeasurement: 5, chunkLength: 2))
    }

    private static func verify<V: OneRoundVDAF>(_ name: String, _ vdaf: V, _ measurement: V.Measurement) -> Decoder {
        verify(name, vdaf, measurement) { outputs in
            var sum = outputs[0]
            V.Field.addVector(&sum, outputs[1])
            return V.Field.canonicalValues(sum).allSatisfy {
                $0 <= vdaf.coordinateBound || vdaf.isSigned && $0 >= V.Field.modulus - vdaf.coordinateBound
            }
        }
    }

    private static func verify<V: VDAF>(
        _ name: String, _ vdaf: V, _ measurement: V.Measurement,
        isValid: @escaping @Sendable ([V.OutputShare]) -> Bool
    ) -> Decoder where V.AggregationParameter == Void {
        verify(name, vdaf, (), measurement, isValid: isValid)
    }

    private static func verifyPoplar1(_ name: String, level: Int) -> Decoder {
        let parameter = Poplar1Sample.parameter(level: level)
        return verify(name, Poplar1Sample.vdaf, parameter, Poplar1Sample.measurement) { outputs in
            let counts = try? Poplar1Sample.vdaf.unshard(
                aggregationParameter: parameter, aggregateShares: outputs, measurementCount: 1)
            return counts.map { $0.allSatisfy { $0 <= 1 } && $0.count { $0 == 1 } <= 1 } ?? false
        }
    }

    /// Input: public share ‖ both input shares ‖ a verifier share and a verifier message of the attacker's.
    private static func verify<V: VDAF>(
        _ name: String, _ vdaf: V, _ parameter: V.AggregationParameter, _ measurement: V.Measurement,
        isValid: @escaping @Sendable ([V.OutputShare]) -> Bool
    ) -> Decoder where V.AggregationParameter: Sendable {
        let report = required {
            var generator = SeededGenerator(seed: 4)
            return try HonestReport(vdaf, parameter, measurement, using: &generator)
        }
        let parts = [report.publicShare] + report.inputShares + [report.verifierShares[0], report.verifierMessages[0]]
        let exchange = Exchange(vdaf: vdaf, report: report)
        return Decoder(
            name, maximumLength: parts.reduce(0) { $0 + $1.count },
            seeds: { _ in
                [
                    parts.flatMap { $0 },
                    ([report.publicShare] + report.inputShares + [report.verifierShares[1], []]).flatMap { $0 },
                ]
            },
            run: { input in
                var reader = InputReader(input)
                let bytes = parts.map { reader.bytes($0.count) }
                guard let publicShare = try? vdaf.decodePublicShare(bytes[0]) else { return }
                let share = try? vdaf.decodeVerifierShare(bytes[3])
                let message = try? vdaf.decodeVerifierMessage(bytes[4])
                let outputs = exchange.run(
                    publicShare: publicShare,
                    inputShares: (0..<2).map { try? vdaf.decodeInputShare(bytes[1 + $0], aggregatorID: $0) },
                    attackerShare: share, attackerMessage: message)
                if let outputs, !isValid(outputs) { broken("both aggregators accept valid reports only", by: input) }
            })
    }
}

/// Both aggregators' verification, with the attacker's messages thrown in.
private struct Exchange<V: VDAF>: Sendable where V.AggregationParameter: Sendable {
    let vdaf: V
    let verifyKey: [UInt8]
    let context: [UInt8]
    let nonce: [UInt8]
    let parameter: V.AggregationParameter

    init(vdaf: V, report: HonestReport<V>) {
        self.vdaf = vdaf
        (verifyKey, context, nonce) = (report.verifyKey, report.context, report.nonce)
        parameter = report.parameter
    }

    /// - Returns: Both output shares where both aggregators accept each other's messages.
    func run(
        publicShare: V.PublicShare, inputShares: [V.InputShare?], attackerShare: V.VerifierShare?,
        attackerMessage: V.VerifierMessage?
    ) -> [V.OutputShare]? {
        var states: [V.VerifierState] = []
        var shares: [V.VerifierShare] = []
        for (aggregator, inputShare) in inputShares.enumerated() {
            guard let inputShare,
                let (state, share) = try? vdaf.verifyInit(
                    verifyKey: verifyKey, context: context, aggregatorID: aggregator, aggregationParameter: parameter,
                    nonce: nonce, publicShare: publicShare, inputShare: inputShare)
            else { continue }
            if let attackerShare, let message = message([attackerShare, share]) { _ = next(state, message) }
            if let attackerMessage { _ = next(state, attackerMessage) }
            states.append(state)
            shares.append(share)
        }
        guard states.count == 2 else { return nil }
        var outputs: [V.OutputShare] = []
        for _ in 0..<vdaf.rounds {
            guard let message = message(shares) else { return nil }
            shares = []
            for (index, state) in states.enumerated() {
                switch next(state, message) {
                case .continued(let next, let share):
                    states[index] = next
                    shares.append(share)
                    if let attackerMessage { _ = self.next(next, attackerMessage) }
                case .finished(let output): outputs.append(output)
                case nil: return nil
                }
            }
        }
        return outputs.count == 2 ? outputs : nil
    }

    private func message(_ shares: [V.VerifierShare]) -> V.VerifierMessage? {
        try? vdaf.verifierSharesToMessage(context: context, aggregationParameter: parameter, verifierShares: shares)
    }

    private func next(
        _ state: V.VerifierState, _ message: V.VerifierMessage
    ) -> VerifyTransition<V.VerifierState, V.VerifierShare, V.OutputShare>? {
        try? vdaf.verifyNext(context: context, state: state, message: message)
    }
}
