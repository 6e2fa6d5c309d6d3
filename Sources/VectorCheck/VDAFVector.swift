import VDAF

/// A VDAF test vector: messages of some reports, and the operations to execute on them, each of which says whether it
/// succeeds.
///
///     ctx, verify_key, agg_param, shares, [parameters of the type]
///     reports[]:    measurement, nonce, rand, public_share, input_shares[], verifier_shares[round][aggregator],
///                   verifier_messages[round], out_shares[]
///     agg_shares[], agg_result
///     operations[]: operation, success, [report_index], [aggregator_id], [round]
///
/// Messages are hexadecimal. Every operation takes its inputs from the file, and what it computes must equal the
/// file's value for it; only verifier states, which have no encoding, are handed from one operation to the next.
struct VDAFVector<Values: VectorValues> {
    private let vector: VectorObject
    private let values: Values
    private let context: [UInt8]
    private let verifyKey: [UInt8]
    private let reports: [VectorObject]

    init(_ vector: VectorObject, values: Values) throws {
        self.vector = vector
        self.values = values
        context = try vector["ctx"].bytes()
        verifyKey = try vector["verify_key"].bytes()
        reports = try vector["reports"].items().enumerated().map { index, item in
            try VectorObject(item.value, path: "report \(index)")
        }
    }

    /// Executes all operations.
    ///
    /// - Parameter inputShareSize: Bytes of an aggregator's encoded input share.
    func run<V: VDAF>(_ vdaf: V, inputShareSize: (_ aggregator: Int) -> Int) throws
    where Values.Measurement == V.Measurement, Values.AggregateResult == V.AggregateResult {
        let parameter = try aggregationParameter(vdaf)
        let operations = try vector["operations"].items()
        guard !operations.isEmpty else {
            throw VectorFailure("operations: empty, so there is nothing to check")
        }
        let sizes = (0..<vdaf.shares).map(inputShareSize)
        var run = VDAFVectorRun(vdaf: vdaf, aggregationParameter: parameter, inputShareSizes: sizes)
        for item in operations {
            let operation = try VectorOperation(
                item, reportCount: reports.count, shares: vdaf.shares, rounds: vdaf.rounds)
            let result: Result<Void, VDAFError>
            do {
                try execute(operation, &run)
                result = .success(())
            } catch let error as VDAFError {
                result = .failure(error)
            }
            switch (result, operation.success) {
            case (.success, true), (.failure, false): continue
            case (.success, false): throw VectorFailure("\(operation.title): succeeded, but must fail")
            case (.failure(let error), true):
                throw VectorFailure("\(operation.title): failed: \(error.explanation)")
            }
        }
    }

    private func aggregationParameter<V: VDAF>(_ vdaf: V) throws -> V.AggregationParameter {
        let parameter = try vector["agg_param"]
        do {
            return try vdaf.decodeAggregationParameter(parameter.bytes())
        } catch let error as VDAFError {
            throw parameter.failure(error.explanation)
        }
    }

