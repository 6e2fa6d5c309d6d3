import ArgumentParser
import Contributor
import DAP
import Encodings
import Ledger
import Tasks
import TransparencyLog

/// `cairn promise verify`: decides from the log whether the leader kept its word.
struct PromiseVerifyCommand: AsyncParsableCommand, Judging {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Decide from the log whether a promise was kept.",
        discussion: """
            When a leader takes a report, it promises under its signature that the log will say what became of it, by a \
            deadline. Promises are in the contributor's wallet, and `cairn promise show` writes one down. Whoever has the \
            file can judge it: this command needs only the file and the log.

            kept        the log has the report, its rejection, or its withdrawal
            broken      it has none of them, and the leader itself stated a time after the deadline on it: convicted
            overdue     it has none of them, but the leader has not stated such a time; the policy's witnesses were asked
            pending     the deadline has not come
            unverified  a part of the log is missing
            void        the file is no promise by its task's leader

            The exit code is 0 if the promise was kept, 1 if it is broken or void, 2 if it is overdue, pending or unverified, \
            or the log cannot be read.
            """)

    struct Output: Encodable {
        let verdict: String
        /// `report`, `rejected` or `withdrawal`, and the entry's index.
        let keptBy: String?
        let index: UInt64?
        let deadline: String?
        let reason: String?
        /// Whom the promise convicts.
        let culprits: [String]
    }

    @Argument(help: "The file with the promise.") var file: String?
    @Option(
        parsing: .unconditional, help: "The report that it is about, in place of a file: your wallet has the promise.",
        transform: ReportArgument.parse)
    var report: ReportID?
    @Option(help: "The log's URL or folder.") var log: String
    @Option(help: "The log policy: which log, which witnesses.") var policy: String
    @OptionGroup var network: NetworkOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        if (file == nil) == (report == nil) { throw ValidationError("Give either a FILE or --report ID.") }
    }

    private func promise() throws -> [UInt8] {
        if let report { return try PromiseShowCommand.held(report) }
        return try UserFile.readUTF8(file ?? "", limit: HeldPromise.maximumSize)
    }

    func run() async throws {
        let bytes = try promise()
        let logPolicy = try LogPolicyFile.read(policy)
        let judge = PromiseJudge(source: try LogPlace(log).source(.speaking), policy: logPolicy) {
            await Self.askWitnesses(logPolicy, about: bytes)
        }
        let (output, status) = Self.describe(try await judge.judge(file: bytes, now: currentTime()))
        if json {
            try JSONOutput.print(output)
        } else {
            var line = output.verdict.uppercased()
            if let kind = output.keptBy, let index = output.index { line += "  by the \(kind) in entry \(index)" }
            if let deadline = output.deadline {
                line += "  deadline \(TimeArgument.forPeople(deadline, now: currentTime()))"
            }
            Console.print(line)
            if let reason = output.reason { Console.print("  \(reason)") }
            for culprit in output.culprits { Console.print("  convicted by its own signature: the \(culprit)") }
        }
        if status != .done { throw status.code }
    }

    /// The newest checkpoints of the policy's witnesses, one question each.
    private static func askWitnesses(_ policy: LogPolicy, about file: [UInt8]) async -> [SignedCheckpoint] {
        guard let held = try? HeldPromise(parsing: file) else { return [] }
        let configuration = held.configuration.flatMap { try? TaskConfiguration(decoding: $0) }
        var found: [SignedCheckpoint] = []
        for log in policy.logs {
            let witnesses = WitnessCheckpoints(
                policy: policy, origin: log.verifier.name, helperURL: configuration?.helperURL)
            for place in witnesses.places {
                Console.error("asking the witness \(place.name) at \(place.prefix) for its newest checkpoint")
                if let checkpoint = await witnesses.newest(at: place) {
                    found.append(checkpoint)
                } else {
                    Console.error("the witness \(place.name) does not answer with one")
                }
            }
        }
        return found
    }

    private static func describe(_ verdict: PromiseVerdict) -> (Output, ExitStatus) {
        func output(
            _ name: String, deadline: UInt64? = nil, reason: String? = nil, culprits: [String] = []
        ) -> Output {
            Output(
                verdict: name, keptBy: nil, index: nil, deadline: deadline.map(TimeArgument.text), reason: reason,
                culprits: culprits)
        }
        switch verdict {
        case .kept(let kind, let index):
            return (
                Output(verdict: "kept", keptBy: kind, index: index, deadline: nil, reason: nil, culprits: []), .done
            )
        case .pending(let deadline): return (output("pending", deadline: deadline), .unknown)
        case .overdue(let deadline, let reason):
            return (output("overdue", deadline: deadline, reason: reason), .unknown)
        case .broken(let deadline, let seen, let reason):
            let text = "\(reason); the leader itself stated the time \(PeopleTime.text(seen)) on it"
            return (output("broken", deadline: deadline, reason: text, culprits: ["leader"]), .no)
        case .unverified(let reason): return (output("unverified", reason: reason), .unknown)
        case .void(let reason): return (output("void", reason: reason), .no)
        }
    }
}
