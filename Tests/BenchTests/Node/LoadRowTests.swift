import Bench
import Testing

@Suite struct LoadRowTests {
    private func row(database: Bool) throws -> LoadRow {
        func moment(_ scale: Double) -> LoadMoment {
            func figures(_ factor: Double) -> ProcessFigures {
                ProcessFigures(
                    processor: 1 + scale * factor, peakMemory: Int(1_000 * factor),
                    written: 500 + Int(100 * scale * factor))
            }
            return LoadMoment(leader: figures(1), helper: figures(2), database: database ? figures(4) : nil)
        }
        return LoadRow(
            try LoadCase(.histogram, isCommitted: true, reports: 1_000), reportBytes: 2_600, reportsPerRequest: 100,
            uploadSeconds: 2, clientSeconds: 0.5, latencies: (1...100).map { Double($0) / 1000 }, repeatedRequests: 3,
            LoadMeasurement(
                start: moment(0), accepted: moment(1), collected: moment(3), acceptedSeconds: 4, collectSeconds: 5,
                auditSeconds: 6, leaderStored: 70, helperStored: 80, verification: 9, loadAverage: nil))
    }

    @Test func ratesArePerSecondAndProcessorTimeIsPerReportUntilAcceptance() throws {
        let row = try row(database: true)
        #expect(row.uploadsPerSecond == 500 && row.aggregatedPerSecond == 250)
        // A second of the leader, two of the helper, four of the database, for 1,000 reports.
        #expect(abs(row.leaderProcessor - 1_000) < 1e-6 && abs(row.helperProcessor - 2_000) < 1e-6)
        #expect(abs(row.databaseProcessor - 4_000) < 1e-6 && abs(row.clientProcessor - 500) < 1e-6)
        #expect(row.p50 == 50 && row.p99 == 99)
    }

    @Test func bytesAreCountedUntilTheCollectionAndMemoryIsTheLargerNodes() throws {
        let row = try row(database: true)
        #expect(row.leaderWritten == 300 && row.helperWritten == 600 && row.databaseWritten == 1_200)
        #expect(row.peakMemory == 2_000 && !row.peakIsLeaders)
    }

    @Test func aDatabaseInTheNodesProcessCostsNothingBeside() throws {
        let row = try row(database: false)
        #expect(row.databaseProcessor == 0 && row.databaseWritten == 0)
    }

    @Test func percentilesAreSamplesByTheNearestRank() {
        let percentiles = Percentiles([5, 1, 4, 2, 3])
        #expect(percentiles[50] == 3 && percentiles[99] == 5 && percentiles[100] == 5 && percentiles[1] == 1)
        #expect(percentiles[20] == 1 && percentiles[20.1] == 2)
        #expect(Percentiles([7])[50] == 7 && Percentiles([7])[99] == 7)
    }
}
