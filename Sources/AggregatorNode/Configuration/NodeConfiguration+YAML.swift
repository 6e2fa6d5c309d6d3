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
        let path = { (text: String) in YAMLSection.path(text, besideFile: file) }
        // A file with neither is one of a single role that lacks its role.
        guard root.has("leader") || root.has("helper") || root.has("peers") else {
            return try ofOneRole(root, path: path)
        }
        for (key, instead) in former where root.has(key) {
            throw root.needless(key, "\(instead) in a file with the sections 'leader', 'helper' and 'peers'")
        }
        try root.allowOnly(["listen", "public_url", "data_dir", "storage", "leader", "helper", "peers", "taskprov"])
        var configuration = try common(root, path: path)
        configuration.leader = root.has("leader") ? try LeaderSettings(root.section("leader"), path: path) : nil
        configuration.helper = root.has("helper") ? try HelperSettings(root.section("helper"), path: path) : nil
        guard !configuration.roles.isEmpty else {
            throw root.lacking("leader", "or 'helper': a node has at least one of these sections")
        }
        var peers: [PeerSettings] = []
        for section in try root.sections("peers") {
            let peer = try PeerSettings(section, own: configuration.publicURL, path: path)
            try check(peer, beside: peers, configuration, section)
            peers.append(peer)
        }
        configuration.peers = peers
        return configuration
    }

    /// What stood where in a file of one role.
    private static let former = [
        ("role", "the sections say it"), ("peer", "write a list 'peers'"),
        ("tokens", "write peers[].token_files and leader.collector_token_files"),
        ("log", "write leader.log_origin and leader.log_key_file, helper.witness_key_file, and peers[].log_origin"),
    ]

    /// What every node has, whatever its roles.
    static func common(
        _ root: YAMLSection, path: (String) -> String
    ) throws(ConfigurationError) -> NodeConfiguration {
        let listen = try root.value("listen", reason: ListenAddress.form) { ListenAddress($0) }
        return NodeConfiguration(
            listenHost: listen.host, listenPort: listen.port, publicURL: try root.endpoint("public_url"),
            dataDirectory: path(try root.text("data_dir")),
            storage: root.has("storage") ? try StorageSettings(root.section("storage"), path: path) : nil,
            peers: [], taskprov: root.has("taskprov") ? try TaskprovSettings(root.section("taskprov")) : nil)
    }

    /// Two peers that could be taken for each other are one too many.
    private static func check(
        _ peer: PeerSettings, beside others: [PeerSettings], _ node: NodeConfiguration, _ section: YAMLSection
    ) throws(ConfigurationError) {
        guard !others.contains(where: { $0.isNamed(peer.url) }) else {
            throw section.invalid(
                "url", "another peer has this URL, now or before; write one entry with all its secrets and tokens")
        }
        // A task that names such a URL must mean one node, and another one than this.
        for (place, former) in peer.formerURLs.enumerated() {
            let reason: String? =
                if former == node.publicURL {
                    "\(former) is the node's own public_url"
                } else if former == peer.url || peer.formerURLs[..<place].contains(former) {
                    "\(former) stands here twice"
                } else if others.contains(where: { $0.isNamed(former) }) {
                    "\(former) is another peer's, now or before"
                } else {
                    nil
                }
            if let reason { throw section.invalid("former_urls", "\(reason); each is one peer's alone") }
        }
        for (key, files, others) in [
            ("psk_files", peer.pskFiles, others.flatMap(\.pskFiles)),
            ("token_files", peer.tokenFiles, others.flatMap(\.tokenFiles)),
        ] {
            guard Set(files).count == files.count else { throw section.invalid(key, "a file is named twice") }
            guard Set(files).isDisjoint(with: others) else {
                throw section.invalid(key, "another peer has the same file; who has it could speak as either")
            }
        }
        guard let origin = peer.logOrigin else {
            if node.leader == nil {
                throw section.lacking("log_origin", "this node only helps, and so its peers lead and keep logs")
            }
            return
        }
        if node.helper == nil {
            throw section.needless("log_origin", "this node has no section 'helper', so that no peer leads its tasks")
        }
        guard origin != node.leader?.logOrigin, !others.contains(where: { $0.logOrigin == origin }) else {
            throw section.invalid("log_origin", "this is the name of another log; each leader has a log of its own")
        }
    }
}

extension NodeConfiguration.LeaderSettings {
    init(_ section: YAMLSection, path: (String) -> String) throws(ConfigurationError) {
        try section.allowOnly(["log_origin", "log_key_file", "collector_token_files"])
        self.init(
            logOrigin: try section.origin("log_origin"), logKeyFile: path(try section.text("log_key_file")),
            collectorTokenFiles: try section.texts("collector_token_files").map(path))
    }
}

extension NodeConfiguration.HelperSettings {
    init(_ section: YAMLSection, path: (String) -> String) throws(ConfigurationError) {
        try section.allowOnly(["witness_key_file", "jobs", "patience"])
        self.init(
            witnessKeyFile: path(try section.text("witness_key_file")),
            jobs: section.has("jobs") ? try section.number("jobs", in: 0...1_000) : nil,
            // A leader of ours gives up after a minute.
            patience: section.has("patience") ? try section.number("patience", in: 1...50) : nil)
    }
}
