import COpenSSL

/// AES-128 under one key, over many blocks a call, which lets libcrypto keep several blocks in the processor's AES
/// pipeline.
///
/// A context is mutable state behind a reference. The structs that hold one keep value semantics by `makeUnique`.
///
/// It is `Sendable` because each is used by the one struct that owns it: a struct that finds itself sharing a context
/// replaces it by a copy before it does anything else.
package final class AES128Context: @unchecked Sendable {
    package enum Mode {
        /// Every block for itself.
        case codebook
        /// A keystream: the encryptions of a block, at first `initialCounter`, whose last eight bytes count, big-endian
        /// and modulo 2^64, as deployed systems have it (the upper half never changes).
        case counter(initialCounter: [UInt8])
    }

    package static let blockSize = 16

    /// The counter block after the one whose lower half is all ones: libcrypto, which counts in 128 bits, has to be told.
    private let wrapped: [UInt8]
    /// Bytes of keystream until then, if an int can count them.
    private var bytesUntilWrap: Int?
    private let context = Libcrypto.required(EVP_CIPHER_CTX_new(), "a cipher context")

    /// - Precondition: key and initial counter have 16 bytes.
    package init(_ mode: Mode, key: [UInt8]) {
        precondition(key.count == Self.blockSize, "an AES-128 key has 16 bytes")
        switch mode {
        case .codebook:
            wrapped = []
            Libcrypto.require(EVP_EncryptInit_ex2(context, Libcrypto.codebookAES128, key, nil, nil), "AES-128-ECB")
            Libcrypto.require(EVP_CIPHER_CTX_set_padding(context, 0), "AES-128-ECB")
        case .counter(let initialCounter):
            precondition(initialCounter.count == Self.blockSize, "the counter has 16 bytes")
            wrapped = initialCounter.prefix(8) + [UInt8](repeating: 0, count: 8)
            let blocks = 0 &- initialCounter.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            bytesUntilWrap = blocks == 0 || blocks >> 58 != 0 ? nil : Int(blocks) * Self.blockSize
            Libcrypto.require(
                EVP_EncryptInit_ex2(context, Libcrypto.counterAES128, key, initialCounter, nil), "AES-128-CTR")
        }
    }

    private init(copying other: AES128Context) {
        wrapped = other.wrapped
        bytesUntilWrap = other.bytesUntilWrap
        Libcrypto.require(EVP_CIPHER_CTX_copy(context, other.context), "a cipher context")
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
    }

    package static func makeUnique(_ context: inout AES128Context) {
        if !isKnownUniquelyReferenced(&context) {
            context = AES128Context(copying: context)
        }
    }

    /// Encrypts `source` to `target`: whole blocks in codebook mode, any number of bytes in counter mode.
    ///
    /// - Precondition: `target` has room, and is the same memory as `source` or does not overlap it.
    package func encrypt(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer) {
        // libcrypto counts in 32 bits.
        let largestPiece = 1 << 30
        var offset = 0
        while offset < source.count {
            let count = min(largestPiece, source.count - offset, bytesUntilWrap ?? .max)
            var written: CInt = 0
            let status = EVP_EncryptUpdate(
                context, (target + offset).assumingMemoryBound(to: UInt8.self), &written,
                source.baseAddress.map { ($0 + offset).assumingMemoryBound(to: UInt8.self) }, CInt(count))
            Libcrypto.require(status, "AES-128")
            precondition(written == CInt(count), "only whole blocks can be encrypted")
            offset += count
            guard let left = bytesUntilWrap else { continue }
            bytesUntilWrap = left - count
            if left == count {
                Libcrypto.require(EVP_EncryptInit_ex2(context, nil, nil, wrapped, nil), "AES-128-CTR")
                bytesUntilWrap = nil
            }
        }
    }
}
