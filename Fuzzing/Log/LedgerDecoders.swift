import Crypto
import DAP
import Ledger
import Tasks

extension Decoder {
    /// Log entries, the messages of a close, statements and receipts.
    static let ledger: [Decoder] = [
        entry,
        message("close-proposal", CloseProposal.self) {
            [
                CloseProposal(
                    selector: $0.batchSelector(), checkpointSize: $0.next(),
                    reportIDs: [.random(using: &$0), .random(using: &$0)])
            ]
        },
        message("close-answer", CloseAnswer.self) {
            [.signed($0.bytes(64)), .drop([.random(using: &$0)]), .drop([])]
        },
        message("batch-comparison", BatchComparison.self) {
            [BatchComparison(selector: $0.batchSelector(), reportIDs: [.random(using: &$0), .random(using: &$0)])]
        },
        message("batch-difference", BatchDifference.self) {
            [BatchDifference(missing: [.random(using: &$0)], dropped: $0.next())]
        },
        message("statement", Statement.self) {
            [try $0.statement(.leader)]
        } then: {
            _ = BatchScope($0.terms.selector)
        },
        message("hpke-list-signature", HpkeListSignature.self) {
            [try HpkeListSignature(of: $0.bytes(40), role: .helper, now: 1_700_000_000, key: $0.key())]
        } then: {
            guard (try? $0.check([], role: $0.role, key: [], now: .max, newest: .max)) == nil else {
                broken("nobody has signed with a key that is none", by: $0.encoded())
            }
        },
        receipt,
        promise,
        message("promised-withdrawal", PromisedWithdrawal.self) {
            [PromisedWithdrawal(entry: $0.bytes(146), promise: $0.bytes(700))]
        },
        payoutTable,
        message("handshake-request", HandshakeRequest.self) {
            [try $0.handshakeRequest()]
        } then: {
            guard !$0.isProved(preSharedKey: [UInt8](repeating: 0x5A, count: 32)) else {
                broken("nobody proves a secret that is another", by: $0.encoded())
            }
        },
        message("handshake-answer", HandshakeAnswer.self) {
            let request = try $0.handshakeRequest()
            let head = HandshakeAnswer.Head(
                identity: try $0.handshakeIdentity(.helper), requestHash: request.hash, token: .right, psk: .right)
            let verdicts = request.tasks.map { ($0.id, TaskVerdict.Status.unknown, [UInt8]?.none) }
            return [
                HandshakeAnswer(head: head, tasks: verdicts, preSharedKey: $0.bytes(32)),
                HandshakeAnswer(refusing: head),
            ]
        },
    ]

    private static let payoutTable = Decoder(
        "payout-table", seeds: { [try $0.payoutTable().encoded()] },
        run: { input in
            guard let table = canonical(input, "table", PayoutTable.init(decoding:), { $0.encoded() }) else { return }
            _ = table.paid
            guard !table.dividesItsPool || table.paid <= table.pool else {
                broken("a table that divides a pool never pays more", by: input)
            }
        })

    private static let entry = Decoder(
        "ledger-entry",
        seeds: { generator in
            try generator.entries().map { $0.encoded() } + [SampleLog.shared.receipt.extra, [0, 5, 1, 2, 3]]
        },
        run: { input in
            guard let entry = canonical(input, "entry", LedgerEntry.init(decoding:), { $0.encoded() }) else { return }
            if case .report(let report) = entry {
                _ = report.verifiedClaimKey()
                _ = report.belongs(to: .leaderSelected(BatchID(unchecked: [UInt8](repeating: 0, count: 32))))
                _ = report.belongs(to: .timeInterval(Interval(start: 0, duration: .max)))
            }
        })

    private static let promise = Decoder(
        "promise", maximumLength: 4096, seeds: { try $0.promises() },
        run: { input in
            _ = try? UploadPromise(parsing: input)
            guard let held = canonical(input, "promise", HeldPromise.init(parsing:), { $0.serialized() }) else {
                return
            }
            guard held.index < held.promise.count, held.entry.batchID == nil else {
                broken("a promise covers its report", by: input)
            }
        })

