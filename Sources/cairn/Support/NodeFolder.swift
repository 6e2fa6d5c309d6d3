import AggregatorNode
import Foundation

/// Writes the folder of a new node: configuration and keys, ready for `cairn node run`.
///
/// The two operators share the pre-shared key and the aggregator token; whoever sets up second takes the files of the
/// first. The demo and the tests set up both on one machine.
struct NodeFolder: Sendable {
    let path: String
    let role: NodeRole
    /// `HOST:PORT`
    let listen: String
    let publicURL: String
    let peerURL: String
    let logOrigin: String

    init(
        path: String, role: NodeRole, listen: String, publicURL: String, peerURL: String, logOrigin: String
    ) {
        self.path = path
        self.role = role
        self.listen = listen
        self.publicURL = publicURL
        self.peerURL = peerURL
        self.logOrigin = logOrigin
    }

    var configurationFile: String { "\(path)/\(role.rawValue).yaml" }
    var preSharedKeyFile: String { "\(path)/peer.psk" }
    var aggregatorTokenFile: String { "\(path)/aggregator.token" }
    /// Leaders only.
    var collectorTokenFile: String { "\(path)/collector.token" }
    var noteKeyFile: String { "\(path)/\(role == .leader ? "log" : "witness").skey" }
    var dataFolder: String { "\(path)/data" }
    var logFolder: String { "\(dataFolder)/log" }

    /// Creates everything that is not there yet. Existing shared secrets are kept; any other file that exists
    /// already stops it.
    ///
    /// - Parameter peer: The other node's folder, where both are on this machine: its shared secrets are copied.
    func create(sharingSecretsOf peer: NodeFolder? = nil) throws {
        try UserFile.createFolder(path, permissions: 0o700)
        for (name, kind) in [("peer.psk", KeyKind.psk), ("aggregator.token", .token)] {
            let file = "\(path)/\(name)"
            if let peer {
                try UserFile.create(file, try UserFile.readText("\(peer.path)/\(name)"), isSecret: true)
            } else if !FileManager.default.fileExists(atPath: file) {
                try kind.create(at: file)
            }
        }
        if role == .leader {
            try KeyKind.token.create(at: collectorTokenFile)
            try KeyKind.log.create(at: noteKeyFile, name: logOrigin)
        } else {
            try KeyKind.witness.create(at: noteKeyFile, name: "\(logOrigin)/witness")
        }
        try UserFile.create(configurationFile, configuration, isSecret: false)
    }

    private var configuration: String {
        """
        # A Cairn \(role.rawValue). Start it with: cairn node run --config \(role.rawValue).yaml
        role: \(role.rawValue)
        listen: \(listen)
        public_url: \(publicURL)
        data_dir: data
        peer:
          url: \(peerURL)
          psk_file: peer.psk
        tokens:
          aggregator: aggregator.token\(role == .leader ? "\n  collector: collector.token" : "")
        log:
          origin: \(logOrigin)
          key_file: \(role == .leader ? "log" : "witness").skey

        """
    }
}
