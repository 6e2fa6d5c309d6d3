import Crypto
import DAP
import Foundation

/// One append to a wallet: a head in the clear that says how long the frame is, and its contents, sealed.
///
///     struct {
///         uint32 length;              /* of sealed */
///         opaque salt[32];            /* random */
///         opaque head_tag[32];        /* HMAC-SHA256 under the frame's head key */
///         opaque sealed[length];      /* AES-256-GCM under the frame's contents key: ciphertext ‖ tag */
///     } WalletFrame;
///
/// Both keys follow from the wallet's key and the frame's salt and are used for this frame alone, so the nonce is zero
/// and can never repeat, however often a wallet is copied and written to in two places. Header hash and index are
/// authenticated by both, so that no frame can be moved within a wallet or into another. The head has a tag of its own
/// because the length is needed before the contents can be opened: a reader that believed a changed length would take
/// everything behind it for a frame that was never finished.
package enum WalletFrame {
    package static let headSize = 4 + saltSize + headTagSize
    static let saltSize = 32
    static let headTagSize = 32
    /// Of the sealed contents.
    static let tagSize = 16
    /// Longest contents, in bytes.
    package static let maximumContents = 1 << 30

    /// Where a frame stands.
    package struct Place: Sendable {
        let headerHash: [UInt8]
        package let index: UInt64

        package init(header: WalletHeader, index: UInt64 = 0) {
            self.init(headerHash: header.hash, index: index)
        }

        private init(headerHash: [UInt8], index: UInt64) {
            self.headerHash = headerHash
            self.index = index
        }

        var next: Place { Place(headerHash: headerHash, index: index + 1) }

        /// `header hash ‖ uint64 index`
        var bytes: [UInt8] {
            var writer = ByteWriter()
            writer.write(headerHash)
            writer.write(index)
            return writer.bytes
        }
    }

    /// A head whose tag holds.
    package struct Head {
        /// Of the sealed contents.
        package let length: Int
        fileprivate let contentsKey: SymmetricKey
    }

    /// - Precondition: the contents have at most ``maximumContents`` bytes.
    package static func seal(
        _ contents: [UInt8], key: WalletKey, at place: Place, salt: [UInt8] = SecureRandom.bytes(saltSize)
    ) throws -> [UInt8] {
        precondition(contents.count <= maximumContents, "a wallet's frame holds at most 1 GiB")
        let keys = key.frameKeys(salt: salt)
        let box = try AES.GCM.seal(contents, using: keys.contents, nonce: zeroNonce(), authenticating: place.bytes)
        var frame = ByteWriter()
        frame.write(UInt32(box.ciphertext.count + tagSize))
        frame.write(salt)
        frame.write(
            Array(HMAC<SHA256>.authenticationCode(for: place.bytes + frame.bytes[..<4], using: keys.head)))
        frame.write(Array(box.ciphertext))
        frame.write(Array(box.tag))
        return frame.bytes
    }

    /// Reads a head of ``headSize`` bytes.
    ///
    /// - Returns: nil where its tag does not hold.
    package static func open(head: [UInt8], key: WalletKey, at place: Place) -> Head? {
        guard head.count == headSize else { return nil }
        let keys = key.frameKeys(salt: Array(head[4..<4 + saltSize]))
        guard
            HMAC<SHA256>.isValidAuthenticationCode(
                head[(4 + saltSize)...], authenticating: place.bytes + head[..<4], using: keys.head)
        else { return nil }
        let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard (tagSize...maximumContents + tagSize).contains(length) else { return nil }
        return Head(length: length, contentsKey: keys.contents)
    }

    /// Opens the sealed contents.
    ///
    /// - Returns: nil where they do not authenticate.
    package static func open(sealed: [UInt8], head: Head, at place: Place) -> [UInt8]? {
        guard sealed.count == head.length,
            let box = try? AES.GCM.SealedBox(
                nonce: zeroNonce(), ciphertext: sealed.dropLast(tagSize), tag: sealed.suffix(tagSize)),
            let contents = try? AES.GCM.open(box, using: head.contentsKey, authenticating: place.bytes)
        else { return nil }
        return Array(contents)
    }

    private static func zeroNonce() throws -> AES.GCM.Nonce {
        try AES.GCM.Nonce(data: [UInt8](repeating: 0, count: 12))
    }
}
