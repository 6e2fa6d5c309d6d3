import Encodings

// What a policy says about a checkpoint, key by key, so that a person sees who vouched and who did not.

/// Whether a key's signature is on a checkpoint.
public enum KeyOutcome: Sendable, Hashable {
    /// It is, and verifies. For cosigners with the time at which they say they signed, in seconds since 1970.
    case valid(timestamp: UInt64?)
    /// There is no line by this key.
    case missing
    /// There is a line by this key and it does not verify: the checkpoint is refused, whatever the others say.
    case invalid
}

/// The first reason for refusing a checkpoint.
public enum PolicyFailure: Error, Sendable, Hashable {
    /// No log of the policy has this origin.
    case unknownOrigin(String)
    /// A line by the known key with this name does not verify.
    case badSignature(keyName: String)
    /// No key of the log has signed.
    case logSignatureMissing(origin: String)
    /// Too few cosignatures for the quorum of this name.
    case quorumNotMet(name: String)
}

/// The outcome of `LogPolicy.evaluate`.
public struct PolicyVerdict: Sendable, Hashable {
    /// One key and what was found.
    public struct Key: Sendable, Hashable {
        /// For a witness the name in the policy, for a log the key's name.
        public let name: String
        /// The key.
        public let verifier: NoteVerifier
        /// What was found of it in the note.
        public let outcome: KeyOutcome
    }

    /// One group and how many of its members were found.
    public struct Group: Sendable, Hashable {
        /// What the policy file calls the group.
        public let name: String
        /// How many members must have cosigned.
        public let required: Int
        /// How many have.
        public let present: Int
        /// How many there are.
        public let members: Int

        /// True if enough members have cosigned.
        public var isMet: Bool { present >= required }
    }

    /// What was judged.
    public let checkpoint: Checkpoint
    /// The keys that the policy has for the checkpoint's origin.
    public let logs: [Key]
    /// All witnesses of the policy.
    public let witnesses: [Key]
    /// All groups of the policy.
    public let groups: [Group]
    /// Name of the quorum; nil for `quorum none`.
    public let quorum: String?
    /// Why the checkpoint is refused; nil if it is accepted.
    public let failure: PolicyFailure?

    /// True if a log of the policy signed, its quorum cosigned, and no known key's signature is bad.
    public var isAccepted: Bool { failure == nil }
}

extension LogPolicy {
    /// Checks a checkpoint's signatures against this policy.
    ///
    /// - Parameters:
    ///   - checkpoint: the checkpoint as it was fetched or found in a proof.
    ///   - knownLogs: keys of logs that the application knows besides those of the policy, which may name none.
    ///   - witnessTimes: if given, only witnesses that say they signed then (seconds since 1970) count for the quorum.
    public func evaluate(
        _ checkpoint: SignedCheckpoint, knownLogs: [NoteVerifier] = [], witnessTimes: ClosedRange<UInt64>? = nil
    ) -> PolicyVerdict {
        let origin = checkpoint.checkpoint.origin
        let logKeys = (logs.map(\.verifier) + knownLogs).filter { ASCII.same($0.name, origin) }
        let logVerdicts = logKeys.map {
            PolicyVerdict.Key(name: $0.name, verifier: $0, outcome: checkpoint.note.outcome(of: $0))
        }
        let witnessVerdicts = witnesses.map {
            PolicyVerdict.Key(name: $0.name, verifier: $0.verifier, outcome: checkpoint.note.outcome(of: $0.verifier))
        }
        let isThere = witnessVerdicts.map { $0.counts(on: checkpoint.note, within: witnessTimes) }
        let counts = membersPresent(isThere)
        let groupVerdicts = zip(groups, counts).map {
            PolicyVerdict.Group(name: $0.name, required: $0.threshold, present: $1, members: $0.members.count)
        }
        let isQuorumMet = quorum.map { isPresent($0, isThere, counts) } ?? true

        let failure: PolicyFailure? =
            if let bad = (logVerdicts + witnessVerdicts).first(where: { $0.outcome == .invalid }) {
                .badSignature(keyName: bad.verifier.name)
            } else if logKeys.isEmpty {
                .unknownOrigin(origin)
            } else if logVerdicts.allSatisfy({ $0.outcome == .missing }) {
                .logSignatureMissing(origin: origin)
            } else if let quorum, !isQuorumMet {
                .quorumNotMet(name: name(of: quorum))
            } else {
                nil
            }
        return PolicyVerdict(
            checkpoint: checkpoint.checkpoint, logs: logVerdicts, witnesses: witnessVerdicts, groups: groupVerdicts,
            quorum: quorum.map(name(of:)), failure: failure)
    }

    /// Whether cosignatures of these witnesses alone would do, whoever else signs; always, under `quorum none`.
    package func isQuorumMet(by isThere: (Witness) -> Bool) -> Bool {
        let present = witnesses.map(isThere)
        return quorum.map { isPresent($0, present, membersPresent(present)) } ?? true
    }

    /// How many members of each group are there. Members stand before their group, so one pass is enough.
    private func membersPresent(_ witnesses: [Bool]) -> [Int] {
        var counts: [Int] = []
        for group in groups { counts.append(group.members.count { isPresent($0, witnesses, counts) }) }
        return counts
    }

    private func isPresent(_ member: Member, _ witnesses: [Bool], _ counts: [Int]) -> Bool {
        switch member {
        case .witness(let position): witnesses[position]
        case .group(let position): counts[position] >= groups[position].threshold
        }
    }
}

extension PolicyVerdict.Key {
    /// True if the key signed, and within `times`, if given, by its own word. A witness that signed more than once (each
    /// time that the log stated a later time) was there each time.
    fileprivate func counts(on note: SignedNote, within times: ClosedRange<UInt64>?) -> Bool {
        guard case .valid = outcome else { return false }
        guard let times else { return true }
        return note.signatures.contains { line in
            guard verifier.matches(line), let verified = note.check(line, with: verifier) else { return false }
            return verified.timestamp.map(times.contains) ?? true
        }
    }
}

extension SignedNote {
    /// What the lines by this one key amount to.
    func outcome(of verifier: NoteVerifier) -> KeyOutcome {
        var outcome = KeyOutcome.missing
        for line in signatures where verifier.matches(line) {
            guard let verified = check(line, with: verifier) else { return .invalid }
            if outcome == .missing { outcome = .valid(timestamp: verified.timestamp) }
        }
        return outcome
    }
}

extension PolicyVerdict: CustomStringConvertible {
    /// One line for each key and group, the decision last.
    public var description: String {
        var lines = logs.map { "log \($0.name): \($0.outcome)" }
        lines += witnesses.map { "witness \($0.name) (\($0.verifier.name)): \($0.outcome)" }
        lines += groups.map { group in
            let state = group.isMet ? "met" : "not met"
            return "group \(group.name): \(group.present) of \(group.members), needs \(group.required), \(state)"
        }
        lines.append(failure.map { "refused: \($0)" } ?? "accepted, quorum \(quorum ?? "none")")
        return lines.joined(separator: "\n")
    }
}

extension KeyOutcome: CustomStringConvertible {
    public var description: String {
        switch self {
        case .valid(let timestamp?): "signed at \(PeopleTime.text(timestamp))"
        case .valid(nil): "signed"
        case .missing: "no signature"
        case .invalid: "BAD SIGNATURE"
        }
    }
}
