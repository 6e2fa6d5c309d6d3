import TestSupport
import Testing
import VDAF

/// Strings of bits, aggregation parameters and which of them may follow each other.
@Suite struct Poplar1ParameterTests {
    static func string(_ digits: String) -> BitString {
        BitString(digits.map { $0 == "1" })
    }

    static func parameter(_ prefixes: String...) throws -> Poplar1AggregationParameter {
        try Poplar1AggregationParameter(level: prefixes[0].count - 1, prefixes: prefixes.map(string))
    }

    @Test func bitStringsArePackedFromTheTopmostBit() throws {
        #expect(Self.string("").bytes == [])
        #expect(Self.string("1").bytes == [0x80])
        #expect(Self.string("10110001").bytes == [0xB1])
        #expect(Self.string("101100011").bytes == [0xB1, 0x80])
        #expect(try BitString(bytes: [0xB1, 0x80], count: 9) == Self.string("101100011"))
        #expect(Self.string("101100011").prefix(3) == Self.string("101"))
        #expect(Self.string("101100011").prefix(8) == Self.string("10110001"))
        #expect(Self.string("101100011").prefix(0) == Self.string(""))
        #expect((0..<9).map { Self.string("101100011")[$0] } == "101100011".map { $0 == "1" })
        for (bytes, count): ([UInt8], Int) in [
            ([0xB1, 0x81], 9), ([0xB1], 9), ([0xB1, 0x80, 0], 9), ([1], 7), ([], 1), ([0], 0), ([0x80], -1), ([], -8),
            ([0], Int.max), ([], Int.min),
        ] {
            #expect(throws: VDAFError.self) { try BitString(bytes: bytes, count: count) }
        }
    }

