import AggregatorNode
import Contributor
import Foundation
import Logging
import Testing

extension EndToEnd {
    /// Whose certificates are believed, and how it is said of the others.
    @Suite struct Authorities {
        @Test func authoritiesOfOnesOwnAreBelieved() async throws {
            try await OddServers.run { servers in
                let ca = servers.authority
                let good = "is not a checkpoint"
                // As an editor of another platform saves it.
                let pem = try String(contentsOfFile: ca, encoding: .utf8)
                let foreign = "\(servers.folder.path)/foreign.txt"
                try ("\u{FEFF}" + pem.replacing("\n", with: "\r\n"))
                    .write(toFile: foreign, atomically: true, encoding: .utf8)
                for (options, environment) in [
                    (["--ca", ca], [:]), (["--ca", foreign], [:]), ([], ["SSL_CERT_FILE": ca]),
                    ([], ["SSL_CERT_DIR": servers.folder.path]),
                ] as [([String], [String: String])] {
                    for host in ["127.0.0.1", "localhost"] {
                        let answer = try await fetch(servers.url(.good, host: host), options, environment)
                        #expect(!answer.contains("certificate"), "\(good): \(answer)")
                        try ErrorWords.expectWords(answer)
                    }
                    let other = try await fetch(servers.url(.otherName), options, environment)
                    try ErrorWords.expectWords(other, "certificate is for another name")
                    let expired = try await fetch(servers.url(.expired), options, environment)
                    try ErrorWords.expectWords(expired, "valid until 2020-02-01")
                }
                let program = try #require(Cairn.executable)
                let piped = try await ChildProcessShell.run(
                    "cat '\(ca)' | '\(program)' log fsck '\(servers.url(.good))' --ca -")
                #expect(piped.status != 64 && !(piped.output + piped.errors).contains("certificate"), "\(piped.errors)")
                let (missing, _) = try await ErrorWords.audit(servers.url(.good), "--ca", "/nowhere/ca.pem")
                #expect(missing.status == 64)
                try ErrorWords.expectWords(missing.errors, "--ca /nowhere/ca.pem: there is no such file")
                let (none, _) = try await ErrorWords.audit(
                    servers.url(.good), environment: ["SSL_CERT_FILE": "/nowhere/ca.pem"])
                #expect(none.status == 2)
                try ErrorWords.expectWords(none.errors, "SSL_CERT_FILE names /nowhere/ca.pem")
            }
        }

        private func fetch(_ url: String, _ options: [String], _ environment: [String: String]) async throws -> String {
            let result = try await Cairn.run(["log", "fsck", url] + options, environment: environment)
            #expect(result.status != 0)
            return result.output + result.errors
        }

        /// A whole contribution through TLS that ends in front of the node.
        @Test func nodesBehindTLSAreReachedWithTheirAuthority() async throws {
            try await TestNodes.run { nodes in
                try await OddServers.run(upstream: nodes.leader.listenPort) { servers in
                    let url = servers.url(.proxy) + "/log"
                    let (refused, _) = try await ErrorWords.audit(url)
                    #expect(refused.status == 2)
                    let trusted = try await fetch(url, ["--ca", servers.authority], [:])
                    #expect(!trusted.contains("certificate"), "\(trusted)")
                    // The helper speaks no TLS, the proxy no plain HTTP.
                    let plain = try await fetch(
                        nodes.helper.url.replacingOccurrences(of: "http:", with: "https:"), [], [:])
                    try ErrorWords.expectWords(plain, "is it http://?")
                }
            }
        }

        /// An authority that one peer's operator chose vouches for that peer, and for no other.
        @Test func theAuthoritiesOfAPeerVouchForNoOther() async throws {
            try await OddServers.run { servers in
                let (first, second) = (servers.url(.good), servers.url(.good, host: "localhost"))
                let yaml = """
                    listen: 127.0.0.1:1
                    public_url: http://127.0.0.1:1/
                    data_dir: data
                    leader: { log_origin: l, log_key_file: l.skey, collector_token_files: [c.token] }
                    peers:
                      - { url: "\(first)", psk_files: [a.psk], token_files: [a.token], ca_file: ca.pem }
                      - { url: "\(second)", psk_files: [b.psk], token_files: [b.token] }
                    """
                var node = try NodeConfiguration.load(yaml: yaml, file: "\(servers.folder.path)/node.yaml")
                let clients = try NodeClients(node)
                func ask(_ peer: PeerSettings) async throws {
                    let client = PeerClient(
                        baseURL: peer.url, token: nil, http: clients.client(of: peer),
                        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                    _ = try await client.send(
                        .GET, "\(peer.url)/x", maxResponseBytes: 1 << 16, deadline: .seconds(60), retries: false)
                }
                try await ask(node.peers[0])
                await #expect(throws: PeerError.self) { try await ask(node.peers[1]) }
                await clients.shutdown()
                node.peers[0].caFile = "\(servers.folder.path)/none.pem"
                #expect(throws: (any Error).self) { _ = try NodeClients(node) }
            }
        }
    }
}
