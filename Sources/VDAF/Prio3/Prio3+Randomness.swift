/// What Prio3 derives from seeds (VDAF-20 section 7.2.6).
///
/// Everything is derived for several reports at once, because XOFs may be faster on several streams (``Xof``).
extension Prio3 {
    /// Appends a stream for each of `count` reports, all for one usage. `seed` gives a report's own seed, `absorb` its
    /// binder.
    @inline(__always)
    private func append(
        to streams: inout [Seeds], _ usage: DomainSeparation.Prio3Usage, context: [UInt8], count: Int,
        seed: (Int) -> [UInt8], absorb: (Int, inout Seeds) -> Void
    ) {
        let tag = DomainSeparation.tag(algorithmID: algorithmID, usage: usage, context: context)
        streams.reserveCapacity(streams.count + count)
        for index in 0..<count {
            var stream = Seeds(seed: seed(index), domainSeparationTag: tag)
            absorb(index, &stream)
            streams.append(stream)
        }
    }

    @inline(__always)
    private func streams(
        _ usage: DomainSeparation.Prio3Usage, context: [UInt8], count: Int, seed: (Int) -> [UInt8],
        absorb: (Int, inout Seeds) -> Void
    ) -> [Seeds] {
        var streams: [Seeds] = []
        append(to: &streams, usage, context: context, count: count, seed: seed, absorb: absorb)
        return streams
    }

    /// Appends the stream of one helper's measurement share per seed.
    @inline(__always)
    func appendMeasurementShares(
        to streams: inout [Seeds], context: [UInt8], count: Int, _ helper: (Int) -> (seed: [UInt8], aggregatorID: Int)
    ) {
        append(to: &streams, .measurementShare, context: context, count: count) {
            helper($0).seed
        } absorb: { index, stream in
            stream.absorb(byte: helper(index).aggregatorID)
        }
    }

    /// Appends the stream of one helper's proofs share per seed.
    @inline(__always)
    func appendProofsShares(
        to streams: inout [Seeds], context: [UInt8], count: Int, _ helper: (Int) -> (seed: [UInt8], aggregatorID: Int)
    ) {
        append(to: &streams, .proofShare, context: context, count: count) {
            helper($0).seed
        } absorb: { index, stream in
            stream.absorb(byte: proofs)
            stream.absorb(byte: helper(index).aggregatorID)
        }
    }

    /// Appends the stream of the prover's randomness.
    @inline(__always)
    func appendProveRandomness(to streams: inout [Seeds], context: [UInt8], seed: [UInt8]) {
        append(to: &streams, .proveRandomness, context: context, count: 1) {
            _ in
            seed
        } absorb: { _, stream in
            stream.absorb(byte: proofs)
        }
    }

    /// One helper's measurement shares of several reports, one after the other.
    func helperMeasurementShares(context: [UInt8], aggregatorID: Int, seeds: [[UInt8]]) -> [Field] {
        var streams: [Seeds] = []
        appendMeasurementShares(to: &streams, context: context, count: seeds.count) { (seeds[$0], aggregatorID) }
        return Seeds.nextVectors(circuit.measurementLength, from: &streams)
    }

    /// One helper's proofs shares of several reports, one after the other.
    func helperProofsShares(context: [UInt8], aggregatorID: Int, seeds: [[UInt8]]) -> [Field] {
        var streams: [Seeds] = []
        appendProofsShares(to: &streams, context: context, count: seeds.count) { (seeds[$0], aggregatorID) }
        return Seeds.nextVectors(flp.proofLength * proofs, from: &streams)
    }

    /// The query randomness of several reports, one after the other.
    func queryRandomness(
        verifyKey: [UInt8], context: [UInt8], count: Int, nonce: (Int) -> [UInt8]
    ) -> [Field] {
        var streams = streams(.queryRandomness, context: context, count: count) {
            _ in
            verifyKey
        } absorb: { index, stream in
            stream.absorb(byte: proofs)
            stream.absorb(nonce(index))
        }
        return Seeds.nextVectors(flp.queryRandomnessLength * proofs, from: &streams)
    }

    /// Appends streams that, once a measurement share has been absorbed, give the part that binds it. The blind keeps
    /// the part from saying anything about the share.
    @inline(__always)
    func appendJointRandomnessParts(
        to streams: inout [Seeds], context: [UInt8], aggregatorID: Int, count: Int, blind: (Int) -> [UInt8],
        nonce: (Int) -> [UInt8]
    ) {
        append(
            to: &streams, .jointRandomnessPart, context: context, count: count, seed: blind
        ) { index, stream in
            stream.absorb(byte: aggregatorID)
            stream.absorb(nonce(index))
        }
    }

    /// `parts(i)` has the joint-randomness parts of report i, in order of aggregator ID.
    func jointRandomnessSeeds(context: [UInt8], count: Int, parts: (Int) -> [[UInt8]]) -> [[UInt8]] {
        let zeros = [UInt8](repeating: 0, count: Seeds.seedSize)
        var streams = streams(.jointRandomnessSeed, context: context, count: count) {
            _ in
            zeros
        } absorb: { index, stream in
            for part in parts(index) { stream.absorb(part) }
        }
        return Seeds.next(Seeds.seedSize, from: &streams)
    }

    /// The joint randomness of several reports, one after the other.
    func jointRandomness(context: [UInt8], seeds: [[UInt8]]) -> [Field] {
        var streams = streams(.jointRandomness, context: context, count: seeds.count) {
            seeds[$0]
        } absorb: { _, stream in
            stream.absorb(byte: proofs)
        }
        return Seeds.nextVectors(circuit.jointRandomnessLength * proofs, from: &streams)
    }
}
