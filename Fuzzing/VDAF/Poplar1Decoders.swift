import VDAF

extension Decoder {
    /// Poplar1's messages, which differ between inner levels and leaves, and its aggregation parameter.
    static let poplar1: [Decoder] = [
        codec("poplar1-inner", Poplar1Sample.vdaf, Poplar1Sample.parameter(level: 3), Poplar1Sample.measurement),
        codec("poplar1-leaf", Poplar1Sample.vdaf, Poplar1Sample.parameter(level: 7), Poplar1Sample.measurement),
        aggregationParameter,
    ]

    /// Any parameter that decodes is one that aggregators must be able to work with: both evaluate an honest report at its
    /// candidates, and their shares must add up to 1 at the prefix of the measurement and 0 elsewhere.
    private static let aggregationParameter: Decoder = {
        let vdaf = Poplar1Sample.vdaf
        let report = required {
            var generator = SeededGenerator(seed: 3)
            return try HonestReport(
                vdaf, Poplar1Sample.parameter(level: 0), Poplar1Sample.measurement, using: &generator)
        }
        let previous = Poplar1Sample.parameter(level: 2)
        return Decoder(
            "poplar1-aggregation-parameter", maximumLength: 300,
            seeds: { _ in
                let none = try Poplar1AggregationParameter(level: 0, prefixes: [])
                return [none.encoded()] + (0..<vdaf.bits).map { Poplar1Sample.parameter(level: $0).encoded() }
            },
            run: { input in
                canonical(input, "aggregation parameter", Poplar1AggregationParameter.init(decoding:)) { $0.encoded() }
                guard
                    let parameter = canonical(
                        input, "aggregation parameter", vdaf.decodeAggregationParameter,
                        vdaf.encode(aggregationParameter:))
                else { return }
                let prefixes = parameter.prefixes
                guard (try? Poplar1AggregationParameter(level: parameter.level, prefixes: prefixes)) == parameter else {
                    broken("an aggregation parameter is its prefixes", by: input)
                }
                _ = vdaf.isValid(aggregationParameter: parameter, previous: [previous])
                _ = vdaf.isValid(aggregationParameter: previous, previous: [parameter])
                guard let counts = try? Poplar1Sample.counts(report, parameter) else {
                    broken("an honest report verifies at any valid parameter", by: input)
                }
                let expected = prefixes.map { prefix -> UInt128 in
                    Poplar1Sample.measurement.prefix(parameter.level + 1) == prefix ? 1 : 0
                }
                guard counts == expected else { broken("the IDPF is 1 on the path and 0 elsewhere", by: input) }
            })
    }()
}

/// A Poplar1 of 8 bits, so that all prefixes can be candidates.
enum Poplar1Sample {
    static let vdaf = required { try Poplar1(bits: 8) }
    static let measurement = BitString([true, false, true, true, false, false, true, false])

    /// All prefixes at a level, up to 16 of them, the measurement's among them.
    static func parameter(level: Int) -> Poplar1AggregationParameter {
        let own = measurement.prefix(level + 1)
        let all = (0..<1 << (level + 1)).map { value in
            BitString((0...level).map { value >> (level - $0) & 1 == 1 })
        }
        let stride = max(1, all.count / 16)
        let chosen = all.enumerated().filter { $0.offset % stride == 0 || $0.element == own }.map(\.element)
        return required { try Poplar1AggregationParameter(level: level, prefixes: chosen) }
    }

    /// Both aggregators' verification of `report` at `parameter`, and the result for this one report.
    static func counts(
        _ report: HonestReport<Poplar1>, _ parameter: Poplar1AggregationParameter
    ) throws -> [UInt128] {
        let publicShare = try vdaf.decodePublicShare(report.publicShare)
        var states: [Poplar1VerifierState] = []
        var shares: [Poplar1Vector] = []
        for aggregator in 0..<2 {
            let (state, share) = try vdaf.verifyInit(
                verifyKey: report.verifyKey, context: report.context, aggregatorID: aggregator,
                aggregationParameter: parameter, nonce: report.nonce, publicShare: publicShare,
                inputShare: vdaf.decodeInputShare(report.inputShares[aggregator], aggregatorID: aggregator))
            states.append(state)
            shares.append(share)
        }
        var outputs: [Poplar1Vector] = []
        while outputs.isEmpty {
            let message = try vdaf.verifierSharesToMessage(
                context: report.context, aggregationParameter: parameter, verifierShares: shares)
            shares = []
            for (index, state) in states.enumerated() {
                switch try vdaf.verifyNext(context: report.context, state: state, message: message) {
                case .continued(let next, let share):
                    states[index] = next
                    shares.append(share)
                case .finished(let output):
                    outputs.append(output)
                }
            }
        }
        return try vdaf.unshard(aggregationParameter: parameter, aggregateShares: outputs, measurementCount: 1)
    }
}
