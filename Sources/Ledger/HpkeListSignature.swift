import Crypto
import DAP
import Encodings

/// What an aggregator signs with its HPKE configurations, so that whoever sits in between cannot put its own in their
/// place and read what contributors seal.
///
///     struct {
///         Role role;                   /* leader(2) or helper(3) */
///         uint64 issued;               /* POSIX seconds */
///         uint64 expires;
///         opaque signature[64];
///     } HpkeListSignature;
///
/// It travels in base64 in a header of `GET /hpke_config` (of a node that has both roles there is one for each, with a comma in
/// between), and is by the statement key that the task names, under a label
/// of its own, over the role, the exact bytes of the list and both times. The list itself stays as DAP has it, so that
/// any DAP client reads it.
///
/// The times are against replay. An old list with a key that has leaked since is refused once it expires, and before that
/// by everybody who has seen a newer one. `issued` is the beginning of an hour: the header tells no two clients apart, and
/// lists that follow each other within an hour are of equal rank.
package struct HpkeListSignature: Hashable, Sendable {
    package let role: Role
    /// POSIX seconds; nodes take the beginning of an hour.
    package let issued: UInt64
    /// POSIX seconds; the signature counts before, not at this time.
    package let expires: UInt64
    package let signature: [UInt8]

    package static let headerName = "Cairn-Hpke-Signature"
    /// The longest time between `issued` and `expires` that clients accept, in seconds.
    package static let longestLifetime: UInt64 = 7 * 86_400
    /// How long our own nodes' signatures count. Caches may keep an answer for a day (``cacheLifetime``), and hand it out
    /// at the end of that day.
    package static let lifetime: UInt64 = 2 * 86_400
    /// What nodes allow caches, in seconds; DAP-18 leaves it to them.
    package static let cacheLifetime: UInt64 = 86_400
    /// By how much two honest clocks may differ, in seconds.
    package static let clockTolerance: UInt64 = 1_800

    /// Signs a list as it will be sent.
    ///
    /// - Parameters:
    ///   - list: the encoded `HpkeConfigList`, exactly.
    ///   - key: the node's statement key.
    package init(
        of list: [UInt8], role: Role, issued: UInt64, expires: UInt64, key: Curve25519.Signing.PrivateKey
    ) throws {
        self.role = role
        self.issued = issued
        self.expires = expires
        signature = try LedgerSignature.sign(
            Self.signedBytes(list, role: role, issued: issued, expires: expires), with: key)
    }

    /// Signs a list now, for as long as nodes do.
    package init(of list: [UInt8], role: Role, now: UInt64, key: Curve25519.Signing.PrivateKey) throws {
        let issued = now - now % 3600
        try self.init(of: list, role: role, issued: issued, expires: issued + Self.lifetime, key: key)
    }

    package static func signedBytes(_ list: [UInt8], role: Role, issued: UInt64, expires: UInt64) -> [UInt8] {
        SigningLabel.hpkeList.preimage { writer in
            writer.write(role.rawValue)
            writer.opaque32(list)
            writer.write(issued)
            writer.write(expires)
        }
    }

    /// Decides whether reports may be sealed to a list.
    ///
    /// - Parameters:
    ///   - list: the bytes of the answer.
    ///   - role: whose list was asked for.
    ///   - key: that aggregator's statement key, as the task names it.
    ///   - now: the client's clock.
    ///   - newest: the latest `issued` of this key that the client has accepted before.
    package func check(
        _ list: [UInt8], role: Role, key: [UInt8], now: UInt64, newest: UInt64?
    ) throws(HpkeListFault) {
        guard self.role == role else { throw .ofTheOther(self.role) }
        let preimage = Self.signedBytes(list, role: role, issued: issued, expires: expires)
        guard LedgerSignature.isValid(signature, over: preimage, by: key) else { throw .notSignedByIt }
        guard issued < expires, expires - issued <= Self.longestLifetime else {
            throw .lifetime(issued: issued, expires: expires)
        }
        guard issued <= now || issued - now <= Self.clockTolerance else { throw .issuedInTheFuture(by: issued - now) }
        guard now < expires else { throw .expired(since: now - expires) }
        if let newest, issued < newest { throw .older(issued: issued, newest: newest) }
    }
}

