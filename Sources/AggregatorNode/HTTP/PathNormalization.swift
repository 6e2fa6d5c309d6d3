import Hummingbird

/// Two spellings of one path, made one before it is looked up (RFC 3986 section 6.2.2.2): `%74asks` is `tasks`.
///
/// Only characters that need no escape are decoded. Everything else means something else with its escape than without;
/// an escaped slash belongs to a name and divides none. No path of ours has such characters, so these lead nowhere.
package enum PathNormalization {
    /// The path with the escapes resolved that did not have to be there; what follows `?` stays as it is.
    package static func normalized(_ target: String) -> String {
        guard target.utf8.contains(UInt8(ascii: "%")) else { return target }
        let bytes = Array(target.utf8)
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        guard bytes[..<end].contains(UInt8(ascii: "%")) else { return target }
        var result: [UInt8] = []
        var index = 0
        while index < end {
            if let value = escape(in: bytes[index..<end]), isUnreserved(value) {
                result.append(value)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result + bytes[end...], as: UTF8.self)
    }

    private static func escape(in bytes: ArraySlice<UInt8>) -> UInt8? {
        guard bytes.count >= 3, bytes.first == UInt8(ascii: "%"),
            let high = digit(bytes[bytes.startIndex + 1]), let low = digit(bytes[bytes.startIndex + 2])
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(byte)
        }
    }
}

/// Hands requests to a router under the normal spelling of their paths.
struct NormalizingResponder<Router: HTTPResponder>: HTTPResponder where Router.Context == NodeRequestContext {
    let router: Router

    func respond(to request: Request, context: NodeRequestContext) async throws -> Response {
        guard let path = request.head.path else { return try await router.respond(to: request, context: context) }
        let normal = PathNormalization.normalized(path)
        guard normal != path else { return try await router.respond(to: request, context: context) }
        var head = request.head
        head.path = normal
        return try await router.respond(to: Request(head: head, body: request.body), context: context)
    }
}
