import Datastore

/// What findings call the lines of this node's configuration that concern a peer: whoever reads one has to find the line.
///
/// A file of one role and one peer has other keys than one with the sections `leader`, `helper` and `peers`, where each line is
/// of one peer of several.
package struct PeerWords: Sendable, Equatable {
    let url: String
    package let secrets: String
    let tokens: String
    /// The name of the log of the tasks in which the two nodes have these roles.
    let logOrigin: String
    /// What says the node's role.
    let role: String
    /// Who is meant.
    let peer: String

    /// - Parameter role: the node's own.
    package init(_ peer: PeerSettings, role: NodeRole) {
        guard !peer.isOnlyOne else {
            (url, secrets, tokens) = ("peer.url", "peer.psk_file", "tokens.aggregator")
            (logOrigin, self.role, self.peer) = ("log.origin", "'role'", "the peer")
            return
        }
        self.peer = "the peer \(peer.url)"
        let place = "of \(self.peer) in 'peers'"
        (url, secrets, tokens) = ("url \(place)", "psk_files \(place)", "token_files \(place)")
        logOrigin = role == .leader ? "leader.log_origin" : "log_origin \(place)"
        self.role = "the sections 'leader' and 'helper'"
    }
}