extension HpkeListSignature: WireMessage {
    package init(from reader: inout ByteReader) throws(CodecError) {
        role = try Role(aggregatorFrom: &reader)
        issued = try reader.uint64("issued")
        expires = try reader.uint64("expires")
        signature = try reader.bytes(LedgerSignature.size, "signature")
    }

    package func encode(into writer: inout ByteWriter) {
        writer.write(role.rawValue)
        writer.write(issued)
        writer.write(expires)
        writer.write(signature)
    }

    /// The header's value: one signature for each role that the node has, separated by commas.
    package static func headerValue(_ signatures: [HpkeListSignature]) -> String {
        signatures.map { Base64.encode($0.encoded()) }.joined(separator: ", ")
    }

    package var headerValue: String { Self.headerValue([self]) }

    /// Reads the header of an answer: the signature of a role, or the first where none is of that role.
    package init(headerValue: String?, role: Role) throws(HpkeListFault) {
        guard let headerValue else { throw .unsigned }
        var first: HpkeListSignature?
        for part in ProtocolText.split(headerValue, by: UInt8(ascii: ","), atMost: Self.mostInHeader + 1) {
            guard let bytes = Base64.decode(String(ProtocolText.trimmed(part))) else { throw .malformed("not base64") }
            let signature: HpkeListSignature
            do throws(CodecError) { signature = try Self(decoding: bytes) } catch {
                throw .malformed(error.description)
            }
            if signature.role == role {
                self = signature
                return
            }
            first = first ?? signature
        }
        guard let first else { throw .malformed("it is empty") }
        self = first
    }

    /// A node has no more roles.
    private static let mostInHeader = 2
}

/// Why no report is sealed to a list of HPKE configurations.
public enum HpkeListFault: Error, Sendable, Hashable {
    /// The answer has no `Cairn-Hpke-Signature`.
    case unsigned
    /// The header is not of its form.
    case malformed(String)
    /// The list is the other aggregator's.
    case ofTheOther(Role)
    /// The signature is not one by the task's statement key over this list.
    case notSignedByIt
    /// It says that it counts for longer than a week, or for no time at all.
    case lifetime(issued: UInt64, expires: UInt64)
    /// It was issued so many seconds from now: one of two clocks is wrong.
    case issuedInTheFuture(by: UInt64)
    /// It expired so many seconds ago.
    case expired(since: UInt64)
    /// The same key has signed a newer list, which this client has seen; both times in POSIX seconds.
    case older(issued: UInt64, newest: UInt64)
}

extension HpkeListFault: CustomStringConvertible {
    /// What is wrong with the list, as the end of a sentence that begins with 'the list'.
    public var description: String {
        switch self {
        case .unsigned: "is not signed (no \(HpkeListSignature.headerName) header), and the task demands that it is"
        case .malformed(let reason): "has a \(HpkeListSignature.headerName) header that cannot be read: \(reason)"
        case .ofTheOther(let role): "is the \(role)'s, not that of the aggregator that was asked"
        case .notSignedByIt: "is not signed by the statement key that the task names for this aggregator"
        case .lifetime(let issued, let expires):
            "is signed for the time from \(PeopleTime.text(issued)) until \(PeopleTime.text(expires)); at most a week is accepted"
        case .issuedInTheFuture(let seconds): "was issued \(PeopleTime.span(seconds)) from now, by this machine's clock"
        case .expired(let seconds): "expired \(PeopleTime.span(seconds)) ago"
        case .older(let issued, let newest):
            "is \(PeopleTime.span(newest - min(issued, newest))) older than one of the same key that was seen on this machine "
                + "(issued at \(PeopleTime.text(newest)))"
        }
    }
}
