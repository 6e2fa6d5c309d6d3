import Contributor
import DAP
import Testing
import Wallet

/// Reports that a wallet has from the log alone, and the rows that they were made of.
@Suite struct RecoveredRowsTests {
    private let secrets = RowSecrets(
        seed: [UInt8](repeating: 3, count: 32), taskID: TaskID(unchecked: [UInt8](repeating: 1, count: 32)))

    private func file(_ values: [UInt64]) -> RowFile.Outline {
        RowFile(
            path: "/data/heights.csv", columns: "height",
            rows: values.enumerated().map { RowFile.Row(line: $0 + 2, value: .integer($1)) }
        ).outline
    }

    private func row(_ index: Int, of file: RowFile.Outline, generation: UInt32 = 0) -> ReportRow {
        ReportRow(
            sourceID: secrets.sourceID(contents: file.contents), row: UInt64(index + 1), line: UInt64(index + 2),
            generation: generation, digest: file.digests[index])
    }

    private func find(_ file: RowFile.Outline, _ rows: [ReportRow]) -> [RecoveredRows.Found] {
        RecoveredRows.find(
            file, lines: file.digests.indices.map { $0 + 2 }, secrets: secrets,
            among: Set(rows.map { secrets.reportID(of: $0) } + [.random()]))
    }

    @Test func rowsOfAFileThatHasGrownAreFound() {
        let sent = file([7, 8, 9])
        // Of the last row, the first two reports never reached the log.
        let rows = [
            row(0, of: sent), row(1, of: sent), row(1, of: sent, generation: 1), row(2, of: sent, generation: 2),
        ]
        for now in [sent, file([7, 8, 9, 1, 2])] {
            let found = find(now, rows)
            #expect(found.map(\.source) == [secrets.sourceID(contents: sent.contents)])
            #expect(
                found.first?.rows == Dictionary(uniqueKeysWithValues: rows.map { (secrets.reportID(of: $0), $0) }))
        }
    }

    @Test func otherReportsAreNoRows() {
        let sent = file([7, 8, 9])
        #expect(find(file([7, 5, 9]), [row(0, of: sent)]).isEmpty)
        #expect(find(sent, []).isEmpty)
        #expect(RecoveredRows.find(sent, lines: [2, 3, 4], secrets: secrets, among: []).isEmpty)
    }
}
