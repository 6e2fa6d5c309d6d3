import Encodings
import TestSupport
import Testing
import ZeroKnowledge

/// The three vector files of draft-irtf-cfrg-fiat-shamir-03: every record, accepted or refused as it says.
@Suite struct FiatShamirVectorTests {
    struct Operation: Decodable {
        var type: String
        var data: String?
        var length: Int?
    }

    /// An integer, a JSON number when small and a 0x-prefixed string when not.
    struct Integer: Decodable {
        var value: BigNumber

        init(from decoder: Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let small = try? container.decode(UInt32.self) {
                value = BigNumber(littleEndian: ByteCodec.encode(small))
            } else {
                var digits = try container.decode(String.self).dropFirst(2)
                if digits.count % 2 == 1 { digits = "0" + digits }
                value = BigNumber(bigEndian: try bytes(hex: String(digits)))
            }
        }

        /// The value of one that is below 2^64.
        var small: UInt64 {
            value.littleEndianBytes(count: 8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    struct Record: Decodable, CustomTestStringConvertible {
        var id: String
        var function: String
        var hash: String?
        var sessionID: String?
        var operations: [Operation]?
        var output: String?
        var tag: String?
        var modulus: Integer?
        var challenge: Integer?
        var input: String?
        var value: Integer?
        var byteOrder: String?
        var extensionDegree: Int?
        var coordinates: [Integer]?
        var expected: String?
        var numVariables: Int?
        var claimedSum: Integer?
        var narg: String?
        var witness: [Integer]?
        var finalEvaluation: Integer?

        enum CodingKeys: String, CodingKey {
            case id = "Id"
            case function = "Function"
            case hash = "Hash"
            case sessionID = "SessionId"
            case operations = "Operations"
            case output = "Output"
            case tag = "Tag"
            case modulus = "Modulus"
            case challenge = "Challenge"
            case input = "Input"
            case value = "Value"
            case byteOrder = "ByteOrder"
            case extensionDegree = "ExtensionDegree"
            case coordinates = "Coordinates"
            case expected = "Expected"
            case numVariables = "NumVariables"
            case claimedSum = "ClaimedSum"
            case narg = "Narg"
            case witness = "Witness"
            case finalEvaluation = "FinalEvaluation"
        }

        var testDescription: String { id }

        func suite() throws -> HashSuite { try #require(HashSuite(rawValue: hash ?? "")) }

        func session() throws -> SessionID { try SessionID(bytes(hex: #require(sessionID))) }

        /// Everything that the recorded operations squeeze.
        func replay() throws -> [UInt8] {
            var sponge = DuplexSponge(try session(), suite: try suite())
            var squeezed: [UInt8] = []
            for operation in try #require(operations) {
                switch operation.type {
                case "absorb": sponge.absorb(try bytes(hex: #require(operation.data)))
                case "squeeze": squeezed += sponge.squeeze(try #require(operation.length))
                default: Issue.record("unknown operation \(operation.type)")
                }
            }
            return squeezed
        }
    }

    @Test(arguments: [
        ("fiatShamirCodecVectors", 13), ("fiatShamirShake128Vectors", 13), ("fiatShamirTurboShake128Vectors", 13),
    ])
    func everyRecordIsReproduced(name: String, count: Int) throws {
        let records: [Record] = try VectorFolder.sigma(name)
        #expect(records.count == count)
        for record in records { try check(record) }
    }

    private func check(_ record: Record) throws {
        func input() throws -> [UInt8] { try bytes(hex: #require(record.input)) }
        func codec() throws -> IntegerCodec { IntegerCodec(modulus: try #require(record.modulus).value) }

        switch record.function {
        case "DuplexSponge":
            #expect(try Hex.encode(record.replay()) == record.output, "\(record.id)")

        case "DeriveSessionID":
            let session = SessionID(tag: try bytes(hex: #require(record.tag)), suite: try record.suite())
            #expect(Hex.encode(session.bytes) == record.output, "\(record.id)")

        case "DecodeUint":
            let codec = try codec()
            let uniform: [UInt8]
            if record.operations != nil {
                uniform = try record.replay()
                #expect(Hex.encode(uniform) == record.output, "\(record.id)")
            } else {
                uniform = try input()
            }
            let decoded = codec.decode(uniform: uniform).littleEndianBytes(count: codec.size)
            let expected = try #require(record.challenge).value.littleEndianBytes(count: codec.size)
            #expect(decoded == expected, "\(record.id)")
            // Both records reduce modulo the order of P-256, so the group's own decoding must agree.
            #expect(P256Group.encode(P256Group.scalar(uniform: uniform)) == expected.reversed(), "\(record.id)")

        case "SerializeVarLenString":
            let encoded = try ByteCodec.encodeString(input())
            #expect(Hex.encode(encoded) == record.output, "\(record.id)")
            var rest = encoded[...]
            #expect(try ByteCodec.readString(&rest) == input(), "\(record.id)")
            #expect(rest.isEmpty)

        case "DeserializeVarLenString":
            #expect(record.expected == "reject")
            let input = try input()
            #expect(throws: FiatShamirError.self, "\(record.id)") {
                var rest = input[...]
                _ = try ByteCodec.readString(&rest)
            }

        case "SerializeUint":
            let codec = try codec()
            let encoded = try codec.encode(#require(record.value).value)
            #expect(Hex.encode(encoded) == record.output, "\(record.id)")
            var rest = encoded[...]
            #expect(try codec.encode(codec.read(&rest)) == encoded, "\(record.id)")

        case "DeserializeUint":
            #expect(record.expected == "reject")
            let (codec, input) = (try codec(), try input())
            #expect(throws: FiatShamirError.self, "\(record.id)") {
                var rest = input[...]
                _ = try codec.read(&rest)
            }

        case "SerializeField":
            // The big-endian exception, which P-256 makes.
            #expect(record.byteOrder == "big-endian")
            let scalar = P256Scalar(try #require(record.value).small)
            #expect(Hex.encode(P256Group.encode(scalar)) == record.output, "\(record.id)")
            #expect(try P256Group.decodeScalar(bytes(hex: #require(record.output))[...]) == scalar)

        case "DeserializeField":
            let (codec, degree, input) = (try codec(), try #require(record.extensionDegree), try input())
            if record.expected == "reject" {
                #expect(throws: FiatShamirError.nonCanonicalInteger, "\(record.id)") {
                    var rest = input[...]
                    _ = try codec.readCoordinates(degree, &rest)
                }
            } else {
                var rest = input[...]
                let coordinates = try codec.readCoordinates(degree, &rest)
                #expect(rest.isEmpty)
                #expect(
                    coordinates.map { $0.littleEndianBytes(count: codec.size) }
                        == (try #require(record.coordinates)).map { $0.value.littleEndianBytes(count: codec.size) },
                    "\(record.id)")
            }

        case "Sumcheck":
            let suites = record.hash == nil ? HashSuite.allCases : [try record.suite()]
            for suite in suites { try checkSumcheck(record, suite: suite) }

        default:
            Issue.record("unknown function \(record.function)")
        }
    }

    private func checkSumcheck(_ record: Record, suite: HashSuite) throws {
        let session = try record.session()
        if let tag = record.tag {
            #expect(try SessionID(tag: bytes(hex: tag), suite: suite) == session, "\(record.id)")
        }
        let claim = try #require(record.claimedSum).small
        let argument = try bytes(hex: #require(record.narg))
        let sumcheck = Sumcheck(session: session, suite: suite)
        if record.expected == "reject" {
            let variables = try #require(record.numVariables)
            #expect(throws: (any Error).self, "\(record.id)") {
                _ = try sumcheck.verify(argument, claim: claim, variables: variables)
            }
            return
        }
        let (proof, evaluation) = sumcheck.prove(try #require(record.witness).map(\.small))
        #expect(proof == argument, "\(record.id)")
        #expect(evaluation == (try #require(record.finalEvaluation)).small, "\(record.id)")
        let verified = try sumcheck.verify(argument, claim: claim, variables: try #require(record.numVariables))
        #expect(verified == evaluation, "\(record.id)")
    }
}
