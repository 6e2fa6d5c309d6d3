import Contributor
import Foundation
import NIOCore
import NIOPosix
import TestPorts
import TestSupport
import Testing

extension EndToEnd {
    /// A node that may open 256 files and connections, and strangers who open more than that.
    @Suite struct Flood {
        /// Whoever has no descriptor left dies in libdispatch, which looks at its threads' files once a second wherever
        /// work waits; so the flood has to last, and the node has to work meanwhile.
        @Test func aNodeOf256DescriptorsSurvivesAFlood() async throws {
            try await Flooded.run { node in
                let client = NodeClient(url: node.url)
                let end = ContinuousClock.now + .seconds(6)
                var connections: [any Channel] = []
                var (round, answered) = (0, 0)
                while ContinuousClock.now < end {
                    round += 1
                    // Silent ones, half-sent heads, half-sent bodies, and readers who take nothing.
                    let opened = await Self.open(100, at: Int(node.port), sending: round)
                    connections += opened
                    if connections.count > 600 {
                        for channel in connections.prefix(300) { channel.close(promise: nil) }
                        connections.removeFirst(300)
                    }
                    if await client.isHealthy() { answered += 1 }
                    try #require(!node.hasEnded, "the node died: \(node.logText.suffix(2_000))")
                    #expect(try Self.descriptors(of: node) < 256)
                }
                for channel in connections { channel.close(promise: nil) }
                var isHealthy = false
                for _ in 0..<600 where !isHealthy {
                    isHealthy = await client.isHealthy()
                    if !isHealthy { try await Task.sleep(for: .milliseconds(100)) }
                }
                #expect(isHealthy && !node.hasEnded)
                #expect(answered > 0, "nobody else was served during the flood")
                #expect(!node.logText.contains(" error "), "\(node.logText.suffix(2_000))")
            }
        }

        private static let requests = [
            "", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half: ", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /cairn/checkpoints HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nhalf",
        ]

        private static func open(_ count: Int, at port: Int, sending round: Int) async -> [any Channel] {
            await withTaskGroup(of: (any Channel)?.self) { group in
                for number in 0..<count {
                    group.addTask {
                        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                            .connectTimeout(.milliseconds(500))
                        guard let channel = try? await bootstrap.connect(host: "127.0.0.1", port: port).get()
                        else { return nil }
                        let text = requests[(number + round) % requests.count]
                        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
                        return channel
                    }
                }
                var channels: [any Channel] = []
                for await case let channel? in group { channels.append(channel) }
                return channels
            }
        }

        private static func descriptors(of node: TestNode) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(try #require(node.processID))/fd").count
        }
    }
}

/// One leader under a limit of 256 descriptors, hard and soft.
private enum Flooded {
    static func run(_ body: (TestNode) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let ports = try TestPorts.take(2)
        let node = TestNode(role: "leader", folder: folder.path, port: ports[0])
        try await Cairn.succeed(
            "node", "init", "--role", "leader", "--dir", folder.path, "--listen", "127.0.0.1:\(ports[0])",
            "--public-url", node.url, "--peer-url", "http://127.0.0.1:\(ports[1])", "--log-origin", "test.example/log")
        try await node.chooseStorage()
        do {
            try await node.start(descriptors: 256)
            try await body(node)
        } catch {
            await node.kill()
            throw error
        }
        await node.stop()
    }
}
