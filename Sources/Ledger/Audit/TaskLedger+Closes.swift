import DAP
import TransparencyLog

// How one task's closes and statements are judged. The type is in `TaskLedger.swift`.
//
// Only a signature convicts, and only of what it says. A close is signed by both aggregators, but it is the leader who
// logs it and orders the leaves before it: so a root that does not fit convicts the leader alone, and a second close of a
// bucket convicts nobody. A helper that was restored from a backup may have signed it in good faith; it never signs a
// *statement* under it (a share is released for the first close only), so that is where the line is drawn.
//
// A statement is judged by itself. Which two statements stand together in a `batch` entry is the leader's choice alone,
// and proves nothing about the helper.

extension TaskLedger {
    /// - Parameter isSigned: whether both aggregators have signed it.
    mutating func add(_ close: CloseEntry, at index: UInt64, isSigned: Bool) {
        guard isSigned else {
            notes.append("a `close` entry without both aggregators' valid signatures is ignored")
            return
        }
        let terms = close.terms
        guard terms.selector.batchMode == task.configuration.batchMode, let scope = BatchScope(terms.selector),
            scope.namesBuckets
        else {
            convictions.append(
                Conviction(
                    selector: terms.selector, count: terms.count,
                    finding: .init(
                        culprits: [.leader, .helper],
                        text: "both aggregators signed a close whose batch is not of the task's batch mode")))
            return
        }
        guard !closedScopes.overlaps(scope) else {
            if closedTerms[terms] == nil {
                notes.append(
                    "a second close of buckets that are closed already (entry \(index)) is void: the first one counts")
            }
            return
        }
        let members = positions(in: scope).filter { leaves[$0].counts }
        let batch = ClosedBatch(
            close: close, index: index, members: members, findings: findings(against: terms, members))
        for member in members { leaves[member].isClosed = true }
        closedScopes.insert(scope)
        closedTerms[terms] = closed.count
        closed.append(batch)
    }

    /// Positions of the leaves in a scope, in log order.
    private func positions(in scope: BatchScope) -> [Int] {
        switch scope {
        case .batch(let id): return buckets[.batch(id)] ?? []
        case .interval(let interval):
            // Whichever is less: the units of the interval, or all buckets that there are.
            if let end = interval.end, end - interval.start < UInt64(buckets.count) {
                return (interval.start..<end).flatMap { buckets[.time($0)] ?? [] }.sorted()
            }
            let found = buckets.filter { bucket, _ in
                if case .time(let time) = bucket { interval.contains(time) } else { false }
            }
            return found.values.flatMap { $0 }.sorted()
        }
    }

    private func findings(against terms: CloseEntry.Terms, _ members: [Int]) -> [BatchAudit.Finding] {
        var root = BatchRoot()
        for member in members { root.append(leafHash: leaves[member].leafHash) }
        guard root.root == terms.root, root.count == terms.count else {
            // The leader orders the log: it can slip a leaf in between the helper's signature and the close.
            return [
                .init(
                    culprits: [.leader],
                    text: "the leader logged a close of \(terms.count) reports whose root is not that of the "
                        + "\(root.count) report leaves before it")
            ]
        }
        func both(_ text: String) -> BatchAudit.Finding { .init(culprits: [.leader, .helper], text: text) }
        var findings: [BatchAudit.Finding] = []
        let (minimum, maximum) = (task.configuration.minBatchSize, task.maxBatchSize)
        if terms.count < minimum {
            findings.append(
                both("both aggregators closed over \(terms.count) reports; the task demands at least \(minimum)"))
        }
        if terms.count > maximum {
            findings.append(
                both("both aggregators closed over \(terms.count) reports; the task allows at most \(maximum)"))
        }
        for member in members {
            let leaf = leaves[member]
            if leaf.claimKey == nil {
                findings.append(
                    both("report \(leaf.reportID) has no valid claim key, but both aggregators closed over it"))
            }
            if let interval = task.configuration.taskInterval, !interval.contains(leaf.time) {
                findings.append(
                    both(
                        "the time of report \(leaf.reportID) is outside of the task's interval, but both aggregators "
                            + "closed over it"))
            }
        }
        return findings
    }

    // MARK: Statements

    /// One aggregator's statement, whatever it stands beside.
    ///
    /// - Parameter isSigned: whether the aggregator that it names has signed it.
    mutating func add(_ statement: Statement, isSigned: Bool) {
        guard isSigned else {
            notes.append("a statement that is not validly signed by the \(statement.role) is ignored")
            return
        }
        guard let position = closedTerms[statement.terms] else {
            let conviction = Conviction(
                selector: statement.terms.selector, count: statement.terms.count,
                finding: .init(
                    culprits: [statement.role],
                    text:
                        "the \(statement.role) signed a statement about a batch that no close before it fixes, or that "
                        + "is not the first close of its buckets"))
            guard convicted.insert(.init(role: statement.role, selector: statement.terms.selector)).inserted else {
                return
            }
            convictions.append(conviction)
            return
        }
        guard
            !closed[position].statements.contains(where: {
                $0.role == statement.role && $0.shareHash == statement.shareHash
            })
        else { return }
        closed[position].statements.append(statement)
    }

    /// Two statements that the leader logged together. They make a result only if both hold and are about one close.
    ///
    /// - Parameter areSigned: whether each is signed by the aggregator that it names.
    mutating func add(pair: BatchEntry, areSigned: Bool) {
        let terms = pair.leader.terms
        guard areSigned, pair.helper.terms == terms, pair.leader.role == .leader, pair.helper.role == .helper,
            let position = closedTerms[terms]
        else {
            notes.append("a `batch` entry whose statements are not both about one close, or do not hold, is ignored")
            return
        }
        if closed[position].pair == nil { closed[position].pair = pair }
    }
}

extension BatchScope {
    /// Whether any report can lie in it.
    package var namesBuckets: Bool {
        switch self {
        case .interval(let interval): interval.isValid
        case .batch: true
        }
    }
}
