/// Codecs of integers and byte strings, as every proof system here uses them (draft-irtf-cfrg-fiat-shamir-03, section
/// 'Non-interactive argument string').
///
/// Readers consume from the front of their input and never trust a length beyond what is there.
package enum ByteCodec {
    /// `LE(n, 4)`.
    package static func encode(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    package static func readUInt32(_ input: inout ArraySlice<UInt8>) throws(FiatShamirError) -> UInt32 {
        let bytes = try read(4, &input)
        return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// `DeserializeBytes(input, N)`.
    ///
    /// - Precondition: `count` is not negative.
    package static func read(
        _ count: Int, _ input: inout ArraySlice<UInt8>
    ) throws(FiatShamirError) -> ArraySlice<UInt8> {
        guard input.count >= count else {
            throw .truncated(needed: count, available: input.count)
        }
        let bytes = input.prefix(count)
        input = input.dropFirst(count)
        return bytes
    }

    /// `SerializeVarLenString(s)`.
    package static func encodeString(_ bytes: [UInt8]) throws(FiatShamirError) -> [UInt8] {
        guard let count = UInt32(exactly: bytes.count) else { throw .stringTooLong(bytes.count) }
        return encode(count) + bytes
    }

    /// `DeserializeVarLenString(input)`.
    package static func readString(_ input: inout ArraySlice<UInt8>) throws(FiatShamirError) -> [UInt8] {
        var rest = input
        let count = try readUInt32(&rest)
        let bytes = try read(Int(count), &rest)
        input = rest
        return Array(bytes)
    }

    /// The check at the end of every argument: unread bytes would make proofs malleable.
    package static func requireEnd(_ input: ArraySlice<UInt8>) throws(FiatShamirError) {
        guard input.isEmpty else { throw .trailingBytes(input.count) }
    }
}
