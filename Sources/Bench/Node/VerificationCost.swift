import DAP
import TaskTypes
import VDAF

/// What verification alone costs both nodes: the mathematics of a job from decrypted shares to output shares, in this
/// process and on one thread. What a node spends beyond it is the price of being a service.
package enum VerificationCost {
    private static let seconds = 0.3
    private static let rounds = 3...200

    /// Microseconds of processor time for a report, at both nodes together.
    ///
    /// - Parameter samples: a job; at least one report.
    /// - Throws: `.checkFailed` if an honest report is refused.
    package static func measure(
        _ samples: [ShardedReport], vdaf: any TaskVDAF, taskID: TaskID
    ) throws(BenchError) -> Double {
        precondition(!samples.isEmpty, "no reports")
        var randomness = SeededRandomness(seed: 0)
        let key = randomness.bytes(vdaf.verifyKeySize)
        let jobs = (0...1).map { aggregator in
            samples.map {
                ReportToVerify(
                    reportID: $0.reportID, publicShare: $0.publicShare, inputShare: $0.inputShares[aggregator])
            }
        }
        func round() throws(BenchError) -> Double {
            let (accepted, elapsed) = timed { accept(jobs, vdaf: vdaf, key: key, taskID: taskID) }
            guard accepted == samples.count else {
                throw .checkFailed("verification in this process refused an honest report")
            }
            return elapsed.processor
        }
        // The first makes tables of generators, which a node has made long ago.
        _ = try round()
        var times: [Double] = []
        while times.count < rounds.lowerBound || (times.reduce(0, +) < seconds && times.count < rounds.upperBound) {
            times.append(try round())
        }
        return Spread(times).median * 1e6 / Double(samples.count)
    }

    /// - Parameter jobs: the leader's and the helper's side of the same reports.
    /// - Returns: how many both nodes accept.
    private static func accept(_ jobs: [[ReportToVerify]], vdaf: any TaskVDAF, key: [UInt8], taskID: TaskID) -> Int {
        let leader = vdaf.leaderInitialize(jobs[0], verifyKey: key, taskID: taskID, threads: 1)
        let begun = leader.map { try? $0.get() }
        guard begun.allSatisfy({ $0 != nil }) else { return 0 }
        let helper = vdaf.helperInitialize(
            jobs[1], inbound: begun.compactMap { $0?.outbound }, verifyKey: key, taskID: taskID, threads: 1)
        return zip(begun, helper).count { start, end in
            guard let start, let end = try? end.get() else { return false }
            return (try? start.finish(inbound: end.outbound).get()) != nil
        }
    }
}
