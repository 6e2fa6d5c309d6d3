import Foundation
import TestSupport
import Testing
import VDAF

/// The test vectors of draft-chen-cfrg-vdaf-pine-02, as far as our profile shares its steps: float encoding, squared
/// norms, and the results of wraparound tests in bits. Proofs, shares and sign vectors are laid out otherwise there.
@Suite struct PineVectorTests {
    private struct Document: Decodable {
        struct Report: Decodable {
            let inputShares: [String]
            let measurement: [Double]
            let outShares: [[String]]
            let publicShare: String
        }
        let alpha: Double
        let dimension: Int
        let field: String
        let l2NormBound: UInt64
        let numFracBits: Int
        let numWrChecks: Int
        let numWrSuccesses: Int
        let aggResult: [Double]
        let prep: [Report]

        /// B², the largest squared norm.
        var squaredBound: UInt64 { l2NormBound * l2NormBound }
        /// The draft's range encoding: v and B² - v, each in as many bits as B² has.
        var normBits: Int { UInt64.bitWidth - squaredBound.leadingZeroBitCount }
        /// The draft's W.
        var wraparoundBound: UInt64 {
            let least = UInt64((alpha * Double(l2NormBound)).rounded(.up)) + 1
            return 1 << UInt64(UInt64.bitWidth - (least - 1).leadingZeroBitCount)
        }
    }

    private static let fields: [String: (modulus: UInt128, size: Int)] = [
        "Field32": (4_293_918_721, 4), "Field40": (1_048_555 << 20 + 1, 5), "Field64": (Field64.modulus, 8),
        "Field128": (Field128.modulus, 16),
    ]

