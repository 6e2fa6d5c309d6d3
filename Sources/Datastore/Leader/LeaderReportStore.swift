import DAP
import Ledger
import TaskTypes

/// Reports from upload to their job.
package protocol LeaderReportStore: Sendable {
    /// Stores reports that passed the upload's checks, all in one transaction, durable when it returns.
    ///
    /// - Parameter bucketCapacity: how many reports one time bucket may hold; nil where reports belong to no bucket
    ///   before aggregation (leader-selected mode).
    /// - Returns: one outcome per report, in order. A report that is not stored affects no other, but for one whose batch may be
    ///   open again: then all have the outcome `.closing`, and the request waits.
    func storeReports(
        _ reports: [NewReport], task: TaskID, bucketCapacity: UInt64?
    ) async throws(DatastoreError) -> [UploadOutcome]

    /// The tasks that have reports waiting for a job.
    func tasksWithWaitingReports() async throws(DatastoreError) -> Set<TaskID>

    /// The oldest reports that wait for a job and may be in one at `now`.
    ///
    /// - Parameter payloadLimit: stops after the report that reaches this many bytes.
    func waitingReports(
        task: TaskID, now: UInt64, limit: Int, payloadLimit: Int
    ) async throws(DatastoreError) -> [WaitingReport]

    /// Takes a report back for its contributor, unless its batch is closing, and logs the withdrawal.
    ///
    /// - Parameters:
    ///   - earlyLimit: how many withdrawals of reports that are not here a task may have. Each is logged and keeps the
    ///     report out that comes later with its claim key.
    ///   - end: of the window in which it is taken back, in POSIX seconds; nil where the log lets nothing wait.
    ///   - vdaf: the task's, because an accepted report leaves its batch's sum.
    func withdraw(
        _ withdrawal: WithdrawalEntry, earlyLimit: Int, loggedAfter end: UInt64?, vdaf: any TaskVDAF
    ) async throws(DatastoreError) -> WithdrawalOutcome

    /// The tasks with reports whose deadline is at or before `time` (POSIX seconds) and that nothing has become of.
    func tasksWithOverdueReports(at time: UInt64) async throws(DatastoreError) -> Set<TaskID>

    /// Such reports of a task, with all reports of the jobs that they are in.
    ///
    /// - Parameter limit: how many overdue ones at most. Once they are given up, the next can be asked for.
    func overdueReports(
        of task: TaskID, at time: UInt64, limit: Int
    ) async throws(DatastoreError) -> [ReportID]

    /// The earliest deadline of a promised report that nothing has become of yet; nil where there is none.
    func earliestOpenDeadline() async throws(DatastoreError) -> UInt64?

    /// Rejects such reports, and ends the jobs that they are in.
    ///
    /// - Parameter end: of the window in which they are given up. No promise breaks for it.
    func giveUp(_ reports: [EndedReport], task: TaskID, loggedAfter end: UInt64?) async throws(DatastoreError)

    func standing(of report: ReportID, task: TaskID) async throws(DatastoreError) -> ReportStanding

    func reportCounts(task: TaskID) async throws(DatastoreError) -> ReportCounts
}
