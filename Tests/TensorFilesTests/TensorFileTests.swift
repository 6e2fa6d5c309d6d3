import TensorFiles
import TestSupport
import Testing

@Suite struct TensorFileTests {
    @Test func theExtensionSaysTheFormat() throws {
        #expect(try TensorFormat(path: "a/b.c/update.npy") == .npy)
        #expect(try TensorFormat(path: "MODEL.SafeTensors") == .safetensors)
        for path in ["", "npy", "dir.npy/file", "x.npz", "x.pt", "x.npy.gz", "x."] {
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            #expect(throws: TensorFileError.unknownExtension(name)) { try TensorFormat(path: path) }
        }
    }

    @Test func theVectorIsInPythonsOrderOfNames() throws {
        // By UTF-8 bytes: capitals before small letters, digits one by one, é behind all of ASCII.
        let names = ["layer.2", "é", "layer.10", "Z", "a", "z", "", "𝛌", "\u{ffff}"]
        let sorted = ["", "Z", "a", "layer.10", "layer.2", "z", "é", "\u{ffff}", "𝛌"]
        let tensors = try names.enumerated().map { index, name in
            try Tensor(name: name, shape: [1], values: [Double(index)])
        }
        let file = try TensorFile(tensors)
        #expect(file.tensors.map(\.name) == sorted)
        #expect(file.values == [6, 3, 4, 2, 0, 5, 1, 8, 7])
        #expect(file.count == 9)
    }

