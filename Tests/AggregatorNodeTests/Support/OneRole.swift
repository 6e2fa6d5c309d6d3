import AggregatorNode
import Datastore
import Encodings
import TransparencyLog

// What most tests are about: a node that has one role and one peer.

extension NodeConfiguration {
    var role: NodeRole { roles[0] }

    var peerURL: BaseURL {
        get { peers[0].url }
        set { peers[0].url = newValue }
    }

    var pskFile: String {
        get { peers[0].pskFiles[0] }
        set { peers[0].pskFiles = [newValue] }
    }

    /// The key under which the node signs in the log.
    var noteKeyFile: String {
        get { noteKeyFiles[0] }
        set {
            if leader != nil { leader?.logKeyFile = newValue } else { helper?.witnessKeyFile = newValue }
        }
    }

    /// The name of the log that the two nodes speak of.
    var logOrigin: String {
        get { leader?.logOrigin ?? peers[0].logOrigin ?? "" }
        set {
            if leader != nil { leader?.logOrigin = newValue } else { peers[0].logOrigin = newValue }
        }
    }
}

extension NodeKeys {
    /// The public key under which the node signs in the log.
    var note: NoteVerifier {
        guard let key = noteKey(log == nil ? .helper : .leader) else { preconditionFailure("a node has a role") }
        return key
    }

    var preSharedKey: [UInt8] {
        get { peers[0].preSharedKeys[0] }
        set { peers[0].preSharedKeys = [newValue] }
    }

    var aggregatorToken: BearerToken {
        get { peers[0].tokens[0] }
        set { peers[0].tokens = [newValue] }
    }

    var collectorToken: BearerToken? { collectorTokens.first }
}

extension NodeContext {
    var standing: PeerStanding { peers.all[0].standing }
}

extension HandshakeSelf {
    init(configuration: NodeConfiguration, keys: NodeKeys) {
        self.init(
            configuration: configuration, keys: keys, role: configuration.role, peer: configuration.peers[0],
            shared: keys.peers[0])
    }
}
