import Datastore
import Encodings
import Tasks
import TransparencyLog

/// This node's part in a task: which of the two aggregators it is, and which of its peers is the other one.
///
/// A task says so itself, by the URLs that it names. A node that is told a task in which it has no part, or one that its
/// configuration does not give it, refuses it, and says which.
package struct PartInTask: Sendable {
    package let role: NodeRole
    package let peer: PeerSettings
    /// What the two nodes share.
    package let shared: PeerKeys

    /// - Parameter asked: the role that an operator has in mind; nil where any will do.
    package init(
        _ task: TaskConfiguration, _ configuration: NodeConfiguration, _ keys: NodeKeys, asked: NodeRole? = nil
    ) throws(TaskRefusal) {
        let urls: [NodeRole: String] = [.leader: task.leaderURL, .helper: task.helperURL]
        guard BaseURL(task.leaderURL) != BaseURL(task.helperURL) else { throw .sameAggregator(url: task.leaderURL) }
        let own = configuration.publicURL
        guard let role = configuration.role(in: task) else {
            // Which part was meant, a node of one role knows.
            let role = configuration.roles.count == 1 ? configuration.roles[0] : asked ?? .leader
            throw .wrongURL(role: role, task: urls[role] ?? "", configured: own.string)
        }
        if let asked, asked != role { throw .wrongRole(role, url: own.string, asked: asked) }
        guard configuration.roles.contains(role) else {
            throw .wrongRole(role, url: own.string, asked: configuration.roles.first ?? role.peer)
        }
        let other = urls[role.peer] ?? ""
        guard let (index, peer) = configuration.peer(at: other), keys.peers.indices.contains(index) else {
            let known = configuration.peers.map(\.url.string).joined(separator: ", ")
            throw .wrongURL(role: role.peer, task: other, configured: known)
        }
        guard peer.roles(of: configuration).contains(role) else { throw .noLog(peer: peer.url.string) }
        self.role = role
        self.peer = peer
        shared = keys.peers[index]
    }

    /// The name of the log in which the task is logged: the leader's.
    package func logOrigin(_ configuration: NodeConfiguration) -> String? {
        role == .leader ? configuration.leader?.logOrigin : peer.logOrigin
    }
}
