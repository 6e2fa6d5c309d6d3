/// The 32-byte encoding of a ristretto255 element, not yet checked to decode.
///
/// It is a value without heap storage, so large sets of encodings stay compact.
public struct CompressedPoint: Sendable, Hashable {
    /// Bytes in an encoding.
    public static let encodedSize = 32

    var words: (UInt64, UInt64, UInt64, UInt64) {
        (word0, word1, word2, word3)
    }

    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// 32 zero bytes: the identity of ristretto255.
    package static let zero = CompressedPoint(words: (0, 0, 0, 0))

    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (word0, word1, word2, word3) = words
    }

    /// - Throws: `RistrettoError.wrongLength` unless there are 32 bytes.
    public init(_ bytes: some Collection<UInt8>) throws(RistrettoError) {
        self.init(words: try LittleEndian.fourWords(bytes))
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        LittleEndian.bytes(words)
    }

    /// The element that the bytes encode.
    ///
    /// - Throws: `RistrettoError.invalidPointEncoding`.
    public func decompressed() throws(RistrettoError) -> RistrettoPoint {
        try RistrettoPoint(decoding: self)
    }
}

extension CompressedPoint: CustomStringConvertible {
    /// The encoding in hexadecimal.
    public var description: String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
