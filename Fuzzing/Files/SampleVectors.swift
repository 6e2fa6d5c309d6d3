import Foundation
import VDAF

/// Small test vector files of our own making, in the schema of the standard's.
enum SampleVectors {
    static let types = [
        "Prio3Count", "Prio3Sum", "Prio3SumVec", "Prio3SumVecWithMultiproof",
        "Prio3SumVecField64MultiproofHmacSha256Aes128", "Prio3Histogram", "Prio3MultihotCountVec", "Prio3L1BoundSum",
        "Prio3HigherDegree", "Poplar1", "IdpfBBCGGI21", "XofTurboShake128", "XofFixedKeyAes128", "XofHmacSha256Aes128",
    ]

    static func make(_ generator: inout SeededGenerator) throws -> [[UInt8]] {
        var files = [
            try vector(0, Prio3Count(), (), true, "true", "", "1", &generator),
            try vector(1, Prio3Sum(maxMeasurement: 5), (), 4, "4", #""max_measurement":5,"#, "4", &generator),
            try vector(
                9, Poplar1(bits: 2), Poplar1AggregationParameter(level: 0, prefixes: [BitString([true])]),
                BitString([true, false]), "[true,false]", #""bits":2,"#, "[1]", &generator),
            try vector(
                5, Prio3Histogram(length: 2, chunkLength: 1), (), 1, "1", #""length":2,"chunk_length":1,"#, "[0,1]",
                &generator),
        ]
        files += [
            xof(11, XofTurboShake128.self, &generator), xof(12, XofFixedKeyAes128.self, &generator),
            xof(13, XofHmacSha256Aes128.self, &generator), try idpf(&generator),
        ]
        return files
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        "\"" + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "\""
    }

    private static func list(_ items: [[UInt8]]) -> String { "[" + items.map(hex).joined(separator: ",") + "]" }

    /// One honest report and all operations on it.
    private static func vector<V: VDAF>(
        _ type: UInt8, _ vdaf: V, _ parameter: V.AggregationParameter, _ measurement: V.Measurement, _ value: String,
        _ parameters: String, _ result: String, _ generator: inout SeededGenerator
    ) throws -> [UInt8] {
        var before = generator
        let report = try HonestReport(vdaf, parameter, measurement, using: &generator)
        _ = before.bytes(vdaf.verifyKeySize + 7 + vdaf.nonceSize)
        let rand = before.bytes(vdaf.randSize)
        let rounds = (0..<vdaf.rounds).map { Array(report.verifierShares[2 * $0..<2 * $0 + 2]) }
        let operations =
            [#"{"operation":"shard","report_index":0,"success":true}"#]
            + (0..<2).map { #"{"operation":"verify_init","aggregator_id":\#($0),"report_index":0,"success":true}"# }
            + (0..<vdaf.rounds).flatMap { round in
                [#"{"operation":"verifier_shares_to_message","round":\#(round),"report_index":0,"success":true}"#]
                    + (0..<2).map {
                        #"{"operation":"verify_next","round":\#(round + 1),"aggregator_id":\#($0),"report_index":0,"success":true}"#
                    }
            } + [
                #"{"operation":"aggregate","aggregator_id":0,"success":true}"#,
                #"{"operation":"unshard","success":true}"#,
            ]
        let text = """
            {"ctx":\(hex(report.context)),"verify_key":\(hex(report.verifyKey)),"shares":2,\(parameters)
            "agg_param":\(hex(vdaf.encode(aggregationParameter: parameter))),"agg_shares":\(list(report.aggregateShares)),
            "agg_result":\(result),"reports":[{"measurement":\(value),"nonce":\(hex(report.nonce)),"rand":\(hex(rand)),
            "public_share":\(hex(report.publicShare)),"input_shares":\(list(report.inputShares)),
            "verifier_shares":[\(rounds.map(list).joined(separator: ","))],
            "verifier_messages":\(list(report.verifierMessages)),"out_shares":\(list(report.outputShares))}],
            "operations":[\(operations.joined(separator: ","))]}
            """
        return [type] + Array(text.utf8)
    }

    private static func xof<Function: Xof>(
        _ type: UInt8, _ function: Function.Type, _ generator: inout SeededGenerator
    ) -> [UInt8] {
        let (seed, tag, binder) = (generator.bytes(Function.seedSize), generator.bytes(9), generator.bytes(16))
        let elements: [Field128] = Function.expandIntoVector(
            seed: seed, domainSeparationTag: tag, binder: binder, count: 2)
        let derived = Function.deriveSeed(seed: seed, domainSeparationTag: tag, binder: binder)
        let text = """
            {"seed":\(hex(seed)),"dst":\(hex(tag)),"binder":\(hex(binder)),"derived_seed":\(hex(derived)),
            "length":2,"expanded_vec_field128":\(hex(Field128.encodeVector(elements)))}
            """
        return [type] + Array(text.utf8)
    }

    private static func idpf(_ generator: inout SeededGenerator) throws -> [UInt8] {
        let idpf = try Idpf(valueLength: 1, bits: 2)
        let (rand, nonce) = (generator.bytes(Idpf.randSize), generator.bytes(16))
        let share = try idpf.generate(
            alpha: BitString([true, false]), innerValues: [Field64(3)], leafValue: [Field255(4)], context: [1],
            nonce: nonce, rand: rand)
        let text = """
            {"bits":2,"alpha":[true,false],"beta_inner":[["3"]],"beta_leaf":["4"],"ctx":"01","nonce":\(hex(nonce)),
            "keys":\(list(share.keys)),"public_share":\(hex(idpf.encode(publicShare: share.publicShare)))}
            """
        return [10] + Array(text.utf8)
    }
}
