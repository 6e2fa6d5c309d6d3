import DAP

/// What a configuration says of another aggregator.
///
/// ```yaml
/// url: https://helper.example.com/
/// psk_files: [peer.psk]            # the two operators' secrets
/// token_files: [aggregator.token]  # either node shows the first to the other
/// log_origin: example.com/log      # only of a peer that leads tasks
/// ca_file: our-ca.pem
/// former_urls: [https://old.example.com/]  # where it was, in tasks that name it there
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
    /// Where it was before it moved. Stored tasks that name it there are still its tasks.
    package var formerURLs: [BaseURL] = []
    /// Whether it is the other aggregator of every task, whatever URL a task has for it: of a file with `role`, whose node
    /// knows no other.
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
}
