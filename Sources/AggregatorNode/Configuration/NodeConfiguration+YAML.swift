// Reading the configuration file. Every complaint names the line, and an unknown key is one: a misspelt key that is
// silently ignored costs its operator a day.

import DAP
import Foundation

extension NodeConfiguration {
    /// Reads the file at `path`.
    package static func load(path: String) throws(ConfigurationError) -> NodeConfiguration {
        let bytes: [UInt8]?
        do throws(DurableFileError) {
            bytes = try DurableFile.read(path, upTo: 1 << 20)
        } catch {
            throw ConfigurationError(file: path, line: nil, cause: .unreadable(error.reason))
        }
        guard let bytes else {
            throw ConfigurationError(file: path, line: nil, cause: .unreadable("there is no such file"))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(file: path, line: nil, cause: .syntax("the file is not UTF-8 text"))
        }
        return try load(yaml: text, file: path)
    }

    /// Reads a configuration from its text; `file` names it in errors, and its folder is where relative paths start.
    package static func load(yaml: String, file: String) throws(ConfigurationError) -> NodeConfiguration {
        let root = try YAMLSection.document(yaml, file: file)
        try root.allowOnly(["role", "listen", "public_url", "data_dir", "peer", "tokens", "log"])
        let folder = (file as NSString).deletingLastPathComponent
        func path(_ text: String) -> String {
            if text.hasPrefix("/") { return text }
            return folder.isEmpty ? text : "\(folder)/\(text)"
        }

        let role = try root.value("role", reason: "a node is either 'leader' or 'helper'") { NodeRole(rawValue: $0) }
        let listen = try root.value(
            "listen", reason: "write HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:8301", parseAddress)
        let publicURL = try root.value("public_url", reason: urlReason) { BaseURL($0) }
        let dataDirectory = path(try root.text("data_dir"))

        let peer = try root.section("peer")
        try peer.allowOnly(["url", "psk_file"])
        let peerURL = try peer.value("url", reason: urlReason) { BaseURL($0) }
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
        return NodeConfiguration(
            role: role, listenHost: listen.host, listenPort: listen.port, publicURL: publicURL,
            dataDirectory: dataDirectory,
            peerURL: peerURL, pskFile: pskFile,
            tokens: TokenFiles(aggregatorFile: aggregatorFile, collectorFile: collectorFile),
            log: LogSettings(origin: origin, keyFile: path(try log.text("key_file"))))
    }

    private static let urlReason =
        "write an absolute http or https URL without query or user, such as http://127.0.0.1:8301/"

    /// `host:port`, an IPv6 address in brackets.
    private static func parseAddress(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber), let port = Int(digits),
            (1...65_535).contains(port)
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty || host.contains(where: \.isWhitespace) ? nil : (host, port)
    }

    private static func parseOrigin(_ text: String) -> String? {
        text.contains { $0.isWhitespace || $0 == "+" } ? nil : text
    }
}
