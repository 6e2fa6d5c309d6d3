import Foundation

/// A folder of its own for one test, which nobody else may enter, removed with the value.
package final class TemporaryFolder: Sendable {
    package let path: String
    private let releasing: @Sendable (String) -> Void

    /// - Parameter releasing: what has to go before the folder does.
    package convenience init(releasing: @escaping @Sendable (String) -> Void = { _ in }) throws {
        self.init(notMadeYet: releasing)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private init(notMadeYet releasing: @escaping @Sendable (String) -> Void) {
        path = FileManager.default.temporaryDirectory.appending(path: "cairn-test-\(UUID().uuidString)").path
        self.releasing = releasing
    }

    /// For a test in which something else makes the folder.
    package static func notMadeYet() -> TemporaryFolder { TemporaryFolder(notMadeYet: { _ in }) }

    deinit {
        releasing(path)
        try? FileManager.default.removeItem(atPath: path)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    package func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    package func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    /// Writes a file, and makes the folders that its name has.
    package func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    /// What is in the folder itself, sorted.
    package var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    /// Every file below the folder with its bytes.
    package func contents() throws -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: file(name), isDirectory: &isFolder)
            if !isFolder.boolValue { contents[name] = try read(name) }
        }
        return contents
    }
}
