import AggregatorNode
import Datastore
import TestSupport
import Testing
import TransparencyLog

/// A witness that stands alone: configuration, and the logs that it is told to watch.
@Suite struct WitnessServerTests {
    private static let first = try! NoteSigner(name: "one.example/log", seed: [UInt8](repeating: 1, count: 32)).verifier
    private static let second = try! NoteSigner(name: "two.example/log", seed: [UInt8](repeating: 2, count: 32))
        .verifier
    private static let yaml = """
        listen: "[::1]:8401"
        data_dir: state
        key_file: witness.key
        logs:
          - \(first.vkey)
          - \(second.vkey)
        """

    @Test func aFileIsRead() throws {
        let configuration = try WitnessConfiguration.load(yaml: Self.yaml, file: "/srv/w/witness.yaml")
        #expect(configuration.listen == ListenAddress("[::1]:8401") && configuration.listen.text == "[::1]:8401")
        #expect(configuration.dataDirectory == "/srv/w/state" && configuration.keyFile == "/srv/w/witness.key")
        #expect(configuration.logs == [Self.first, Self.second])
    }

    @Test(arguments: [
        ("data_dir: state", "data_dir: state\nlog: x", 3, "unknown key 'log'"),
        ("logs:\n", "logs: none\n#", 4, "a list of values"),
        ("  - \(first.vkey)\n", "  - [a, b]\n", 5, "a list of plain values"),
        (second.vkey, first.vkey, 4, "twice"),
        (second.vkey, "two.example/log", 4, "not a key"),
        (second.vkey, try! Cosigner(name: "w.example").verifier.vkey, 4, "a witness's key"),
        ("[::1]:8401", "8401", 1, "HOST:PORT"),
    ])
    func aFaultIsReportedWithItsLine(replace: String, by: String, line: Int, message: String) throws {
        var yaml = Self.yaml.replacing(replace, with: by)
        // A comment swallows the list where it is replaced by a word.
        if by.hasSuffix("#") { yaml = yaml.split(separator: "\n").prefix(4).joined(separator: "\n") }
        let error = try #require(throws: ConfigurationError.self) {
            try WitnessConfiguration.load(yaml: yaml, file: "w.yaml")
        }
        #expect(error.description.contains(message), "\(error)")
        #expect(error.description.hasPrefix("w.yaml:\(line): "), "\(error)")
    }

    @Test func eachLogHasAHistoryOfItsOwnAndADroppedOneIsUnknown() async throws {
        let directory = try TemporaryFolder.ofNodes()
        let store = try NodeDatabase.open(path: directory.file("witness.sqlite"))
        let cosigner = try Cosigner(name: "w.example")
        let signers = try [
            NoteSigner(name: "one.example/log", seed: [UInt8](repeating: 1, count: 32)),
            NoteSigner(name: "two.example/log", seed: [UInt8](repeating: 2, count: 32)),
        ]
        for signer in signers { try await store.trustLog(origin: signer.verifier.name, vkey: signer.verifier.vkey) }
        func body(_ signer: NoteSigner, size: UInt64) throws -> [UInt8] {
            let checkpoint = try Checkpoint(
                origin: signer.verifier.name, size: size, root: [UInt8](repeating: UInt8(size), count: 32))
            return AddCheckpointRequest(
                oldSize: 0, proof: [], checkpoint: try SignedCheckpoint(checkpoint, signedBy: signer)
            ).serialized()
        }
        let bodies = try [body(signers[0], size: 3), body(signers[1], size: 9), body(signers[1], size: 4)]
        let both = WitnessServer.routes(signers.map(\.verifier), store, cosigner, now: { 1_700_000_000 })
        try await withServer(both) { client in
            let health = try await client.send("GET", "/healthz")
            #expect(health.status == 200)
            let first = try await client.send("POST", "/add-checkpoint", body: bodies[0])
            let second = try await client.send("POST", "/add-checkpoint", body: bodies[1])
            let conflict = try await client.send("POST", "/add-checkpoint", body: bodies[2])
            #expect(first.status == 200 && second.status == 200 && conflict.text == "9\n")
            let monitored = try await client.send("GET", "/" + Witness.monitoringPath(origin: "two.example/log"))
            #expect(try SignedCheckpoint(parsing: monitored.body).checkpoint.size == 9)
        }
        let one = WitnessServer.routes([signers[0].verifier], store, cosigner, now: { 1_700_000_000 })
        try await withServer(one) { client in
            let dropped = try await client.send("POST", "/add-checkpoint", body: bodies[1])
            let kept = try await client.send("POST", "/add-checkpoint", body: bodies[0])
            #expect(dropped.status == 404 && kept.text == "3\n")
        }
    }
}
