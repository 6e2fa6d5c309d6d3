import TensorFiles

/// A `.npy` file with any header text.
func npy(_ text: String, data: [UInt8] = [], version: [UInt8] = [1, 0]) -> [UInt8] {
    let length = Array(text.utf8).count
    let lengthSize = version == [1, 0] ? 2 : 4
    return [0x93] + Array("NUMPY".utf8) + version + littleEndian(UInt64(length), lengthSize) + Array(text.utf8) + data
}

func npy(descr: String, order: String = "False", shape: String, data: [UInt8] = []) -> [UInt8] {
    npy("{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }\n", data: data)
}

/// A `.safetensors` file with any header text.
func safetensors(_ text: String, data: [UInt8] = []) -> [UInt8] {
    littleEndian(UInt64(text.utf8.count), 8) + Array(text.utf8) + data
}

func littleEndian(_ value: UInt64, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
}

/// The bytes of numbers in single precision.
func singles(_ values: Float...) -> [UInt8] {
    values.flatMap { littleEndian(UInt64($0.bitPattern), 4) }
}

/// What reading throws, or nil.
func refusal(_ bytes: [UInt8], _ format: TensorFormat) -> TensorFileError? {
    do {
        _ = try TensorFile(decoding: bytes, format: format)
        return nil
    } catch {
        return error
    }
}
