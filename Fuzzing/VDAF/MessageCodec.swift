import VDAF

/// The decoder of one kind of message, and how long its messages are.
struct MessageKind: Sendable {
    let size: Int
    let decode: @Sendable ([UInt8]) -> Void

    /// - Parameter sample: An honest message, which tells the length.
    init<Message>(
        _ name: String, _ sample: [UInt8], _ decode: @escaping @Sendable ([UInt8]) throws -> Message,
        _ encode: @escaping @Sendable (Message) -> [UInt8]
    ) {
        size = sample.count
        self.decode = { canonical($0, name, decode, encode) }
    }
}

extension Decoder {
    /// The decoders of all messages of a VDAF. Every input goes to each of them twice: as it is, when a message of another
    /// kind or length must be refused, and cut or filled up to the length that this kind of message has.
    static func codec<V: VDAF>(
        _ name: String, _ vdaf: V, _ parameter: V.AggregationParameter, _ measurement: V.Measurement
    ) -> Decoder {
        let report = required {
            var generator = SeededGenerator(seed: 2)
            return try HonestReport(vdaf, parameter, measurement, using: &generator)
        }
        let kinds = kinds(of: report)
        let messages = Set(report.messages + [vdaf.encode(aggregationParameter: parameter)])
        return Decoder(
            name, maximumLength: (messages.map(\.count).max() ?? 0) + 8,
            seeds: { _ in messages.sorted { $0.lexicographicallyPrecedes($1) } },
            run: { input in
                for kind in kinds {
                    kind.decode(input)
                    if kind.size != input.count { kind.decode(fitted(input, to: kind.size)) }
                }
                for aggregator in [-1, vdaf.shares, .max]
                where (try? vdaf.decodeInputShare(input, aggregatorID: aggregator)) != nil {
                    broken("there are \(vdaf.shares) aggregators", by: input)
                }
            })
    }

    private static func kinds<V: VDAF>(of report: HonestReport<V>) -> [MessageKind] {
        let (vdaf, parameter) = (report.vdaf, report.parameter)
        return [
            MessageKind("public share", report.publicShare, vdaf.decodePublicShare, vdaf.encode(publicShare:)),
            MessageKind(
                "output share", report.outputShares[0],
                { try vdaf.decodeOutputShare($0, aggregationParameter: parameter) }, vdaf.encode(outputShare:)),
            MessageKind(
                "aggregate share", report.aggregateShares[0],
                { try vdaf.decodeAggregateShare($0, aggregationParameter: parameter) }, vdaf.encode(aggregateShare:)),
            MessageKind(
                "aggregation parameter", vdaf.encode(aggregationParameter: parameter), vdaf.decodeAggregationParameter,
                vdaf.encode(aggregationParameter:)),
        ]
            + report.inputShares.enumerated().map { aggregator, share in
                MessageKind(
                    "input share \(aggregator)", share, { try vdaf.decodeInputShare($0, aggregatorID: aggregator) },
                    vdaf.encode(inputShare:))
            }
            // One for each round.
            + stride(from: 0, to: report.verifierShares.count, by: vdaf.shares).map {
                MessageKind(
                    "verifier share", report.verifierShares[$0], vdaf.decodeVerifierShare, vdaf.encode(verifierShare:))
            }
            + report.verifierMessages.map {
                MessageKind("verifier message", $0, vdaf.decodeVerifierMessage, vdaf.encode(verifierMessage:))
            }
    }
}
