import Contributor
import DAP
import Foundation
import NIOHTTP1
import NodeAPI
import Requests
import Testing

extension EndToEnd {
    /// The table of bad input, sent over HTTP between good reports: each gets the standard's error, nothing is
    /// lost, and the good ones add up exactly.
    @Suite struct BadInput {
        /// What happens to a bad report, and where.
        enum Fate: Equatable, Sendable {
            /// Named in the answer to the upload.
            case refused(ReportError)
            /// Stored, and rejected when the aggregators look at it.
            case rejected(ReportError)
        }

        @Test(arguments: ["committed", "uncommitted"])
        func badReportsAreRejectedOneByOne(commitment: String) async throws {
            try await TestNodes.run { nodes in
                let now = currentTime()
                let start = now / 3600 * 3600 - 3600
                let task = try await nodes.createTask(
                    "bad", "--vdaf", "sumvec", "--length", "2", "--max-measurement", "100", "--\(commitment)",
                    "--min-batch-size", "2", "--max-batch-size", "1000", "--start", "\(start)", "--duration", "86400")
                let client = try TaskClient(task: task)
                let workshop = Workshop(client: client, now: now)
                var expected: [UInt64] = [0, 0]
                var rejections: [String: Int] = [:]
                var received = 0
                for row in Self.table(committed: commitment == "committed") {
                    let name = row.name
                    let good = try await workshop.good([7, UInt64(received % 100)])
                    expected[0] += 7
                    expected[1] += UInt64(received % 100)
                    received += 1
                    let bad = try await row.make(workshop)
                    let outcomes = try await client.send([good, bad])
                    #expect(outcomes[0].error == nil, "the good report beside '\(name)'")
                    switch row.fate {
                    case .refused(let error): #expect(outcomes[1].error == error, "\(name)")
                    case .rejected(let error):
                        #expect(outcomes[1].error == nil, "\(name)")
                        rejections[error.name, default: 0] += 1
                        received += 1
                    }
                }
                let unit = task.configuration.time(ofSeconds: now)
                let query = Query.timeInterval(Interval(start: unit, duration: 1))
                let outcome = try await nodes.collector(task).collect(query, deadline: .seconds(180))
                #expect(outcome.value == .vector(expected.map { UInt128($0) }))
                let status = try await client.status()
                #expect(status.rejected == rejections)
                #expect(status.received == received)
                #expect(status.pending == 0)
                if commitment == "committed" {
                    let audit = try await Cairn.run(
                        "audit", "--log", nodes.leader.logFolder, "--policy", nodes.policyPath("bad"))
                    #expect(audit.status == 0, "\(audit.output)")
                }
            }
        }

        /// One kind of bad report.
        struct Row: Sendable {
            let name: String
            let fate: Fate
            let make: @Sendable (Workshop) async throws -> PreparedReport

            init(
                _ name: String, _ fate: Fate, _ make: @escaping @Sendable (Workshop) async throws -> PreparedReport
            ) {
                self.name = name
                self.fate = fate
                self.make = make
            }
        }

        private static func table(committed: Bool) -> [Row] { always + (committed ? whereCommitted : whereUncommitted) }

        private static let always = [
            Row("mis-sorted extensions", .refused(.invalidMessage)) { try await $0.withExtensions([2, 1]) },
            Row("an unknown extension", .refused(.invalidMessage)) { try await $0.withExtensions([0x7777]) },
            Row("expired", .refused(.reportDropped)) { try await $0.at($0.now - 30 * 86400) },
            Row("from the future", .refused(.reportTooEarly)) { try await $0.at($0.now + 7200) },
            Row("a key that the leader does not have", .refused(.outdatedConfig)) { try await $0.forUnknownKey() },
            Row("a non-canonical leader share", .rejected(.invalidMessage)) {
                try await $0.changing(.leader) { share in for index in 0..<16 { share[index] = 0xFF } }
            },
            Row("a leader share that is too short", .refused(.invalidMessage)) {
                try await $0.changing(.leader) { $0.removeLast() }
            },
            Row("a helper share that is too long", .rejected(.invalidMessage)) {
                try await $0.changing(.helper) { $0.append(0) }
            },
            Row("another measurement share", .rejected(.vdafVerifyError)) {
                try await $0.changing(.leader) { $0[0] ^= 1 }
            },
            Row("another helper seed", .rejected(.vdafVerifyError)) {
                try await $0.changing(.helper) { $0[0] ^= 1 }
            },
            Row("a wrong joint-randomness part for the leader", .rejected(.vdafVerifyError)) {
                try await $0.changingPublicShare { $0[0] ^= 1 }
            },
            Row("a wrong joint-randomness part for the helper", .rejected(.vdafVerifyError)) {
                try await $0.changingPublicShare { $0[32] ^= 1 }
            },
            Row("a helper ciphertext that does not open", .rejected(.hpkeDecryptError)) {
                try await $0.withBrokenHelperCiphertext()
            },
        ]

