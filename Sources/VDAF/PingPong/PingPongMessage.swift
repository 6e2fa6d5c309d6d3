/// A message of the two-party ping-pong topology (VDAF-20 section 5.7.1).
///
///     struct {
///       MessageType type;                       /* initialize(0), continue(1), finish(2) */
///       select (Message.type) {
///         case initialize: opaque verifier_share<0..2^32-1>;
///         case continue:   opaque verifier_message<0..2^32-1>;
///                          opaque verifier_share<0..2^32-1>;
///         case finish:     opaque verifier_message<0..2^32-1>;
///       };
///     } Message;
public enum PingPongMessage: Sendable, Equatable {
    /// The leader begins.
    case initialize(verifierShare: [UInt8])
    /// Ends a round and begins the next.
    case `continue`(verifierMessage: [UInt8], verifierShare: [UInt8])
    /// Ends the last round.
    case finish(verifierMessage: [UInt8])

    /// The encoding: type, then each field with its length in four bytes, big-endian.
    public func encoded() -> [UInt8] {
        switch self {
        case .initialize(let share): Self.encode(0, [share])
        case .continue(let message, let share): Self.encode(1, [message, share])
        case .finish(let message): Self.encode(2, [message])
        }
    }

    /// - Throws: `.invalidEncoding` for an unknown type, a length beyond the end, or bytes left over.
    public init(decoding bytes: [UInt8]) throws(VDAFError) {
        guard let type = bytes.first else {
            throw .invalidEncoding("ping-pong message: empty")
        }
        var rest = bytes.dropFirst()
        switch type {
        case 0:
            self = .initialize(verifierShare: try Self.readField(&rest))
        case 1:
            self = .continue(
                verifierMessage: try Self.readField(&rest), verifierShare: try Self.readField(&rest))
        case 2:
            self = .finish(verifierMessage: try Self.readField(&rest))
        default:
            throw .invalidEncoding("ping-pong message: unknown type \(type)")
        }
        guard rest.isEmpty else {
            throw .invalidEncoding("ping-pong message: \(rest.count) bytes left over")
        }
    }

    private static func encode(_ type: UInt8, _ fields: [[UInt8]]) -> [UInt8] {
        var bytes = [type]
        for field in fields {
            precondition(field.count <= UInt32.max, "a field of a ping-pong message has at most 2^32 - 1 bytes")
            withUnsafeBytes(of: UInt32(field.count).bigEndian) { bytes += $0 }
            bytes += field
        }
        return bytes
    }

    private static func readField(_ rest: inout ArraySlice<UInt8>) throws(VDAFError) -> [UInt8] {
        guard rest.count >= 4 else {
            throw .invalidEncoding("ping-pong message: truncated")
        }
        let count = Int(rest.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
        guard rest.count - 4 >= count else {
            throw .invalidEncoding("ping-pong message: truncated")
        }
        let field = Array(rest.dropFirst(4).prefix(count))
        rest = rest.dropFirst(4 + count)
        return field
    }
}
