import AggregatorNode
import Datastore
import Foundation

/// The folder of a node: configuration and keys, ready for `cairn node run`. `docs/files.md` lists the names, which are
/// the same everywhere.
///
/// The two operators share the pre-shared key and the aggregator token. Whoever sets up first makes them and an
/// invitation with both for the other, whose folder is made from it; two nodes that each made their own would refuse each
/// other. The demo and the tests set up both on one machine.
struct NodeFolder: Sendable {
    let path: String
    let role: NodeRole
    /// `HOST:PORT`
    let listen: String
    let publicURL: String
    let peerURL: String
    let logOrigin: String

    var configurationFile: String { file(configurationName) }
    var collectorTokenFile: String { file("collector.token") }
    var noteKeyFile: String { file(noteKeyName) }
    var dataFolder: String { file("data") }
    var logFolder: String { "\(dataFolder)/log" }
    var invitationFile: String { file(invitationName) }
    var invitationName: String { "\(role.peer.rawValue).invitation" }

    private var configurationName: String { "\(role.rawValue).yaml" }
    private var noteKeyName: String { "\(role == .leader ? "log" : "witness").skey" }
    private var noteKeyTitle: String { role == .leader ? logOrigin : "\(logOrigin)/witness" }

    private func file(_ name: String) -> String { path == "." ? name : "\(path)/\(name)" }

    /// What `create` did with each file, by name.
    struct Outcome: Equatable {
        var made: [String] = []
        var kept: [String] = []
    }

    /// Creates everything that is not there yet, and keeps what is: a run that was cut off is finished by the next, and
    /// one that finds nothing to do changes nothing. No key and no configuration is ever overwritten.
    ///
    /// - Parameter invitation: The other operator's; without one, the shared secrets are made here, or are there already.
    @discardableResult
    func create(invitation: NodeInvitation? = nil) throws -> Outcome {
        try checkWhatIsThere(invitation)
        try UserFile.createFolder(path, permissions: 0o700)
        var outcome = Outcome()
        func make(_ name: String, _ body: (String) throws -> Void) throws {
            let isThere = FileManager.default.fileExists(atPath: file(name))
            if !isThere { try body(file(name)) }
            if isThere { outcome.kept.append(name) } else { outcome.made.append(name) }
        }
        for (name, kind, secret) in [
            ("peer.psk", KeyKind.psk, invitation?.psk), ("aggregator.token", .token, invitation?.aggregatorToken),
        ] {
            try make(name) { file in
                if let secret {
                    try UserFile.create(file, secret + "\n", isSecret: true)
                } else {
                    try kind.create(at: file)
                }
            }
        }
        if role == .leader { try make("collector.token") { try KeyKind.token.create(at: $0) } }
        let noteKind = role == .leader ? KeyKind.log : .witness
        try make(noteKeyName) { try noteKind.create(at: $0, name: noteKeyTitle) }
        if invitation == nil, role == .leader {
            let text = try JSONOutput.text(try self.invitation()) + "\n"
            // A copy of what is in the other files: one of older secrets would help nobody.
            let isThere = FileManager.default.fileExists(atPath: invitationFile)
            let isOld = try isThere && UserFile.readText(invitationFile) != text
            if isOld { try FileManager.default.removeItem(atPath: invitationFile) }
            try make(invitationName) { try UserFile.create($0, text, isSecret: true) }
        }
        // Last: a folder with a configuration is whole.
        try make(configurationName) { try UserFile.create($0, configuration, isSecret: false) }
        return outcome
    }

    /// What the other operator sets up with.
    func invitation() throws -> NodeInvitation {
        NodeInvitation(
            role: role.peer.rawValue, publicUrl: peerURL, peerUrl: publicURL, logOrigin: logOrigin,
            psk: try UserFile.readLine(file("peer.psk")),
            aggregatorToken: try UserFile.readLine(file("aggregator.token")))
    }

    /// Whether the two operators' secrets lie in the folder.
    var hasSharedSecrets: Bool {
        ["peer.psk", "aggregator.token"].allSatisfy { FileManager.default.fileExists(atPath: file($0)) }
    }

    /// Before anything is written: files that are there must be those that would be made.
    private func checkWhatIsThere(_ invitation: NodeInvitation?) throws {
        let nothing = "Nothing was changed"
        if FileManager.default.fileExists(atPath: configurationFile) {
            let lines = configuration.split(separator: "\n", omittingEmptySubsequences: false)
            let text = try UserFile.readText(configurationFile)
            let there = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines != there, try !meansTheSame(text) {
                let equal = zip(lines, there).prefix { $0 == $1 }.count
                throw CommandFailure(
                    "\(configurationFile) exists and differs from what would be written, in line \(equal + 1)",
                    advice: "\(nothing). Edit that file, or name another folder with --dir.")
            }
        }
        if let invitation {
            for (name, secret) in [("peer.psk", invitation.psk), ("aggregator.token", invitation.aggregatorToken)] {
                guard FileManager.default.fileExists(atPath: file(name)) else { continue }
                guard try UserFile.readLine(file(name)) != secret else { continue }
                throw CommandFailure(
                    "\(file(name)) exists and is another one than in the invitation",
                    advice: "\(nothing). Move it away, or name another folder with --dir.")
            }
        }
        if FileManager.default.fileExists(atPath: noteKeyFile) {
            let name =
                role == .leader
                ? try KeyFiles.logKey(at: noteKeyFile).verifier.name
                : try KeyFiles.witnessKey(at: noteKeyFile).verifier.name
            guard role == .helper || name == logOrigin else {
                throw CommandFailure(
                    "\(noteKeyFile) exists and is the key of the log \(name)",
                    advice: "\(nothing). Give --log-origin \(name), or name another folder with --dir.")
            }
        }
    }

    /// Whether a configuration says what this folder's would, in other words: in those of a file with `role`, perhaps, which
    /// former versions wrote.
    private func meansTheSame(_ text: String) throws -> Bool {
        guard var there = try? NodeConfiguration.load(yaml: text, file: configurationFile) else { return false }
        for index in there.peers.indices { there.peers[index].isOnlyOne = false }
        return try there == NodeConfiguration.load(yaml: configuration, file: configurationFile)
    }

    private var ownSection: String {
        switch role {
        case .leader:
            """
            leader:
              log_origin: \(logOrigin)
              log_key_file: \(noteKeyName)
              collector_token_files: [collector.token]
            """
        case .helper:
            """
            helper:
              witness_key_file: \(noteKeyName)
            """
        }
    }

    private var configuration: String {
        """
        # A Cairn \(role.rawValue). Start it with: cairn node run --config \(role.rawValue).yaml
        listen: \(listen)
        public_url: \(publicURL)
        data_dir: data
        \(ownSection)
        peers:
          - url: \(peerURL)
            psk_files: [peer.psk]
            token_files: [aggregator.token]\(role == .helper ? "\n    log_origin: \(logOrigin)" : "")

        """
    }
}
