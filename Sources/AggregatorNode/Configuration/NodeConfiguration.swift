import DAP
import Foundation

/// Which of DAP's two aggregators a node is.
package enum NodeRole: String, Sendable, CaseIterable {
    case leader, helper

    /// The role's number on the wire.
    package var dap: Role { self == .leader ? .leader : .helper }
    package var peer: NodeRole { self == .leader ? .helper : .leader }
}

/// Everything that an operator decides about a node; read from the file named by `cairn node run --config`.
///
/// ```yaml
/// role: leader                         # or helper
/// listen: 127.0.0.1:8301
/// public_url: http://127.0.0.1:8301/   # as it stands in tasks; https, except on loopback
/// data_dir: leader-data                # node.sqlite, log/, keys/
/// storage:                             # optional: another database than data_dir/node.sqlite (StorageSettings)
///   postgresql: postgres://cairn@db.example.org/cairn
///   password_file: db.password
/// peer:
///   url: http://127.0.0.1:8302/
///   psk_file: peer.psk                 # the secret of the two operators (taskprov)
///   ca_file: our-ca.pem                # optional: authorities of our own, beside the system's
/// tokens:
///   aggregator: aggregator.token       # leader to helper
///   collector: collector.token         # collector to leader; only a leader has one
/// log:
///   origin: example.org/cairn          # the leader's log, in both files
///   key_file: log.skey                 # leader: the log's key; helper: its witness key
/// taskprov:                            # optional: serve plain tasks that requests announce (TaskprovSettings)
///   collector_hpke_config: 09002000…
///   min_batch_size: 100
/// ```
///
/// Paths are relative to the folder of the file. All keys are required, except `storage`, `taskprov`, `peer.ca_file`,
/// and `tokens.collector` of a helper, which must be absent.
package struct NodeConfiguration: Sendable, Equatable {
    package var role: NodeRole
    package var listenHost: String
    package var listenPort: Int
    package var publicURL: BaseURL
    package var dataDirectory: String
    /// Nil: `node.sqlite` in ``dataDirectory``.
    package var storage: StorageSettings?
    package var peerURL: BaseURL
    package var pskFile: String
    /// Certificates in PEM: authorities that vouch for the peer, the leader's log and witnesses, beside the system's.
    package var peerCAFile: String?
    package var tokens: TokenFiles
    package var log: LogSettings
    /// Nil: only tasks that the operator has added are served.
    package var taskprov: TaskprovSettings?

    package struct TokenFiles: Sendable, Equatable {
        package var aggregatorFile: String
        /// Only a leader talks to collectors.
        package var collectorFile: String?

        package init(aggregatorFile: String, collectorFile: String?) {
            self.aggregatorFile = aggregatorFile
            self.collectorFile = collectorFile
        }
    }

    package struct LogSettings: Sendable, Equatable {
        /// Origin line of the leader's log (C2SP tlog-checkpoint), the same for both nodes.
        package var origin: String
        package var keyFile: String

        package init(origin: String, keyFile: String) {
            self.origin = origin
            self.keyFile = keyFile
        }
    }

    package init(
        role: NodeRole, listenHost: String, listenPort: Int, publicURL: BaseURL, dataDirectory: String,
        peerURL: BaseURL,
        pskFile: String, tokens: TokenFiles, log: LogSettings, taskprov: TaskprovSettings? = nil
    ) {
        self.role = role
        self.listenHost = listenHost
        self.listenPort = listenPort
        self.publicURL = publicURL
        self.dataDirectory = dataDirectory
        self.peerURL = peerURL
        self.pskFile = pskFile
        self.tokens = tokens
        self.log = log
        self.taskprov = taskprov
    }

    /// The node's database.
    package var database: StorageSettings { storage ?? .sqlite(path: "\(dataDirectory)/node.sqlite") }
    /// Where this node's files grow: in its data folder, and where a database lies that is a file elsewhere.
    package var writtenDirectories: [String] {
        let database = storage?.file.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
        return [dataDirectory] + [database].compactMap(\.self)
    }
    /// Tiles, checkpoint and mirrored blobs (leader).
    package var logDirectory: String { "\(dataDirectory)/log" }
    /// Keys that the node makes for itself at its first start.
    package var keyDirectory: String { "\(dataDirectory)/keys" }
    /// Where this node's blobs lie: a leader serves them beside its tiles, a helper under `/cairn/blobs`.
    package var blobDirectory: String { role == .leader ? "\(logDirectory)/blob" : "\(dataDirectory)/blobs" }
}
