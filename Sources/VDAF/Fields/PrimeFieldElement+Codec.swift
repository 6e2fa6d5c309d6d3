/// Encoding and decoding of elements and vectors, shared by all fields (VDAF-20 section 6.1.1).
///
/// Decoding is sampling that must not reject anything: an encoding at or above the modulus is an error.
extension PrimeFieldElement {
    public static func decode(_ bytes: [UInt8]) throws(VDAFError) -> Self {
        try decodeVector(bytes[...], count: 1)[0]
    }

    public func encode() -> [UInt8] {
        Self.encodeVector([self])
    }

    @specialized(where Self == Field64)
    @specialized(where Self == Field128)
    @specialized(where Self == Field255)
    public static func decodeVector(_ bytes: ArraySlice<UInt8>, count: Int) throws(VDAFError) -> [Self] {
        let (size, overflow) = count.multipliedReportingOverflow(by: encodedSize)
        guard count >= 0, !overflow, bytes.count == size else {
            throw .invalidEncoding("expected \(count) field elements of \(encodedSize) bytes, got \(bytes.count) bytes")
        }
        if lastByteMask != 0xFF {
            // Sampling ignores the unused bits; an encoding has none set.
            for position in stride(from: bytes.startIndex + encodedSize - 1, to: bytes.endIndex, by: encodedSize) {
                guard bytes[position] & ~lastByteMask == 0 else {
                    throw .invalidEncoding("a field element is not below the modulus")
                }
            }
        }
        let elements = [Self](unsafeUninitializedCapacity: count) { target, written in
            written = bytes.withUnsafeBytes { source in
                target.baseAddress.map { sample(from: source, into: $0) } ?? 0
            }
        }
        guard elements.count == count else {
            throw .invalidEncoding("a field element is not below the modulus")
        }
        return elements
    }

    @specialized(where Self == Field64)
    @specialized(where Self == Field128)
    @specialized(where Self == Field255)
    public static func encodeVector(_ elements: [Self]) -> [UInt8] {
        let size = elements.count * encodedSize
        return [UInt8](unsafeUninitializedCapacity: size) { target, written in
            if let base = UnsafeMutableRawPointer(target.baseAddress) {
                elements.withUnsafeBufferPointer { encode($0, into: base) }
            }
            written = size
        }
    }

    @specialized(where Self == Field64)
    @specialized(where Self == Field128)
    @specialized(where Self == Field255)
    public static func addVector(_ a: inout [Self], _ b: [Self]) {
        precondition(a.count == b.count, "vectors of different length")
        a.withUnsafeMutableBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for index in 0..<a.count {
                    a[index] = a[index] + b[index]
                }
            }
        }
    }

    @specialized(where Self == Field64)
    @specialized(where Self == Field128)
    @specialized(where Self == Field255)
    public static func subtractVector(_ a: inout [Self], _ b: [Self]) {
        precondition(a.count == b.count, "vectors of different length")
        a.withUnsafeMutableBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for index in 0..<a.count {
                    a[index] = a[index] - b[index]
                }
            }
        }
    }
}
