import AsyncHTTPClient
import Transport

/// What a node sends requests with.
///
/// Whose certificates are believed is a matter of each peer: an authority that an operator trusts for one (`ca_file`) could
/// else vouch for the servers of all the others, and read the node's tokens. So a peer that has authorities of its own has a
/// client of its own.
package struct NodeClients: Sendable {
    /// Believes the system's authorities alone.
    package let shared: HTTPClient
    /// By the file of authorities.
    private let others: [String: HTTPClient]

    /// - Parameter shared: for all, whatever a configuration says.
    package init(_ shared: HTTPClient) {
        self.shared = shared
        others = [:]
    }

    /// The clients that a configuration asks for.
    package init(_ configuration: NodeConfiguration) throws(TrustRootsError) {
        // Read first: a file that cannot be used leaves no client behind that somebody has to shut down.
        var trust: [String: TrustRoots.Trust] = [:]
        for file in configuration.peers.compactMap(\.caFile) where trust[file] == nil {
            trust[file] = try TrustRoots.Trust(besides: file)
        }
        let system = try TrustRoots.Trust()
        others = trust.mapValues(Self.make)
        shared = Self.make(system)
    }

    /// What a peer, its log and the witnesses of its tasks are asked with.
    package func client(of peer: PeerSettings) -> HTTPClient { peer.caFile.flatMap { others[$0] } ?? shared }

    package func shutdown() async {
        for client in [shared] + others.values { try? await client.shutdown() }
    }

    /// A client that follows no redirects (a token must not travel to another host) and waits for no one for ever.
    private static func make(_ trust: TrustRoots.Trust) -> HTTPClient {
        // Slow answers about one task must not keep those about another, or a cosignature, from a connection.
        HTTPClient.make(trusting: trust, read: .seconds(120), connectionsPerServer: 64, repeatsConnecting: true)
    }
}
