import DAP
import Foundation
import TaskTypes
import TestSupport
import Wallet

extension TemporaryFolder {
    var wallet: String { file("wallet") }
}

/// scrypt at a cost that tests can pay: 2^4 blocks.
let cheap = ScryptParameters(logN: 4, r: 8, p: 1)

let passphrase = Passphrase("correct horse battery staple")!

func cheapKey(_ passphrase: Passphrase = passphrase, salt: UInt8 = 7) throws -> WalletKey {
    try WalletKey(passphrase: passphrase, salt: [UInt8](repeating: salt, count: 16), parameters: cheap)
}

func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

/// A report like those of a contributor: `values` and blinds that follow from its number.
func sampleReport(
    _ number: UInt64, values: [UInt128] = [3, 0, 250], state: ReportRecord.State = .sent
) -> ReportRecord {
    ReportRecord(
        taskID: TaskID(unchecked: [UInt8](repeating: 0xA5, count: 32)), reportID: sampleID(number),
        time: 1_700_000_000 + number, state: state,
        opening: ReportOpening(
            values: values, blinds: [UInt8(1), 2].map { [UInt8](repeating: $0 &+ UInt8(number % 200), count: 32) }))
}

func sampleID(_ number: UInt64) -> ReportID {
    ReportID(unchecked: (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 8))) })
}

/// One record of each kind; the seed is not among them.
let sampleRecords: [WalletRecord] = [
    .report(sampleReport(1)), .report(sampleReport(2, values: [UInt128.max, 0])),
    .report(
        ReportRecord(
            taskID: sampleReport(3).taskID, reportID: sampleID(3), time: 0, state: .rejected("batch_collected"),
            opening: nil)),
    .state(sampleReport(1).key, .stored), .receipt(sampleReport(1).key, Array("a receipt".utf8)),
    .promise(sampleReport(1).key, Array("a promise".utf8)), .state(sampleReport(2).key, .withdrawn),
    .report(sampleReport(4)), .forgotten(sampleReport(4).key), .doubt(sampleReport(1).key, .counts),
    .doubt(sampleReport(3).key, .settled), .report(sampleReport(5)), .state(sampleReport(5).key, .notTaken("HTTP 503")),
    .shares(sampleReport(5).key, sampleShares(5)), .source(sampleSource), .row(sampleReport(1).key, sampleRow(1)),
]

let sampleSource = RowSource(
    key: RowSource.Key(sampleReport(1).taskID, SourceID([UInt8](repeating: 9, count: 16))), path: "/data/heights.csv",
    columns: "height", rows: 400, contents: [UInt8](repeating: 10, count: 32))

func sampleRow(_ number: UInt64) -> ReportRow {
    ReportRow(
        sourceID: sampleSource.key.sourceID, row: number, line: number + 1, generation: 0,
        digest: [UInt8](repeating: UInt8(number), count: 32))
}

func sampleShares(_ number: UInt64) -> KeptShares {
    KeptShares(
        metadata: ReportMetadata(
            reportID: sampleID(number), time: number, publicExtensions: [Extension(type: 0xFF00, data: [1, 2])]),
        publicShare: [3, 4, 5], leaderShare: [UInt8](repeating: 6, count: 40), helperShare: [])
}
