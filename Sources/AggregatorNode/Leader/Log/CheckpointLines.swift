import Encodings
import Ledger
import TransparencyLog

/// Which cosignatures stand on the one checkpoint that all tasks of a leader share. Pure.
///
/// A note has room for a hundred lines, and the tasks of all peers need some of them: whoever could fill it would keep the
/// others' tasks from their quorums. So the room is shared out by peers. Each has an equal part for what its tasks need, and
/// what one leaves over is for the rest, in turns. Of each key there is one line, the newest, so a witness that signs often
/// takes no more than one that signs once; and of each task no more witnesses count than a leader asks
/// (`LogPolicy.asked(isHelper:)`).
///
/// Lines name their key by a name and 32 bits, and a line that names a policy's key and does not hold makes that policy refuse
/// the whole checkpoint. Somebody with a day to spare finds a key that has the name and the bits of another's. So each such
/// label belongs to one key: the leader's own first, then whoever's task was added first.
package struct CheckpointLines: Sendable {
    /// What a key is called in a line.
    package struct Label: Hashable, Sendable {
        let name: String
        let keyID: UInt32

        package init(_ key: NoteVerifier) { (name, keyID) = (key.name, key.keyID) }
        init(_ line: NoteSignature) { (name, keyID) = (line.name, line.keyID) }
    }

    /// Lines of a note that are left for witnesses: the log's own signature and the leader's time are there, too.
    package static let room = SignedNote.maximumSignatures - 4

    private let policies: [TaskPolicy]
    private let owners: [Label: NoteVerifier]
    private let own: Set<NoteVerifier>
    private let room: Int

    /// - Parameters:
    ///   - policies: in the order in which their tasks were added.
    ///   - own: keys under which the leader itself signs checkpoints.
    package init(_ policies: [TaskPolicy], own: [NoteVerifier], room: Int = CheckpointLines.room) {
        self.policies = policies
        self.own = Set(own)
        self.room = room
        let witnesses = policies.flatMap { $0.asked.map(\.verifier) }
        owners = Dictionary((own + witnesses).map { (Label($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The cosignatures that a checkpoint has already.
    package func standing(on checkpoint: SignedCheckpoint) -> [VerifiedSignature] {
        checkpoint.note.signatures.compactMap { line in
            guard let key = owners[Label(line)], !own.contains(key) else { return nil }
            return checkpoint.note.validSignatures(by: key).first { $0.signature == line }
        }
    }

    /// The checkpoint with those of some cosignatures that have a place on it.
    ///
    /// - Parameters:
    ///   - checkpoint: its own lines stay as they are; what else is on it is chosen anew.
    ///   - cosignatures: valid ones on it.
    package func carrying(
        _ cosignatures: [VerifiedSignature], on checkpoint: SignedCheckpoint
    ) throws(NoteError) -> SignedCheckpoint {
        let lines = chosen(from: cosignatures)
        let first = checkpoint.note.signatures.filter { line in owners[Label(line)].map(own.contains) ?? false }
        guard Set(first + lines) != Set(checkpoint.note.signatures) else { return checkpoint }
        return try SignedCheckpoint(checkpoint.checkpoint, signatures: first + lines)
    }

    /// - Returns: no more lines than there is room for, one of each key.
    package func chosen(from cosignatures: [VerifiedSignature]) -> [NoteSignature] {
        var newest: [Label: VerifiedSignature] = [:]
        for cosignature in cosignatures where owners[Label(cosignature.verifier)] == cosignature.verifier {
            let label = Label(cosignature.verifier)
            if let known = newest[label], known.timestamp ?? 0 >= cosignature.timestamp ?? 0 { continue }
            newest[label] = cosignature
        }
        return Self.shared(wishes { newest[Label($0)] != nil }, room: room).compactMap { newest[$0]?.signature }
    }

    /// How many lines the tasks of each peer need where all witnesses sign.
    package func needs() -> [(peer: String, lines: Int)] {
        peers.map { peer in
            (peer, Set(policies.filter { $0.peer == peer }.flatMap(needed).map { Label($0.verifier) }).count)
        }
    }

    /// The part of the room that is each peer's.
    package static func part(of peers: Int, room: Int = CheckpointLines.room) -> Int { max(1, room / max(1, peers)) }

    /// The keys of a policy whose labels are taken by others.
    package func displaced(in policy: TaskPolicy) -> [NoteVerifier] {
        policy.policy.witnesses.map(\.verifier).filter { key in owners[Label(key)].map { $0 != key } ?? false }
    }

    // MARK: Sharing out

    private var peers: [String] {
        var seen: Set<String> = []
        return policies.map(\.peer).filter { seen.insert($0).inserted }
    }

    private func needed(_ task: TaskPolicy) -> [LogPolicy.Witness] { task.policy.quorum(of: task.asked) ?? [] }

    /// What each peer's tasks would have, what they need before what is merely good to have.
    private func wishes(_ isThere: (NoteVerifier) -> Bool) -> [[Label]] {
        peers.map { peer in
            let tasks = policies.filter { $0.peer == peer }
            let there = tasks.map { task in task.asked.filter { isThere($0.verifier) } }
            let quorums = zip(tasks, there).flatMap { task, there in task.policy.quorum(of: there) ?? [] }
            var seen: Set<Label> = []
            return (quorums + there.flatMap(\.self)).map { Label($0.verifier) }.filter { seen.insert($0).inserted }
        }
    }

    /// Shares places out: to each its part, and what is left in turns.
    static func shared(_ wishes: [[Label]], room: Int) -> [Label] {
        var chosen: [Label] = []
        var isChosen: Set<Label> = []
        func take(_ label: Label) {
            if chosen.count < room, isChosen.insert(label).inserted { chosen.append(label) }
        }
        let part = part(of: wishes.count, room: room)
        for wish in wishes { wish.prefix(part).forEach(take) }
        let longest = wishes.map(\.count).max() ?? 0
        for place in part..<max(part, longest) {
            for wish in wishes where place < wish.count { take(wish[place]) }
        }
        return chosen
    }
}
