// Reading the configuration file. Every complaint names the line, and an unknown key is one: a misspelt key that is
// silently ignored costs its operator a day.

import DAP

extension NodeConfiguration {
    /// Reads the file at `path`.
    package static func load(path: String) throws(ConfigurationError) -> NodeConfiguration {
        try load(yaml: try YAMLSection.text(ofFile: path), file: path)
    }

    /// Reads a configuration from its text; `file` names it in errors, and its folder is where relative paths start.
    package static func load(yaml: String, file: String) throws(ConfigurationError) -> NodeConfiguration {
        let root = try YAMLSection.document(yaml, file: file)
        try root.allowOnly(["role", "listen", "public_url", "data_dir", "storage", "peer", "tokens", "log", "taskprov"])
        func path(_ text: String) -> String { YAMLSection.path(text, besideFile: file) }

        let role = try root.value("role", reason: "a node is either 'leader' or 'helper'") { NodeRole(rawValue: $0) }
        let listen = try root.value("listen", reason: ListenAddress.form) { ListenAddress($0) }
        let publicURL = try url("public_url", in: root)
        let dataDirectory = path(try root.text("data_dir"))

        let peer = try root.section("peer")
        try peer.allowOnly(["url", "psk_file", "ca_file"])
        let peerURL = try url("url", in: peer)
        guard peerURL != publicURL else {
            throw peer.invalid("url", "this is the node's own public_url; the peer is the other aggregator")
        }
        let pskFile = path(try peer.text("psk_file"))

        let tokens = try root.section("tokens")
        try tokens.allowOnly(["aggregator", "collector"])
        let aggregatorFile = path(try tokens.text("aggregator"))
        if role == .helper, tokens.has("collector") {
            throw tokens.needless("collector", "collectors talk to the leader only")
        }
        let collectorFile = role == .leader ? path(try tokens.text("collector")) : nil

        let log = try root.section("log")
        try log.allowOnly(["origin", "key_file"])
        let origin = try log.value(
            "origin", reason: "an origin is a name without spaces or '+', such as example.org/cairn", parseOrigin)
        var configuration = NodeConfiguration(
            role: role, listenHost: listen.host, listenPort: listen.port, publicURL: publicURL,
            dataDirectory: dataDirectory,
            peerURL: peerURL, pskFile: pskFile,
            tokens: TokenFiles(aggregatorFile: aggregatorFile, collectorFile: collectorFile),
            log: LogSettings(origin: origin, keyFile: path(try log.text("key_file"))),
            taskprov: root.has("taskprov") ? try TaskprovSettings(root.section("taskprov")) : nil)
        configuration.storage = root.has("storage") ? try StorageSettings(root.section("storage"), path: path) : nil
        configuration.peerCAFile = peer.has("ca_file") ? path(try peer.text("ca_file")) : nil
        return configuration
    }

    private static let urlReason =
        "write an absolute https URL without query or user, such as https://leader.example.org/ (http on loopback only)"

    /// Where somebody sends requests: the peer to us, or we to it.
    private static func url(_ key: String, in section: YAMLSection) throws(ConfigurationError) -> BaseURL {
        // First what the text itself says: a URL that is none has a reason of its own.
        let text = try section.text(key)
        do throws(InsecureEndpoint) { try EndpointRule.check(text) } catch {
            throw section.invalid(key, error.description)
        }
        let url = try section.value(key, reason: urlReason) { BaseURL($0) }
        do throws(InsecureEndpoint) { try EndpointRule.check(url.string) } catch {
            throw section.invalid(key, error.description)
        }
        return url
    }

    private static func parseOrigin(_ text: String) -> String? {
        text.contains { $0.isWhitespace || $0 == "+" } ? nil : text
    }
}