    /// Throws `VDAFError` if the operation fails, `VectorFailure` if it computes something else than the file says or
    /// if the file is malformed. An operation that must fail has no result to compare.
    private func execute<V: VDAF>(_ operation: VectorOperation, _ run: inout VDAFVectorRun<V>) throws
    where Values.Measurement == V.Measurement, Values.AggregateResult == V.AggregateResult {
        let (vdaf, parameter) = (run.vdaf, run.aggregationParameter)
        switch operation.kind {
        case .shard(let report):
            try shard(run, reports[report], compare: operation.success)
        case .verifyInit(let report, let aggregator):
            let inputShare = try reports[report]["input_shares"].item(aggregator).bytes()
            let (state, share) = try vdaf.verifyInit(
                verifyKey: verifyKey, context: context, aggregatorID: aggregator, aggregationParameter: parameter,
                nonce: reports[report]["nonce"].bytes(),
                publicShare: vdaf.decodePublicShare(reports[report]["public_share"].bytes()),
                inputShare: vdaf.decodeInputShare(inputShare, aggregatorID: aggregator))
            run.states[.init(report: report, aggregator: aggregator, round: 0)] = state
            guard operation.success else { return }
            try expectEqual(
                vdaf.encode(verifierShare: share), reports[report]["verifier_shares"].item(0).item(aggregator))
        case .verifierSharesToMessage(let report, let round):
            let shares = try reports[report]["verifier_shares"].item(round).items().map {
                try vdaf.decodeVerifierShare($0.bytes())
            }
            let message = try vdaf.verifierSharesToMessage(
                context: context, aggregationParameter: parameter, verifierShares: shares)
            guard operation.success else { return }
            try expectEqual(
                vdaf.encode(verifierMessage: message), reports[report]["verifier_messages"].item(round))
        case .verifyNext(let report, let aggregator, let round):
            let key = VDAFVectorRun<V>.StateKey(report: report, aggregator: aggregator, round: round - 1)
            guard let state = run.states.removeValue(forKey: key) else {
                throw VectorFailure("\(operation.title): there is no verifier state from an operation before")
            }
            let message = try vdaf.decodeVerifierMessage(reports[report]["verifier_messages"].item(round - 1).bytes())
            switch try vdaf.verifyNext(context: context, state: state, message: message) {
            case .continued(let next, let share):
                run.states[.init(report: report, aggregator: aggregator, round: round)] = next
                guard operation.success else { return }
                try expectEqual(
                    vdaf.encode(verifierShare: share), reports[report]["verifier_shares"].item(round).item(aggregator))
            case .finished(let outputShare):
                guard operation.success else { return }
                try expectEqual(
                    vdaf.encode(outputShare: outputShare), reports[report]["out_shares"].item(aggregator))
            }
        case .aggregate(let aggregator):
            var share = vdaf.aggregateInit(parameter)
            for report in reports {
                let bytes = try report["out_shares"].item(aggregator).bytes()
                vdaf.aggregateUpdate(
                    &share, with: try vdaf.decodeOutputShare(bytes, aggregationParameter: parameter))
            }
            guard operation.success else { return }
            try expectEqual(vdaf.encode(aggregateShare: share), vector["agg_shares"].item(aggregator))
        case .unshard:
            let shares = try vector["agg_shares"].items().map {
                try vdaf.decodeAggregateShare($0.bytes(), aggregationParameter: parameter)
            }
            let result = try vdaf.unshard(
                aggregationParameter: parameter, aggregateShares: shares, measurementCount: reports.count)
            guard operation.success else { return }
            try values.compare(result, vector["agg_result"])
        }
    }

    private func shard<V: VDAF>(_ run: VDAFVectorRun<V>, _ report: VectorObject, compare: Bool) throws
    where Values.Measurement == V.Measurement {
        let vdaf = run.vdaf
        if compare {
            // Compared before anything is computed: a file whose shares are short cannot ask for much work.
            let shares = try report["input_shares"]
            let items = try shares.items()
            guard items.count == vdaf.shares else {
                throw shares.failure("has \(items.count) elements, expected \(vdaf.shares)")
            }
            for (item, expected) in zip(items, run.inputShareSizes) {
                let size = try item.bytes().count
                guard size == expected else {
                    throw item.failure("has \(size) bytes, these parameters make \(expected)")
                }
            }
        }
        let (publicShare, inputShares) = try vdaf.shard(
            context: context, measurement: values.measurement(report["measurement"]),
            nonce: report["nonce"].bytes(), rand: report["rand"].bytes())
        guard compare else { return }
        try expectEqual(vdaf.encode(publicShare: publicShare), report["public_share"])
        for (inputShare, expected) in zip(inputShares, try report["input_shares"].items()) {
            try expectEqual(vdaf.encode(inputShare: inputShare), expected)
        }
    }
}

/// What stays the same over a vector's operations, and the states that they hand on.
private struct VDAFVectorRun<V: VDAF> {
    struct StateKey: Hashable {
        let report: Int
        let aggregator: Int
        /// The round whose verifier message the state waits for.
        let round: Int
    }

    let vdaf: V
    let aggregationParameter: V.AggregationParameter
    let inputShareSizes: [Int]
    var states: [StateKey: V.VerifierState] = [:]
}
