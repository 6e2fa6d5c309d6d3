import DAP
import Foundation
import Ledger
import NodeAPI
import Requests

/// What one aggregator tells everybody about itself.
public struct NodeClient: Sendable {
    /// The node's public URL, as it stands in task configurations.
    public let url: String
    private let transport: HTTPTransport

    /// A client of the node at a URL, with or without a slash at its end.
    public init(url: String, transport: HTTPTransport = HTTPTransport()) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.transport = transport
    }

    /// The node's preferred HPKE configuration (DAP-18 section 4.5.1).
    ///
    /// Where the task says who signs it, a cache in between may honestly have kept a list for too long. So a list that is
    /// too old is asked for once more, past all caches, before it counts as an attack.
    ///
    /// - Parameters:
    ///   - signer: who must have signed the list; nil in tasks that name no statement keys.
    ///   - isFresh: whether no cache may answer.
    /// - Returns: the configuration, and until when it may be used: for ever, where nobody signs.
    /// - Throws: ``ContributorError``, `.noSupportedHpkeConfig` where none of its suites is ours.
    package func hpkeConfig(
        signedBy signer: HpkeListSigner?, isFresh: Bool = false
    ) async throws -> (config: HpkeConfig, expires: UInt64) {
        let request = WebRequest(
            API.hpkeConfig, at: url, headers: isFresh ? [(name: "Cache-Control", value: "no-cache")] : [])
        let location = request.url
        let answer = try await transport.sendExpectingSuccess(request)
        var expires = UInt64.max
        if let signer {
            do {
                expires = try signer.check(answer.body, header: answer.header(HpkeListSignature.headerName))
            } catch let fault as HpkeListFault {
                if !isFresh, fault.mayBeACachesFault { return try await hpkeConfig(signedBy: signer, isFresh: true) }
                throw ContributorError.untrustedHpkeConfigs(url: location, fault)
            }
        }
        do {
            guard let config = try HpkeConfigList(decoding: answer.body).firstSupported else {
                throw ContributorError.noSupportedHpkeConfig(url: location)
            }
            return (config, expires)
        } catch let error as CodecError {
            throw ContributorError.unexpectedAnswer(url: location, reason: error.description)
        }
    }

    /// The keys under which the node signs, for the author of a task.
    public func info() async throws -> NodeInfo {
        let request = WebRequest(API.info, at: url)
        let location = request.url
        let answer = try await transport.sendExpectingSuccess(request)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(NodeInfo.self, from: Data(answer.body))
        } catch {
            throw ContributorError.unexpectedAnswer(url: location, reason: "not the JSON of a Cairn node")
        }
    }

    /// Whether the node answers at all; one attempt.
    package func isHealthy() async -> Bool {
        let probe = HTTPTransport(deadline: .zero, attemptTimeout: .seconds(2))
        return (try? await probe.send(WebRequest(API.health, at: url)))?.status == 200
    }
}

/// `GET /cairn/info`.
public struct NodeInfo: Decodable, Sendable, Equatable {
    /// `leader` or `helper`, of a node that has one role.
    public let role: String?
    /// All roles of the node; nodes that name none have the one.
    public let roles: [String]?
    /// The URL at which the node says that it is found.
    public let publicUrl: String?
    /// Ed25519 key under which the node signs closes and batch statements, hex.
    public let statementKey: String
    /// Name of the log that a leader keeps, or of the one that a helper witnesses; nil of one that witnesses several.
    public let logOrigin: String?
    /// The log's C2SP verifier key; of those that lead.
    public let logVkey: String?
    /// The witness's C2SP verifier key; of those that help.
    public let witnessVkey: String?
    /// The node's encoded HPKE configuration, hex.
    public let hpkeConfig: String?

    /// `leader`, `helper`, or both.
    public var allRoles: [String] { roles ?? [role].compactMap(\.self) }
}
