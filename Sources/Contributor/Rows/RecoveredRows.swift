import Crypto
import DAP
import Wallet

/// Which rows of a file the reports are that a wallet has from the log alone.
///
/// `cairn wallet recover` finds ids, and no file. But an id follows from the seed and the row, so whoever has both can tell
/// which row it was made of. Otherwise a file that has grown since would be sent as a new one, and its old rows would
/// count twice; and a row that was taken back would be sent again.
package enum RecoveredRows {
    /// A file that was sent before, with those of its rows whose reports are in the wallet.
    package struct Found: Sendable, Equatable {
        package let source: SourceID
        package let rows: [ReportID: ReportRow]
    }

    /// How many generations are looked for behind the last one that was found: those between may never have been logged.
    private static let generations: UInt32 = 4

    /// - Parameters:
    ///   - lines: of each row, from 1.
    ///   - unknown: reports of the task of which the wallet does not know what they were made of.
    package static func find(
        _ file: RowFile.Outline, lines: [Int], secrets: RowSecrets, among unknown: Set<ReportID>
    ) -> [Found] {
        guard !unknown.isEmpty else { return [] }
        func row(_ index: Int, _ generation: UInt32, _ source: SourceID) -> ReportRow {
            ReportRow(
                sourceID: source, row: UInt64(index + 1), line: UInt64(lines[index]), generation: generation,
                digest: file.digests[index])
        }
        var found: [Found] = []
        // The file was first sent when it had `count` rows; afterwards it can only have grown.
        var hash = SHA256()
        for (last, digest) in file.digests.enumerated() {
            hash.update(data: digest)
            let source = secrets.sourceID(contents: Array(hash.finalize()))
            let samples = Set([0, last / 2, last]).map { secrets.reportID(of: row($0, 0, source)) }
            guard samples.contains(where: unknown.contains) else { continue }
            var rows: [ReportID: ReportRow] = [:]
            for index in file.digests.indices {
                var (generation, end): (UInt32, UInt32) = (0, generations)
                while generation < end {
                    let row = row(index, generation, source)
                    let id = secrets.reportID(of: row)
                    generation += 1
                    guard unknown.contains(id) else { continue }
                    rows[id] = row
                    end = generation + generations
                }
            }
            found.append(Found(source: source, rows: rows))
        }
        return found
    }
}
