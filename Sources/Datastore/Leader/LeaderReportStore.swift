import DAP
import Ledger

/// Reports from upload to their job.
package protocol LeaderReportStore: Sendable {
    /// Stores reports that passed the upload's checks, all in one transaction, durable when it returns.
    ///
    /// - Parameter bucketCapacity: how many reports one time bucket may hold; nil where reports belong to no bucket
    ///   before aggregation (leader-selected mode).
    /// - Returns: one outcome per report, in order. A report that is not stored affects no other.
    func storeReports(
        _ reports: [NewReport], task: TaskID, bucketCapacity: UInt64?
    ) async throws(DatastoreError) -> [UploadOutcome]

    /// The tasks that have reports waiting for a job, with their number.
    func tasksWithWaitingReports() async throws(DatastoreError) -> [TaskID: Int]

    /// The oldest reports that wait for a job and may be in one at `now`.
    ///
    /// - Parameters:
    ///   - excluded: sequence numbers of reports to leave out, because they are being verified for a job already.
    ///   - payloadLimit: stops after the report that reaches this many bytes.
    func waitingReports(
        task: TaskID, excluding excluded: Set<Int64>, now: UInt64, limit: Int, payloadLimit: Int
    ) async throws(DatastoreError) -> [WaitingReport]

    /// Takes a report back for its contributor, unless its batch is closing, and logs the withdrawal.
    ///
    /// - Parameter earlyLimit: how many withdrawals of reports that are not here a task may have. Each is logged and keeps
    ///   the report out that comes later with its claim key.
    func withdraw(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int
    ) async throws(DatastoreError) -> WithdrawalOutcome

    /// The reports whose deadline is at or before `time` (POSIX seconds) and that nothing has become of, with all
    /// reports of the jobs that such reports are in.
    func overdueReports(at time: UInt64) async throws(DatastoreError) -> [TaskID: [ReportID]]

    /// The earliest deadline of a promised report that nothing has become of yet; nil where there is none.
    func earliestOpenDeadline() async throws(DatastoreError) -> UInt64?

    /// Refuses such reports, and ends the jobs that they are in.
    func giveUp(_ reports: [RefusedReport], task: TaskID) async throws(DatastoreError)

    func standing(of report: ReportID, task: TaskID) async throws(DatastoreError) -> ReportStanding

    func reportCounts(task: TaskID) async throws(DatastoreError) -> ReportCounts
}
