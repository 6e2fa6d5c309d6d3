import AggregatorNode
import DAP
import Datastore
import DurableFiles
import Foundation
import Hummingbird
import Logging
import NodeAPI
import Testing

/// What a node does where the machine runs short, and how it keeps strangers from bringing that about.
@Suite struct ResourceLimitTests {
    private struct Case: Sendable {
        var path: String
        var error: any Error
        var status: Int
    }

    @Test func shortagesAreSaidWithATimeToComeAgain() async throws {
        let cases = [
            Case(path: "/a", error: DatastoreError.full, status: 507),
            Case(path: "/b", error: DatastoreError.unavailable("too many files are open"), status: 503),
            Case(path: "/c", error: fileError(ENOSPC), status: 507),
            Case(path: "/d", error: fileError(EMFILE), status: 503),
            Case(path: "/e", error: fileError(EIO), status: 500),
            Case(path: "/f", error: DatastoreError.corrupt("the file is damaged"), status: 500),
        ]
        var routes = RouteTable()
        for item in cases { routes.get(PathTemplate(item.path)) { _, _ in throw item.error } }
        try await withServer(routes) { server in
            for item in cases {
                let answer = try await server.send("GET", item.path)
                #expect(answer.status == item.status, "\(item.error)")
                #expect((answer.headers["retry-after"] != nil) == (item.status != 500))
                #expect(answer.headers["content-type"] == ProblemDocument.contentType)
            }
        }
    }

    /// A task that is blocked may be uploaded to every second, by thousands: no line is about one request.
    @Test func whatIsPutOffIsNoErrorAndSaidNowAndThen() async throws {
        var routes = RouteTable()
        routes.get("/blocked") { _, _ in throw NodeError.unavailable("The nodes do not fit.", retryAfter: 5) }
        routes.get("/broken") { _, _ in throw NodeError.http(500, "It is broken.") }
        let log = LogRecorder()
        try await withServer(routes, logger: log.logger("node")) { server in
            for path in Array(repeating: "/blocked", count: 50) + ["/broken"] {
                let answer = try await server.send("GET", path)
                #expect(answer.status == (path == "/blocked" ? 503 : 500))
            }
        }
        let requests = log.lines("node", "request")
        #expect(requests.count == 51 && requests.count { $0.level == .debug } == 50)
        #expect(requests.filter { $0.level == .error }.compactMap { $0.metadata["path"] } == ["/broken"])
        let told = log.lines("node", "requests are put off")
        #expect(told.first?.level == .info && told.first?.metadata["reason"] == "The nodes do not fit.")
        #expect((1..<20).contains(told.count))
    }

    private func fileError(_ code: Int32) -> DurableFileError {
        var error = DurableFileError.last(.write, "/a/file")
        error.errno = code
        return error
    }

    @Test func uploadsLeaveAReserveOnTheDiskAndOwedWritesHalfOfIt() throws {
        let disk = DiskSpace(directories: ["/"], reserve: 1_000) { _ in 1_500 }
        try disk.require(500)
        #expect(throws: NodeError.self) { try disk.require(501) }
        try disk.require(1_000, isOwed: true)
        #expect(throws: NodeError.self) { try disk.require(1_001, isOwed: true) }
        do { try disk.require(501) } catch {
            #expect(error.status == 507 && error.headers.contains(.init("Retry-After", "60")))
        }
        // The database may lie on another disk than the log, and the fuller one counts.
        let disks = DiskSpace(directories: ["/log", "/database"], reserve: 1_000) { $0 == "/log" ? 9_000 : 1_500 }
        #expect(throws: NodeError.self) { try disks.require(501) }
        // What cannot be found out stops nobody.
        try DiskSpace(directories: ["/"], reserve: 1_000) { _ in nil }.require(.max)
        #expect(try #require(DiskSpace.freeBytes(NSTemporaryDirectory())) > 0)
    }

    @Test func strangersGetTheDescriptorsThatTheProcessDoesNotNeed() {
        #expect(Descriptors.connections(limit: 256, open: 60) == 256 - 60 - Descriptors.reserve)
        #expect(Descriptors.connections(limit: 64, open: 60) == nil)
        #expect(Descriptors.connections(limit: 132, open: 60) == Descriptors.fewest)
        #expect(Descriptors.connections(limit: 131, open: 60) == nil)
    }

    @Test func aFloodOfLinesIsCountedInsteadOfWritten() {
        var throttle = LogThrottle()
        let (kind, start) = (LogThrottle.Kind(level: .error, message: "request"), ContinuousClock.now)
        let written = (0..<1_000).count { _ in throttle.decide(kind, at: start) == .write(leftOut: 0) }
        #expect(written == Int(LogThrottle.burst))
        // Others are not touched.
        #expect(throttle.decide(.init(level: .warning, message: "request"), at: start) == .write(leftOut: 0))
        let later = start + .seconds(1 / LogThrottle.rate)
        #expect(throttle.decide(kind, at: later) == .write(leftOut: 1_000 - written))
        #expect(throttle.decide(kind, at: later) == .leaveOut)
        #expect(throttle.decide(.init(level: .critical, message: "request"), at: start) == .write(leftOut: 0))
    }

    @Test func theNextLineSaysHowManyWereLeftOut() async throws {
        let lines = LogLines()
        let logger = Logger(label: "test") { _ in ThrottledLogHandler(lines.handler) }
        for _ in 0..<200 { logger.warning("again", metadata: ["a": "b"]) }
        #expect(lines.all.count < 150)
        let left = 200 - lines.all.count
        try await Task.sleep(for: .milliseconds(1_100))
        logger.warning("again", metadata: ["a": "b"])
        let last = try #require(lines.all.last)
        #expect(last.metadata["a"] == "b")
        #expect(try #require(last.metadata["left_out"].flatMap { Int($0) }) <= left)
        #expect(
            lines.all.compactMap { $0.metadata["left_out"].flatMap { Int($0) } }.reduce(0, +) + lines.all.count == 201)
    }
}
