import AggregatorNode
import Contributor
import Datastore
import DurableFiles
import Encodings
import TestSupport
import Testing
import TransparencyLog

/// The log as static files, and its reader over real HTTP.
@Suite struct StaticLogTests {
    private func writtenLog(_ directory: TemporaryFolder, entries: Int) throws -> SignedCheckpoint {
        let signer = try NoteSigner(name: Parties.origin)
        var writer = try TileWriter(directory: directory.file("log"))
        let head = try writer.append(entries: (0..<entries).map { Array("entry \($0)".utf8) }, startingAt: 0)
        let checkpoint = try SignedCheckpoint(
            Checkpoint(origin: Parties.origin, size: head.size, root: head.root), signedBy: signer)
        try writer.publish(checkpoint)
        return checkpoint
    }

    @Test func aLogIsReadBackThroughHTTP() async throws {
        let directory = try TemporaryFolder.ofNodes()
        let checkpoint = try writtenLog(directory, entries: 300)
        var routes = RouteTable()
        let parties = try Parties()
        let store = try await parties.leader.openTestDatabase()
        StaticLog(directory: directory.file("log"), blobs: store).addRoutes(to: &routes)
        try await withServer(routes, below: "/base") { client in
            let source = HTTPTransport().log(at: "http://127.0.0.1:\(client.port)/base/log")
            let fetched = try await LogReader.fetchCheckpoint(from: source)
            #expect(fetched == checkpoint)
            var count = 0
            for try await entry in LogReader(source: source, head: checkpoint.checkpoint.head).entries(0..<300) {
                #expect(entry.bytes == Array("entry \(count)".utf8))
                count += 1
            }
            #expect(count == 300)
            await #expect(throws: TileSourceError.notFound(path: "tile/0/009")) {
                try await source.tile(path: "tile/0/009")
            }
            let tile = try await client.send("GET", "/base/log/tile/0/000")
            #expect(tile.headers["cache-control"]?.contains("immutable") == true && tile.body.count == 8_192)
            let head = try await client.send("GET", "/base/log/checkpoint")
            #expect(head.headers["cache-control"] == "no-cache")
        }
    }

    @Test func nothingElseOfTheDiskIsServed() async throws {
        let directory = try TemporaryFolder.ofNodes()
        _ = try writtenLog(directory, entries: 3)
        let parties = try Parties()
        let store = try await parties.leader.openTestDatabase()
        let blob = NamedBlob([1, 2, 3])
        let name = Hex.encode(blob.hash)
        try await store.keepBlob(blob)
        try DurableFile.write(Array("secret".utf8), to: directory.file("secret"), mode: 0o600)
        try DurableFile.write(Array("secret".utf8), to: directory.file("log/tile/secret"), mode: 0o600)
        var routes = RouteTable()
        StaticLog(directory: directory.file("log"), blobs: store).addRoutes(to: &routes)
        let paths = [
            "/log/../secret", "/log/tile/../../secret", "/log/tile/%2e%2e/%2e%2e/secret", "/log/tile/..%2f..%2fsecret",
            "/log/tile/secret", "/log/tile/0/000.p/003", "/log/blob/..%2f..%2fsecret",
            "/log/blob/\(name.uppercased())", "/log/blob/secret", "/log/node.lock", "/log/",
        ]
        try await withServer(routes) { client in
            #expect(try await client.send("GET", "/log/blob/\(name)").body == [1, 2, 3])
            #expect(try await client.send("GET", "/log/tile/0/000.p/3").status == 200)
            for path in paths {
                let answer = try await client.send("GET", path)
                #expect(answer.status == 404, "\(path)")
                #expect(!answer.text.contains("secret\n") && answer.text != "secret")
            }
        }
    }

    private static let long = (0..<(24 << 20) + 17).map { 0x61 + UInt8(truncatingIfNeeded: $0 % 26) }

    @Test func longFilesArriveWholeAndBreakOffWhereTheyChange() async throws {
        let directory = try TemporaryFolder.ofNodes()
        let parties = try Parties()
        let store = try await parties.leader.openTestDatabase()
        let path = directory.file("log/blob/\(Hex.encode(NamedBlob(Self.long).hash))")
        try DurableFile.makeDirectory(directory.file("log"))
        try DurableFile.makeDirectory(directory.file("log/blob"))
        try DurableFile.write(Self.long, to: path, mode: 0o644)
        var routes = RouteTable()
        StaticLog(directory: directory.file("log"), blobs: store).addRoutes(to: &routes)
        try await expectWholeOrBrokenOff(routes) {
            try DurableFile.write(Array(Self.long.prefix(1 << 20)), to: path, mode: 0o644)
        }
        try store.close()
    }

    /// The file is another process's, or lost.
    @Test func whatIsNoFileOfABlobComesFromTheDatabase() async throws {
        let parties = try Parties()
        let store = try await parties.leader.openTestDatabase()
        try await store.keepBlob(NamedBlob(Self.long))
        var routes = RouteTable()
        StaticLog(directory: parties.directory.file("log"), blobs: store).addRoutes(to: &routes)
        try await expectWholeOrBrokenOff(routes) {
            try await store.engine.write { _ = try $0.execute("DELETE FROM blobs WHERE part > 9") }
        }
        try store.close()
    }

    /// - Parameter cut: takes away the end of the long blob.
    private func expectWholeOrBrokenOff(
        _ routes: RouteTable, cut: @escaping @Sendable () async throws -> Void
    ) async throws {
        let path = "/log/blob/\(Hex.encode(NamedBlob(Self.long).hash))"
        try await withServer(routes) { client in
            do {
                let answer = try await client.send("GET", path)
                #expect(answer.body == Self.long && answer.headers["content-length"] == "\(Self.long.count)")
                #expect(answer.headers["cache-control"]?.contains("immutable") == true)
            }
            #expect(try await client.send("HEAD", path).status == 200)
            // A reader who has begun, and a blob that is cut meanwhile: nobody may take the beginning for the whole.
            let reader = try await RawConnection.open(port: client.port, reads: false)
            try await reader.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            try await Task.sleep(for: .milliseconds(200))
            try await cut()
            try await reader.startReading()
            #expect(try await reader.end().utf8.count < Self.long.count)
        }
    }
}
