import Commitments
import VDAF

/// What one round costs its contributors, nodes and auditors, per contributor, and what it would cost without privacy.
package struct TrainingRow: Sendable {
    package let benchCase: TrainingCase
    /// Threads of a node.
    package let threads: Int
    /// Reports that are verified together.
    package let jobReports: Int
    /// From the update to the bytes of its shares.
    package let client: PhaseCost
    /// The part of that for the commitments.
    package let commit: PhaseCost
    /// From bytes to verdict, link check included.
    package let leaderVerify: PhaseCost
    package let helperVerify: PhaseCost
    /// One node's link check.
    package let linkCheck: PhaseCost
    /// Adding an output share, at one node.
    package let aggregate: PhaseCost
    /// The public check of both nodes' shares.
    package let audit: PhaseCost
    /// Public share and both input shares.
    package let uploadBytes: Int
    /// Without privacy: the contributor's conversion to 32-bit floats, and the server's adding.
    package let plainClient: PhaseCost
    package let plainServer: PhaseCost
    package let plainUploadBytes: Int
    /// Resident memory of the process at its largest, until the row was measured: all three parties', and what jobs that
    /// came before took.
    package let peakMemoryBytes: Int

    /// Both nodes' time from bytes to the sum.
    package var nodes: Double {
        leaderVerify.wall.median + helperVerify.wall.median + 2 * aggregate.wall.median
    }
    /// The whole of plain averaging.
    package var plainAverage: Double { plainClient.wall.median + plainServer.wall.median }
}

extension TrainingRow {
    /// Measures a case.
    ///
    /// - Parameter progress: Called after each contributor of each round.
    /// - Throws: `.invalidOption` for parameters that the VDAF refuses; another error if a step or a check does not do
    ///   its work.
    package init(
        _ benchCase: TrainingCase, settings: BenchSettings, progress: () -> Void = {}
    ) throws(BenchError) {
        self =
            benchCase.precision.isField128
            ? try Self.measure(Field128.self, benchCase, settings, progress)
            : try Self.measure(Field64.self, benchCase, settings, progress)
    }

    private static func measure<Field: NTTFieldElement>(
        _ field: Field.Type, _ benchCase: TrainingCase, _ settings: BenchSettings, _ progress: () -> Void
    ) throws(BenchError) -> TrainingRow {
        var randomness = SeededRandomness(seed: settings.seed)
        let committed = try committedVector(field, benchCase)
        // As long as DAP's: 'dap-18' and a task ID.
        let context = randomness.bytes(38)
        let client = TrainingClient(committed: committed, context: context)
        let nodes = TrainingNodes(
            committed: committed, verifyKey: randomness.bytes(committed.verifyKeySize), context: context,
            threads: settings.threads)
        let source = UpdateSource(encoding: benchCase.precision.encoding, dimension: benchCase.dimension)

        // Warms up, too: the first link check of a process makes the generators' table of multiples.
        let uploadBytes = try expectForgeryToBeRefused(client, nodes, source, &randomness)
        let jobSize = JobSize(uploadBytes: uploadBytes, threads: settings.threads).reports
        var rounds: [TrainingTimes] = []
        for _ in 0..<settings.repeats {
            var round = MeasuredRound(client: client, nodes: nodes, source: source)
            var done = 0
            while done < benchCase.contributors {
                let count = min(jobSize, benchCase.contributors - done)
                try round.runJob(count: count, randomness: &randomness, progress: progress)
                done += count
            }
            try round.finish(contributors: done)
            rounds.append(round.times)
        }
        return TrainingRow(
            benchCase, threads: settings.threads, jobReports: min(jobSize, benchCase.contributors), rounds)
    }

    private static func committedVector<Field: NTTFieldElement>(
        _ field: Field.Type, _ benchCase: TrainingCase
    ) throws(BenchError) -> Committed<BoundedL2<Field>> {
        let vdaf: Committed<BoundedL2<Field>>
        do throws(VDAFError) {
            vdaf = try Committed(
                BoundedL2(encoding: benchCase.precision.encoding, dimension: benchCase.dimension))
        } catch {
            throw .invalidOption("a committed bounded-norm vector cannot have these parameters: \(error)")
        }
        do throws(CapacityExceeded) {
            try Capacity.check(maxBatchSize: UInt64(benchCase.contributors), vdaf.base)
        } catch {
            throw .invalidOption("--contributors \(benchCase.contributors): \(error)")
        }
        return vdaf
    }

    /// Of a job of three reports, the one whose update has twice the norm is refused, and only that.
    ///
    /// - Returns: Bytes of an honest upload.
    private static func expectForgeryToBeRefused<Field: NTTFieldElement>(
        _ client: TrainingClient<Field>, _ nodes: TrainingNodes<Field>, _ source: UpdateSource,
        _ randomness: inout SeededRandomness
    ) throws(BenchError) -> Int {
        var uploads: [TrainingUpload] = []
        for _ in 0..<2 {
            uploads.append(try client.upload(source.next(&randomness), randomness: &randomness).upload)
        }
        let forged = try client.forgedUpload(doubling: source.next(&randomness), randomness: &randomness)
        uploads.insert(forged, at: 1)
        for (index, output) in try nodes.verify(uploads).outputs.enumerated() {
            switch (index, output) {
            case (1, .failure(.proofRejected)): continue
            case (1, .success): throw .checkFailed("an update of twice the norm was accepted")
            case (_, .success): continue
            case (1, .failure(let error)):
                throw .checkFailed("an update of twice the norm was refused for another reason: \(error)")
            case (_, .failure(let error)): throw .stepFailed(step: "verification", error)
            }
        }
        return uploads[0].byteCount
    }

    private init(
        _ benchCase: TrainingCase, threads: Int, jobReports: Int, _ rounds: [TrainingTimes]
    ) {
        func cost(_ samples: (TrainingTimes) -> [Elapsed]) -> PhaseCost { PhaseCost(rounds.flatMap(samples)) }
        self.init(
            benchCase: benchCase, threads: threads, jobReports: jobReports, client: cost(\.client),
            commit: cost(\.commit), leaderVerify: cost(\.leaderVerify), helperVerify: cost(\.helperVerify),
            linkCheck: cost(\.linkCheck), aggregate: cost(\.aggregate),
            audit: PhaseCost(rounds.map(\.audit), reports: benchCase.contributors),
            uploadBytes: rounds[0].uploadBytes, plainClient: cost(\.plainClient), plainServer: cost(\.plainServer),
            plainUploadBytes: rounds[0].plainUploadBytes, peakMemoryBytes: PeakMemory.bytes)
    }
}
