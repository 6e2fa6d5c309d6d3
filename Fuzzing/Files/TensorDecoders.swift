import TensorFiles

extension Decoder {
    /// Files of arrays.
    static let tensorFiles: [Decoder] = [
        tensorFile("npy", .npy, seeds: npySeeds), tensorFile("safetensors", .safetensors, seeds: safetensorsSeeds),
    ]

    /// What is accepted has no more values than bytes allow, and is the same after writing and reading again.
    private static func tensorFile(
        _ name: String, _ format: TensorFormat, seeds: @escaping @Sendable () throws -> [[UInt8]]
    ) -> Decoder {
        Decoder(
            name, maximumLength: 512, seeds: { _ in try seeds() },
            run: { input in
                do {
                    let file = try TensorFile(decoding: input, format: format)
                    guard file.count <= input.count / 2,
                        file.tensors.allSatisfy({ $0.shape.reduce(1, *) == $0.values.count })
                    else { broken("a shape fits the values, and they the file", by: input) }
                    let bytes = try file.encoded(as: format, precision: .double)
                    let again = try TensorFile(decoding: bytes, format: format)
                    guard again.tensors.map(\.name) == file.tensors.map(\.name),
                        again.tensors.map(\.shape) == file.tensors.map(\.shape),
                        again.values.map(\.bitPattern) == file.values.map(\.bitPattern),
                        again.metadata == file.metadata
                    else { broken("arrays are read as written", by: input) }
                    _ = try file.encoded(as: format, precision: .single)
                    try file.requireFinite()
                } catch {
                    describe(error)
                }
            })
    }

    private static func npySeeds() throws -> [[UInt8]] {
        let tensor = try Tensor(name: Tensor.unnamed, shape: [2, 3], values: [1, 2, 3, -0.5, 1e-9, .nan])
        let written = try [Precision.single, .double].map { try TensorFile([tensor]).encoded(as: .npy, precision: $0) }
        let foreign = [("3L", 2), ("3", 3)].map { length, version in
            let text = Array("{'descr': '>f2', 'fortran_order': True, 'shape': (1, \(length)), }".utf8)
            let start = [0x93] + Array("NUMPY".utf8) + [UInt8(version), 0, UInt8(text.count), 0, 0, 0]
            return start + text + [0, 1, 0x7c, 0, 0x3c, 0]
        }
        return written + foreign
    }

    private static func safetensorsSeeds() throws -> [[UInt8]] {
        let file = try TensorFile(
            [
                Tensor(name: "layer.1", shape: [2, 2], values: [1, 2, .infinity, 4]),
                Tensor(name: "\"é\\\n", shape: [], values: [0]), Tensor(name: "none", shape: [3, 0], values: []),
            ], metadata: ["format": "pt"])
        let text =
            Array(
                #"{"\ud835\udecc\u0041\/":{"data_offsets":[0,4],"dtype":"BF16","shape":[2]},"#.utf8)
            + Array(#""h":{"shape":[1],"dtype":"F16","data_offsets":[4,6]}} "#.utf8)
        return [
            try file.encoded(as: .safetensors, precision: .single),
            try file.encoded(as: .safetensors, precision: .double),
            [UInt8(text.count), 0, 0, 0, 0, 0, 0, 0] + text + [0, 0x3f, 0x80, 0x7f, 1, 0],
        ]
    }
}
