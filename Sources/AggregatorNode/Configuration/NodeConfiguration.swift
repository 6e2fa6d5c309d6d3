import Datastore
import Encodings
import Foundation
import Tasks

/// Everything that an operator decides about a node; read from the file named by `cairn node run --config`.
///
/// ```yaml
/// listen: 127.0.0.1:8301
/// public_url: http://127.0.0.1:8301/   # as it stands in tasks; https, except on loopback
/// data_dir: data                       # node.sqlite, log/, blobs/, keys/
/// storage:                             # optional: another database than data_dir/node.sqlite (StorageSettings)
///   postgresql: postgres://cairn@db.example.org/cairn
///   password_file: db.password
/// leader:                              # a node that leads tasks
///   log_origin: example.org/cairn      # the name of its log
///   log_key_file: log.skey
///   collector_token_files: [collector.token]
/// helper:                              # a node that helps in tasks of others; at least one of the two sections
///   witness_key_file: witness.skey
///   jobs: 16                           # optional: aggregation jobs that are verified while their leaders wait
///   patience: 20                       # optional: seconds after which a leader is told to come again
/// peers:                               # the other aggregators of its tasks
///   - url: http://127.0.0.1:8302/
///     psk_files: [peer.psk]            # secrets of the two operators (taskprov)
///     token_files: [aggregator.token]  # what the two nodes know each other by
///     log_origin: example.com/log      # of a peer that leads: the name of its log
///     ca_file: our-ca.pem              # optional: authorities of our own for this peer, beside the system's
///     former_urls: [https://old.example.com/]  # optional: where it was when some of its tasks were made
/// taskprov:                            # optional: serve plain tasks that requests announce (TaskprovSettings)
///   collector_hpke_config: 09002000…
///   min_batch_size: 100
/// ```
///
/// Of several secrets or tokens the first is used and all are accepted, so that one can be replaced while both nodes run.
/// Paths are relative to the folder of the file. A file with `role`, of a node that has one role and one peer, is read as
/// well (`NodeConfiguration+OneRole.swift`).
package struct NodeConfiguration: Sendable, Equatable {
    package var listenHost: String
    package var listenPort: Int
    package var publicURL: BaseURL
    package var dataDirectory: String
    /// Nil: `node.sqlite` in ``dataDirectory``.
    package var storage: StorageSettings?
    /// Nil: the node leads no task. One of ``leader`` and ``helper`` is there.
    package var leader: LeaderSettings?
    /// Nil: the node helps in no task.
    package var helper: HelperSettings?
    /// At least one.
    package var peers: [PeerSettings]
    /// Nil: only tasks that the operator has added are served.
    package var taskprov: TaskprovSettings?

    package struct LeaderSettings: Sendable, Equatable {
        /// Origin line of the node's log (C2SP tlog-checkpoint).
        package var logOrigin: String
        package var logKeyFile: String
        /// At least one; only a leader talks to collectors.
        package var collectorTokenFiles: [String]

        package init(logOrigin: String, logKeyFile: String, collectorTokenFiles: [String]) {
            self.logOrigin = logOrigin
            self.logKeyFile = logKeyFile
            self.collectorTokenFiles = collectorTokenFiles
        }
    }

    package struct HelperSettings: Sendable, Equatable {
        package var witnessKeyFile: String
        /// How many aggregation jobs are verified while their leaders wait; with none, each is stored first.
        package var jobs: Int?
        /// For how many seconds a leader is let wait.
        package var patience: Int?

        package init(witnessKeyFile: String, jobs: Int? = nil, patience: Int? = nil) {
            self.witnessKeyFile = witnessKeyFile
            self.jobs = jobs
            self.patience = patience
        }

        /// When aggregation jobs are answered later.
        var deferral: JobDeferral {
            var rules = JobDeferral()
            if let jobs { rules.jobs = jobs }
            if let patience { (rules.patience, rules.expected) = (.seconds(patience), .seconds(patience)) }
            return rules
        }
    }

    /// The database of the node.
    package var database: StorageSettings { storage ?? .sqlite(path: "\(dataDirectory)/node.sqlite") }
    /// Where this node's files grow: in its data folder, and where a database lies that is a file elsewhere.
    package var writtenDirectories: [String] {
        let database = storage?.file.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
        return [dataDirectory] + [database].compactMap(\.self)
    }
    /// Tiles and checkpoint (leader).
    package var logDirectory: String { "\(dataDirectory)/log" }
    /// Keys that the node makes for itself at its first start.
    package var keyDirectory: String { "\(dataDirectory)/keys" }
}

extension NodeConfiguration {
    /// Leader first.
    package var roles: [NodeRole] { [leader.map { _ in .leader }, helper.map { _ in .helper }].compactMap(\.self) }

    /// The roles as the node's database remembers them; nil for a configuration without any.
    package var databaseRoles: DatabaseRoles? { DatabaseRoles(roles.map(\.database)) }

    /// `leader`, `helper` or `leader and helper`, for people.
    package var roleNames: String { roles.map(\.rawValue).joined(separator: " and ") }

    /// Which role this node has in a task, by the URLs that the task names; nil where it names the node in neither place.
    ///
    /// No task names one node in both: it would see all there is of every report.
    package func role(in task: TaskConfiguration) -> NodeRole? {
        let places: [(NodeRole, String)] = [(.leader, task.leaderURL), (.helper, task.helperURL)]
        let own = places.filter { BaseURL($0.1) == publicURL }.map(\.0)
        return own.count == 1 ? own[0] : nil
    }

    /// The peer that is at that URL, or was, and its place in ``peers``.
    package func peer(at url: String) -> (index: Int, settings: PeerSettings)? {
        guard let wanted = BaseURL(url), let index = peers.firstIndex(where: { $0.isNamed(wanted) }) else {
            return nil
        }
        return (index, peers[index])
    }
}

extension NodeRole {
    /// Whose state the node's database holds.
    var database: DatabaseRole { self == .leader ? .leader : .helper }
}
