import DAP
import Encodings
import Foundation
import Hummingbird
import Ledger
import NodeAPI

/// What every node tells about itself: its health, its HPKE configuration, and the public keys that go into tasks.
struct InfoRoutes: Sendable {
    let configuration: NodeConfiguration
    let keys: NodeKeys
    /// POSIX seconds.
    let now: @Sendable () -> UInt64

    func addRoutes(to routes: inout RouteTable) {
        routes.add(API.health) { _, _ in .bytes(Array("ok\n".utf8), type: "text/plain; charset=utf-8") }
        routes.add(API.hpkeConfig) { _, _ in try hpkeConfig() }
        routes.add(API.info) { _, _ in try info() }
    }

    /// The list, signed for the tasks that name this node's statement key. Other clients need not look at the header.
    private func hpkeConfig() throws -> Response {
        let list = HpkeConfigList(configs: [keys.hpke.config]).encoded()
        var response = Response.dap(.hpkeConfigList, list)
        // DAP-18, HPKE Configuration Request: clients cache it, and fetch it again when a report comes back
        // outdated_config.
        response.headers[.cacheControl] = "max-age=\(HpkeListSignature.cacheLifetime)"
        if let name = HeaderName(HpkeListSignature.headerName) {
            response.headers[name] = HpkeListSignature.headerValue(
                try configuration.roles.map {
                    try HpkeListSignature(of: list, role: $0.dap, now: now(), key: keys.statement)
                })
        }
        return response
    }

    /// Names are for scripts and never change.
    private struct Info: Encodable {
        /// Of a node that has one.
        var role: String?
        var roles: [String]
        var publicURL: String
        var statementKey: String
        var hpkeConfig: String
        /// A leader's own, else the only one that the node witnesses.
        var logOrigin: String?
        var logVkey: String?
        var witnessVkey: String?
    }

    private func info() throws -> Response {
        let roles = configuration.roles.map(\.rawValue)
        let peers = configuration.peers
        let info = Info(
            role: roles.count == 1 ? roles[0] : nil, roles: roles, publicURL: configuration.publicURL.string + "/",
            statementKey: Hex.encode(keys.statementPublicKey), hpkeConfig: Hex.encode(keys.hpke.config.encoded()),
            logOrigin: configuration.leader?.logOrigin ?? (peers.count == 1 ? peers[0].logOrigin : nil),
            logVkey: keys.noteKey(.leader)?.vkey, witnessVkey: keys.noteKey(.helper)?.vkey)
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return .bytes([UInt8](try encoder.encode(info)), type: "application/json")
    }
}
