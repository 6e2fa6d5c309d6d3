import Crypto
import DAP
import Encodings
import Foundation

/// How everybody in a task comes to agree on it (draft-ietf-ppm-dap-taskprov-04).
///
/// The task ID is the hash of the task's configuration, so whoever names the task names all of its parameters. The
/// configuration travels in a header of every request, and the two aggregators derive the task's verification key from
/// a secret that their operators exchanged once.
public enum Taskprov {
    /// The HTTP field that carries a `TaskConfiguration`.
    public static let headerName = "DAP-Taskprov"

    /// Section 3.3: `SHA-256(SHA-256("dap-taskprov task id") || task_config)`.
    ///
    /// - Parameter configuration: The encoded `TaskConfiguration`.
    public static func taskID(of configuration: [UInt8]) -> TaskID {
        var hash = SHA256()
        hash.update(data: Array(SHA256.hash(data: Array("dap-taskprov task id".utf8))))
        hash.update(data: configuration)
        return TaskID(unchecked: Array(hash.finalize()))
    }

    /// Section 3.4: the VDAF verification key, HKDF-SHA256 with salt `SHA-256("dap-taskprov")` and the task ID as info.
    ///
    /// - Parameters:
    ///   - preSharedKey: The two operators' secret, 32 bytes. Clients must not know it.
    ///   - size: The VDAF's verify key size in bytes, 1 to 255·32; 32 for all VDAFs here.
    public static func verifyKey(preSharedKey: [UInt8], taskID: TaskID, size: Int = 32) -> [UInt8] {
        precondition(preSharedKey.count == 32, "the standard fixes the pre-shared secret's length at 32 bytes")
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: preSharedKey),
            salt: Array(SHA256.hash(data: Array("dap-taskprov".utf8))),
            info: taskID.bytes, outputByteCount: size)
        return key.withUnsafeBytes(Array.init)
    }

    /// The header's value: an RFC 9651 byte sequence, `:<base 64>:`.
    public static func headerValue(_ configuration: TaskConfiguration) -> String {
        ":" + Base64.encode(configuration.encoding) + ":"
    }

    /// A task that a request announces.
    public struct Announcement: Sendable {
        /// The hash of what was announced; has to be the one in the request's path.
        public let taskID: TaskID
        /// The encoded `TaskConfiguration`, as it came.
        public let bytes: [UInt8]
        /// Where it asks for something that this implementation does not know (or is larger than Cairn takes): the
        /// configuration is valid for others, and whoever is asked to take part in the task has to opt out.
        public let configuration: Result<TaskConfiguration, CodecError>
    }

    /// What a header's value announces; nil where the value must be ignored: not a byte sequence, or not a valid
    /// `TaskConfiguration` (section 3.2).
    public static func announcement(_ header: String) -> Announcement? {
        guard let bytes = parse(header) else { return nil }
        let configuration: Result<TaskConfiguration, CodecError>
        do throws(CodecError) {
            configuration = .success(try TaskConfiguration(decoding: bytes))
        } catch {
            switch error {
            case .unsupported, .tooLong: configuration = .failure(error)
            default: return nil
            }
        }
        return Announcement(taskID: taskID(of: bytes), bytes: bytes, configuration: configuration)
    }

    /// The bytes in a header's value, or nil where it is not a byte sequence and must be ignored (section 3.2).
    ///
    /// Parameters after the byte sequence are ignored, as the standard demands.
    public static func parse(_ header: String) -> [UInt8]? {
        let colon = UInt8(ascii: ":")
        let item = header.utf8.drop { $0 == UInt8(ascii: " ") }
        guard item.first == colon else { return nil }
        let content = item.dropFirst()
        guard let close = content.firstIndex(of: colon) else { return nil }
        let rest = content[close...].dropFirst()
        guard rest.first == UInt8(ascii: ";") || rest.allSatisfy({ $0 == UInt8(ascii: " ") }) else { return nil }
        return Base64.decode(content[..<close])
    }
}
