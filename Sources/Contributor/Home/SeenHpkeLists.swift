import Encodings
import Foundation
import Synchronization

/// How new the newest HPKE configurations were that each aggregator's statement key has signed for this contributor.
///
/// A list stays signed for days, and a node changes its HPKE key when the old one is in danger. So a client that has seen
/// a newer list refuses an older one: whoever sits in between and has got hold of the old key cannot lead it back there.
/// That needs a memory beyond one command, `hpke-seen.json` in the contributor's home:
///
///     {"cairn_hpke_seen": 1, "issued": {"<statement key, hex>": <POSIX seconds>}}
///
/// It only moves forward, and holds nothing secret. A file that cannot be read stops the client instead of being replaced:
/// to forget is what an attacker would want.
package final class SeenHpkeLists: Sendable {
    private let home: ContributorHome?
    private let memory = Mutex<[String: UInt64]>([:])

    /// - Parameter home: where to remember; nil for as long as this value lives.
    package init(home: ContributorHome?) {
        self.home = home
    }

    private struct Document: Codable {
        var version: Int
        var issued: [String: UInt64]

        enum CodingKeys: String, CodingKey {
            case version = "cairn_hpke_seen"
            case issued
        }
    }

    /// Lets `check` judge a list against the newest of its key, and remembers it if it passes. Nobody else judges
    /// meanwhile, in any process.
    ///
    /// - Parameter check: gets the newest `issued` so far; returns that of the list, or throws.
    package func judge(key: [UInt8], _ check: (_ newest: UInt64?) throws -> UInt64) throws {
        let name = Hex.encode(key)
        try memory.withLock { known in
            guard let home else {
                known[name] = max(try check(known[name]), known[name] ?? 0)
                return
            }
            try HomeFile.createFolder(home.path)
            try HomeFile.locked(home.path) {
                var document = try Self.read(home.hpkeSeenPath)
                known.merge(document.issued) { max($0, $1) }
                let issued = try check(known[name])
                known[name] = max(issued, known[name] ?? 0)
                guard document.issued[name].map({ $0 < issued }) ?? true else { return }
                document.issued[name] = issued
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
                try HomeFile.write([UInt8](try encoder.encode(document)) + [UInt8(ascii: "\n")], to: home.hpkeSeenPath)
            }
        }
    }

    private static func read(_ path: String) throws -> Document {
        guard FileManager.default.fileExists(atPath: path) else { return Document(version: 1, issued: [:]) }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(try HomeFile.read(path))),
            document.version == 1
        else {
            throw ContributorError.file(
                path: path,
                reason:
                    "not of the form that this version writes. Restore it; without it, a list of HPKE keys that was "
                    + "replaced since could be shown to you again")
        }
        return document
    }
}

extension ContributorHome {
    var hpkeSeenPath: String { "\(path)/hpke-seen.json" }
}
