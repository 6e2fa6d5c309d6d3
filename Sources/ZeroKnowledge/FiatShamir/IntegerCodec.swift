/// Codec of the integers modulo some number, and of fields over a prime one (draft-irtf-cfrg-fiat-shamir-03, sections
/// 'Unsigned integers' and 'Field elements').
///
/// Numbers are little-endian unless a group's own standard says otherwise; groups bring the codec of their scalars.
package struct IntegerCodec {
    /// Bytes squeezed beyond a number's own, which keep the bias of a reduction below 2^-128.
    package static let extraBytes = 16

    package let modulus: BigNumber
    /// Ns: the least number of bytes that hold every value.
    package let size: Int

    /// - Precondition: the modulus is at least 2.
    package init(modulus: BigNumber) {
        precondition(modulus.bitLength >= 2, "a modulus is at least 2")
        self.modulus = modulus
        // 256^size ≥ modulus: as many bytes as modulus - 1 has.
        size = (modulus.subtractingOne().bitLength + 7) / 8
    }

    /// `SerializeUint(x, M)`.
    package func encode(_ value: BigNumber) throws(FiatShamirError) -> [UInt8] {
        guard value < modulus else { throw .nonCanonicalInteger }
        return value.littleEndianBytes(count: size)
    }

    /// `DeserializeUint(input, M)`.
    package func read(_ input: inout ArraySlice<UInt8>) throws(FiatShamirError) -> BigNumber {
        var rest = input
        let value = BigNumber(littleEndian: try ByteCodec.read(size, &rest))
        guard value < modulus else { throw .nonCanonicalInteger }
        input = rest
        return value
    }

    /// `DeserializeField(input, p, m)`: the coordinates, least significant first.
    package func readCoordinates(
        _ degree: Int, _ input: inout ArraySlice<UInt8>
    ) throws(FiatShamirError) -> [BigNumber] {
        var rest = input
        var coordinates: [BigNumber] = []
        for _ in 0..<degree { coordinates.append(try read(&rest)) }
        input = rest
        return coordinates
    }

    /// `DecodeUint(buf, M)`: a number as good as uniform, from uniform bytes.
    ///
    /// - Precondition: there are `size + extraBytes` bytes.
    package func decode(uniform bytes: [UInt8]) -> BigNumber {
        precondition(bytes.count == size + Self.extraBytes, "a number is decoded from Ns + 16 bytes")
        return BigNumber(littleEndian: bytes).reduced(modulo: modulus)
    }
}
