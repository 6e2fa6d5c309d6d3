import AggregatorNode
import DAP
import Datastore
import Encodings
import Foundation
import Ledger
import Tasks
import Testing

/// What two nodes make of a task whose log lets words wait.
@Suite struct LogWindowTests {
    private static let window: UInt32 = 4

    /// Waits until little of the present window is over, so that what follows falls into it.
    private func awaitWindow() async throws {
        let _: Bool = try await eventually("a window begins", every: .milliseconds(20)) {
            Date().timeIntervalSince1970.truncatingRemainder(dividingBy: Double(Self.window)) < 1 ? true : nil
        }
    }

    private func seconds(of answer: Answer) -> UInt64? { answer.headers["retry-after"].flatMap(UInt64.init) }

    /// Verified at once, told when the window is over: leaves, receipts and the close.
    @Test func whatIsVerifiedStandsInTheLogWhenItsWindowIsOver() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: .timeInterval, window: Self.window)
        let client = try PairClient(pair, file)
        try await pair.withNodes { leader, _ in
            try await awaitWindow()
            let end = try #require(LogWindow(seconds: Self.window)).end(of: UInt64(Date().timeIntervalSince1970))
            let reports = try (0..<6).map { try client.report([1, UInt64($0), 0]) }
            #expect(try await client.upload(reports).isEmpty)
            try await client.awaitAccepted(6, at: leader)
            guard UInt64(Date().timeIntervalSince1970) < end else { return }
            let store = leader.context.store
            #expect(try await store.waitingWord(about: reports[0].metadata.reportID, task: file.taskID) == end)
            #expect(try await store.logSize() == 1, "the task's entry alone")
            let early = try await client.receipt(reports[0].metadata.reportID)
            #expect(early.status == 202)
            #expect(try #require(seconds(of: early)) <= UInt64(Self.window))
            #expect(early.headers["cairn-waiting-for"]?.contains("stands in it after") == true)
            // The collection seals the interval at once, and closes behind the window.
            let (count, sums) = try await client.collect(client.today)
            #expect(count == 6 && sums == .vector([6, 15, 0]))
            #expect(UInt64(Date().timeIntervalSince1970) >= end)
            for report in reports { #expect(try await client.awaitReceipt(report.metadata.reportID).status == 200) }
        }
    }

    /// Its batch is as it was: nobody has been asked for anything.
    @Test func aCollectionThatWaitsForTheWindowEndsWhenItsCollectorDeletesIt() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: .timeInterval, window: 86_400)
        let client = try PairClient(pair, file)
        try await pair.withNodes { leader, _ in
            let store = leader.context.store
            let reports = try (0..<3).map { _ in try client.report([1, 2, 3]) }
            #expect(try await client.upload(reports).isEmpty)
            try await client.awaitAccepted(3, at: leader)
            var former: String?
            for round in 0..<2 {
                let location = try #require(try await client.createCollection(client.today).headers["location"])
                #expect(location != former)
                former = location
                let waiting = try await eventually("it waits for the window") {
                    let answer = try await client.poll(location)
                    return answer.headers["cairn-waiting-for"]?.contains("stand in it after") == true ? answer : nil
                }
                #expect(waiting.status == 200 && (seconds(of: waiting) ?? 0) <= 86_400)
                // Whoever wants a report back is told until when.
                let held = try await client.withdraw(reports[round], at: pair.leader)
                #expect(held.status == 503 && (seconds(of: held) ?? .max) <= 86_400)
                #expect(String(decoding: held.body, as: UTF8.self).contains("is being closed"))
                // So is whoever brings another one, which is in no report's way that is here already.
                let late = try client.report([1, 2, 3])
                let put = try await client.uploadAnswer([late])
                #expect(put.status == 503 && (seconds(of: put) ?? .max) <= 86_400)
                #expect(String(decoding: put.body, as: UTF8.self).contains("it takes them"))
                #expect(try await client.upload([reports[2]]).isEmpty)
                #expect(try await client.poll(location, method: "DELETE").status < 300)
                _ = try await eventually("it has ended") {
                    try await store.collectionOverviews().isEmpty ? true : nil
                }
                #expect(try await store.batchStatuses(task: file.taskID, limit: 9).allSatisfy { $0.state == "open" })
                #expect(try await client.withdraw(reports[round], at: pair.leader).status == 200)
                #expect(try await client.upload([late]).isEmpty)
                try await client.awaitAccepted(3, at: leader)
            }
        }
    }

    /// Batches are drawn when the window is over; a collection that finds too few waits for that.
    @Test func leaderSelectedBatchesAreDrawnWhenTheWindowIsOver() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: .leaderSelected, window: Self.window)
        let client = try PairClient(pair, file)
        try await pair.withNodes { leader, _ in
            try await awaitWindow()
            let end = try #require(LogWindow(seconds: Self.window)).end(of: UInt64(Date().timeIntervalSince1970))
            let reports = try (0..<3).map { _ in try client.report([1, 2, 3]) }
            #expect(try await client.upload(reports).isEmpty)
            let counts = try await leader.context.store.reportCounts(task: file.taskID)
            if UInt64(Date().timeIntervalSince1970) < end { #expect(counts.received == 3 && counts.accepted == 0) }
            let (count, sums) = try await client.collect(.leaderSelected)
            #expect(count == 3 && sums == .vector([3, 6, 9]))
            #expect(UInt64(Date().timeIntervalSince1970) >= end)
        }
    }

    /// What is given up is given up an hour before its promise ends, which tells the window and no more. However long that is, the
    /// report has had 23 hours in which it might be in a job.
    @Test(arguments: [BatchMode.timeInterval, .leaderSelected])
    func aPromiseEndsADayBehindTheWindow(mode: BatchMode) async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: mode, window: LogWindow.longest)
        let client = try PairClient(pair, file)
        try await pair.withNodes { leader, _ in
            let window = try #require(LogWindow(seconds: LogWindow.longest))
            var ends: Set<UInt64> = []
            for _ in 0..<2 {
                let answer = try await client.uploadAnswer([client.report([1, 2, 3])])
                let promise = try UploadPromise(
                    parsing: try #require(answer.headers["cairn-promise"].flatMap { Base64.decode($0) }))
                ends.insert(promise.deadline)
            }
            let end = window.end(of: UInt64(Date().timeIntervalSince1970))
            #expect(ends == [end + UploadPromise.period])
            #expect(try await leader.context.store.tasksWithOverdueReports(at: end).isEmpty)
        }
    }

    /// Whoever asks often learns no more of when reports come than the log tells.
    @Test func theStatusStaysTheSameInAWindow() async throws {
        let pair = try NodePair()
        let file = try await pair.addTask(committed: true, mode: .timeInterval, window: 3_600)
        let client = try PairClient(pair, file)
        func status() async throws -> [UInt8] {
            let answer = try await client.http.send("GET", "/cairn/tasks/\(file.taskID.base64URL)/status")
            #expect(answer.status == 200)
            return Array(answer.body)
        }
        let leader = try await pair.start(pair.leader)
        let helper = try await pair.start(pair.helper)
        let before = try await status()
        #expect(String(decoding: before, as: UTF8.self).contains("\"shown_until\":"))
        #expect(try await client.upload([client.report([1, 2, 3])]).isEmpty)
        try await client.awaitAccepted(1, at: leader)
        #expect(try await status() == before)
        // Another process of the node, asked for the first time, shows the same.
        await leader.stop()
        let other = try await pair.start(pair.leader)
        #expect(try await status() == before)
        await other.stop()
        await helper.stop()
    }
}
