import TensorFiles
import Testing

@Suite struct NpyTests {
    private let good = npy(descr: "'<f4'", shape: "(2, 1)", data: singles(1.5, -2))

    private func values(_ bytes: [UInt8]) throws -> [Double] {
        try TensorFile(decoding: bytes, format: .npy).values
    }

    @Test func headersInEverySpellingAreRead() throws {
        let data = singles(1, 2, 3)
        let texts = [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n",
            "{\"shape\":(3,),\"descr\":\"<f4\",\"fortran_order\":False}",
            "{ 'fortran_order' : True ,\n\t'shape' : ( 3 , ) ,\r\n 'descr' : '<f4' }      \n",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }",
            "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3, 1,), }",
        ]
        for text in texts {
            for version: [UInt8] in [[1, 0], [2, 0], [3, 0]] {
                #expect(try values(npy(text, data: data, version: version)) == [1, 2, 3], "\(text)")
            }
        }
    }

    @Test func longIntegersOfPython2AreReadInItsVersionsOfTheFormat() throws {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3L,), }"
        for version: [UInt8] in [[1, 0], [2, 0]] {
            #expect(try values(npy(text, data: singles(1, 2, 3), version: version)) == [1, 2, 3])
        }
        #expect(refusal(npy(text, version: [3, 0]), .npy) == .malformedHeader(offset: 12 + 52, expected: "','"))
    }

    @Test func theArrayHasANameAndItsShape() throws {
        let file = try TensorFile(decoding: good, format: .npy)
        #expect(file.tensors == [try Tensor(name: "array", shape: [2, 1], values: [1.5, -2])])
        #expect(try values(npy(descr: "'<f4'", shape: "()", data: singles(7))) == [7])
        #expect(try values(npy(descr: "'<f4'", order: "True", shape: "(0, 5, 5)")) == [])
    }

    @Test func bothByteOrdersAreRead() throws {
        #expect(try values(npy(descr: "'>f8'", shape: "(1,)", data: [0x3f, 0xf8, 0, 0, 0, 0, 0, 0])) == [1.5])
        #expect(try values(npy(descr: "'<f8'", shape: "(1,)", data: [0, 0, 0, 0, 0, 0, 0xf8, 0x3f])) == [1.5])
        #expect(try values(npy(descr: "'>f4'", shape: "(1,)", data: [0x3f, 0xc0, 0, 0])) == [1.5])
        #expect(try values(npy(descr: "'>f2'", shape: "(1,)", data: [0x3e, 0])) == [1.5])
        #expect(try values(npy(descr: "'<f2'", shape: "(1,)", data: [0, 0x3e])) == [1.5])
    }

    @Test func everyProperPrefixIsRefused() {
        for length in good.indices {
            #expect(refusal(Array(good[..<length]), .npy) != nil, "\(length) bytes")
        }
        #expect(refusal(Array(good.dropLast()), .npy) == .truncated("the numbers", needed: 8, present: 7))
        #expect(refusal(Array(good[..<30]), .npy) == .truncated("the header", needed: good.count - 8, present: 30))
        #expect(refusal(Array(good[..<9]), .npy) == .truncated("the header", needed: 10, present: 9))
    }

    @Test func bytesBehindTheNumbersAreRefused() {
        #expect(refusal(good + [0], .npy) == .trailingBytes(1))
        #expect(refusal(npy(descr: "'<f4'", shape: "(0,)", data: [1, 2]), .npy) == .trailingBytes(2))
    }

    @Test(arguments: [
        ("", "'{'", 0), ("[]", "'{'", 0), ("{", "a quotation mark", 1), ("{}", "the key 'descr'", 2),
        ("{'descr': '<f4'", "'}'", 15), ("{'descr' '<f4'}", "':'", 9), ("{,}", "a quotation mark", 1),
        ("{'descr': '<f4'}", "the key 'fortran_order'", 16),
        ("{'descr': '<f4', 'fortran_order': False}", "the key 'shape'", 40),
        ("{'shape': (1,), 'shape': (1,)}", "each of 'descr', 'fortran_order' and 'shape' once", 16),
        ("{'extra': 1}", "each of 'descr', 'fortran_order' and 'shape' once", 1),
        ("{'descr': '<f4}", "a closing quotation mark after plain ASCII", 15),
        ("{'descr': '<\\x664'}", "a closing quotation mark after plain ASCII", 12),
        ("{'descr': 'é'}", "a closing quotation mark after plain ASCII", 11),
        ("{'descr': None}", "a quotation mark", 10),
        ("{'fortran_order': 0}", "True or False", 18), ("{'fortran_order': Falsey}", "True or False", 18),
        ("{'shape': 3}", "'('", 10), ("{'shape': (3)}", "','", 12),
        ("{'shape': (,)}", "a whole number without sign", 11),
        ("{'shape': (-1,)}", "a whole number without sign", 11), ("{'shape': (1.0,)}", "','", 12),
        ("{'shape': (01,)}", "a whole number without sign", 11), ("{'shape': (1 2)}", "','", 13),
        ("{'shape': (1, 2 3)}", "')'", 16), ("{'shape': (1_0,)}", "','", 12), ("{'shape': (1", "','", 12),
        ("{'shape': (9223372036854775808,)}", "a number below 2^63", 11),
        ("{'shape': (99999999999999999999,)}", "a number below 2^63", 11),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "nothing behind the closing brace", 58),
    ])
    func malformedHeadersAreRefusedWithTheirPlace(text: String, expected: String, offset: Int) {
        #expect(refusal(npy(text), .npy) == .malformedHeader(offset: 10 + offset, expected: expected), "\(text)")
    }

    @Test(arguments: [
        "<i4", "|u1", "|b1", "<c16", "|O", "|S3", "<U1", "<M8[s]", "|V2", "<f16", "=f4", "f4", "|f4", "<f1", "float32",
        "",
        "<f4 ", "<F4",
    ])
    func otherTypesAreRefusedByName(type: String) {
        let bytes = npy(descr: "'\(type)'", shape: "(1,)", data: [0, 0, 0, 0])
        #expect(refusal(bytes, .npy) == .unsupportedType(type, tensor: nil))
    }

    @Test func structuredTypesAreRefused() {
        for descr in ["[('a', '<f4')]", "('<f4', (2,))"] {
            #expect(
                refusal(npy(descr: descr, shape: "(1,)"), .npy) == .unsupportedType("structured", tensor: nil))
        }
    }

    @Test func columnMajorOrderIsRefusedWhereItMatters() throws {
        let data = singles(1, 2, 3, 4)
        #expect(
            refusal(npy(descr: "'<f4'", order: "True", shape: "(2, 2)", data: data), .npy)
                == .columnMajor(shape: [2, 2]))
        #expect(try values(npy(descr: "'<f4'", order: "True", shape: "(1, 4, 1)", data: data)) == [1, 2, 3, 4])
    }

    @Test func absurdShapesAreRefusedBeforeAnythingIsAllocated() {
        let half = 1 << 62
        #expect(
            refusal(npy(descr: "'<f4'", shape: "(\(half), 2)"), .npy)
                == .shapeTooLarge(tensor: "array", shape: [half, 2]))
        #expect(
            refusal(npy(descr: "'<f4'", shape: "(\(half),)"), .npy)
                == .shapeTooLarge(tensor: "array", shape: [half]))
        #expect(
            refusal(npy(descr: "'<f8'", shape: "(\(1 << 59),)"), .npy)
                == .truncated("the numbers", needed: half, present: 0))
        #expect(
            refusal(npy(descr: "'<f8'", shape: "(\(half), \(half), 0)"), .npy)
                == .shapeTooLarge(tensor: "array", shape: [half, half, 0]))
        let axes = String(repeating: "1, ", count: 65)
        #expect(refusal(npy(descr: "'<f8'", shape: "(\(axes))"), .npy) == .tooManyAxes(tensor: "array", axes: 65))
        #expect(
            refusal(npy(descr: "'<f4'", shape: "(\(axes.dropLast(3)))", data: singles(1)), .npy) == nil)
    }

    @Test func otherVersionsAndLongHeadersAreRefused() {
        for version: [UInt8] in [[0, 0], [1, 1], [2, 1], [4, 0], [255, 255]] {
            #expect(
                refusal(npy("{}", version: version), .npy)
                    == .unsupportedVersion(major: version[0], minor: version[1]))
        }
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }"
        let longest = text + String(repeating: " ", count: 10_000 - text.count)
        #expect(refusal(npy(longest), .npy) == nil)
        #expect(refusal(npy(longest + " "), .npy) == .headerTooLong(length: 10_001, limit: 10_000))
        let huge = [0x93] + Array("NUMPY".utf8) + [2, 0, 0xff, 0xff, 0xff, 0xff]
        #expect(refusal(huge, .npy) == .headerTooLong(length: 0xffff_ffff, limit: 10_000))
    }

    @Test func otherFormatsAreNamed() {
        let known: [([UInt8], String?)] = [
            ([], "an empty file"), (safetensors("{}"), "a .safetensors file"),
            (Array("PK\u{3}\u{4}".utf8), "a zip archive, like .npz and PyTorch's .pt"),
            ([0x80, 4, 0x95], "a Python pickle"), ([0x89] + Array("HDF\r\n".utf8), "an HDF5 file"),
            (Array("1,2,3\n".utf8), nil), ([0x80], nil), ([0x93], nil),
        ]
        for (bytes, name) in known {
            #expect(refusal(bytes, .npy) == .wrongFormat(.npy, found: name), "\(bytes)")
        }
    }

    @Test func numbersBeginAtAMultipleOf64() throws {
        for axes in 0...64 {
            let shape = [Int](repeating: 1, count: axes)
            let file = try TensorFile([Tensor(name: "x", shape: shape, values: [2])])
            let bytes = try file.encoded(as: .npy, precision: .double)
            #expect((bytes.count - 8) % 64 == 0 && bytes[bytes.count - 9] == 0x0a, "\(axes) axes")
            #expect(try TensorFile(decoding: bytes, format: .npy).tensors[0].shape == shape)
        }
    }

    @Test func onlyOneArrayFits() throws {
        let tensor = try Tensor(name: "a", shape: [], values: [1])
        let two = try TensorFile([tensor, Tensor(name: "b", shape: [], values: [1])])
        #expect(throws: TensorFileError.notOneTensor(found: 2)) { try two.encoded(as: .npy, precision: .single) }
        #expect(throws: TensorFileError.notOneTensor(found: 0)) {
            try TensorFile([]).encoded(as: .npy, precision: .single)
        }
    }
}
