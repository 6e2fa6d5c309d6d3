import COpenSSL
import Hashing

/// A natural number of libcrypto's.
///
/// Marked for constant-time arithmetic and cleared when released. libcrypto keeps numbers without leading zero words,
/// so that operations still tell in time a number's length in words: of a secret below the group order, whether it
/// happens to be below 2^192, which no attacker can wait for.
package final class BigNumber {
    let pointer: OpaquePointer

    init() {
        pointer = Libcrypto.required(BN_new(), "a number")
        BN_set_flags(pointer, BN_FLG_CONSTTIME)
    }

    deinit {
        BN_clear_free(pointer)
    }

    package convenience init(littleEndian bytes: some Collection<UInt8>) {
        self.init()
        let bytes = Array(bytes)
        _ = Libcrypto.required(BN_lebin2bn(bytes, CInt(bytes.count), pointer), "a number")
    }

    package convenience init(bigEndian bytes: some Collection<UInt8>) {
        self.init(littleEndian: bytes.reversed())
    }

    package var bitLength: Int { Int(BN_num_bits(pointer)) }

    /// - Precondition: the number fits.
    package func littleEndianBytes(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let written = BN_bn2lebinpad(pointer, &bytes, CInt(count))
        precondition(written == CInt(count), "the number has more than \(count) bytes")
        return bytes
    }

    package static func < (a: BigNumber, b: BigNumber) -> Bool {
        BN_cmp(a.pointer, b.pointer) < 0
    }

    func subtractingOne() -> BigNumber {
        let result = BigNumber()
        let one = BigNumber(littleEndian: [1])
        Libcrypto.require(BN_sub(result.pointer, pointer, one.pointer), "subtraction")
        return result
    }

    package func reduced(modulo modulus: BigNumber) -> BigNumber {
        reduced(modulo: modulus.pointer)
    }

    func reduced(modulo modulus: OpaquePointer) -> BigNumber {
        let result = BigNumber()
        withScratch { scratch in
            Libcrypto.require(BN_nnmod(result.pointer, pointer, modulus, scratch), "reduction")
        }
        return result
    }
}

/// Runs `body` with memory for intermediate values, cleared afterwards.
func withScratch<Result>(_ body: (OpaquePointer) -> Result) -> Result {
    let scratch = Libcrypto.required(BN_CTX_new(), "scratch memory")
    defer { BN_CTX_free(scratch) }
    return body(scratch)
}
