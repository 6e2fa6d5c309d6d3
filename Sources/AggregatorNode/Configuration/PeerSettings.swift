import DAP
import Encodings

/// What a configuration says of another aggregator.
///
/// ```yaml
/// url: https://helper.example.com/
/// psk_files: [peer.psk]            # the two operators' secrets
/// token_files: [aggregator.token]  # either node shows the first to the other
/// log_origin: example.com/log      # only of a peer that leads tasks
/// ca_file: our-ca.pem
/// former_urls: [https://old.example.com/]
/// ```
package struct PeerSettings: Sendable, Equatable {
    package var url: BaseURL
    /// At least one. Keys of tasks that are added now derive from the first.
    package var pskFiles: [String]
    /// At least one. The first is shown to the peer, all are taken from it.
    package var tokenFiles: [String]
    /// The name of the log that it keeps as a leader; nil where it leads no task of this node's.
    package var logOrigin: String?
    /// Certificates in PEM: authorities that vouch for the peer, its log and witnesses, beside the system's.
    package var caFile: String?
    /// Where it was before: tasks that name one of these go on, at ``url``.
    package var formerURLs: [BaseURL] = []
    /// Whether it is the other aggregator of every task, whatever URL a task has for it: of a node that knows no other, which
    /// stays reachable for its tasks when the peer has moved.
    package var isOnlyOne = false

    package init(url: BaseURL, pskFiles: [String], tokenFiles: [String], logOrigin: String?, caFile: String? = nil) {
        self.url = url
        self.pskFiles = pskFiles
        self.tokenFiles = tokenFiles
        self.logOrigin = logOrigin
        self.caFile = caFile
    }

    /// - Parameters:
    ///   - own: the node's public URL.
    ///   - path: makes a path of what the file says.
    init(_ section: YAMLSection, own: BaseURL, path: (String) -> String) throws(ConfigurationError) {
        try section.allowOnly(["url", "psk_files", "token_files", "log_origin", "ca_file", "former_urls"])
        url = try section.endpoint("url")
        guard url != own else {
            throw section.invalid("url", "this is the node's own public_url; a peer is another aggregator")
        }
        pskFiles = try section.texts("psk_files").map(path)
        tokenFiles = try section.texts("token_files").map(path)
        logOrigin = section.has("log_origin") ? try section.origin("log_origin") : nil
        caFile = section.has("ca_file") ? path(try section.text("ca_file")) : nil
        formerURLs = section.has("former_urls") ? try section.endpoints("former_urls") : []
    }

    /// Whether tasks that name this URL are tasks with this peer.
    package func isNamed(_ other: BaseURL) -> Bool { url == other || formerURLs.contains(other) }

    /// What has become of a URL, of the peer itself or below it: the same where the peer is now. Others stay.
    package func moved(_ address: String) -> String {
        for former in formerURLs where ProtocolText.same(address, former.string) { return url.string }
        // The longest first: one may lie below another.
        for former in formerURLs.sorted(by: { $0.string.utf8.count > $1.string.utf8.count })
        where ProtocolText.hasPrefix(address, former.string + "/") {
            return url.string + address.dropFirst(former.string.count)
        }
        return address
    }
}
