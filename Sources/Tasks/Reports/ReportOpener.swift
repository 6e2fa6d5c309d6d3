import DAP
import Ed25519
import Parallel
import TaskTypes
import VDAF

/// One aggregator's gate for reports: decryption (DAP-18 section 4.5.3.3) and every check on a report that needs
/// neither storage nor the other aggregator (section 4.5.3.4), Cairn's claim key among them.
///
/// Whether a report was seen before, or its batch was collected, is the caller's question.
package struct ReportOpener: Sendable {
    private let taskID: TaskID
    private let task: TaskConfiguration
    private let role: Role
    private let keys: [UInt8: HpkeKeyPair]
    private let vdaf: any TaskVDAF
    private let futureLeeway: UInt64

    /// By how many seconds a report may be ahead of our clock, unless told otherwise.
    package static let futureLeeway: UInt64 = 300

    /// - Parameters:
    ///   - taskID: an operator may give a task an id that is not its configuration's hash.
    ///   - role: `.leader` or `.helper`.
    ///   - keys: The aggregator's HPKE keys, current and retired; where two have one ID, the first counts.
    ///   - futureLeeway: By how many seconds a report may be ahead of our clock.
    package init(
        taskID: TaskID, task: TaskConfiguration, role: Role, keys: [HpkeKeyPair], vdaf: any TaskVDAF,
        futureLeeway: UInt64 = ReportOpener.futureLeeway
    ) {
        precondition(role == .leader || role == .helper, "only aggregators open reports")
        self.taskID = taskID
        self.task = task
        self.role = role
        self.keys = Dictionary(keys.map { ($0.config.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.vdaf = vdaf
        self.futureLeeway = futureLeeway
    }

    /// What the leader checks before it stores an upload: everything that can be seen without decrypting.
    ///
    /// The error codes are those of the upload interaction, which differ: a time outside of the task's interval is
    /// `report_dropped`, an unknown HPKE configuration `outdated_config` (section 4.4.2.2).
    ///
    /// - Parameter now: POSIX seconds.
    package func checkUpload(_ report: Report, now: UInt64) -> ReportError? {
        checkUploadCheaply(report, now: now)
            ?? checkPublicParts([(report.metadata, report.publicShare)], threads: 1)[0]
    }

    /// The part of ``checkUpload(_:now:)`` that costs nothing, for the reports of a whole request before any is opened:
    /// known keys, time, and the lengths that the task's VDAF gives every share.
    package func checkUploadCheaply(_ report: Report, now: UInt64) -> ReportError? {
        guard keys[report.leaderEncryptedInputShare.configID] != nil else { return .outdatedConfig }
        switch checkTime(report.metadata.time, now: now) {
        case .taskExpired, .taskNotStarted: return .reportDropped
        case let error?: return error
        case nil: break
        }
        // A leader's share with a private extension is longer, and none is known.
        guard report.publicShare.count == vdaf.sizes.publicShare,
            report.leaderEncryptedInputShare.payload.count == vdaf.sizes.sealedInputShare(of: .leader),
            // It travels in a job with others' reports: the helper would take none of them.
            vdaf.sizes.canHold(report.helperEncryptedInputShare, for: .helper)
        else { return .invalidMessage }
        return nil
    }

    /// Decrypts and checks this aggregator's part of a report.
    ///
    /// - Parameter now: POSIX seconds.
    package func open(_ share: ReportShare, now: UInt64) -> Result<ReportToVerify, ReportError> {
        open([share], now: now)[0]
    }

    /// The same for the reports of a job: the signatures of their claim keys are checked together.
    ///
    /// - Parameters:
    ///   - now: POSIX seconds.
    ///   - threads: how many threads share the work.
    package func open(
        _ shares: [ReportShare], now: UInt64, threads: Int = 1
    ) -> [Result<ReportToVerify, ReportError>] {
        open(shares, refusing: { checkTime(shares[$0].metadata.time, now: now) }, threads: threads)
    }

    /// Checks uploads and decrypts the leader's part of them: ``checkUpload(_:now:)`` and then ``open(_:now:)`` without
    /// what both look at.
    ///
    /// - Parameter now: POSIX seconds.
    package func openUploads(_ reports: [Report], now: UInt64) -> [Result<ReportToVerify, ReportError>] {
        let shares = reports.map {
            ReportShare(
                metadata: $0.metadata, publicShare: $0.publicShare, encryptedInputShare: $0.leaderEncryptedInputShare)
        }
        return open(shares, refusing: { checkUploadCheaply(reports[$0], now: now) }, threads: 1)
    }

    /// - Parameter refusing: what is wrong with the share at this position, at first sight.
    private func open(
        _ shares: [ReportShare], refusing: (Int) -> ReportError?, threads: Int
    ) -> [Result<ReportToVerify, ReportError>] {
        var errors = shares.indices.map(refusing)
        let open = errors.indices.filter { errors[$0] == nil }
        let found = checkPublicParts(
            open.map { (shares[$0].metadata, shares[$0].publicShare) }, threads: threads)
        for (index, error) in zip(open, found) { errors[index] = error }
        return concurrentMap(count: shares.count, threads: threads) { [errors] index in
            errors[index].map { .failure($0) } ?? decrypt(shares[index])
        }
    }

    private func decrypt(_ share: ReportShare) -> Result<ReportToVerify, ReportError> {
        let aad = InputShareAad(
            taskID: taskID, taskConfiguration: task, metadata: share.metadata, publicShare: share.publicShare
        ).encoded()
        guard let key = keys[share.encryptedInputShare.configID],
            let plaintext = try? key.open(
                share.encryptedInputShare, info: HpkeInfo.inputShare(to: role), aad: aad)
        else { return .failure(.hpkeDecryptError) }
        // No private extension is defined, so any is unrecognized; a repetition of a public one is, too.
        guard let inputShare = try? PlaintextInputShare(decoding: plaintext), inputShare.privateExtensions.isEmpty
        else {
            return .failure(.invalidMessage)
        }
        return .success(
            ReportToVerify(
                reportID: share.metadata.reportID, publicShare: share.publicShare, inputShare: inputShare.payload))
    }

    private func checkTime(_ time: UInt64, now: UInt64) -> ReportError? {
        let (latest, overflow) = now.addingReportingOverflow(futureLeeway)
        if !overflow, time > task.time(ofSeconds: latest) { return .reportTooEarly }
        guard let interval = task.taskInterval, !interval.contains(time) else { return nil }
        return time < interval.start ? .taskNotStarted : .taskExpired
    }

    /// What is wrong with the public parts of reports; nil where nothing is.
    private func checkPublicParts(
        _ parts: [(metadata: ReportMetadata, publicShare: [UInt8])], threads: Int
    ) -> [ReportError?] {
        var errors: [ReportError?] = []
        var claims: [SignedMessage] = []
        var claimants: [Int] = []
        for (index, part) in parts.enumerated() {
            do throws(ReportError) {
                if let claim = try claim(part.metadata, part.publicShare) {
                    claims.append(claim)
                    claimants.append(index)
                }
                errors.append(nil)
            } catch {
                errors.append(error)
            }
        }
        for (index, isValid) in zip(claimants, SignedMessage.areValid(claims, threads: threads)) where !isValid {
            errors[index] = .invalidMessage
        }
        return errors
    }

    /// The public extensions must be exactly what the task asks for: the claim key, validly signed, in a committed
    /// task, and nothing elsewhere. That covers unknown, repeated and misplaced extensions.
    ///
    /// - Returns: the signature of a committed task's report, which is still to be checked.
    private func claim(
        _ metadata: ReportMetadata, _ publicShare: [UInt8]
    ) throws(ReportError) -> SignedMessage? {
        guard let commitments = try? vdaf.commitments(publicShare: publicShare) else { throw .invalidMessage }
        guard !commitments.isEmpty else {
            guard metadata.publicExtensions.isEmpty else { throw .invalidMessage }
            return nil
        }
        guard metadata.publicExtensions.count == 1, let only = metadata.publicExtensions.first,
            only.type == ClaimKey.extensionType, let key = try? ClaimKey(extensionData: only.data)
        else { throw .invalidMessage }
        return key.signed(taskID: taskID, reportID: metadata.reportID, commitments: commitments)
    }
}