    /// A receipt that passes shows the one report entry that is in the log.
    private static let receipt = Decoder(
        "receipt", maximumLength: 2048, seeds: { _ in [SampleLog.shared.receipt.serialized()] },
        run: { input in
            let report = Receipt.verify(file: input, policy: SampleLog.shared.policy)
            guard report.isValid else {
                guard report.failure != nil else { broken("a refused receipt says why", by: input) }
                return
            }
            guard let entry = report.entry,
                LedgerEntry.report(entry).encoded() == SampleLog.shared.entries[SampleLog.entryCount - 1]
            else { broken("a receipt shows an entry of the log", by: input) }
        })
}

extension SeededGenerator {
    fileprivate mutating func key() throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: bytes(32))
    }

    fileprivate mutating func terms() -> CloseEntry.Terms {
        CloseEntry.Terms(
            taskID: .random(using: &self), selector: batchSelector(), root: bytes(32), count: next())
    }

    fileprivate mutating func statement(_ role: Role) throws -> Statement {
        try Statement(role: role, terms: terms(), shareHash: bytes(32), key: key())
    }

    fileprivate mutating func promises() throws -> [[UInt8]] {
        let configuration = try taskConfiguration().encoding
        let task = Taskprov.taskID(of: configuration)
        let entries = (0..<3).map { _ in
            ReportEntry(
                taskID: task, batchID: nil, metadata: metadata(), leaderCommitment: bytes(32),
                helperCommitment: bytes(32))
        }
        let promise = try UploadPromise(
            entries: entries, taskID: task, deadline: 1_700_000_000, origin: "log.example", key: key())
        return try promise.held(for: entries, configuration: configuration).map { $0.serialized() } + [
            promise.note.serialized()
        ]
    }

    fileprivate mutating func entries() throws -> [LedgerEntry] {
        [
            .task(
                TaskEntry(
                    configuration: try taskConfiguration().encoding, collectorHpkeConfig: hpkeConfig(id: 1).encoded(),
                    ownerSignature: bytes(TaskOwnerSignature.size))),
            .task(
                TaskEntry(
                    configuration: try taskConfiguration().encoding, collectorHpkeConfig: hpkeConfig(id: 1).encoded())),
            .round(
                try RoundEntry(
                    taskID: .random(using: &self), runID: bytes(8), round: 3, modelHash: bytes(32), owner: key())),
            .report(
                ReportEntry(
                    taskID: .random(using: &self), batchID: .random(using: &self), metadata: metadata(),
                    leaderCommitment: bytes(32), helperCommitment: bytes(32))),
            .rejected(
                try RejectedEntry(
                    taskID: .random(using: &self), reportID: .random(using: &self), role: .helper,
                    error: reportError(), key: key())),
            .withdrawal(
                try WithdrawalEntry(taskID: .random(using: &self), reportID: .random(using: &self), key: key())),
            .close(CloseEntry(terms: terms(), leaderSignature: bytes(64), helperSignature: bytes(64))),
            .batch(BatchEntry(leader: try statement(.leader), helper: try statement(.helper))),
            .model(
                try ModelEntry(
                    taskID: .random(using: &self), selector: batchSelector(), resultHash: bytes(32),
                    previousModelHash: bytes(32), modelHash: bytes(32), owner: key())),
            .payout(try PayoutEntry(table: payoutTable(), owner: key())),
            .reveal(RevealEntry(taskID: .random(using: &self), lambda: bytes(24), salt: bytes(32))),
        ]
    }

    fileprivate mutating func payoutTable() throws -> PayoutTable {
        let shares = (1...3).map { credit in
            PayoutTable.Share(claimHash: bytes(32), credit: UInt64(credit), recipient: bytes(4))
        }
        guard let table = PayoutTable(taskID: .random(using: &self), pool: 1000, unit: bytes(3), shares: shares) else {
            preconditionFailure("random claims are distinct")
        }
        return table
    }
}

extension SeededGenerator {
    fileprivate mutating func handshakeIdentity(_ role: Role) throws -> HandshakeIdentity {
        HandshakeIdentity(
            role: role, nonce: bytes(32), clock: next(), revision: next(), software: "cairn", url: "https://a.example",
            peerURL: "https://b.example", statementKey: bytes(32), logOrigin: "a.example/log", noteKey: "key")
    }

    fileprivate mutating func handshakeRequest() throws -> HandshakeRequest {
        let identity = try handshakeIdentity(.leader)
        return HandshakeRequest(
            identity: identity, tasks: [(.random(using: &self), bytes(32)), (.random(using: &self), bytes(32))],
            preSharedKey: bytes(32))
    }
}