    private static func documents(_ prefix: String, count: Int) throws -> [(name: String, Document)] {
        let folder = VectorFolder.url.appendingPathComponent("pine")
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw VectorFolder.MissingVectors(path: folder.path)
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let chosen = names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".json") }.sorted()
        try #require(chosen.count == count, "\(chosen.count) of \(count) files are in \(folder.path)")
        return try chosen.map {
            ($0, try decoder.decode(Document.self, from: Data(try VectorFolder.bytes("pine/\($0)"))))
        }
    }

    private static func integers(_ hex: String, size: Int) throws -> [UInt128] {
        let bytes = try bytes(hex: hex)
        return stride(from: 0, to: bytes.count, by: size).map { start in
            bytes[start..<start + size].reversed().reduce(0) { $0 << 8 | UInt128($1) }
        }
    }

    /// The integer in (-p/2, p/2) that two shares add up to.
    private static func sum(_ a: UInt128, _ b: UInt128, _ modulus: UInt128) -> Int64 {
        let residue = a >= modulus - b ? a - (modulus - b) : a + b
        return residue > modulus / 2 ? -Int64(modulus - residue) : Int64(residue)
    }

    @Test func floatsAreEncodedAsTheDraftDoes() throws {
        var count = 0
        for (name, document) in try Self.documents("Pine", count: 32) {
            let (modulus, size) = try #require(Self.fields[document.field])
            let encoding = try FixedPointEncoding(
                integerBound: document.l2NormBound, fractionalBits: document.numFracBits)
            for report in document.prep {
                let shares = try report.outShares.map { try Self.integers($0.joined(), size: size) }
                let expected = zip(shares[0], shares[1]).map { Self.sum($0, $1, modulus) }
                #expect(try encoding.encode(report.measurement) == expected, "\(name)")
                count += expected.count
            }
        }
        print("floats: \(count) coordinates")
        #expect(count > 1_000)
    }

    /// Both aggregators' shares of the encoded measurement of the variant that has our field and XOF.
    private static func encodedMeasurement(
        _ document: Document, _ report: Document.Report
    ) throws -> [Field64] {
        let bits = 2 * document.normBits + document.numWrChecks * (1 + wraparoundBits(document))
        let length = document.dimension + bits
        let leader = try bytes(hex: report.inputShares[0])
        let helper = try bytes(hex: report.inputShares[1])
        var stream = xof(usage: 1, seed: Array(helper[..<32]), binder: [1])
        let expanded: [Field64] = stream.nextVector(length)
        var share = (try? Field64.decodeVector(leader[..<(8 * length)], count: length)) ?? []
        Field64.addVector(&share, expanded)
        return share
    }

    private static func wraparoundBits(_ document: Document) -> Int {
        document.wraparoundBound.trailingZeroBitCount + 1
    }

    /// The draft's domain separation: its version, the algorithm's id, the usage.
    private static func xof(usage: UInt8, seed: [UInt8], binder: [UInt8]) -> XofHmacSha256Aes128 {
        XofHmacSha256Aes128(
            seed: seed, domainSeparationTag: [1, 0xFF, 0xFF, 0x10, 0x04, 0, usage], binder: binder)
    }

    private static func value(_ bits: ArraySlice<Field64>) -> UInt64? {
        bits.reversed().reduce(0) { sum, bit in
            guard let sum, bit == .zero || bit == .one else { return nil }
            return sum << 1 | (bit == .one ? 1 : 0)
        }
    }

    @Test func squaredNormsAreTheDrafts() throws {
        for (name, document) in try Self.documents("Pine64Hmac", count: 8) {
            let encoding = try FixedPointEncoding(
                integerBound: document.l2NormBound, fractionalBits: document.numFracBits)
            let vdaf = try BoundedL2Vector(encoding: encoding, dimension: document.dimension)
            for report in document.prep {
                let encoded = try Self.encodedMeasurement(document, report)
                let stated = Self.value(encoded[document.dimension...].prefix(document.normBits))
                let squaredNorm = try encoding.encode(report.measurement).reduce(0) { $0 + $1.magnitude * $1.magnitude }
                #expect(stated == squaredNorm, "\(name)")
                // Ours states the same number, in the standard's range encoding.
                let weights = (0..<vdaf.squaredNormBits).map { bit in
                    bit < vdaf.squaredNormBits - 1
                        ? 1 << UInt64(bit) : document.squaredBound - (1 << UInt64(vdaf.squaredNormBits - 1) - 1)
                }
                let ours = zip(try vdaf.encode(squaredNorm: squaredNorm), weights).reduce(0 as UInt64) {
                    $0 + UInt64($1.0.canonicalValue) * $1.1
                }
                #expect(ours == squaredNorm)
            }
        }
    }

    @Test func resultsOfWraparoundTestsAreTheDrafts() throws {
        var passed = 0
        for (name, document) in try Self.documents("Pine64Hmac", count: 8) {
            let encoding = try FixedPointEncoding(
                integerBound: document.l2NormBound, fractionalBits: document.numFracBits)
            let wraparound = try WraparoundTests(integerBound: document.l2NormBound, field: Field64.self)
            // 7.9·B and 8.7·B round up to the same power of two or to neighbours.
            #expect([1, 2].contains(document.wraparoundBound / wraparound.bound))
            for report in document.prep {
                let vector = try encoding.encode(report.measurement)
                let results = try Self.results(document, report, vector)
                let encoded = try Self.encodedMeasurement(document, report)
                let width = Self.wraparoundBits(document)
                var successes = 0
                for (test, result) in results.enumerated() {
                    let start = document.dimension + 2 * document.normBits + test * (width + 1)
                    let bits = encoded[start..<start + width]
                    #expect(
                        Self.value(bits) == UInt64(bitPattern: result) &+ document.wraparoundBound - 1,
                        "\(name), \(test)")
                    if document.wraparoundBound == wraparound.bound {
                        #expect(try wraparound.encode([result]) == Array(bits))
                    }
                    successes += encoded[start + width] == .one ? 1 : 0
                }
                #expect(successes == document.numWrSuccesses)
                #expect(throws: Never.self, "an honest vector passes all tests") {
                    let encoded: [Field64] = try wraparound.encode(results)
                    #expect(encoded.count == results.count * wraparound.bits)
                }
                passed += successes
            }
        }
        print("wraparound tests: \(passed) passed")
        #expect(passed > 0)
    }

    /// The dot products with the draft's signs: two bits an entry, a test's entries in whole bytes.
    private static func results(
        _ document: Document, _ report: Document.Report, _ vector: [Int64]
    ) throws -> [Int64] {
        let parts = try Array(bytes(hex: report.publicShare)[..<64])
        var seed = xof(usage: 9, seed: [UInt8](repeating: 0, count: 32), binder: parts)
        var stream = xof(usage: 8, seed: seed.next(32), binder: [])
        return (0..<document.numWrChecks).map { _ in
            let row = stream.next((vector.count + 3) / 4)
            return vector.enumerated().reduce(0) { sum, entry in
                switch row[entry.offset / 4] >> UInt8(2 * (entry.offset % 4)) & 3 {
                case 0: sum - entry.element
                case 3: sum + entry.element
                default: sum
                }
            }
        }
    }
}
