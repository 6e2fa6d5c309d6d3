import Datastore
import Ed25519
import TransparencyLog

/// Entries of a log that are looked at and stored together: what each would tell the helper, and the signatures that it
/// depends on.
///
/// The signatures are checked in one equation, which names those that do not hold (`SignedMessage.areValid`): an entry
/// without a valid signature is left out, and takes no other with it. A window ends by bytes as well as by count, so
/// whoever writes the log does not choose how much of it is in memory.
struct FollowedWindow: Sendable {
    private struct Candidate {
        var entry: FollowedEntry?
        var word: HelperWord?
        /// How many of `signed` it depends on.
        var signatures: Int
    }

    private var candidates: [Candidate] = []
    private var signed: [SignedMessage] = []
    private var entries = 0
    private var bytes = 0

    static let mostEntries = 1_024
    static let mostBytes = 4 << 20

    var isFull: Bool { entries >= Self.mostEntries || bytes >= Self.mostBytes }

    /// Counts an entry of the log, whether it concerns the helper or not.
    mutating func count(_ entry: LogEntry) {
        entries += 1
        bytes += entry.bytes.count
    }

    /// - Parameters:
    ///   - entry: what counts if all the signatures hold.
    ///   - word: what the helper itself has signed then.
    mutating func add(_ entry: FollowedEntry?, word: HelperWord? = nil, signed: [SignedMessage] = []) {
        candidates.append(Candidate(entry: entry, word: word, signatures: signed.count))
        self.signed += signed
    }

    /// What counts, in the order of the log.
    func judged() -> (entries: [FollowedEntry], words: Set<HelperWord>) {
        var results = SignedMessage.areValid(signed)[...]
        var (found, words): ([FollowedEntry], Set<HelperWord>) = ([], [])
        for candidate in candidates {
            defer { results.removeFirst(candidate.signatures) }
            guard results.prefix(candidate.signatures).allSatisfy({ $0 }) else { continue }
            if let entry = candidate.entry { found.append(entry) }
            if let word = candidate.word { words.insert(word) }
        }
        return (found, words)
    }
}
