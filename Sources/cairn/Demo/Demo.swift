import Contributor
import DAP
import Encodings
import Foundation
import Ledger
import SharedModel
import Tasks
import TransparencyLog
import Wallet

/// The whole system on one machine: two node processes, many contributors, a model owner, an auditor, and three cheats.
///
/// Nothing here simulates the system: every report goes over HTTP to the nodes, which know their own keys only.
struct Demo: Sendable {
    let plan: DemoPlan
    /// Where the nodes keep their state.
    let storage: LocalStorage.Kind
    /// Where everything is kept; exists and is empty.
    let folder: String
    let isKept: Bool
    let pages: DemoPages

    func run() async throws -> DemoReport {
        let start = ContinuousClock.now
        var report = DemoReport(plan)
        let nodes = try LocalNodes.create(
            in: folder, executable: try Executable.path(), logOrigin: "cairn.example/demo")
        var evidence = Evidence()
        try await LocalStorage.run(nodes, on: storage) { _ in
            pages.opening(plan, nodes: nodes, folder: folder)
            try await train(on: nodes, report: &report, evidence: &evidence)
        }
        try await verify(nodes, report: &report, evidence: evidence, start: start)
        return report
    }

    /// What the rounds leave behind for the checks.
    private struct Evidence {
        var policy: String?
        var firstReceipt: String?
        var rounds: [TaskFile] = []
        var contributors: [DemoContributor] = []
    }

    private func train(on nodes: LocalNodes, report: inout DemoReport, evidence: inout Evidence) async throws {
        let owner = try await DemoOwner(nodes: nodes, folder: folder, settings: plan.settings)
        report.runId = Hex.encode(owner.runID)
        let wallets = try DemoWallets(folder: folder)
        let contributors = try plan.run.slices.enumerated().map { number, rows in
            DemoContributor(number: number, rows: rows, wallet: try wallets.make("\(number + 1)"))
        }
        let cheat = try wallets.make("dishonest")
        evidence.contributors = contributors
        var model = plan.run.initialModel
        var receipts: [String] = []
        for round in 1...plan.rounds {
            try Task.checkCancellation()
            let start = ContinuousClock.now
            let file = try await owner.announce(round: round, model: model, contributors: contributors.count)
            evidence.policy = file.logPolicy
            evidence.rounds.append(file)
            let (outcomes, cheats) = try await upload(contributors, cheat: cheat, to: file, round: round)
            model = try await owner.step(file, from: model)
            receipts += try await fetchReceipts(contributors, outcomes, file: file)
            let status = try await TaskClient(task: file).status()
            for (dishonest, cheat) in cheats {
                report.dishonestContributors.append(try await dishonest.verdict(cheat, file: file))
            }
            let result = DemoReport.Round(
                round: round, accepted: status.accepted, rejected: status.rejectedTotal,
                uploadBytes: outcomes.reduce(0) { $0 + $1.size } + cheats.reduce(0) { $0 + $1.1.size },
                contributorBytes: outcomes.map(\.size).max() ?? 0,
                seconds: (ContinuousClock.now - start).seconds, testAccuracy: try model.accuracy(on: plan.run.test))
            report.rounds.append(result)
            pages.round(result, note: cheats.isEmpty ? nil : "\(cheats.count) contributors cheat, see below")
        }
        evidence.firstReceipt = receipts.first
        report.receipts = .init(verified: receipts.count, total: contributors.count * plan.rounds)
        report.sharedAccuracy = report.rounds.last?.testAccuracy ?? 0
    }

    /// All contributors of a round, a few at a time; in one round the cheats join them.
    private func upload(
        _ contributors: [DemoContributor], cheat: ContributorWallet, to file: TaskFile, round: Int
    ) async throws -> ([UploadOutcome], [(DishonestContributors, DishonestContributors.Sent)]) {
        let bar = ProgressBar("  round \(round)", total: contributors.count, plainLines: false)
        defer { bar.finish() }
        let outcomes = try await contributors.concurrentMap(limit: 4) { contributor in
            let outcome = try await contributor.takePart(
                in: file, trainer: trainer(round: round, contributor: contributor.number))
            bar.advance()
            return outcome
        }
        guard round == plan.dishonestRound else { return (outcomes, []) }
        let dishonest = DishonestContributors(wallet: cheat, rows: plan.run.slices[0])
        let sent = try await dishonest.takePart(in: file, trainer: trainer(round: round, contributor: 0))
        return (outcomes, sent.map { (dishonest, $0) })
    }

    /// - Parameters:
    ///   - round: Counted from 1.
    ///   - contributor: Counted from 0.
    private func trainer(round: Int, contributor: Int) -> LocalTrainer {
        plan.run.settings.trainer(seed: plan.run.seed, round: round - 1, contributor: contributor)
    }

