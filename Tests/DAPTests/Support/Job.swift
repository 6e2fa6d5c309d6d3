import DAP
import TaskTypes
import Testing

/// An aggregation job run by both aggregators in one process, on shares that are already decrypted.
struct Job {
    static let verifyKey = [UInt8](repeating: 0x5A, count: 32)

    let vdaf: any TaskVDAF
    let taskID: TaskID
    /// What the leader said before the job left it: nil for a report that goes to the helper.
    private(set) var leaderRefusals: [ReportError?] = []
    /// What the helper answered; nil for reports that never reached it.
    private(set) var helperRefusals: [ReportError?] = []
    private(set) var leaderShare: [UInt8] = []
    private(set) var helperShare: [UInt8] = []
    private(set) var count = 0

    init(_ vdaf: any TaskVDAF, taskID: TaskID, reports: [ShardedReport], threads: Int = 1) throws {
        self.vdaf = vdaf
        self.taskID = taskID
        func shares(_ aggregator: Int, _ indices: [Int]) -> [ReportToVerify] {
            indices.map {
                ReportToVerify(
                    reportID: reports[$0].reportID, publicShare: reports[$0].publicShare,
                    inputShare: reports[$0].inputShares[aggregator])
            }
        }
        let leader = vdaf.leaderInitialize(
            shares(0, Array(reports.indices)), verifyKey: Self.verifyKey, taskID: taskID, threads: threads)
        leaderRefusals = leader.map(\.refusal)
        let sent = leader.indices.filter { leader[$0].refusal == nil }
        let outbound = try sent.map { try leader[$0].get().outbound }
        let helper = vdaf.helperInitialize(
            shares(1, sent), inbound: outbound, verifyKey: Self.verifyKey, taskID: taskID, threads: threads)
        helperRefusals = Array(repeating: nil, count: reports.count)
        var leaderSum = vdaf.makeAccumulator()
        var helperSum = vdaf.makeAccumulator()
        for (index, result) in zip(sent, helper) {
            helperRefusals[index] = result.refusal
            guard let verification = try? result.get() else { continue }
            // Whatever the helper accepted must be accepted by the leader.
            leaderSum = try leaderSum.adding(try leader[index].get().finish(inbound: verification.outbound).get())
            helperSum = try helperSum.adding(verification.outputShare)
        }
        #expect(leaderSum.count == helperSum.count)
        count = helperSum.count
        leaderShare = leaderSum.aggregateShare()
        helperShare = helperSum.aggregateShare()
    }

    func result() throws -> AggregateValue {
        try vdaf.unshard(leader: leaderShare, helper: helperShare, count: count)
    }
}

extension Result where Failure == ReportError {
    var refusal: ReportError? { if case .failure(let error) = self { error } else { nil } }
}

extension OutputShareAccumulator {
    fileprivate func adding(_ share: [UInt8]) throws -> any OutputShareAccumulator {
        var copy = self
        try copy.add(share)
        return copy
    }
}

extension ShardedReport {
    /// The same report with some of its bytes replaced.
    func replacing(
        publicShare: [UInt8]? = nil, leader: [UInt8]? = nil, helper: [UInt8]? = nil
    ) -> ShardedReport {
        ShardedReport(
            reportID: reportID, publicShare: publicShare ?? self.publicShare,
            inputShares: [leader ?? inputShares[0], helper ?? inputShares[1]], opening: nil)
    }
}

extension [UInt8] {
    /// The same bytes with one of them changed; negative positions count from the end.
    func flipping(_ position: Int) -> [UInt8] {
        var copy = self
        copy[position < 0 ? count + position : position] ^= 1
        return copy
    }
}
