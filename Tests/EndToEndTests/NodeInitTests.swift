import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What `cairn node init` makes for two operators, and what it refuses to make.
    @Suite struct NodeInits {
        @Test func theSecondOperatorIsSetUpFromTheFirstsInvitationAndNeverInventsASecret() async throws {
            let folder = try TemporaryFolder()
            let (leader, helper) = ("\(folder.path)/leader", "\(folder.path)/helper")
            let alone = try await Cairn.run(
                "node", "init", "--role", "helper", "--dir", helper, "--listen", "127.0.0.1:8302", "--peer-url",
                "http://127.0.0.1:8301/", "--log-origin", "example.org/log")
            #expect(alone.status != 0 && alone.errors.contains("invitation"), "\(alone.errors)")
            #expect(!FileManager.default.fileExists(atPath: helper))

            let arguments = [
                "node", "init", "--role", "leader", "--dir", leader, "--listen", "127.0.0.1:8301", "--peer-url",
                "http://127.0.0.1:8302/", "--log-origin", "example.org/log",
            ]
            let first = try await Cairn.run(arguments)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output.contains("helper.invitation") && first.output.contains("collector.token"))
            let second = try await Cairn.run(
                "node", "init", "--invitation", "\(leader)/helper.invitation", "--dir", helper, "--listen",
                "127.0.0.1:8302", "--json")
            #expect(second.status == 0, "\(second.errors)")
            for name in ["peer.psk", "aggregator.token"] {
                #expect(FileManager.default.contentsEqual(atPath: "\(leader)/\(name)", andPath: "\(helper)/\(name)"))
            }
            #expect(!FileManager.default.fileExists(atPath: "\(helper)/collector.token"))
            let yaml = try String(contentsOfFile: "\(helper)/helper.yaml", encoding: .utf8)
            for line in [
                "helper:\n  witness_key_file: witness.skey", "public_url: http://127.0.0.1:8302/",
                "  - url: http://127.0.0.1:8301/", "    log_origin: example.org/log",
            ] { #expect(yaml.contains(line), "\(yaml)") }
            for name in ["leader/helper.invitation", "leader/collector.token", "helper/peer.psk"] {
                let mode = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")[.posixPermissions]
                #expect(mode as? Int == 0o600, "\(name)")
            }

            // Again is safe, and other words are not written over what is there.
            func contents() throws -> [String: Data] {
                var found: [String: Data] = [:]
                for name in try FileManager.default.contentsOfDirectory(atPath: leader) {
                    found[name] = FileManager.default.contents(atPath: "\(leader)/\(name)")
                }
                return found
            }
            let before = try contents()
            let again = try await Cairn.run(arguments)
            #expect(again.status == 0 && again.output.contains("(was there)"), "\(again.errors)")
            let other = try await Cairn.run(arguments.map { $0 == "127.0.0.1:8301" ? "127.0.0.1:8399" : $0 })
            #expect(other.status == 1 && other.errors.contains("Nothing was changed"), "\(other.errors)")
            #expect(try contents() == before)
            // What a killed run left out is made.
            try FileManager.default.removeItem(atPath: "\(leader)/leader.yaml")
            #expect(try await Cairn.run(arguments).status == 0)
            #expect(try contents() == before)

            // What a former version wrote says the same in other words, and stays.
            let former = """
                role: leader
                listen: 127.0.0.1:8301
                public_url: http://127.0.0.1:8301/
                data_dir: data
                peer: { url: http://127.0.0.1:8302/, psk_file: peer.psk }
                tokens: { aggregator: aggregator.token, collector: collector.token }
                log: { origin: example.org/log, key_file: log.skey }

                """
            try former.write(toFile: "\(leader)/leader.yaml", atomically: true, encoding: .utf8)
            #expect(try await Cairn.run(arguments).status == 0)
            #expect(try String(contentsOfFile: "\(leader)/leader.yaml", encoding: .utf8) == former)
        }

        @Test func urlsThatNobodyCouldUseAreRefusedAtTheStart() async throws {
            let folder = try TemporaryFolder()
            let table: [(listen: String, publicURL: String?, peerURL: String, words: String)] = [
                ("127.0.0.1:8301", nil, "helper.example.com", "Write https://helper.example.com"),
                ("127.0.0.1:8301", nil, "127.0.0.1:8302", "Write http://127.0.0.1:8302"),
                ("127.0.0.1:8301", nil, "http://helper.example.com/", "https"),
                ("127.0.0.1:8301", nil, "https://helper.example.com:99999/", "--peer-url"),
                ("127.0.0.1:8301", nil, "http://127.0.0.1:8301", "are the same"),
                ("0.0.0.0:8301", nil, "https://helper.example.com/", "--public-url is missing"),
                ("8301", nil, "https://helper.example.com/", "--listen 8301"),
                ("0.0.0.0:8301", "http://leader.example.org/", "https://helper.example.com/", "https"),
            ]
            for row in table {
                let result = try await Cairn.run(
                    [
                        "node", "init", "--role", "leader", "--dir", "\(folder.path)/leader", "--listen", row.listen,
                        "--peer-url", row.peerURL, "--log-origin", "example.org/log",
                    ] + (row.publicURL.map { ["--public-url", $0] } ?? []))
                #expect(result.status == 64, "\(row): \(result.errors)")
                #expect(result.errors.contains(row.words), "\(row): \(result.errors)")
                #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/leader"))
            }
            // So is a name that no log can have, before any key is made; and a port that is not the listener's is said.
            func initialize(_ origin: String, _ more: String...) async throws -> CommandResult {
                try await Cairn.run(
                    [
                        "node", "init", "--role", "leader", "--dir", "\(folder.path)/leader", "--listen",
                        "127.0.0.1:8301", "--peer-url", "http://127.0.0.1:8302/", "--log-origin", origin,
                    ] + more)
            }
            for origin in ["a b", "a+b", ""] {
                let result = try await initialize(origin)
                #expect(result.status == 64 && result.errors.contains("cannot be a log's name"), "\(result.errors)")
                #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/leader"))
            }
            let odd = try await initialize("example.org/log", "--public-url", "http://127.0.0.1:8303/")
            #expect(odd.status == 0 && odd.errors.contains("the two ports is wrong"), "\(odd.errors)")
        }
    }
}