    @Test func parametersAreEncodedAsSpecified() throws {
        #expect(try Self.parameter("0", "1").encoded() == [0, 0, 0, 0, 0, 2, 0, 0x80])
        #expect(try Self.parameter("0101").encoded() == [0, 3, 0, 0, 0, 1, 0x50])
        #expect(
            try Self.parameter("000000001", "100000000").encoded() == [0, 8, 0, 0, 0, 2, 0, 0x80, 0x80, 0])
        #expect(try Poplar1AggregationParameter(level: 300, prefixes: []).encoded() == [1, 0x2C, 0, 0, 0, 0])
    }

    @Test func prefixesMustBeUniqueInOrderAndOfTheLevelsLength() throws {
        for prefixes in [
            ["1", "0"], ["0", "0"], ["1", "1"], ["00", "01", "01"], ["00", "10", "01"], ["000000001", "000000000"],
            ["11111111", "01111111"],
        ] {
            #expect(throws: VDAFError.self, "\(prefixes)") {
                try Poplar1AggregationParameter(level: prefixes[0].count - 1, prefixes: prefixes.map(Self.string))
            }
        }
        for (level, prefixes) in [(1, ["0"]), (0, ["00"]), (1, ["00", "1"]), (-1, [""]), (65_536, []), (-1, [])] {
            #expect(throws: VDAFError.self, "\(level) \(prefixes)") {
                try Poplar1AggregationParameter(level: level, prefixes: prefixes.map(Self.string))
            }
        }
        let parameter = try Self.parameter("000", "001", "110")
        #expect(parameter.prefixes == ["000", "001", "110"].map(Self.string) && parameter.prefixCount == 3)
    }

    @Test func theDecoderRefusesWhatIsNotInOrder() throws {
        let vdaf = try Poplar1(bits: 12)
        for bytes: [UInt8] in [
            [], [0], [0, 0, 0, 0, 0],
            // A length of prefixes that is not there, or more than is announced.
            [0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0], [0, 8, 0, 0, 0, 1, 0],
            // Padding bits.
            [0, 0, 0, 0, 0, 1, 0x40], [0, 0, 0, 0, 0, 1, 0x81], [0, 8, 0, 0, 0, 1, 0, 0x40],
            [0, 0, 0, 0, 0, 2, 0x01, 0x80],
            // Out of order, and twice the same.
            [0, 0, 0, 0, 0, 2, 0x80, 0], [0, 0, 0, 0, 0, 2, 0x80, 0x80], [0, 0, 0, 0, 0, 2, 0, 0],
            [0, 8, 0, 0, 0, 2, 0, 0x80, 0, 0],
            // A level beyond the last.
            [0, 12, 0, 0, 0, 1, 0, 0], [0xFF, 0xFF, 0, 0, 0, 0],
        ] {
            #expect(throws: VDAFError.self, "\(bytes)") { try vdaf.decodeAggregationParameter(bytes) }
        }
        for prefixes in [["0"], ["0", "1"], ["000000001", "100000000"], ["010101010101"]] {
            let parameter = try Poplar1AggregationParameter(
                level: prefixes[0].count - 1, prefixes: prefixes.map(Self.string))
            let bytes = vdaf.encode(aggregationParameter: parameter)
            #expect(try vdaf.decodeAggregationParameter(bytes) == parameter)
            for count in 0..<bytes.count {
                #expect(throws: VDAFError.self) { try vdaf.decodeAggregationParameter(Array(bytes.prefix(count))) }
            }
        }
    }

    @Test func whatTheDecoderAcceptsIsCanonical() throws {
        var random = SeededGenerator()
        var accepted = 0
        for _ in 0..<5000 {
            let (level, count) = (Int.random(in: 0...10, using: &random), Int.random(in: 0...3, using: &random))
            var bytes: [UInt8] = [0, UInt8(level), 0, 0, 0, UInt8(count)]
            bytes += random.bytes(count * (level / 8 + 1)).map { $0 & UInt8.random(in: 0...255, using: &random) & 0xE0 }
            if let parameter = try? Poplar1AggregationParameter(decoding: bytes) {
                accepted += 1
                #expect(parameter.encoded() == bytes)
                let again = try Poplar1AggregationParameter(level: parameter.level, prefixes: parameter.prefixes)
                #expect(again == parameter)
            }
        }
        #expect(accepted > 100)
    }

    @Test func aParameterMayFollowOneWhosePrefixesItContinues() throws {
        let vdaf = try Poplar1(bits: 16)
        let (first, second) = (try Self.parameter("00", "01", "11"), try Self.parameter("0001", "0110", "1100"))
        #expect(vdaf.isValid(aggregationParameter: first, previous: []))
        #expect(vdaf.isValid(aggregationParameter: second, previous: [first]))
        #expect(vdaf.isValid(aggregationParameter: try Self.parameter("0000", "0001", "0010"), previous: [first]))
        #expect(vdaf.isValid(aggregationParameter: try Self.parameter("1111"), previous: [first]))
        #expect(
            vdaf.isValid(
                aggregationParameter: try Self.parameter("0001111100000000", "1100000000000000"),
                previous: [first, second]))
        let nothing = try Poplar1AggregationParameter(level: 9, prefixes: [])
        #expect(vdaf.isValid(aggregationParameter: nothing, previous: [first]))

        #expect(!vdaf.isValid(aggregationParameter: first, previous: [first]), "the same level")
        #expect(!vdaf.isValid(aggregationParameter: try Self.parameter("00"), previous: [first]), "the same level")
        #expect(!vdaf.isValid(aggregationParameter: try Self.parameter("0"), previous: [first]), "a level above")
        #expect(!vdaf.isValid(aggregationParameter: first, previous: [second]), "a level above")
        #expect(!vdaf.isValid(aggregationParameter: try Self.parameter("1000"), previous: [first]), "no child")
        for prefixes in [["0001", "1000"], ["0000", "1000", "1100"], ["1000", "1100"]] {
            let parameter = try Poplar1AggregationParameter(level: 3, prefixes: prefixes.map(Self.string))
            #expect(!vdaf.isValid(aggregationParameter: parameter, previous: [first]), "one that is no child")
        }
        #expect(
            !vdaf.isValid(aggregationParameter: try Self.parameter("00011", "11010"), previous: [first, second]),
            "children of the last but one only")
        #expect(!vdaf.isValid(aggregationParameter: try Self.parameter("00001"), previous: [second, nothing, first]))
        let deeper = try Poplar1AggregationParameter(level: 15, prefixes: [try BitString(bytes: [0, 0], count: 16)])
        #expect(!vdaf.isValid(aggregationParameter: deeper, previous: [nothing]), "children of none")
        #expect(vdaf.isValid(aggregationParameter: deeper, previous: []))
        #expect(!(try Poplar1(bits: 15)).isValid(aggregationParameter: deeper, previous: []), "no such level")
    }

    @Test(arguments: [Int.min, -1, 0, 65_537, Int.max])
    func bitsAreBetween1And65536(bits: Int) {
        #expect(throws: VDAFError.self) { try Poplar1(bits: bits) }
    }
}
