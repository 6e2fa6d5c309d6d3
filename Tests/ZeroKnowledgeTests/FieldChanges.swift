import Ristretto255
import TestSupport
import Testing
import ZeroKnowledge

/// Changes of the fields of a proof, 32 bytes each, that verification must refuse.
enum FieldChanges {
    private typealias G = Ristretto255Group
    private static let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

    /// - Parameters:
    ///   - scalars: the fields that are scalars; the others are elements.
    ///   - verify: decodes and verifies.
    static func check(
        _ proof: [UInt8], scalars: [Int], sourceLocation: SourceLocation = #_sourceLocation,
        verify: ([UInt8]) throws -> Void
    ) throws {
        func refused(_ changed: [UInt8], _ what: String, _ reason: ProofError? = nil) {
            if let reason {
                #expect(throws: reason, "\(what)", sourceLocation: sourceLocation) { try verify(changed) }
            } else {
                #expect(throws: ProofError.self, "\(what)", sourceLocation: sourceLocation) { try verify(changed) }
            }
        }
        let count = proof.count / 32
        for index in 0..<count {
            let field = 32 * index..<32 * (index + 1)
            func replaced(by bytes: [UInt8]) -> [UInt8] {
                var changed = proof
                changed.replaceSubrange(field, with: bytes)
                return changed
            }
            for byte in field {
                var changed = proof
                changed[byte] ^= 0x41
                refused(changed, "byte \(byte)")
            }
            if scalars.contains(index) {
                let scalar = try Scalar.decode(proof[field])
                refused(replaced(by: (scalar + 1).encoded()), "scalar \(index) moved", .rejected)
                refused(replaced(by: (-scalar).encoded()), "scalar \(index) negated", .rejected)
                refused(replaced(by: Scalar.zero.encoded()), "scalar \(index) zero", .rejected)
                refused(
                    replaced(by: try plusOrder(proof[field])), "scalar \(index) plus the order",
                    .malformed(.nonCanonicalScalar))
                refused(
                    replaced(by: [UInt8](repeating: 0xFF, count: 32)), "scalar \(index) not canonical",
                    .malformed(.nonCanonicalScalar))
            } else {
                let element = try RistrettoPoint.decode(proof[field])
                refused(replaced(by: (element + .generator).encoded()), "element \(index) moved", .rejected)
                refused(replaced(by: (-element).encoded()), "element \(index) negated", .rejected)
                refused(
                    replaced(by: RistrettoPoint.identity.encoded()), "element \(index) identity",
                    .malformed(.identity))
                refused(
                    replaced(by: [UInt8](repeating: 0xFF, count: 32)), "element \(index) not canonical",
                    .malformed(.invalidElement))
            }
            if index + 1 < count {
                let next = 32 * (index + 1)..<32 * (index + 2)
                var exchanged = proof
                exchanged.replaceSubrange(field, with: proof[next])
                exchanged.replaceSubrange(next, with: proof[field])
                refused(exchanged, "field \(index) exchanged with the next")
            }
        }
        func resized(_ changed: [UInt8], _ what: String) {
            refused(changed, what, .wrongLength(expected: proof.count, actual: changed.count))
        }
        resized([], "empty")
        resized(Array(proof.dropLast()), "a byte short")
        resized(proof + [0], "a byte long")
        resized(Array(proof.dropLast(32)), "a field short")
        resized(proof + Array(proof.suffix(32)), "a field long")
        resized(Array(proof.dropFirst(64)), "a round short")
        resized(Array(proof.prefix(64)) + proof, "a round long")
    }

    private static func plusOrder(_ scalar: ArraySlice<UInt8>) throws -> [UInt8] {
        var carry = 0
        return zip(scalar, try bytes(hex: order)).map { digit, other in
            let sum = Int(digit) + Int(other) + carry
            carry = sum >> 8
            return UInt8(truncatingIfNeeded: sum)
        }
    }
}
