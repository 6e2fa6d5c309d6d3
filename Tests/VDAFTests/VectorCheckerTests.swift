import Foundation
import TestSupport
import Testing
import VectorCheck

/// The checker finds every difference and survives every file.
@Suite struct VectorCheckerTests {
    static func document(_ name: String) throws -> [String: Any] {
        let bytes = try VectorFolder.bytes("vdaf/\(name).json")
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    static func check(_ document: Any, as name: String, proofs: Int? = nil) throws -> VectorOutcome {
        let json = [UInt8](try JSONSerialization.data(withJSONObject: document, options: [.fragmentsAllowed]))
        return VectorChecker(proofsOverride: proofs).check(fileName: "\(name).json", json: json)
    }

    static func isFail(_ outcome: VectorOutcome) -> Bool {
        if case .fail = outcome { return true }
        return false
    }

    static let types = [
        "Prio3Count", "Prio3Sum", "Prio3SumVec", "Prio3SumVecWithMultiproof",
        "Prio3SumVecField64MultiproofHmacSha256Aes128", "Prio3Histogram", "Prio3MultihotCountVec", "Prio3L1BoundSum",
        "Prio3HigherDegree", "Poplar1", "IdpfBBCGGI21", "XofTurboShake128", "XofFixedKeyAes128", "XofHmacSha256Aes128",
    ]

    /// All documents that differ from `value` in one leaf, with the leaf's path.
    static func mutations(of value: Any, path: String = "") -> [(path: String, document: Any)] {
        switch value {
        case let object as [String: Any]:
            return object.flatMap { key, child in
                mutations(of: child, path: "\(path).\(key)").map { mutation in
                    var copy = object
                    copy[key] = mutation.document
                    return (mutation.path, copy as Any)
                }
            }
        case let array as [Any]:
            return array.enumerated().flatMap { index, child in
                mutations(of: child, path: "\(path)[\(index)]").map { mutation in
                    var copy = array
                    copy[index] = mutation.document
                    return (mutation.path, copy as Any)
                }
            }
        case let text as String:
            guard let last = text.last else { return [(path, "00")] }
            return [
                (path, text.dropLast() + (last == "0" ? "1" : "0")), (path, text + "00"), (path, NSNull()), (path, 1),
            ]
        case let number as NSNumber:
            if path.hasSuffix(".success") { return [(path, !number.boolValue)] }
            return [(path, number.intValue + 1), (path, "1"), (path, number.intValue - 100_000)]
        default:
            return []
        }
    }

    /// Aggregator numbers are left out, because executing one aggregator's step twice is not wrong; neither is combining
    /// the second round's verifier shares instead of the first's, which need no state.
    @Test(arguments: [
        "Prio3Count_1", "Prio3Sum_1", "Prio3Histogram_0", "Poplar1_0", "Poplar1_3", "IdpfBBCGGI21_0",
        "XofTurboShake128", "XofHmacSha256Aes128",
    ])
    func everyFieldCounts(name: String) throws {
        let document = try Self.document(name)
        #expect(try Self.check(document, as: name) == .ok)
        for (path, mutated) in Self.mutations(of: document) {
            let isHarmless =
                path.hasSuffix("].aggregator_id") || path == ".operations[3].round" && name.hasPrefix("Poplar1")
            if isHarmless { continue }
            #expect(Self.isFail(try Self.check(mutated, as: name)), "\(path)")
        }
    }

    @Test(arguments: ["Prio3SumVec_1", "Prio3Histogram_bad_public_share"])
    func everyMissingFieldIsNamed(name: String) throws {
        let document = try Self.document(name)
        for key in document.keys where !["agg_shares", "agg_result"].contains(key) || name == "Prio3SumVec_1" {
            var copy = document
            copy[key] = nil
            guard case .fail(let text) = try Self.check(copy, as: name) else {
                Issue.record("\(key) is not missed")
                continue
            }
            #expect(text.contains(key) && text.contains("missing"), "\(text)")
        }
    }

    @Test func theFirstDifferenceIsNamed() throws {
        var document = try Self.document("Prio3Count_0")
        var reports = try #require(document["reports"] as? [[String: Any]])
        var shares = try #require(reports[0]["input_shares"] as? [String])
        let digits = Array(shares[1])
        shares[1] = String(digits[..<24]) + "ff" + String(digits[26...])
        reports[0]["input_shares"] = shares
        document["reports"] = reports
        #expect(
            try Self.check(document, as: "Prio3Count_0") == .fail("report 0 input_shares[1]: differs at byte 12"))

        document = try Self.document("Prio3Sum_0")
        document["agg_result"] = 101
        #expect(try Self.check(document, as: "Prio3Sum_0") == .fail("agg_result: differs: computed 100"))

        document = try Self.document("Prio3Count_bad_wire_seed")
        var operations = try #require(document["operations"] as? [[String: Any]])
        operations[2]["success"] = true
        document["operations"] = operations
        #expect(
            try Self.check(document, as: "Prio3Count_bad_wire_seed")
                == .fail(
                    "operations[2] verifier_shares_to_message of report 0: failed: the proof is not valid"))
        operations[2]["success"] = false
        operations[1]["success"] = false
        document["operations"] = operations
        #expect(
            try Self.check(document, as: "Prio3Count_bad_wire_seed")
                == .fail("operations[1] verify_init of report 0 by aggregator 1: succeeded, but must fail"))
    }

    /// Tags and contexts of any length may stand in a file; the functions that take them have limits.
    @Test(arguments: [256, 65_528, 65_536])
    func overlongTagsAndContextsAreFailures(size: Int) throws {
        for name in ["XofHmacSha256Aes128", "XofTurboShake128", "XofFixedKeyAes128"] {
            var document = try Self.document(name)
            document["dst"] = String(repeating: "00", count: size)
            #expect(Self.isFail(try Self.check(document, as: name)), "\(name)")
        }
        for name in ["IdpfBBCGGI21_0", "Poplar1_0"] {
            var document = try Self.document(name)
            document["ctx"] = String(repeating: "00", count: size)
            #expect(Self.isFail(try Self.check(document, as: name)), "\(name)")
        }
    }

    /// A helper's share is 64 bytes in the file, whatever it expands to: many of them must not be expanded at once.
    @Test func manyReportsOfLongVectorsAreRefused() throws {
        let report: [String: Any] = [:]
        let document: [String: Any] = [
            "ctx": "", "verify_key": "", "agg_param": "", "shares": 2, "length": 1 << 20, "chunk_length": 1 << 10,
            "reports": [[String: Any]](repeating: report, count: 100), "operations": [Any](),
        ]
        guard case .fail(let text) = try Self.check(document, as: "Prio3Histogram") else {
            Issue.record("not refused")
            return
        }
        #expect(text.contains("100 input shares"), "\(text)")
    }

    @Test func unknownTypesNameTheKnownOnes() throws {
        let outcome = VectorChecker().check(fileName: "some/where/Nothing_7.json", json: Array("{}".utf8))
        guard case .unknownType(let text) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(text.contains("'Nothing'"))
        for type in Self.types {
            #expect(text.contains(type))
        }
    }

    @Test func theTypeComesFromTheNameOrTheOverride() throws {
        let json = try VectorFolder.bytes("vdaf/Prio3Count_0.json")
        for name in ["Prio3Count.json", "a_b/Prio3Count_x_y.z.json", "Prio3Count"] {
            #expect(VectorChecker().check(fileName: name, json: json) == .ok)
        }
        #expect(VectorChecker(typeOverride: "Prio3Count").check(fileName: "x.json", json: json) == .ok)
        #expect(Self.isFail(VectorChecker(typeOverride: "Prio3Sum").check(fileName: "Prio3Count_0", json: json)))
    }

    @Test func theNumberOfProofsCanBeOverridden() throws {
        let document = try Self.document("Prio3SumVecWithMultiproof_0")
        #expect(try Self.check(document, as: "Prio3SumVecWithMultiproof", proofs: 3) == .ok)
        for proofs in [1, 2, 4, 0, 256, -1, Int.max] {
            #expect(Self.isFail(try Self.check(document, as: "Prio3SumVecWithMultiproof", proofs: proofs)))
        }
    }

    @Test func absurdParametersFail() throws {
        for (key, values) in [
            "length": [0, -1, 1 << 31, 1 << 40, Int.max], "chunk_length": [0, -1, 1 << 29, 1 << 62, Int.max],
            "max_measurement": [0, -1, Int.max], "shares": [0, 1, -1, 254, 256, Int.max],
        ] {
            for value in values {
                var document = try Self.document("Prio3SumVec_1")
                document[key] = value
                #expect(Self.isFail(try Self.check(document, as: "Prio3SumVec")), "\(key) \(value)")
            }
        }
        for (key, values) in ["bits": [0, -1, 3, 5, 1 << 16 + 1, Int.max], "shares": [1, 3, -1, Int.max]] {
            for value in values {
                var document = try Self.document("Poplar1_0")
                document[key] = value
                #expect(Self.isFail(try Self.check(document, as: "Poplar1")), "\(key) \(value)")
            }
        }
        for number in ["1e400", "1.5", "340282366920938463463374607431768211456", "-9223372036854775809", "[]", "{}"] {
            let json = "{\"shares\": \(number), \"ctx\": \"\", \"verify_key\": \"\"}"
            #expect(Self.isFail(VectorChecker().check(fileName: "Prio3Count", json: Array(json.utf8))), "\(number)")
        }
    }

    @Test func documentsThatAreNotVectorsFail() throws {
        let deep = String(repeating: "[", count: 100_000)
        for text in ["", "{", "nul", "[]", "1", "\"x\"", "{}", "{\"shares\": 2}", deep, "\u{0}", "{\"ctx\": \"zz\"}"] {
            for type in Self.types {
                #expect(
                    Self.isFail(VectorChecker().check(fileName: type, json: Array(text.utf8))), "\(text.prefix(20))")
            }
        }
        let bytes = try VectorFolder.bytes("vdaf/Prio3Count_0.json")
        var random = SeededGenerator()
        for _ in 0..<200 {
            #expect(
                Self.isFail(
                    VectorChecker().check(
                        fileName: "Prio3Count",
                        json: Array(bytes.prefix(Int.random(in: 0..<bytes.count - 2, using: &random))))))
            var damaged = bytes
            damaged[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = VectorChecker().check(fileName: "Prio3Count", json: damaged)
        }
    }

    @Test func aVectorWithoutOperationsChecksNothing() throws {
        var document = try Self.document("Prio3Count_0")
        document["operations"] = [Any]()
        #expect(
            try Self.check(document, as: "Prio3Count")
                == .fail("operations: empty, so there is nothing to check"))
    }
}
