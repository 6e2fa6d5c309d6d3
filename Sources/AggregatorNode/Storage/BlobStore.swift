import Crypto
import DAP
import DurableFiles
import Encodings
import Foundation

/// Content-addressed files: `<directory>/<sha256 in hex>`. Blobs are public and immutable; a name promises its bytes.
package struct BlobStore: Sendable {
    private let directory: String

    /// Creates `directory` when it does not exist.
    package init(directory: String) throws(DurableFileError) {
        self.directory = directory
        try DurableFile.makeDirectory(directory)
    }

    /// Stores bytes durably (file and directory entry synced) and returns their SHA-256 in lower-case hex. Storing
    /// twice is harmless.
    @discardableResult
    package func put(_ bytes: [UInt8]) throws(DurableFileError) -> String {
        let name = Self.name(of: bytes)
        let path = "\(directory)/\(name)"
        if FileManager.default.fileExists(atPath: path) { return name }
        try DurableFile.write(bytes, to: path, mode: 0o644)
        return name
    }

    /// The blob of that name, or nil when there is none or its bytes do not hash to the name.
    package func get(_ name: String) -> [UInt8]? {
        guard Self.isName(name), let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
            return nil
        }
        let bytes = [UInt8](data)
        return Self.name(of: bytes) == name ? bytes : nil
    }

    package static func name(of bytes: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: bytes))) }

    /// 64 lower-case hex digits: anything else never reaches the file system.
    package static func isName(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
