import DAP
import Ledger
import Tasks
import TransparencyLog
import Transport
import Wallet

// Before another report of a task is made: the network's part of the rule in `SettledReports.swift`.

/// Earlier reports of a task that are in the way of another one, by what the wallet says.
struct DoubtfulReports: Sendable {
    /// The log has to be asked about these.
    var inDoubt: [ReportRecord] = []
    /// Only their owner can decide about these.
    var open: [UnsettledReport] = []
    /// Another upload may still hear what becomes of these.
    var underWay: [ReportID] = []
    /// Those that were made of rows of files: that they count is no reason not to send other rows.
    var rows: Set<ReportID> = []
}

extension TaskClient {
    /// What stands in the way of another report. Where another upload of the home is sending reports of the task, its
    /// answers are waited for.
    ///
    /// - Parameters:
    ///   - lock: if it could be had alone, it must be joined soon.
    ///   - again: the owner wants another report whatever became of these.
    ///   - replaced: reports of rows in whose place others are made now.
    nonisolated func doubtfulReports(
        in wallet: ContributorWallet, lock: UploadLock, again: Bool, replaced: Set<ReportID>, patience: Duration,
        notice: (@Sendable (String) -> Void)?
    ) async throws -> DoubtfulReports {
        let words = WaitingWords(for: "the answers to another upload out of this wallet", notice: notice)
        defer { withExtendedLifetime(words) {} }
        words.explain("its reports of this task may be those of a program that was ended")
        let start = ContinuousClock.now
        while true {
            let found = try doubtfulReports(in: wallet, isAlone: lock.tryAlone(), replaced: replaced)
            guard !again, !found.underWay.isEmpty else { return found }
            guard ContinuousClock.now - start < patience else {
                throw ContributorError.unsettled(found.underWay.map { UnsettledReport($0, .underWay) })
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private nonisolated func doubtfulReports(
        in wallet: ContributorWallet, isAlone: Bool, replaced: Set<ReportID>
    ) throws(WalletError) -> DoubtfulReports {
        let contents = try wallet.contents()
        var found = DoubtfulReports()
        for (key, record) in contents.reports where key.taskID == taskID {
            switch SettledReports.step(
                record.state, doubt: contents.doubts[key], isCommitted: task.isCommitted, isAlone: isAlone,
                isKept: contents.shares[key] != nil,
                isRow: contents.rows[key] != nil && !replaced.contains(key.reportID))
            {
            case .goOn: continue
            case .askLog:
                found.inDoubt.append(record)
                if contents.rows[key] != nil { found.rows.insert(key.reportID) }
            case .wait: found.underWay.append(key.reportID)
            case .askOwner(let reason): found.open.append(UnsettledReport(key.reportID, reason))
            }
        }
        return found
    }

    /// Settles what is in doubt, as far as the log and the leader let it.
    ///
    /// - Parameters:
    ///   - again: the owner wants another report whatever became of these.
    ///   - patience: how long to wait for the log to show withdrawals.
    /// - Throws: ``ContributorError/unsettled(_:)``, or what the wallet throws.
    nonisolated func settle(
        _ doubtful: DoubtfulReports, wallet: ContributorWallet, again: Bool,
        patience: Duration, notice: (@Sendable (String) -> Void)?
    ) async throws {
        if again {
            // The rest stays in doubt: the log may still tell next time.
            try save(doubtful.open.map { .doubt(ReportKey(taskID, $0.reportID), .settled) }, in: wallet)
            return
        }
        var open = doubtful.open
        if !doubtful.inDoubt.isEmpty {
            open += try await settle(
                doubtful.inDoubt, rows: doubtful.rows, wallet: wallet, patience: patience, notice: notice)
        }
        guard open.isEmpty else {
            throw ContributorError.unsettled(open.sorted { $0.reportID.base64URL < $1.reportID.base64URL })
        }
    }

    private nonisolated func settle(
        _ records: [ReportRecord], rows: Set<ReportID>, wallet: ContributorWallet, patience: Duration,
        notice: (@Sendable (String) -> Void)?
    ) async throws -> [UnsettledReport] {
        let seed = wallet.seed
        var (ends, source, policy) = try loggedEnds(of: records, seed: seed)
        var unread: String?
        do throws(AuditError) {
            try await ends.read(from: source, policy: policy)
        } catch {
            unread = "\(error)"
            // A log without a checkpoint may be a new one, which the withdrawal's own checkpoint ends; anything else that
            // is wrong with it will not pass by waiting.
            guard case .checkpointUnavailable = error else {
                return records.map { UnsettledReport($0.reportID, .logUnreadable("\(error)")) }
            }
        }

        var counting: [UnsettledReport] = []
        var missing: [ReportRecord] = []
        /// - Parameter isLast: nothing more is waited for: a report that was taken back counts if its leaf is all there is.
        func look(_ records: [ReportRecord], isLast: Bool = false) throws {
            missing = []
            var facts: [WalletRecord] = []
            for record in records {
                switch SettledReports.finding(ends.end(of: record.reportID), record.state) {
                case .settled(let state):
                    // What its owner did not take back was taken back here.
                    let doubt: ReportDoubt =
                        state == .withdrawn && record.state != .withdrawn ? .takenBack : .settled
                    facts += [.state(record.key, state), .doubt(record.key, doubt)]
                // Its withdrawal may be on its way into the log.
                case .counts where record.state == .withdrawn && !isLast: missing.append(record)
                case .counts where rows.contains(record.reportID):
                    if record.state == .withdrawn {
                        notice?(
                            "the report \(record.reportID.base64URL), which you took back, is in the log and counts")
                    }
                    facts += [.state(record.key, .stored), .doubt(record.key, .settled)]
                case .counts:
                    facts += [.state(record.key, .stored), .doubt(record.key, .counts)]
                    counting.append(UnsettledReport(record.reportID, .counts))
                case .takeBack: missing.append(record)
                }
            }
            try save(facts, in: wallet)
        }
        try look(records)
        // What may just not be said yet is not taken back: it may be a good report.
        let now = currentTime()
        let early = missing.compactMap { record -> UnsettledReport? in
            guard let time = SettledReports.expectedInLog(record, task.configuration), time > now else { return nil }
            return UnsettledReport(record.reportID, .expected(after: time))
        }
        guard early.isEmpty else { return counting + early }

        var refusals: [ReportID: String] = [:]
        for record in missing { refusals[record.reportID] = await refusalToTakeBack(record.reportID, seed: seed) }
        let witnesses = Self.names(of: policy)
        let start = ContinuousClock.now
        var isNoticed = false
        let words = WaitingWords(for: "the log to show that earlier reports are withdrawn", notice: notice)
        defer { withExtendedLifetime(words) {} }
        while !missing.isEmpty {
            // What the leader refuses may have its end in the log already, under a checkpoint that is about to come.
            let isHopeless = missing.allSatisfy { refusals[$0.reportID] != nil }
            guard ContinuousClock.now - start < (isHopeless ? min(patience, .seconds(3)) : patience) else { break }
            words.explain("\(missing.count) of them wait for a checkpoint of \(witnesses)")
            if !isNoticed, !isHopeless {
                // Not a wait alone, but something that is done in the owner's name.
                notice?("\(missing.count) earlier report(s) are withdrawn first, and the log has to show it")
                isNoticed = true
            }
            try await Task.sleep(for: .milliseconds(250))
            // What cannot be read now may be there the next time; when patience ends it is missing.
            do throws(AuditError) {
                try await ends.read(from: source, policy: policy)
                unread = nil
            } catch { unread = "\(error)" }
            try look(missing)
        }
        try look(missing, isLast: true)
        return counting
            + missing.map { record in
                let reason: UnsettledReport.Reason =
                    if let unread {
                        .logUnreadable(unread)
                    } else {
                        refusals[record.reportID].map { .notTakenBack($0) } ?? .notLogged(waitingFor: witnesses)
                    }
                return UnsettledReport(record.reportID, reason)
            }
    }

    /// What it takes to look reports up in the task's log.
    private nonisolated func loggedEnds(
        of records: [ReportRecord], seed: [UInt8]
    ) throws -> (ends: LoggedEnds, source: any TileSource, policy: LogPolicy) {
        guard let text = file.logPolicy else { throw ContributorError.invalidTask("it names no log") }
        let source = transport.log(
            at: file.logURL ?? leaderURL + (leaderURL.hasSuffix("/") ? "log" : "/log"))
        let ends = LoggedEnds(
            task: task,
            claimKeys: Dictionary(
                try records.map { record in
                    let key = try ClaimKey.derive(seed: seed, taskID: taskID, reportID: record.reportID)
                    return (record.reportID, Array(key.publicKey.rawRepresentation))
                }, uniquingKeysWith: { first, _ in first }))
        return (ends, source, try LogPolicy(parsing: Array(text.utf8)))
    }

    /// Puts into the wallet what the log says by now about reports that were taken, refused, or not answered: which of them
    /// are rejected or withdrawn, and that the others count.
    ///
    /// - Returns: how many reports have another state now.
    /// - Throws: `AuditError` where the log cannot be read or not be believed; what the wallet throws.
    @discardableResult
    public nonisolated func refreshStates(in wallet: ContributorWallet) async throws -> Int {
        let contents = try wallet.contents()
        let records = contents.history(of: taskID).filter { record in
            if case .rejected = record.state { return contents.doubts[record.key] == nil }
            return record.state != .withdrawn
        }
        guard task.isCommitted, !records.isEmpty else { return 0 }
        var (ends, source, policy) = try loggedEnds(of: records, seed: wallet.seed)
        try await ends.read(from: source, policy: policy)
        let facts = records.flatMap { SettledReports.news(ends.end(of: $0.reportID), about: $0) }
        try save(facts, in: wallet)
        return facts.count { if case .state = $0 { true } else { false } }
    }

    /// Asks the leader to take a report back, whether it has it or not.
    ///
    /// - Returns: why it does not; nil where it does, or where the log will say more.
    private nonisolated func refusalToTakeBack(_ report: ReportID, seed: [UInt8]) async -> String? {
        do {
            return switch try await withdraw(report, seed: seed) {
            case .withdrawn, .pending: nil
            case .held(let seconds, let reason): "the node asks to come back in \(seconds) s: \(reason)"
            case .tooLate: "its batch is closed"
            case .refused(let reason): reason
            }
        } catch {
            return "\(error)"
        }
    }

    /// Nothing is appended to the wallet where there is nothing to say.
    private nonisolated func save(_ facts: [WalletRecord], in wallet: ContributorWallet) throws(WalletError) {
        if !facts.isEmpty { try wallet.save(facts) }
    }

    /// Whose signatures a checkpoint needs, for people.
    private static func names(of policy: LogPolicy) -> String {
        let log = policy.logs.map(\.verifier.name).joined(separator: ", ")
        guard policy.quorum != nil, !policy.witnesses.isEmpty else { return "the log \(log)" }
        return "the log \(log) with the quorum of " + policy.witnesses.map(\.name).joined(separator: ", ")
    }
}