    @Test func shapeAndValuesMustAgree() throws {
        #expect(throws: TensorFileError.wrongCount(tensor: "x", shape: [2, 2], values: 3)) {
            try Tensor(name: "x", shape: [2, 2], values: [1, 2, 3])
        }
        #expect(throws: TensorFileError.shapeTooLarge(tensor: "x", shape: [-1, -1])) {
            try Tensor(name: "x", shape: [-1, -1], values: [1])
        }
        #expect(throws: TensorFileError.tooManyAxes(tensor: "x", axes: 65)) {
            try Tensor(name: "x", shape: [Int](repeating: 1, count: 65), values: [1])
        }
        let tensor = try Tensor(name: "x", shape: [], values: [1])
        #expect(throws: TensorFileError.duplicateName("x")) { try TensorFile([tensor, tensor]) }
    }

    @Test func anotherVectorTakesNamesAndShapes() throws {
        let file = try TensorFile(
            [
                Tensor(name: "b", shape: [2, 2], values: [1, 2, 3, 4]), Tensor(name: "a", shape: [], values: [0]),
                Tensor(name: "none", shape: [0], values: []),
            ], metadata: ["k": "v"])
        let other = try file.replacingValues([9, 8, 7, 6, 5])
        #expect(other.tensors.map(\.name) == ["a", "b", "none"] && other.tensors.map(\.shape) == [[], [2, 2], [0]])
        #expect(other.values == [9, 8, 7, 6, 5] && other.metadata == ["k": "v"])
        for count in [4, 6] {
            #expect(throws: TensorFileError.wrongTotal(expected: 5, found: count)) {
                try file.replacingValues([Double](repeating: 0, count: count))
            }
        }
    }

    @Test(arguments: [(Double.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf")])
    func whatIsNotFiniteIsFoundByIndex(value: Double, text: String) throws {
        let finite = try Tensor(name: "a", shape: [2], values: [.greatestFiniteMagnitude, -0.0])
        try finite.requireFinite()
        let file = try TensorFile([Tensor(name: "b", shape: [2, 2], values: [1, 2, 3, value]), finite])
        for format in [TensorFormat.npy, .safetensors] {
            let written = format == .npy ? try TensorFile([file.tensors[1]]) : file
            let read = try TensorFile(decoding: written.encoded(as: format, precision: .double), format: format)
            let name = format == .npy ? Tensor.unnamed : "b"
            #expect(throws: TensorFileError.notFinite(tensor: name, index: 3, value: text)) {
                try read.requireFinite()
            }
        }
    }

    @Test func singlePrecisionNeverTurnsAFiniteValueIntoInfinity() throws {
        let largest = Double(Float.greatestFiniteMagnitude)
        // Halfway to the next power of two the rounding goes up.
        let halfway = largest + 0x1p103
        for (value, fits) in [(largest, true), (halfway.nextDown, true), (halfway, false), (-1e300, false)] {
            let file = try TensorFile([Tensor(name: "x", shape: [2], values: [.infinity, value])])
            for format in TensorFormat.allCases {
                if fits {
                    let bytes = try file.encoded(as: format, precision: .single)
                    let magnitude = try TensorFile(decoding: bytes, format: format).values[1]
                    #expect(magnitude == largest)
                } else {
                    #expect(throws: TensorFileError.beyondSinglePrecision(tensor: "x", index: 1, value: value)) {
                        try file.encoded(as: format, precision: .single)
                    }
                }
                #expect(
                    try TensorFile(decoding: file.encoded(as: format, precision: .double), format: format).values
                        == [.infinity, value])
            }
        }
    }

    @Test(arguments: TensorFormat.allCases)
    func whatIsWrittenIsReadBack(format: TensorFormat) throws {
        var generator = SeededGenerator()
        for _ in 0..<300 {
            var tensors: [Tensor] = []
            for index in 0..<(format == .npy ? 1 : Int.random(in: 0...5, using: &generator)) {
                let shape = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                    Int.random(in: 0...4, using: &generator)
                }
                let values = (0..<shape.reduce(1, *)).map { _ in Double(bitPattern: generator.next()) }
                let name = format == .npy ? Tensor.unnamed : "\(generator.next() % 1000).\(index)"
                tensors.append(try Tensor(name: name, shape: shape, values: values))
            }
            let metadata = format == .npy ? [:] : ["seed": "\(generator.next())"]
            let file = try TensorFile(tensors, metadata: metadata)

            let double = try TensorFile(decoding: file.encoded(as: format, precision: .double), format: format)
            #expect(double.values.map(\.bitPattern) == file.values.map(\.bitPattern))
            #expect(double.tensors.map(\.name) == file.tensors.map(\.name))
            #expect(double.tensors.map(\.shape) == file.tensors.map(\.shape))
            #expect(double.metadata == file.metadata)

            let rounded = try file.replacingValues(
                file.values.map { $0.isFinite && !Float($0).isFinite ? 1 : $0 })
            let single = try TensorFile(decoding: rounded.encoded(as: format, precision: .single), format: format)
            for (read, written) in zip(single.values, rounded.values) {
                #expect(read.isNaN ? written.isNaN : read == Double(Float(written)))
            }
        }
    }

    #if !(os(macOS) && arch(x86_64))
        @Test func everyHalfIsReadExactly() throws {
            var data: [UInt8] = []
            for bits in UInt16.min...UInt16.max { data += littleEndian(UInt64(bits), 2) }
            let read = try TensorFile(decoding: npy(descr: "'<f2'", shape: "(65536,)", data: data), format: .npy).values
            for (bits, value) in read.enumerated() {
                let expected = Double(Float16(bitPattern: UInt16(bits)))
                #expect(value.isNaN ? expected.isNaN : value.bitPattern == expected.bitPattern)
            }
        }
    #endif

    /// Most mutations hit the header of so small a file. What is accepted must make sense.
    @Test(arguments: TensorFormat.allCases)
    func mutatedFilesAreReadOrRefused(format: TensorFormat) throws {
        var generator = SeededGenerator()
        var tensors = [try Tensor(name: "layer.1", shape: [2, 3], values: [1, 2, 3, 4, 5, 6])]
        if format == .safetensors { tensors.append(try Tensor(name: "b", shape: [1], values: [7])) }
        let valid = try TensorFile(tensors, metadata: ["k": "v"]).encoded(as: format, precision: .single)
        var refused = 0
        for _ in 0..<20_000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: bytes.indices, using: &generator)
                switch generator.next() % 4 {
                case 0: bytes[place] ^= 1 << UInt8(generator.next() % 8)
                case 1: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                case 2: bytes.remove(at: place)
                default: bytes.insert(bytes[Int.random(in: bytes.indices, using: &generator)], at: place)
                }
            }
            do {
                let file = try TensorFile(decoding: bytes, format: format)
                #expect(file.count <= bytes.count / 2)
                #expect(file.tensors.allSatisfy { $0.shape.reduce(1, *) == $0.values.count })
            } catch {
                refused += 1
                #expect(error.description.hasSuffix("."))
            }
        }
        #expect(refused > 2_000)
    }
}
