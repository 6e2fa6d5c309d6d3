import Secrets

/// Verification of the reports of an aggregation job (VDAF-20 section 7.2.2, for many reports).
///
/// Most of the work is Keccak, and four independent states advance in little more time than one (`KeccakP1600x4`). So
/// reports are verified in groups of four: each derivation runs for the whole group before the next begins. What a
/// derivation gives for the group is one piece of memory, a report's part after the other's.
///
/// ``verifyInit(verifyKey:context:aggregatorID:reports:threads:)`` gives each thread its groups.
extension Prio3 {
    static var groupSize: Int { 4 }

    /// One group, to the places of its results. Reports that cannot be verified get their error, and the others go on
    /// without them.
    ///
    /// Of its own in the compiled code too: inlined into its entry, the closures below are not specialized for the
    /// circuit, and a Sum's verification takes twice as long.
    @inline(never)
    func verify(
        _ group: ArraySlice<VerificationRequest<PublicShare, InputShare>>, verifyKey: [UInt8], context: [UInt8],
        aggregatorID: Int, into results: UnsafeMutablePointer<VerificationResult>
    ) {
        var sound: [VerificationRequest<PublicShare, InputShare>] = []
        var positions: [Int] = []
        sound.reserveCapacity(group.count)
        positions.reserveCapacity(group.count)
        for (position, report) in group.enumerated() {
            do throws(VDAFError) {
                try check(report, verifyKey: verifyKey, context: context, aggregatorID: aggregatorID)
                sound.append(report)
                positions.append(position)
            } catch {
                (results + position).initialize(to: .failure(error))
            }
        }
        guard !sound.isEmpty else { return }

        let queryRandomness = self.queryRandomness(verifyKey: verifyKey, context: context, count: sound.count) {
            sound[$0].nonce
        }
        let workspace = flp.makeWorkspace()
        withShares(of: sound, context: context, aggregatorID: aggregatorID) { shares in
            let joint = jointRandomness(of: sound, shares: shares, context: context, aggregatorID: aggregatorID)
            for (index, position) in positions.enumerated() {
                let result = VerificationResult { () throws(VDAFError) in
                    let verifiersShare = try query(
                        index, share: shares[index], queryRandomness: queryRandomness,
                        jointRandomness: joint?.randomness ?? [], workspace: workspace)
                    let state = VerifierState(
                        outputShare: circuit.truncate(shares[index].measurement),
                        jointRandomnessSeed: joint?.seeds[index],
                        jointRandomnessPartMatches: joint?.matches[index] ?? true)
                    let share = VerifierShare(
                        verifiersShare: verifiersShare, jointRandomnessPart: joint?.parts[index])
                    return (state, share)
                }
                (results + position).initialize(to: result)
            }
        }
    }

    /// Everything that arguments, or a hand-made share, could have wrong.
    @inline(__always)
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

    /// One aggregator's share of one report, expanded.
    struct ExpandedShare {
        let measurement: UnsafeBufferPointer<Field>
        let proofs: UnsafeBufferPointer<Field>
    }

    /// Calls `body` with the field vectors behind checked input shares, all of one aggregator.
    @inline(__always)
    private func withShares(
        of reports: [VerificationRequest<PublicShare, InputShare>], context: [UInt8], aggregatorID: Int,
        _ body: ([ExpandedShare]) -> Void
    ) {
        if aggregatorID == 0 {
            withLeaderShares(of: reports, [], body)
        } else {
            let seeds = reports.map(\.inputShare.seed)
            let measurements = helperMeasurementShares(context: context, aggregatorID: aggregatorID, seeds: seeds)
            let proofs = helperProofsShares(context: context, aggregatorID: aggregatorID, seeds: seeds)
            measurements.withUnsafeBufferPointer { measurements in
                proofs.withUnsafeBufferPointer { proofs in
                    body(
                        reports.indices.map {
                            ExpandedShare(
                                measurement: measurements.row($0, of: circuit.measurementLength),
                                proofs: proofs.row($0, of: flp.proofLength * self.proofs))
                        })
                }
            }
        }
    }

    /// The leader's vectors stay where they are, in an array each.
    private func withLeaderShares(
        of reports: [VerificationRequest<PublicShare, InputShare>], _ shares: [ExpandedShare],
        _ body: ([ExpandedShare]) -> Void
    ) {
        guard shares.count < reports.count else { return body(shares) }
        guard case .leader(let measurementShare, let proofsShare, _) = reports[shares.count].inputShare else { return }
        measurementShare.withUnsafeBufferPointer { measurement in
            proofsShare.withUnsafeBufferPointer { proofs in
                var shares = shares
                shares.append(ExpandedShare(measurement: measurement, proofs: proofs))
                withLeaderShares(of: reports, shares, body)
            }
        }
    }

    /// What an aggregator derives of joint randomness, per report.
    private struct Joint {
        let parts: [[UInt8]]
        /// Whether the own part is the one in the public share.
        let matches: [Bool]
        let seeds: [[UInt8]]
        /// The reports' elements one after the other.
        let randomness: [Field]
    }

    /// Nil for types without joint randomness.
    private func jointRandomness(
        of reports: [VerificationRequest<PublicShare, InputShare>], shares: [ExpandedShare], context: [UInt8],
        aggregatorID: Int
    ) -> Joint? {
        guard usesJointRandomness else { return nil }
        var streams: [Seeds] = []
        appendJointRandomnessParts(
            to: &streams, context: context, aggregatorID: aggregatorID, count: reports.count,
            blind: { reports[$0].inputShare.blind ?? [] }, nonce: { reports[$0].nonce })
        Seeds.absorb(elements: shares.map(\.measurement), into: &streams)
        let ownParts = Seeds.next(Seeds.seedSize, from: &streams)
        var parts = reports.map(\.publicShare.jointRandomnessParts)
        var matches: [Bool] = []
        for (index, ownPart) in ownParts.enumerated() {
            matches.append(constantTimeEqual(parts[index][aggregatorID], ownPart))
            parts[index][aggregatorID] = ownPart
        }
        let seeds = jointRandomnessSeeds(context: context, count: reports.count) { parts[$0] }
        return Joint(
            parts: ownParts, matches: matches, seeds: seeds, randomness: jointRandomness(context: context, seeds: seeds)
        )
    }

    /// Report `index`'s queries. Randomness is the whole group's.
    @inline(__always)
    private func query(
        _ index: Int, share: ExpandedShare, queryRandomness: [Field], jointRandomness: [Field],
        workspace: QueryWorkspace<Field>
    ) throws(VDAFError) -> [Field] {
        try withMemory(of: queryRandomness, jointRandomness) { queryRandomness, jointRandomness throws(VDAFError) in
            try flp.query(
                proofs: proofs, encoded: share.measurement, proofsShare: share.proofs,
                queryRandomness: queryRandomness.row(index, of: flp.queryRandomnessLength * proofs),
                jointRandomness: jointRandomness.row(index, of: circuit.jointRandomnessLength * proofs),
                shareOfOne: shareOfOne, workspace: workspace)
        }
    }
}
