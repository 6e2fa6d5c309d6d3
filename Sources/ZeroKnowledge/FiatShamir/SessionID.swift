/// What a proof is for: 32 bytes that name the application, the proof system, its codecs and its hash, so that a proof
/// made for one purpose is worth nothing for another (draft-irtf-cfrg-fiat-shamir-03, section 'Session identifiers').
///
/// Prover and verifier each make it themselves. A session identifier that came from the other side proves nothing.
public struct SessionID: Sendable, Hashable {
    /// Bytes in an identifier.
    public static let size = 32

    /// The 32 bytes.
    public let bytes: [UInt8]

    /// An identifier that the application derived in its own way.
    ///
    /// - Throws: `FiatShamirError.wrongLength` unless there are 32 bytes.
    public init(_ bytes: [UInt8]) throws(FiatShamirError) {
        guard bytes.count == Self.size else {
            throw .wrongLength(expected: Self.size, actual: bytes.count)
        }
        self.bytes = bytes
    }

    private init(label: StaticString) {
        bytes = label.withUTF8Buffer { Array($0) }
        precondition(bytes.count == Self.size, "the label has 32 bytes")
    }

    /// `DeriveSessionID(tag)`.
    ///
    /// - Parameter tag: US-ASCII by preference. It must name the proof system, its codecs and the application, without
    ///   ambiguity: of several fields, each has a fixed width or a delimiter.
    public init(tag: [UInt8], suite: HashSuite) {
        var sponge = DuplexSponge(SessionID(label: "irtf-cfrg-fiat-shamir/session-id"), suite: suite)
        sponge.absorb(tag)
        bytes = sponge.squeeze(Self.size)
    }
}
