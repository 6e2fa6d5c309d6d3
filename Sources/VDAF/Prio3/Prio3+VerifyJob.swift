/// Verification of the reports of an aggregation job (VDAF-20 section 7.2.2, for many reports).
///
/// Most of the work is Keccak, and four independent states advance in little more time than one (`KeccakP1600x4`). So
/// reports are verified in groups of four: each derivation runs for the whole group before the next begins.
extension Prio3 {
    private static var groupSize: Int { 4 }

    /// See ``OneRoundVDAF/verifyInit(verifyKey:context:aggregatorID:reports:threads:)``.
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    public func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        reports: [VerificationRequest<PublicShare, InputShare>], threads: Int
    ) -> [VerificationResult] {
        let groups = (reports.count + Self.groupSize - 1) / Self.groupSize
        let results = concurrentMap(count: groups, threads: threads) { group in
            let start = group * Self.groupSize
            return verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: aggregatorID,
                group: Array(reports[start..<min(start + Self.groupSize, reports.count)]))
        }
        return results.count == 1 ? results[0] : results.reduce(into: []) { $0 += $1 }
    }

    /// One group. Reports that cannot be verified get their error, and the others go on without them.
    @specialized(where Circuit == CountCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field128>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofTurboShake128)
    @specialized(where Circuit == SumVecCircuit<Field64>, Seeds == XofHmacSha256Aes128)
    @specialized(where Circuit == HistogramCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == MultihotCountVecCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == L1BoundSumCircuit, Seeds == XofTurboShake128)
    @specialized(where Circuit == AverageCircuit, Seeds == XofTurboShake128)
    func verifyInit(
        verifyKey: [UInt8], context: [UInt8], aggregatorID: Int,
        group: [VerificationRequest<PublicShare, InputShare>]
    ) -> [VerificationResult] {
        var results: [VerificationResult] = []
        results.reserveCapacity(group.count)
        var sound: [Int] = []
        for (index, report) in group.enumerated() {
            do throws(VDAFError) {
                try check(report, verifyKey: verifyKey, context: context, aggregatorID: aggregatorID)
                sound.append(index)
                results.append(.failure(.proofRejected))
            } catch {
                results.append(.failure(error))
            }
        }
        guard !sound.isEmpty else { return results }

        let reports = sound.count == group.count ? group : sound.map { group[$0] }
        let nonces = reports.map(\.nonce)
        let shares = expand(reports.map(\.inputShare), context: context, aggregatorID: aggregatorID)
        let joint = jointRandomness(
            of: shares, publicShares: reports.map(\.publicShare), nonces: nonces, context: context,
            aggregatorID: aggregatorID)
        let queryRandomness = self.queryRandomness(verifyKey: verifyKey, context: context, nonces: nonces)

        for (position, index) in sound.enumerated() {
            do throws(VDAFError) {
                let verifiersShare = try query(
                    encoded: shares.measurements[position], proofs: shares.proofs[position],
                    queryRandomness: queryRandomness[position], jointRandomness: joint?.randomness[position] ?? [])
                let state = VerifierState(
                    outputShare: circuit.truncate(shares.measurements[position]),
                    jointRandomnessSeed: joint?.seeds[position],
                    jointRandomnessPartMatches: joint?.matches[position] ?? true)
                let share = VerifierShare(verifiersShare: verifiersShare, jointRandomnessPart: joint?.parts[position])
                results[index] = .success((state, share))
            } catch {
                results[index] = .failure(error)
            }
        }
        return results
    }

    /// Everything that arguments, or a hand-made share, could have wrong.
    private func check(
        _ report: VerificationRequest<PublicShare, InputShare>, verifyKey: [UInt8], context: [UInt8], aggregatorID: Int
    ) throws(VDAFError) {
        try checkArguments(nonce: report.nonce, context: context, xof: Seeds.self)
        guard verifyKey.count == verifyKeySize else {
            throw .invalidArgument("a verify key has \(verifyKeySize) bytes, not \(verifyKey.count)")
        }
        let parts = report.publicShare.jointRandomnessParts
        guard parts.count == (usesJointRandomness ? shares : 0) else {
            throw .invalidArgument("the public share has \(parts.count) joint-randomness parts")
        }
        let fits =
            switch report.inputShare {
            case .leader(let measurementShare, let proofsShare, let blind):
                aggregatorID == 0 && measurementShare.count == circuit.measurementLength
                    && proofsShare.count == flp.proofLength * proofs
                    && blind?.count == (usesJointRandomness ? Seeds.seedSize : nil)
            case .helper(let seed, let blind):
                1..<shares ~= aggregatorID && seed.count == Seeds.seedSize
                    && blind?.count == (usesJointRandomness ? Seeds.seedSize : nil)
            }
        guard fits else {
            throw .invalidArgument("not an input share for aggregator \(aggregatorID) of this type")
        }
    }

    /// The field vectors behind checked input shares, all of one aggregator.
    private func expand(
        _ inputShares: [InputShare], context: [UInt8], aggregatorID: Int
    ) -> (measurements: [[Field]], proofs: [[Field]], blinds: [[UInt8]]) {
        var measurements: [[Field]] = []
        var proofs: [[Field]] = []
        var seeds: [[UInt8]] = []
        var blinds: [[UInt8]] = []
        for inputShare in inputShares {
            switch inputShare {
            case .leader(let measurementShare, let proofsShare, let blind):
                measurements.append(measurementShare)
                proofs.append(proofsShare)
                blinds.append(blind ?? [])
            case .helper(let seed, let blind):
                seeds.append(seed)
                blinds.append(blind ?? [])
            }
        }
        if !seeds.isEmpty {
            measurements = helperMeasurementShares(context: context, aggregatorID: aggregatorID, seeds: seeds)
            proofs = helperProofsShares(context: context, aggregatorID: aggregatorID, seeds: seeds)
        }
        return (measurements, proofs, blinds)
    }

    /// What an aggregator derives of joint randomness, per report.
    private struct Joint {
        let parts: [[UInt8]]
        /// Whether the own part is the one in the public share.
        let matches: [Bool]
        let seeds: [[UInt8]]
        let randomness: [[Field]]
    }

    /// Nil for types without joint randomness.
    private func jointRandomness(
        of shares: (measurements: [[Field]], proofs: [[Field]], blinds: [[UInt8]]), publicShares: [PublicShare],
        nonces: [[UInt8]], context: [UInt8], aggregatorID: Int
    ) -> Joint? {
        guard usesJointRandomness else { return nil }
        let ownParts = jointRandomnessParts(
            context: context, aggregatorID: aggregatorID, blinds: shares.blinds,
            measurementShares: shares.measurements, nonces: nonces)
        var parts = publicShares.map(\.jointRandomnessParts)
        var matches: [Bool] = []
        for (index, ownPart) in ownParts.enumerated() {
            matches.append(constantTimeEqual(parts[index][aggregatorID], ownPart))
            parts[index][aggregatorID] = ownPart
        }
        let seeds = jointRandomnessSeeds(context: context, parts: parts)
        return Joint(
            parts: ownParts, matches: matches, seeds: seeds, randomness: jointRandomness(context: context, seeds: seeds))
    }

    /// One query per proof, concatenated.
    func query(
        encoded: [Field], proofs proofsShare: [Field], queryRandomness: [Field], jointRandomness: [Field]
    ) throws(VDAFError) -> [Field] {
        var result: [Field] = []
        result.reserveCapacity(flp.verifierLength * proofs)
        var (proof, query, joint) = (proofsShare[...], queryRandomness[...], jointRandomness[...])
        for _ in 0..<proofs {
            result += try flp.query(
                encoded: encoded, proof: proof.prefix(flp.proofLength),
                queryRandomness: query.prefix(flp.queryRandomnessLength),
                jointRandomness: joint.prefix(circuit.jointRandomnessLength), shareOfOne: shareOfOne)
            proof = proof.dropFirst(flp.proofLength)
            query = query.dropFirst(flp.queryRandomnessLength)
            joint = joint.dropFirst(circuit.jointRandomnessLength)
        }
        return result
    }
}
