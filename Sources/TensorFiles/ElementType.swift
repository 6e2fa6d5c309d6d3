/// A type of number that files store.
enum ElementType: CaseIterable, Sendable {
    /// IEEE 754 binary16.
    case float16
    /// The upper half of a binary32.
    case bfloat16
    /// IEEE 754 binary32.
    case float32
    /// IEEE 754 binary64.
    case float64

    /// Bytes a value takes.
    var size: Int {
        switch self {
        case .float16, .bfloat16: 2
        case .float32: 4
        case .float64: 8
        }
    }

    /// Bytes that an array of this type takes.
    func byteCount(of shape: [Int], tensor: String) throws(TensorFileError) -> Int {
        let count = try Tensor.elementCount(of: shape, tensor: tensor)
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        guard !overflow else { throw .shapeTooLarge(tensor: tensor, shape: shape) }
        return bytes
    }

    /// The values in a range of a file's bytes, exactly; a NaN may lose its payload.
    ///
    /// - Precondition: `range` lies within `bytes` and its length is a multiple of `size`.
    func values(in bytes: [UInt8], _ range: Range<Int>, bigEndian: Bool = false) -> [Double] {
        bytes.withUnsafeBytes { all in
            let part = UnsafeRawBufferPointer(rebasing: all[range])
            return switch self {
            case .float16: Self.map(part, bigEndian) { Self.double(binary16: $0) }
            case .bfloat16:
                Self.map(part, bigEndian) { (bits: UInt16) in Double(Float(bitPattern: UInt32(bits) << 16)) }
            case .float32: Self.map(part, bigEndian) { (bits: UInt32) in Double(Float(bitPattern: bits)) }
            case .float64: Self.map(part, bigEndian) { (bits: UInt64) in Double(bitPattern: bits) }
            }
        }
    }

    /// - Precondition: the length of `bytes` is a multiple of the size of `Bits`.
    @inline(__always)
    private static func map<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ bigEndian: Bool, _ convert: (Bits) -> Double
    ) -> [Double] {
        let size = MemoryLayout<Bits>.size
        let count = bytes.count / size
        return [Double](unsafeUninitializedCapacity: count) { values, initialized in
            for index in 0..<count {
                let stored = bytes.loadUnaligned(fromByteOffset: index &* size, as: Bits.self)
                values.initializeElement(
                    at: index, to: convert(bigEndian ? Bits(bigEndian: stored) : Bits(littleEndian: stored)))
            }
            initialized = count
        }
    }

    /// Swift has no `Float16` on Intel Macs.
    static func double(binary16 bits: UInt16) -> Double {
        let significand = Double(bits & 0x3ff)
        let magnitude: Double =
            switch bits >> 10 & 0x1f {
            case 0: significand * 0x1p-24
            case 0x1f: significand == 0 ? .infinity : .nan
            case let exponent: (1024 + significand) * Double(sign: .plus, exponent: Int(exponent) - 25, significand: 1)
            }
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }
}

/// How a file that we write stores each value.
package enum Precision: Sendable {
    /// binary32, the usual precision of model files.
    case single
    /// binary64: what was computed, exactly.
    case double

    var type: ElementType { self == .single ? .float32 : .float64 }

    /// Appends a tensor's values, little-endian.
    ///
    /// - Throws: `TensorFileError.beyondSinglePrecision` where a finite value would be stored as infinity.
    func append(_ tensor: Tensor, to bytes: inout [UInt8]) throws(TensorFileError) {
        let values = tensor.values
        if self == .single, let index = values.firstIndex(where: { $0.isFinite && !Float($0).isFinite }) {
            throw .beyondSinglePrecision(tensor: tensor.name, index: index, value: values[index])
        }
        let (start, size) = (bytes.count, type.size)
        bytes.append(contentsOf: repeatElement(0, count: values.count * size))
        bytes.withUnsafeMutableBytes { buffer in
            for (index, value) in values.enumerated() {
                let offset = start &+ index &* size
                switch self {
                case .single:
                    buffer.storeBytes(of: Float(value).bitPattern.littleEndian, toByteOffset: offset, as: UInt32.self)
                case .double:
                    buffer.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: offset, as: UInt64.self)
                }
            }
        }
    }
}