    private func fetchReceipts(
        _ contributors: [DemoContributor], _ outcomes: [UploadOutcome], file: TaskFile
    ) async throws -> [String] {
        guard let text = file.logPolicy else { return [] }
        let policy = try LogPolicy(parsing: Array(text.utf8))
        let pairs = Array(zip(contributors, outcomes))
        return try await pairs.concurrentMap(limit: 8) { contributor, outcome in
            try await contributor.receipt(of: outcome.reportID, file: file, policy: policy)
        }.compactMap { $0 }
    }

    /// Everything after the nodes are gone.
    private func verify(
        _ nodes: LocalNodes, report: inout DemoReport, evidence: Evidence, start: ContinuousClock.Instant
    ) async throws {
        report.majorityClassShare = plan.run.test.majorityClassShare
        report.pooledAccuracy = try plan.run.pooledModel().accuracy(on: plan.run.test)
        pages.accuracy(report)

        let policy = try LogPolicy(parsing: Array((evidence.policy ?? "").utf8))
        let logFolder = nodes.leader.folder.logFolder
        let audit = try await AuditCommand.audit(log: logFolder, policy: policy, taskID: nil)
        let verified = audit.batches.filter { if case .verified = $0.verdict { true } else { false } }.count
        report.audit = .init(
            verified: audit.isVerified && verified == plan.rounds, batches: verified, entries: audit.head.size)
        let receipt = evidence.firstReceipt ?? ""
        let receiptLines = ReceiptVerifyCommand.lines(Receipt.verify(file: Array(receipt.utf8), policy: policy))

        let falsified = "\(folder)/falsified-log"
        let taskID = try await FalsifiedLog.make(of: nodes, at: falsified)
        let credit = try await DemoCredit(rounds: evidence.rounds, logFolder: logFolder, policy: policy).run(
            evidence.contributors)
        (report.credit, report.forgedClaim) = (credit.report, credit.forgery)
        report.falsifiedAggregate = try await Self.verdict(log: falsified, policy: policy, taskID: taskID)
        report.seconds = (ContinuousClock.now - start).seconds

        pages.checks(report, receiptLines: receiptLines)
        var commands: [String] = []
        if isKept, !receipt.isEmpty {
            let receiptFile = "\(folder)/first.tlog-proof"
            try UserFile.create(receiptFile, receipt, isSecret: false)
            let policyFile = "\(folder)/log.policy"
            func auditLine(_ log: String) -> String {
                PrintedCommand("audit").option("--log", log).option("--policy", policyFile).text
            }
            commands = [
                auditLine(logFolder),
                auditLine(falsified),
                PrintedCommand("receipt", "verify").word(path: receiptFile).option("--policy", policyFile).text,
                "CAIRN_HOME=\(ShellWords.quote("\(folder)/contributors/1")) "
                    + "CAIRN_PASSPHRASE=\(ShellWords.quote(DemoWallets.passphrase)) \(PrintedCommand("wallet", "show").text)",
            ]
        }
        pages.closing(report, keptFolder: isKept ? folder : nil, commands: commands)
    }

    private static func verdict(log: String, policy: LogPolicy, taskID: TaskID) async throws -> DemoReport.Attack {
        let attack = "somebody with both nodes' real keys added 1 to a published sum and signed everything anew"
        let report = try await AuditCommand.audit(log: log, policy: policy, taskID: taskID)
        for batch in report.batches {
            guard case .failed(let findings) = batch.verdict else { continue }
            let isLeaderNamed = findings.contains { $0.culprits == [.leader] }
            return DemoReport.Attack(
                attack: attack, caught: isLeaderNamed,
                finding: "the audit says: " + findings.map(\.text).joined(separator: "; "))
        }
        return DemoReport.Attack(attack: attack, caught: false, finding: "the audit noticed nothing")
    }
}

extension Array where Element: Sendable {
    /// `map` with at most `limit` elements in progress at once, results in order.
    func concurrentMap<Result: Sendable>(
        limit: Int, _ body: @escaping @Sendable (Element) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: count)
            var next = 0
            while next < count || !group.isEmpty {
                if next < count, next < limit {
                    let (index, element) = (next, self[next])
                    group.addTask { (index, try await body(element)) }
                    next += 1
                    continue
                }
                guard let (index, result) = try await group.next() else { break }
                results[index] = result
                if next < count {
                    let (index, element) = (next, self[next])
                    group.addTask { (index, try await body(element)) }
                    next += 1
                }
            }
            return results.compactMap { $0 }
        }
    }
}
