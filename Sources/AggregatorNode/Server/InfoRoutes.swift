import DAP
import Foundation
import Hummingbird

/// What every node tells about itself: its health, its HPKE configuration, and the public keys that go into tasks.
struct InfoRoutes: Sendable {
    let configuration: NodeConfiguration
    let keys: NodeKeys

    func addRoutes(to routes: inout RouteTable) {
        routes.get("/healthz") { _, _ in .bytes(Array("ok\n".utf8), type: "text/plain; charset=utf-8") }
        routes.get("/hpke_config") { _, _ in
            var response = Response.dap(.hpkeConfigList, HpkeConfigList(configs: [keys.hpke.config]).encoded())
            // DAP-18, HPKE Configuration Request: clients cache it, and fetch it again when a report comes back outdated_config.
            response.headers[.cacheControl] = "max-age=86400"
            return response
        }
        routes.get("/cairn/info") { _, _ in try info() }
    }

    /// Names are for scripts and never change.
    private struct Info: Encodable {
        var role: String
        var public_url: String
        var statement_key: String
        var hpke_config: String
        var log_origin: String
        var log_vkey: String?
        var witness_vkey: String?
    }

    private func info() throws -> Response {
        let isLeader = configuration.role == .leader
        let info = Info(
            role: configuration.role.rawValue, public_url: configuration.publicURL.string + "/",
            statement_key: Hex.encode(keys.statementPublicKey), hpke_config: Hex.encode(keys.hpke.config.encoded()),
            log_origin: configuration.log.origin, log_vkey: isLeader ? keys.note.vkey : nil,
            witness_vkey: isLeader ? nil : keys.note.vkey)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return .bytes([UInt8](try encoder.encode(info)), type: "application/json")
    }
}
