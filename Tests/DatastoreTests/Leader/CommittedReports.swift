import Crypto
import DAP
import Datastore
import Ledger
import Tasks

/// Reports of a task that logs them, which their contributors can take back.
extension Make {
    private static let seed = [UInt8](repeating: 3, count: ClaimKey.seedSize)

    private static func claimKey(_ number: Int, _ task: TaskID) throws -> ClaimKey {
        try ClaimKey.make(
            seed: seed, taskID: task, reportID: reportID(number),
            commitments: [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 32)])
    }

    private static func metadata(_ number: Int, time: UInt64, _ task: TaskID) throws -> ReportMetadata {
        ReportMetadata(
            reportID: reportID(number), time: time,
            publicExtensions: [try claimKey(number, task).reportExtension])
    }

    static func committedReport(
        _ number: Int, time: UInt64 = 100, deadline: UInt64 = 1_000, task: TaskID = Make.task
    ) throws -> NewReport {
        var new = report(number, time: time)
        new.payload.metadata = try metadata(number, time: time, task).encoded()
        new.claimKey = try claimKey(number, task).publicKey
        new.deadline = deadline
        return new
    }

    /// The log's entry of such a report.
    static func leaf(
        _ number: Int, time: UInt64 = 100, batch: BatchID? = nil, task: TaskID = Make.task
    ) throws -> [UInt8] {
        let entry = ReportEntry(
            taskID: task, batchID: batch, metadata: try metadata(number, time: time, task),
            leaderCommitment: [UInt8](repeating: 0, count: 32), helperCommitment: [UInt8](repeating: 0, count: 32))
        return LedgerEntry.report(entry).encoded()
    }

    static func withdrawal(_ number: Int, task: TaskID = Make.task) throws -> WithdrawalEntry {
        try WithdrawalEntry(
            taskID: task, reportID: reportID(number),
            key: try ClaimKey.derive(seed: seed, taskID: task, reportID: reportID(number)))
    }

    /// By somebody who does not hold the report's key.
    static func strangersWithdrawal(_ number: Int, task: TaskID = Make.task) throws -> WithdrawalEntry {
        try WithdrawalEntry(taskID: task, reportID: reportID(number), key: Curve25519.Signing.PrivateKey())
    }
}

extension NodeDatabase {
    func withdraw(_ number: Int, earlyLimit: Int = 9) async throws -> WithdrawalOutcome {
        try await withdraw(try Make.withdrawal(number), earlyLimit: earlyLimit, vdaf: Make.vdaf)
    }

    /// Puts uploaded reports into a pending job.
    func formJob(_ numbers: [Int], batch: BatchID? = nil, maxBatchSize: UInt64 = 1_000) async throws -> Int64 {
        try await formJob(rows: rows(of: numbers), batch: batch, maxBatchSize: maxBatchSize)
    }

    func formJob(rows: [Int64], batch: BatchID? = nil, maxBatchSize: UInt64 = 1_000) async throws -> Int64 {
        let job = NewJob(batchID: batch, request: [0xAA], reports: rows)
        let creation = try await createJob(job, rejected: [], task: Make.task, maxBatchSize: maxBatchSize)
        guard case .created(let key) = creation else { throw DatastoreError.conflict("the job is \(creation)") }
        return key
    }
}
