import TensorFiles
import Testing

@Suite struct SafetensorsTests {
    static let goodText = """
        {"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
        "a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}}
        """
    private let good = safetensors(goodText, data: singles(1, 2, 3))

    /// What must not stand in a header about three numbers in single precision, and the error.
    struct BadLayout: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let data: [UInt8]
        let error: TensorFileError
        var testDescription: String { name }

        init(_ name: String, _ tensors: [(String, String, [Int], Int, Int)], bytes: Int, _ error: TensorFileError) {
            self.name = name
            let members = tensors.map { name, type, shape, begin, end in
                "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
            }
            text = "{\(members.joined(separator: ","))}"
            data = [UInt8](repeating: 0, count: bytes)
            self.error = error
        }
    }

    static let badLayouts = [
        BadLayout(
            "gap", [("a", "F32", [1], 0, 4), ("b", "F32", [1], 8, 12)], bytes: 12,
            .misplaced(tensor: "b", begin: 8, end: 12, expected: 4)),
        BadLayout(
            "gap in front", [("a", "F32", [1], 4, 8)], bytes: 8,
            .misplaced(tensor: "a", begin: 4, end: 8, expected: 0)),
        BadLayout(
            "overlap", [("a", "F32", [2], 0, 8), ("b", "F32", [2], 4, 12)], bytes: 12,
            .misplaced(tensor: "b", begin: 4, end: 12, expected: 8)),
        BadLayout(
            "same bytes twice", [("a", "F32", [1], 0, 4), ("b", "F32", [1], 0, 4)], bytes: 4,
            .misplaced(tensor: "b", begin: 0, end: 4, expected: 4)),
        BadLayout(
            "end before begin", [("a", "F32", [1], 0, 4), ("b", "F32", [1], 4, 0)], bytes: 4,
            .misplaced(tensor: "b", begin: 4, end: 0, expected: 4)),
        BadLayout(
            "bytes left over", [("a", "F32", [2], 0, 8)], bytes: 12, .trailingBytes(4)),
        BadLayout("no tensor for the bytes", [], bytes: 4, .trailingBytes(4)),
        BadLayout(
            "too few bytes", [("a", "F32", [3], 0, 12)], bytes: 11,
            .truncated("tensor 'a'", needed: 12, present: 11)),
        BadLayout(
            "end beyond any file", [("a", "F32", [1 << 60], 0, 1 << 62)], bytes: 4,
            .truncated("tensor 'a'", needed: 1 << 62, present: 4)),
        BadLayout(
            "larger than its shape", [("a", "F32", [2], 0, 12)], bytes: 12,
            .wrongSize(tensor: "a", shape: [2], needed: 8, found: 12)),
        BadLayout(
            "smaller than its type", [("a", "F64", [3], 0, 12)], bytes: 12,
            .wrongSize(tensor: "a", shape: [3], needed: 24, found: 12)),
        BadLayout(
            "size overflows", [("a", "F32", [1 << 62, 1 << 62], 0, 12)], bytes: 12,
            .shapeTooLarge(tensor: "a", shape: [1 << 62, 1 << 62])),
        BadLayout(
            "bytes overflow", [("a", "F64", [1 << 61], 0, 0)], bytes: 0,
            .shapeTooLarge(tensor: "a", shape: [1 << 61])),
    ]

    @Test(arguments: badLayouts)
    func badLayoutsAreRefused(layout: BadLayout) {
        #expect(refusal(safetensors(layout.text, data: layout.data), .safetensors) == layout.error)
    }

    @Test func tensorsComeSortedByNameWhateverTheirPlace() throws {
        let file = try TensorFile(decoding: good, format: .safetensors)
        #expect(file.tensors.map(\.name) == ["a", "b"])
        #expect(file.tensors.map(\.shape) == [[1, 1], [2]])
        #expect(file.values == [3, 1, 2])
        #expect(file.metadata == ["format": "pt"])
    }

    @Test func jsonInEverySpellingIsRead() throws {
        let texts = [
            "{ \"x\" :\n{\t\"data_offsets\" : [ 0 , 4 ] , \"shape\":[ ],\r\n\"dtype\":\"F32\" } }   \n",
            "{\"\\u0078\":{\"\\u0064type\":\"F\\u00332\",\"shape\":[1,1],\"data_offsets\":[0,4]},\"__metadata__\":{}}",
        ]
        for text in texts {
            let file = try TensorFile(decoding: safetensors(text, data: singles(5)), format: .safetensors)
            #expect(file.tensors.map(\.name) == ["x"] && file.values == [5], "\(text)")
        }
        let escapes = #"{"__metadata__":{"a":"\"\\\/\b\f\n\r\t\u00e9\ud835\udECC"}}"#
        let file = try TensorFile(decoding: safetensors(escapes), format: .safetensors)
        #expect(file.metadata == ["a": "\"\\/\u{8}\u{c}\n\r\té𝛌"])
    }

    @Test func everyTypeOfFloatIsRead() throws {
        let text = """
            {"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},\
            "s":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"d":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}
            """
        let data = [0, 0x3e, 0xc0, 0x3f, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f] as [UInt8]
        let file = try TensorFile(decoding: safetensors(text, data: data), format: .safetensors)
        #expect(file.values == [1.5, 1.5, 1.5, 1.5])
    }

    @Test(arguments: [
        "BOOL", "U8", "I8", "I16", "I32", "I64", "U64", "C64", "F8_E4M3", "F8_E5M2", "F4", "f32", "F32 ", "float32", "",
    ])
    func otherTypesAreRefusedByName(type: String) {
        let text = "{\"n\":{\"dtype\":\"\(type)\",\"shape\":[0],\"data_offsets\":[0,0]}}"
        #expect(refusal(safetensors(text), .safetensors) == .unsupportedType(type, tensor: "n"))
    }

    @Test func duplicateNamesAreRefused() {
        let tensor = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}"
        #expect(refusal(safetensors("{\"a\":\(tensor),\"a\":\(tensor)}"), .safetensors) == .duplicateName("a"))
        #expect(refusal(safetensors("{\"a\":\(tensor),\"\\u0061\":\(tensor)}"), .safetensors) == .duplicateName("a"))
        // Composed and decomposed: one name to a reader.
        #expect(
            refusal(safetensors("{\"\\u00e9\":\(tensor),\"e\\u0301\":\(tensor)}"), .safetensors)
                == .duplicateName("e\u{301}"))
        #expect(
            refusal(safetensors("{\"__metadata__\":{},\"__metadata__\":{}}"), .safetensors)
                == .duplicateName("__metadata__"))
        #expect(
            refusal(safetensors("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"), .safetensors) == .duplicateName("k"))
    }

    @Test(arguments: [
        ("", "'{'", 0), (" {}", "'{'", 0), ("[]", "'{'", 0), ("{", "'\"'", 1),
        ("{}x", "nothing behind the closing brace", 2),
        ("{}\u{0}", "nothing behind the closing brace", 2), ("{'a':1}", "'\"'", 1), ("{\"a\"}", "':'", 4),
        ("{\"a\":1}", "'{'", 5), ("{\"a\":null}", "'{'", 5), ("{\"a\":{},}", once, 5), ("{\"a\":{}}", whole, 5),
        ("{\"a\":{\"dtype\":1}}", "'\"'", 14), ("{\"a\":{\"shape\":1}}", "'['", 14),
        ("{\"a\":{\"shape\":[1,]}}", number, 17), ("{\"a\":{\"shape\":[-1]}}", number, 15),
        ("{\"a\":{\"shape\":[1.5]}}", "']'", 16), ("{\"a\":{\"shape\":[1e3]}}", "']'", 16),
        ("{\"a\":{\"shape\":[00]}}", number, 15), ("{\"a\":{\"shape\":[[1]]}}", number, 15),
        ("{\"a\":{\"shape\":[9223372036854775808]}}", "a number below 2^63", 15),
        ("{\"a\":{\"shape\":[],\"shape\":[]}}", each, 25), ("{\"a\":{\"strides\":[1]}}", each, 16),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}", whole, 5),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4,4]}}", whole, 5),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", whole, 5), ("{\"__metadata__\":{\"k\":1}}", "'\"'", 21),
        ("{\"__metadata__\":null}", "'{'", 16),
        ("{\"a", unclosed, 2), ("{\"a\n\":{}}", unclosed, 2), ("{\"\\x\"}", "an escape that JSON knows", 3),
        ("{\"\\", "an escape that JSON knows", 3), ("{\"\\u12g4\"}", "four hexadecimal digits", 4),
        ("{\"\\u12", "four hexadecimal digits", 4), ("{\"\\ud800\"}", surrogates, 3), ("{\"\\udc00\"}", surrogates, 3),
        ("{\"\\ud800\\u0041\"}", surrogates, 3), ("{\"\\ud800\\ud800\"}", surrogates, 3),
    ])
    func malformedHeadersAreRefusedWithTheirPlace(text: String, expected: String, offset: Int) {
        #expect(
            refusal(safetensors(text), .safetensors) == .malformedHeader(offset: 8 + offset, expected: expected),
            "\(text)")
    }

    private static let once = "a tensor with \"dtype\", \"shape\" and two \"data_offsets\""
    private static let whole = once
    private static let each = "each of \"dtype\", \"shape\" and \"data_offsets\" once"
    private static let number = "a whole number without sign"
    private static let unclosed = "a closing quotation mark, and control characters escaped"
    private static let surrogates = "both halves of a surrogate pair"

    @Test func namesThatAreNotUTF8AreRefused() {
        let start = Array("{\"".utf8)
        for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]] {
            let text = start + bytes + Array("\":{}}".utf8)
            #expect(
                refusal(littleEndian(UInt64(text.count), 8) + text, .safetensors)
                    == .malformedHeader(offset: 10, expected: "text in UTF-8"))
        }
    }

    @Test func everyProperPrefixIsRefused() {
        for length in good.indices {
            #expect(refusal(Array(good[..<length]), .safetensors) != nil, "\(length) bytes")
        }
        #expect(
            refusal(Array(good[..<20]), .safetensors)
                == .truncated("the header", needed: good.count - 12, present: 20))
        #expect(refusal([1, 2, 3], .safetensors) == .truncated("the header", needed: 8, present: 3))
    }

    @Test func headersBeyondTheLimitAreRefused() {
        let limit = 4 << 20
        let longest = "{" + String(repeating: " ", count: limit - 2) + "}"
        #expect(refusal(safetensors(longest), .safetensors) == nil)
        #expect(
            refusal(safetensors(longest + " "), .safetensors)
                == .headerTooLong(length: UInt64(limit + 1), limit: limit))
        #expect(
            refusal([UInt8](repeating: 0xff, count: 9), .safetensors)
                == .headerTooLong(length: .max, limit: limit))
        let many = [Int](repeating: 1, count: 65)
        let text = "{\"a\":{\"dtype\":\"F32\",\"shape\":\(many),\"data_offsets\":[0,4]}}"
        #expect(refusal(safetensors(text, data: singles(1)), .safetensors) == .tooManyAxes(tensor: "a", axes: 65))
    }

    @Test func otherFormatsAreNamed() throws {
        let array = try TensorFile([Tensor(name: "x", shape: [], values: [1])]).encoded(as: .npy, precision: .single)
        let known: [([UInt8], String)] = [
            (array, "a .npy file"), ([], "an empty file"),
            (Array("PK\u{3}\u{4}\u{14}\0\0\0\0\0".utf8), "a zip archive, like .npz and PyTorch's .pt"),
            ([0x80, 2, 0, 0, 0, 0, 0, 0, 0x2e], "a Python pickle"),
        ]
        for (bytes, name) in known {
            #expect(refusal(bytes, .safetensors) == .wrongFormat(.safetensors, found: name))
        }
    }

    @Test func numbersBeginAtAMultipleOf8() throws {
        for length in 0...16 {
            let name = String(repeating: "n", count: length)
            let bytes = try TensorFile([Tensor(name: name, shape: [1], values: [1])]).encoded(
                as: .safetensors, precision: .single)
            #expect(bytes.count % 8 == 4, "a name of \(length) characters")
        }
    }

    @Test func theReservedNameAndTooManyTensorsCannotBeWritten() throws {
        let reserved = try TensorFile([Tensor(name: "__metadata__", shape: [], values: [1])])
        #expect(throws: TensorFileError.reservedName("__metadata__")) {
            try reserved.encoded(as: .safetensors, precision: .single)
        }
        let text = String(repeating: "x", count: (4 << 20) - 25)
        let file = try TensorFile([], metadata: ["k": text])
        #expect(try file.encoded(as: .safetensors, precision: .single).count == 8 + 4 << 20)
        let tooLong = try TensorFile([], metadata: ["k": text + "xx"])
        #expect(throws: TensorFileError.headerTooLong(length: (4 << 20) + 8, limit: 4 << 20)) {
            try tooLong.encoded(as: .safetensors, precision: .single)
        }
    }
}
