import AsyncHTTPClient
import DAP
import Datastore
import Encodings
import Logging

/// Another aggregator, as it is to this node in one of the node's roles: a node that leads tasks with another, and helps it
/// in others, has two of these for it, whose tasks, handshakes and standing have nothing to do with each other.
package struct Peer: Sendable {
    /// What this node is in the tasks of the two.
    package let role: NodeRole
    package let settings: PeerSettings
    package let client: PeerClient
    /// Sends requests to the witnesses of tasks with it, which are believed on the words of the same authorities.
    package let outside: PeerClient
    /// How the two nodes fit each other, task by task.
    package let standing: PeerStanding
    /// What this node says of itself to the peer.
    package let own: HandshakeSelf
    /// What the peer shows; none of one that is not configured.
    let tokens: [BearerToken]
}

/// All peers of a node.
package struct Peers: Sendable {
    /// In the order of the configuration; one that both leads and helps twice, as a helper first.
    package let all: [Peer]
    private let configuration: NodeConfiguration
    private let keys: NodeKeys
    private let http: NodeClients
    private let logger: Logger

    /// - Parameter keys: of the configuration.
    package init(_ configuration: NodeConfiguration, keys: NodeKeys, http: NodeClients, logger: Logger) {
        self.configuration = configuration
        self.keys = keys
        self.http = http
        self.logger = logger
        all = zip(configuration.peers, keys.peers).flatMap { settings, shared in
            settings.roles(of: configuration).map { role in
                let client = http.client(of: settings)
                return Peer(
                    role: role, settings: settings,
                    client: PeerClient(baseURL: settings.url, token: shared.token, http: client, logger: logger),
                    outside: PeerClient(
                        baseURL: configuration.publicURL, token: nil, http: client, logger: logger),
                    standing: PeerStanding(PeerWords(settings, role: role)),
                    own: HandshakeSelf(
                        configuration: configuration, keys: keys, role: role, peer: settings, shared: shared),
                    tokens: shared.tokens)
            }
        }
    }

    /// To whom this node is something.
    package func all(as role: NodeRole) -> [Peer] { all.filter { $0.role == role } }

    /// The other aggregator of a task: the one at the URL that the task names.
    ///
    /// Where the configuration has none there, nothing is sent, nobody's token is accepted, and the task waits.
    package func peer(of task: NodeTask) -> Peer {
        let role = configuration.role(of: task)
        let url = task.aggregators[role.peer]
        return find(role, at: url) ?? stranger(url, role)
    }

    /// The other aggregator of a task that is to be added.
    func peer(_ part: PartInTask) -> Peer {
        find(part.role, at: part.peer.url) ?? stranger(part.peer.url, part.role)
    }

    /// - Returns: nil where no peer of the configuration is meant.
    private func find(_ role: NodeRole, at url: BaseURL?) -> Peer? {
        let candidates = all(as: role)
        return candidates.first { peer in url.map(peer.settings.isNamed) ?? false }
            ?? candidates.first { $0.settings.isOnlyOne }
    }

    /// Those who show this token. All are compared, so that the time says nothing about whose it is.
    func showing(_ token: String, to role: NodeRole) -> [Peer] {
        all(as: role).filter { $0.tokens.match(token) }
    }

    private func stranger(_ url: BaseURL?, _ role: NodeRole) -> Peer {
        let base = url ?? configuration.publicURL
        let settings = PeerSettings(url: base, pskFiles: [], tokenFiles: [], logOrigin: nil)
        return Peer(
            role: role, settings: settings,
            client: PeerClient(strangerAt: base, http: http.shared, logger: logger),
            outside: PeerClient(baseURL: configuration.publicURL, token: nil, http: http.shared, logger: logger),
            standing: PeerStanding(only: .noPeer(at: base.string), PeerWords(settings, role: role)),
            own: HandshakeSelf(configuration: configuration, keys: keys, role: role, peer: settings, shared: nil),
            tokens: [])
    }
}

extension PeerSettings {
    /// What a node is to this peer. Whoever keeps a log leads tasks; anybody may help in them.
    func roles(of node: NodeConfiguration) -> [NodeRole] {
        node.roles.filter { $0 == .leader || logOrigin != nil }
    }
}

extension NodeConfiguration {
    /// What this node is in a task that it has stored. (A task that was stored before nodes had several roles, on a database
    /// that was never used, does not say it: then the task's URLs do, or there is only one role.)
    package func role(of task: NodeTask) -> NodeRole {
        task.role ?? role(in: task.configuration) ?? roles.first ?? .leader
    }
}

extension HandshakeFinding {
    static func noPeer(at url: String) -> HandshakeFinding {
        HandshakeFinding(
            .peerURL, .contradiction, reach: .everything,
            reason: "The other aggregator of this task is not known here.",
            advice:
                "the task's other aggregator is \(url.quotedForPeople), and 'peers' of this node's configuration has no "
                + "such url: add it, name it in former_urls of the peer that was there, or end the task (`cairn node task "
                + "remove`)")
    }
}
