import Contributor
import Crypto
import DAP
import Foundation
import TaskTypes
import Testing
import Wallet

/// The report of a row is the same every time, and says nothing to whoever does not have the seed.
@Suite struct RowSecretsTests {
    private let seed = (0..<32).map { UInt8($0) }
    private let task = TaskID(unchecked: (0..<32).map { UInt8(100 + $0) })

    private func row(
        _ number: UInt64 = 3, value: MeasurementValue = .integer(7), generation: UInt32 = 0, source: UInt8 = 9,
        line: UInt64 = 4
    ) -> ReportRow {
        ReportRow(
            sourceID: SourceID([UInt8](repeating: source, count: 16)), row: number, line: line, generation: generation,
            digest: RowDigest.of(value))
    }

    private func secrets(_ seed: [UInt8]? = nil, _ task: TaskID? = nil) -> RowSecrets {
        RowSecrets(seed: seed ?? self.seed, taskID: task ?? self.task)
    }

    private func stream(_ secrets: RowSecrets, _ row: ReportRow) -> [UInt64] {
        var randomness = secrets.randomness(of: row)
        return (0..<9).map { _ in randomness.next() }
    }

    @Test func everythingButTheLineMakesAnotherReport() {
        let base = (secrets().reportID(of: row()), stream(secrets(), row()))
        #expect(secrets().reportID(of: row(line: 99)) == base.0 && stream(secrets(), row(line: 99)) == base.1)
        let others: [(RowSecrets, ReportRow)] = [
            (secrets(), row(4)), (secrets(), row(value: .integer(8))), (secrets(), row(value: .bucket(7))),
            (secrets(), row(generation: 1)), (secrets(), row(source: 8)),
            (secrets([UInt8](repeating: 1, count: 32)), row()),
            (secrets(nil, TaskID(unchecked: [UInt8](repeating: 1, count: 32))), row()),
        ]
        for (secrets, row) in others {
            #expect(secrets.reportID(of: row) != base.0)
            #expect(Set(stream(secrets, row)).isDisjoint(with: base.1))
        }
    }

    @Test func minusZeroIsZero() {
        #expect(RowDigest.of(.real([-0.0, 1])) == RowDigest.of(.real([0, 1])))
        #expect(RowDigest.of(.real([-1, 1])) != RowDigest.of(.real([1, 1])))
    }

    /// The page's formulas, written down a second time.
    @Test func derivationFollowsThePage() {
        func derive(_ use: String, _ what: [UInt8], _ count: Int) -> [UInt8] {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: SymmetricKey(data: seed), salt: Array("Cairn v1 rows".utf8),
                info: Array(use.utf8) + [0] + task.bytes + what, outputByteCount: count
            ).withUnsafeBytes { Array($0) }
        }
        let digest = Array(SHA256.hash(data: Array("Cairn v1 row\0".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, 7]))
        #expect(RowDigest.of(.integer(7)) == digest)
        let place = [UInt8](repeating: 9, count: 16) + [0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0] + digest
        #expect(secrets().reportID(of: row()).bytes == derive("report id", place, 16))
        let contents = [UInt8](repeating: 5, count: 32)
        #expect(secrets().sourceID(contents: contents).bytes == derive("source", contents, 16))
        let key = SymmetricKey(data: derive("randomness", place, 32))
        let block = Array(HMAC<SHA256>.authenticationCode(for: [0, 0, 0, 0, 0, 0, 0, 0], using: key))
        let expected = stride(from: 0, to: 32, by: 8).map { start in
            block[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        #expect(Array(stream(secrets(), row()).prefix(4)) == expected)
    }

    @Test(arguments: [
        VDAFConfiguration.count, .sum(maxMeasurement: 100), .histogram(length: 4, chunkLength: 2),
        .committed(.sumVec(length: 3, maxMeasurement: 100, chunkLength: 5)),
    ])
    func theSameRowIsTheSameReport(_ configuration: VDAFConfiguration) throws {
        let value: MeasurementValue =
            switch configuration.taskType {
            case is CountType: .bool(true)
            case is HistogramType: .bucket(2)
            case is SumVecType: .vector([1, 2, 3])
            default: .integer(7)
            }
        let vdaf = try makeTaskVDAF(configuration)
        func shard(_ generation: UInt32) throws -> ShardedReport {
            let row = row(value: value, generation: generation)
            var randomness = secrets().randomness(of: row)
            return try vdaf.shard(
                taskID: task, measurement: value, reportID: secrets().reportID(of: row), using: &randomness)
        }
        let (first, second, other) = (try shard(0), try shard(0), try shard(1))
        #expect(first.reportID == second.reportID && first.publicShare == second.publicShare)
        #expect(first.inputShares == second.inputShares && first.opening == second.opening)
        #expect(first.reportID != other.reportID && first.inputShares != other.inputShares)
    }
}