        /// Public share: two joint-randomness parts, then C_0 and C_1, 32 bytes each.
        private static let whereCommitted = [
            Row("commitments that do not decode", .refused(.invalidMessage)) {
                try await $0.changingPublicShare { share in for index in 64..<96 { share[index] = 0xFF } }
            },
            Row("the identity as a commitment", .refused(.invalidMessage)) {
                try await $0.changingPublicShare { share in for index in 96..<128 { share[index] = 0 } }
            },
            Row("no claim key", .refused(.invalidMessage)) { try await $0.withExtensions([]) },
            Row("a claim key for other commitments", .refused(.invalidMessage)) { try await $0.withForeignClaimKey() },
            Row("commitments in the wrong order", .rejected(.vdafVerifyError)) {
                try await $0.changingPublicShare { $0 = Array($0[..<64] + $0[96..<128] + $0[64..<96]) }
            },
            Row("a non-canonical blind for the leader", .rejected(.invalidMessage)) {
                try await $0.changing(.leader) { share in
                    for index in share.count - 32..<share.count { share[index] = 0xFF }
                }
            },
            Row("a wrong blind for the helper", .rejected(.vdafVerifyError)) {
                try await $0.changing(.helper) { $0[$0.count - 32] ^= 1 }
            },
        ]

        private static let whereUncommitted = [
            Row("a claim key where none belongs", .refused(.invalidMessage)) { try await $0.withExtensions([0xFF00]) }
        ]

        /// A repetition of the same report is harmless; the same id with other contents is refused.
        @Test func replayedReportsCountOnce() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "replay", "--vdaf", "sumvec", "--length", "2", "--max-measurement", "100", "--min-batch-size", "1",
                    TestNodes.acceptWeakPromises, "--max-batch-size", "10")
                let client = try TaskClient(task: task)
                let workshop = Workshop(client: client, now: currentTime())
                let good = try await workshop.good([3, 4])
                let other = try await workshop.good([50, 60], reportID: good.reportID)
                #expect(try await client.send([good]).map(\.error) == [nil])
                #expect(try await client.send([good]).map(\.error) == [nil])
                #expect(try await client.send([other]).map(\.error) == [.reportReplayed])
                let query = Query.timeInterval(
                    Interval(start: task.configuration.time(ofSeconds: workshop.now), duration: 1))
                let outcome = try await nodes.collector(task).collect(query, deadline: .seconds(180))
                #expect(outcome.value == .vector([3, 4]))
                #expect(outcome.count == 1)
            }
        }

        /// Requests that are wrong as a whole get a problem document of the standard, and the node goes on.
        @Test func badRequestsGetProblemDocuments() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "requests", "--vdaf", "count", "--min-batch-size", "1", TestNodes.acceptWeakPromises,
                    "--max-batch-size", "10")
                let client = try TaskClient(task: task)
                let prepared = try await client.prepare([.bool(true)], seed: [UInt8](repeating: 1, count: 32))[0]
                let body = UploadRequest(reports: [prepared.report]).encoded()
                let url = API.upload.url(at: nodes.leader.url, task.taskID)
                let unknown = API.upload.url(at: nodes.leader.url, .random())
                let type = MediaType.uploadReq.headerValue

                #expect(try await problem(.POST, url, type, Array(body.dropLast())) == [400, "invalidMessage"])
                #expect(try await problem(.POST, url, type, body + [0]) == [400, "invalidMessage"])
                #expect(try await problem(.POST, unknown, type, body) == [404, "unrecognizedTask"])
                #expect(try await status(.POST, url, "text/plain", body) == 415)
                #expect(try await status(.PUT, url, type, body) == 405)
                #expect(try await status(.GET, "\(nodes.leader.url)/tasks/none", "", []) == 404)
                #expect(
                    try rawStatus(
                        nodes.leader.port,
                        "POST /tasks/\(task.taskID.base64URL)/reports HTTP/1.1\r\nHost: x\r\nContent-Type: \(type)\r\n"
                            + "Content-Length: 999999999999\r\n\r\n") == 413)

                #expect(try await client.send([prepared]).map(\.error) == [nil])
                let query = Query.timeInterval(Interval(start: prepared.time, duration: 1))
                #expect(try await nodes.collector(task).collect(query, deadline: .seconds(180)).value == .integer(1))
            }
        }

        private func status(_ method: HTTPMethod, _ url: String, _ type: String, _ body: [UInt8]) async throws -> Int {
            let request = WebRequest(method, url, headers: [("Content-Type", type)], body: body)
            return try await HTTPTransport(deadline: .zero).send(request).status
        }

        private func problem(
            _ method: HTTPMethod, _ url: String, _ type: String, _ body: [UInt8]
        ) async throws -> [AnyHashable] {
            let request = WebRequest(method, url, headers: [("Content-Type", type)], body: body)
            let answer = try await HTTPTransport(deadline: .zero).send(request)
            #expect(answer.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            return [answer.status, try ProblemDocument(json: answer.body).type?.rawValue ?? ""]
        }

        /// The status of the answer to bytes that no HTTP client would send.
        private func rawStatus(_ port: UInt16, _ request: String) throws -> Int {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let code = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(code == 0)
            let bytes = Array(request.utf8)
            try #require(write(descriptor, bytes, bytes.count) == bytes.count)
            var answer = [UInt8](repeating: 0, count: 64)
            let count = read(descriptor, &answer, answer.count)
            let words = String(decoding: answer.prefix(max(count, 0)), as: UTF8.self).split(separator: " ")
            return words.count > 1 ? Int(words[1]) ?? 0 : 0
        }
    }
}
