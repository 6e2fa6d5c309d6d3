// The file of a node that has one role and one peer, as former versions of `cairn node init` wrote it. Its meaning never
// changes.
//
// ```yaml
// role: leader                         # or helper
// listen: 127.0.0.1:8301
// public_url: http://127.0.0.1:8301/
// data_dir: leader-data
// peer:
//   url: http://127.0.0.1:8302/
//   psk_file: peer.psk                 # or a list, the first of which is used
//   ca_file: our-ca.pem                # optional
// tokens:
//   aggregator: aggregator.token       # leader to helper; or a list
//   collector: collector.token         # collector to leader; only a leader has one; or a list
// log:
//   origin: example.org/cairn          # the leader's log, in both files
//   key_file: log.skey                 # leader: the log's key; helper: its witness key
// ```
//
// `storage` and `taskprov` are as in every file.

import Datastore

extension NodeConfiguration {
    static func ofOneRole(
        _ root: YAMLSection, path: (String) -> String
    ) throws(ConfigurationError) -> NodeConfiguration {
        try root.allowOnly(["role", "listen", "public_url", "data_dir", "storage", "peer", "tokens", "log", "taskprov"])
        let role = try root.value("role", reason: "a node is either 'leader' or 'helper'") { NodeRole(rawValue: $0) }
        var configuration = try common(root, path: path)

        let peer = try root.section("peer")
        try peer.allowOnly(["url", "psk_file", "ca_file"])
        let peerURL = try peer.endpoint("url")
        guard peerURL != configuration.publicURL else {
            throw peer.invalid("url", "this is the node's own public_url; the peer is the other aggregator")
        }
        let pskFiles = try peer.oneOrMore("psk_file").map(path)

        let tokens = try root.section("tokens")
        try tokens.allowOnly(["aggregator", "collector"])
        let aggregatorFiles = try tokens.oneOrMore("aggregator").map(path)
        if role == .helper, tokens.has("collector") {
            throw tokens.needless("collector", "collectors talk to the leader only")
        }
        let collectorFiles = role == .leader ? try tokens.oneOrMore("collector").map(path) : []

        let log = try root.section("log")
        try log.allowOnly(["origin", "key_file"])
        let origin = try log.origin("origin")
        let keyFile = path(try log.text("key_file"))
        switch role {
        case .leader:
            configuration.leader = LeaderSettings(
                logOrigin: origin, logKeyFile: keyFile, collectorTokenFiles: collectorFiles)
        case .helper: configuration.helper = HelperSettings(witnessKeyFile: keyFile)
        }
        var settings = PeerSettings(
            url: peerURL, pskFiles: pskFiles, tokenFiles: aggregatorFiles, logOrigin: role == .helper ? origin : nil,
            caFile: peer.has("ca_file") ? path(try peer.text("ca_file")) : nil)
        settings.isOnlyOne = true
        configuration.peers = [settings]
        return configuration
    }
}
