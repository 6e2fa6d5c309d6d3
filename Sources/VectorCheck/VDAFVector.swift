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
    func run<Circuit, Seeds>(_ prio3: Prio3<Circuit, Seeds>) throws
    where Values.Measurement == Circuit.Measurement, Values.AggregateResult == Circuit.AggregateResult {
        try checkAggregationParameter(prio3)
        let operations = try vector["operations"].items()
        guard !operations.isEmpty else {
            throw VectorFailure("operations: empty, so there is nothing to check")
        }
        var states: [StateKey: Prio3<Circuit, Seeds>.VerifierState] = [:]
        for item in operations {
            let operation = try VectorOperation(item, reportCount: reports.count, shares: prio3.shares)
            let result: Result<Void, VDAFError>
            do {
                try execute(operation, prio3, &states)
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

    private func checkAggregationParameter<V: VDAF>(_ vdaf: V) throws {
        let parameter = try vector["agg_param"]
        do {
            _ = try vdaf.decodeAggregationParameter(parameter.bytes())
        } catch let error as VDAFError {
            throw parameter.failure(error.explanation)
        }
    }

    private struct StateKey: Hashable {
        let report: Int
        let aggregator: Int
    }

    /// Throws `VDAFError` if the operation fails, `VectorFailure` if it computes something else than the file says or
    /// if the file is malformed. An operation that must fail has no result to compare.
    private func execute<Circuit, Seeds>(
        _ operation: VectorOperation, _ prio3: Prio3<Circuit, Seeds>,
        _ states: inout [StateKey: Prio3<Circuit, Seeds>.VerifierState]
    ) throws where Values.Measurement == Circuit.Measurement, Values.AggregateResult == Circuit.AggregateResult {
        switch operation.kind {
        case .shard(let report):
            try shard(prio3, reports[report], compare: operation.success)
        case .verifyInit(let report, let aggregator):
            let state = try verifyInit(prio3, reports[report], aggregator, compare: operation.success)
            states[StateKey(report: report, aggregator: aggregator)] = state
        case .verifierSharesToMessage(let report, let round):
            try verifierSharesToMessage(prio3, reports[report], round, compare: operation.success)
        case .verifyNext(let report, let aggregator, let round):
            guard let state = states.removeValue(forKey: StateKey(report: report, aggregator: aggregator)) else {
                throw VectorFailure("\(operation.title): there is no verifier state from an operation before")
            }
            let message = try prio3.decodeVerifierMessage(
                reports[report]["verifier_messages"].item(round - 1).bytes())
            let transition = try prio3.verifyNext(context: context, state: state, message: message)
            guard case .finished(let outputShare) = transition, operation.success else { return }
            try expectEqual(
                prio3.encode(outputShare: outputShare), reports[report]["out_shares"].item(aggregator))
        case .aggregate(let aggregator):
            var share = prio3.aggregateInit(())
            for report in reports {
                let bytes = try report["out_shares"].item(aggregator).bytes()
                prio3.aggregateUpdate(&share, with: try prio3.decodeOutputShare(bytes))
            }
            guard operation.success else { return }
            try expectEqual(prio3.encode(aggregateShare: share), vector["agg_shares"].item(aggregator))
        case .unshard:
            let shares = try vector["agg_shares"].items().map { try prio3.decodeAggregateShare($0.bytes()) }
            let result = try prio3.unshard(
                aggregationParameter: (), aggregateShares: shares, measurementCount: reports.count)
            guard operation.success else { return }
            try values.compare(result, vector["agg_result"])
        }
    }

    private func shard<Circuit, Seeds>(
        _ prio3: Prio3<Circuit, Seeds>, _ report: VectorObject, compare: Bool
    ) throws where Values.Measurement == Circuit.Measurement {
        if compare {
            // Compared before anything is computed: a file whose shares are short cannot ask for much work.
            let shares = try report["input_shares"]
            let items = try shares.items()
            guard items.count == prio3.shares else {
                throw shares.failure("has \(items.count) elements, expected \(prio3.shares)")
            }
            for (aggregator, item) in items.enumerated() {
                let (size, expected) = (try item.bytes().count, prio3.inputShareSize(aggregatorID: aggregator))
                guard size == expected else {
                    throw item.failure("has \(size) bytes, these parameters make \(expected)")
                }
            }
        }
        let (publicShare, inputShares) = try prio3.shard(
            context: context, measurement: values.measurement(report["measurement"]),
            nonce: report["nonce"].bytes(), rand: report["rand"].bytes())
        guard compare else { return }
        try expectEqual(prio3.encode(publicShare: publicShare), report["public_share"])
        for (inputShare, expected) in zip(inputShares, try report["input_shares"].items()) {
            try expectEqual(prio3.encode(inputShare: inputShare), expected)
        }
    }

    private func verifyInit<Circuit, Seeds>(
        _ prio3: Prio3<Circuit, Seeds>, _ report: VectorObject, _ aggregator: Int, compare: Bool
    ) throws -> Prio3<Circuit, Seeds>.VerifierState {
        let inputShare = try report["input_shares"].item(aggregator).bytes()
        let (state, share) = try prio3.verifyInit(
            verifyKey: verifyKey, context: context, aggregatorID: aggregator, aggregationParameter: (),
            nonce: report["nonce"].bytes(), publicShare: prio3.decodePublicShare(report["public_share"].bytes()),
            inputShare: prio3.decodeInputShare(inputShare, aggregatorID: aggregator))
        if compare {
            try expectEqual(
                prio3.encode(verifierShare: share), report["verifier_shares"].item(0).item(aggregator))
        }
        return state
    }

    private func verifierSharesToMessage<Circuit, Seeds>(
        _ prio3: Prio3<Circuit, Seeds>, _ report: VectorObject, _ round: Int, compare: Bool
    ) throws {
        let shares = try report["verifier_shares"].item(round).items().map {
            try prio3.decodeVerifierShare($0.bytes())
        }
        let message = try prio3.verifierSharesToMessage(
            context: context, aggregationParameter: (), verifierShares: shares)
        if compare {
            try expectEqual(prio3.encode(verifierMessage: message), report["verifier_messages"].item(round))
        }
    }
}
