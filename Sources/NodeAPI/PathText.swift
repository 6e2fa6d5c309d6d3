import DAP
import Encodings

/// Something that can stand in a path. Whoever conforms writes itself so that nothing has to be escaped any more.
package protocol PathText: Sendable {
    /// As it stands in a URL.
    var pathText: String { get }
}

extension FixedBytes {
    /// Unpadded URL-safe base 64, whose digits need no escape.
    package var pathText: String { base64URL }
}

extension TaskID: PathText {}
extension ReportID: PathText {}
extension CollectionJobID: PathText {}

/// The id that another server has given to something of its own. It may be any text, so it is escaped, once.
package struct ForeignID: PathText, Hashable, ExpressibleByStringLiteral {
    package let pathText: String

    package init(_ text: String) {
        pathText = text.utf8.map { byte in
            let isUnreserved =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            return isUnreserved ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
    }

    package init(_ id: some FixedBytes) { self.init(id.base64URL) }

    package init(stringLiteral text: String) { self.init(text) }
}

/// The name of a blob, or of a log's origin at a witness: a SHA-256 in 64 lower-case hex digits.
package struct HashName: PathText, Hashable {
    package let pathText: String

    /// - Parameter hash: 32 bytes.
    package init(_ hash: [UInt8]) { pathText = Hex.encode(hash) }
}

/// The path of a tile or bundle below `tile/`, as C2SP tlog-tiles has it: digits, `x`, dots and slashes.
package struct TilePath: PathText, Hashable {
    package let pathText: String

    /// - Parameter path: with or without `tile/` at its beginning.
    package init(_ path: String) {
        pathText = ProtocolText.hasPrefix(path, "tile/") ? String(path.dropFirst("tile/".count)) : path
    }
}
