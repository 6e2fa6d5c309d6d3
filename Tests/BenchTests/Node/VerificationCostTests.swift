import Bench
import DAP
import TaskTypes
import Testing

@Suite struct VerificationCostTests {
    private let task = TaskID(unchecked: [UInt8](repeating: 9, count: 32))

    private func samples(_ count: Int, _ vdaf: any TaskVDAF) throws -> [ShardedReport] {
        var values = try LoadValues(.histogram, seed: 3)
        return try (0..<count).map { _ in
            try vdaf.shard(taskID: task, measurement: try values.next(), reportID: .random())
        }
    }

    @Test(arguments: [false, true]) func honestReportsAreVerifiedByBothNodesAndTimed(isCommitted: Bool) throws {
        let vdaf = try makeTaskVDAF(LoadCase(.histogram, isCommitted: isCommitted).vdaf)
        let cost = try VerificationCost.measure(try samples(7, vdaf), vdaf: vdaf, taskID: task)
        #expect(cost > 0 && cost < 1e6)
    }

    @Test(arguments: [0, 1]) func aReportThatEitherNodeRefusesEndsTheMeasurement(aggregator: Int) throws {
        let vdaf = try makeTaskVDAF(LoadCase(.histogram, isCommitted: true).vdaf)
        var reports = try samples(3, vdaf)
        var shares = reports[1].inputShares
        shares[aggregator][0] ^= 1
        reports[1] = ShardedReport(
            reportID: reports[1].reportID, publicShare: reports[1].publicShare, inputShares: shares, opening: nil)
        let error = #expect(throws: BenchError.self) {
            try VerificationCost.measure(reports, vdaf: vdaf, taskID: task)
        }
        guard case .checkFailed? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
