// Trust policies (c2sp.org/tlog-policy): which logs to believe, and whose cosignatures, how many, to ask for besides.
//
//     log example.com/log+3d1b2c4a+AY…
//     witness helper helper.example/w+…  https://helper.example/
//     witness other  other.example/w+…
//     group both all helper other
//     quorum both
//
// One honest cosigner in every possible quorum is what keeps a log from showing different trees to different people, so
// the policy file is where a user states whom they take to be honest. It is configuration: an error in it is reported
// with its line, and nothing in it is guessed.

/// A parsed trust policy. Logs, witnesses and groups are in the order of the file.
public struct LogPolicy: Sendable, Hashable {
    /// A log whose checkpoints are accepted.
    public struct Log: Sendable, Hashable {
        /// The log's key; its name is the origin line of the log's checkpoints.
        public let verifier: NoteVerifier
        /// Where the log is served; nil where the file does not say.
        public let url: String?
    }

    /// A cosigner that can count towards the quorum.
    public struct Witness: Sendable, Hashable {
        /// The name inside this file; it need not be the key's name.
        public let name: String
        /// The key under which it cosigns.
        public let verifier: NoteVerifier
        /// Where it takes checkpoints; nil where the file does not say.
        public let url: String?
    }

    /// A number of members of which some must have cosigned.
    public struct Group: Sendable, Hashable {
        /// What the policy file calls the group.
        public let name: String
        /// How many members are needed: 1 to the number of members.
        public let threshold: Int
        /// Who can count towards the threshold, in the order of the file.
        public let members: [Member]
    }

    /// A witness or a group, by its position in `witnesses` or `groups`. A group's members come before it.
    public enum Member: Sendable, Hashable {
        /// The witness at that position.
        case witness(Int)
        /// The group at that position.
        case group(Int)
    }

    /// Logs whose checkpoints are accepted.
    public let logs: [Log]
    /// Cosigners that can count.
    public let witnesses: [Witness]
    /// Groups of cosigners.
    public let groups: [Group]
    /// Who must have cosigned; nil for `quorum none`.
    public let quorum: Member?
    /// SHA-256 of the file that this was parsed from: applications name a policy by it. Two files that say the same in
    /// other words are two policies.
    public let fileHash: [UInt8]

    /// Longest accepted policy file, in bytes.
    public static let maximumSize = 1_000_000

    /// Reads a policy file.
    ///
    /// - Throws: `PolicyError`, the first problem in the file with its line.
    public init(parsing bytes: [UInt8]) throws(PolicyError) {
        var parser = PolicyParser()
        self = try parser.parse(bytes)
    }

    init(logs: [Log], witnesses: [Witness], groups: [Group], quorum: Member?, fileHash: [UInt8]) {
        self.logs = logs
        self.witnesses = witnesses
        self.groups = groups
        self.quorum = quorum
        self.fileHash = fileHash
    }

    /// The name that a member has in the file.
    func name(of member: Member) -> String {
        switch member {
        case .witness(let position): witnesses[position].name
        case .group(let position): groups[position].name
        }
    }
}
