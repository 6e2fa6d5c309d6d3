import AsyncHTTPClient
import Contributor
import DAP
import Foundation
import NIOCore
import Testing

extension EndToEnd {
    /// How many reports a second one leader takes. By hand: `Scripts/upload-speed.sh`.
    @Suite struct UploadSpeed {
        private static let isWanted = ProcessInfo.processInfo.environment["CAIRN_UPLOAD_SPEED"] != nil

        private struct Kind {
            let name: String
            let options: [String]
            let value: MeasurementValue
        }

        private static let kinds = [
            Kind(
                name: "sum of bytes, uncommitted",
                options: ["--uncommitted", "--vdaf", "sum", "--max-measurement", "255"],
                value: .integer(7)),
            Kind(
                name: "histogram of 16, committed", options: ["--vdaf", "histogram", "--length", "16"],
                value: .bucket(7)),
        ]

        @Test(.enabled(if: isWanted)) func reportsASecond() async throws {
            try await TestNodes.run { nodes in
                print("| task | reports a request | connections | reports/s | bytes a report |")
                print("| --- | ---: | ---: | ---: | ---: |")
                for (number, kind) in Self.kinds.enumerated() {
                    let task = try await nodes.createTask(
                        "speed-\(number)",
                        kind.options + [
                            "--batch-mode", "leader-selected", "--min-batch-size", "2", "--max-batch-size", "10000",
                        ])
                    let client = try TaskClient(task: task)
                    let first = try await client.prepare([kind.value], seed: [UInt8](repeating: 1, count: 32))
                    #expect(try await client.send(first).allSatisfy { $0.error == nil })
                    try await eventually("the nodes fit each other") { try await client.status().accepted == 1 }
                    // Uploads alone are measured: without the helper, reports wait.
                    await nodes.helper.stop()
                    for (size, count) in [(1, 2_000), (100, 8_000)] {
                        for connections in [1, 8] {
                            let reports = try await client.prepare(
                                Array(repeating: kind.value, count: count), seed: [UInt8](repeating: 1, count: 32)
                            ).map(\.report)
                            let time = try await Self.send(reports, size, to: task, over: connections)
                            let rate = Double(count) / (time / .seconds(1))
                            let bytes = reports[0].encoded().count
                            print("| \(kind.name) | \(size) | \(connections) | \(Int(rate)) | \(bytes) |")
                        }
                    }
                    try await nodes.helper.start()
                }
            }
        }

        /// Uploads reports, so many a request, over so many connections that stay open.
        private static func send(
            _ reports: [Report], _ size: Int, to task: TaskFile, over connections: Int
        ) async throws -> Duration {
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
            configuration.httpVersion = .http1Only
            let http = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
            let url = ResourceURL.reports(task.configuration.leaderURL, task.taskID)
            let bodies = stride(from: 0, to: reports.count, by: size).map {
                UploadRequest(reports: Array(reports[$0..<min($0 + size, reports.count)])).encoded()
            }
            let start = ContinuousClock.now
            let result: Result<Duration, any Error>
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for lane in 0..<connections {
                        group.addTask {
                            for number in stride(from: lane, to: bodies.count, by: connections) {
                                var request = HTTPClientRequest(url: url)
                                request.method = .POST
                                request.headers.add(name: "Content-Type", value: MediaType.uploadReq.headerValue)
                                request.body = .bytes(ByteBuffer(bytes: bodies[number]))
                                let answer = try await http.execute(request, timeout: .seconds(120))
                                let failures = try await answer.body.collect(upTo: 1 << 20)
                                try #require(answer.status == .ok && failures.readableBytes == 0, "\(answer.status)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                result = .success(ContinuousClock.now - start)
            } catch {
                result = .failure(error)
            }
            try await http.shutdown()
            return try result.get()
        }
    }
}
