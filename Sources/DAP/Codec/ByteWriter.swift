/// Writes the TLS presentation language; the mirror image of ``ByteReader``.
///
/// A value longer than its length prefix can express is a mistake of the calling code (a decoded value always fits, and
/// initializers that take a person's input check it), so it stops the program instead of writing a corrupt message.
public struct ByteWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []

    /// A writer that has written nothing.
    public init() {}

    /// Writes one byte.
    public mutating func write(_ value: UInt8) { bytes.append(value) }
    /// Writes two bytes, the most significant first.
    public mutating func write(_ value: UInt16) { integer(UInt64(value), size: 2) }
    /// Writes four bytes, the most significant first.
    public mutating func write(_ value: UInt32) { integer(UInt64(value), size: 4) }
    /// Writes eight bytes, the most significant first.
    public mutating func write(_ value: UInt64) { integer(value, size: 8) }

    /// Bytes without a length prefix.
    public mutating func write(_ value: [UInt8]) { bytes += value }

    /// Structures one after the other, without a length prefix.
    public mutating func write(_ elements: [some WireMessage]) {
        for element in elements { element.encode(into: &self) }
    }

    /// `opaque value<0..2^8-1>`
    public mutating func opaque8(_ value: [UInt8]) {
        prefixed(size: 1) { $0.bytes += value }
    }

    /// `opaque value<0..2^16-1>`
    public mutating func opaque16(_ value: [UInt8]) {
        prefixed(size: 2) { $0.bytes += value }
    }

    /// `opaque value<0..2^32-1>`
    public mutating func opaque32(_ value: [UInt8]) {
        prefixed(size: 4) { $0.bytes += value }
    }

    /// Structures behind a length prefix of 16 bits.
    public mutating func vector16(_ elements: [some WireMessage]) {
        prefixed(size: 2) { $0.write(elements) }
    }

    private mutating func integer(_ value: UInt64, size: Int) {
        for shift in stride(from: 8 * (size - 1), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    private mutating func prefixed(size: Int, _ body: (inout ByteWriter) -> Void) {
        let start = bytes.count
        integer(0, size: size)
        body(&self)
        let length = bytes.count - start - size
        precondition(length >> (8 * size) == 0, "a vector of \(length) bytes does not fit its length prefix")
        for index in 0..<size {
            bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * (size - 1 - index)))
        }
    }
}
