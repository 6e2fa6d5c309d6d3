import DAP
import Foundation
import Testing

/// The vectors in `Protocols/vectors`: made by this code, pinned so that formats never change by accident, and there for
/// a second implementation to check itself against.
///
/// The tests derive every value again from the inputs that the pages name, and compare. After a deliberate change of a
/// format, `CAIRN_WRITE_VECTORS=1 make test` writes the files anew.
enum VectorFile {
    /// - Parameter isPinned: The file is written once and never again.
    static func check(
        _ name: String, _ derived: some Encodable, isPinned: Bool = false, file: String = #filePath
    ) throws {
        let url = URL(fileURLWithPath: file).deletingLastPathComponent()
            .appendingPathComponent("../../Protocols/vectors/\(name)").standardizedFileURL
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let text = String(decoding: try encoder.encode(derived), as: UTF8.self) + "\n"
        let mayWrite = !isPinned || !FileManager.default.fileExists(atPath: url.path)
        if mayWrite, ProcessInfo.processInfo.environment["CAIRN_WRITE_VECTORS"] == "1" {
            try text.write(to: url, atomically: true, encoding: .utf8)
        }
        let stored = try String(contentsOf: url, encoding: .utf8)
        let differing = zip(stored.split(separator: "\n"), text.split(separator: "\n")).first { $0 != $1 }
        #expect(
            stored == text,
            "\(name) differs, first in the line '\(differing?.0 ?? "(length)")', derived '\(differing?.1 ?? "(length)")'"
        )
    }
}

/// Inputs that anyone can write down: byte i is (start + i) mod 256.
func counting(_ count: Int, from start: UInt8) -> [UInt8] {
    (0..<count).map { start &+ UInt8(truncatingIfNeeded: $0) }
}
