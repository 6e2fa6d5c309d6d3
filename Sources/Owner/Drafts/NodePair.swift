import Contributor
import DAP
import Encodings
import TransparencyLog

/// The two nodes of a task to be made, as they describe themselves.
package struct NodePair: Sendable, Equatable {
    package let leader: NodeInfo
    package let helper: NodeInfo

    package init(leader: NodeInfo, helper: NodeInfo) {
        self.leader = leader
        self.helper = helper
    }

    /// Asks both at once.
    ///
    /// - Throws: `ContributorError` where one cannot be reached, or is no node of Cairn.
    package static func ask(leader: String, helper: String, transport: HTTPTransport) async throws -> NodePair {
        async let leaderInfo = NodeClient(url: leader, transport: transport).info()
        async let helperInfo = NodeClient(url: helper, transport: transport).info()
        return NodePair(leader: try await leaderInfo, helper: try await helperInfo)
    }

    /// A node that says that it is found at another URL than the one at which it was asked. It takes no task that names
    /// another URL than its own; no error yet, since operators can still change what their nodes say.
    package struct Misnamed: Sendable, Equatable {
        package let role: Role
        /// Where it was asked.
        package let asked: String
        /// Where it says that it is.
        package let own: BaseURL
    }

    /// Those of the two that say so.
    package func misnamed(leader: String, helper: String) -> [Misnamed] {
        [(Role.leader, self.leader, leader), (.helper, self.helper, helper)].compactMap { role, info, url in
            guard let own = info.publicUrl.flatMap({ BaseURL($0) }), own != BaseURL(url) else { return nil }
            return Misnamed(role: role, asked: url, own: own)
        }
    }

    /// Whether both open reports with one key, whatever number it has with each, or sign with one.
    var isOneNode: Bool { leader.statementKey == helper.statementKey || haveOneHpkeKey }

    private var haveOneHpkeKey: Bool {
        let keys = [leader, helper].map { info in
            info.hpkeConfig.flatMap { Hex.decode($0) }.flatMap { try? HpkeConfig(decoding: $0) }?.publicKey
        }
        return keys[0] != nil && keys[0] == keys[1]
    }

    subscript(role: Role) -> NodeInfo { role == .leader ? leader : helper }
}

extension NodeInfo {
    /// The key under which a helper cosigns.
    var witnessKey: NoteVerifier? { witnessVkey.flatMap { try? NoteVerifier(vkey: $0) } }
}
