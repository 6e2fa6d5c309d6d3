import DAP
import Datastore
import Foundation
import TestSupport
import Testing

@Suite struct OpeningTests {
    @Test func onlyTheOwnerCanReadTheDatabase() async throws {
        let temporary = try TemporaryStore()
        try await temporary.store.addTask(Make.storedTask(), logEntry: nil)
        for name in ["node.sqlite", "node.sqlite-wal"] {
            let path = temporary.directory.appending(path: name).path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(mode?.int16Value == 0o600, "\(name)")
        }
    }

    @Test func whatWasAcknowledgedSurvivesAKill() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        try await store.addTask(Make.storedTask(), logEntry: Make.entry(0))
        try await store.accept([1, 2])
        let pending = try await store.pendingJob([3])

        let reopened = try await temporary.afterKill()
        #expect(try await reopened.task(Make.task) == Make.storedTask())
        #expect(try await reopened.standing(of: Make.reportID(1), task: Make.task) == .accepted(logIndex: 1))
        #expect(try await reopened.jobOverviews().map(\.key) == [pending])
        #expect(try await reopened.request(ofJob: pending) == [0xAA, 0xBB])
        #expect(try await reopened.logEntries(from: 0, limit: 10) == [0, 1, 2].map(Make.entry))
        #expect(try await reopened.storeReports([Make.report(1)], task: Make.task, bucketCapacity: nil) == [.duplicate])
    }

    @Test func anotherProcessCanAddATaskMeanwhile() async throws {
        let temporary = try TemporaryStore()
        let other = try NodeDatabase.open(path: temporary.path)
        try await other.addTask(Make.storedTask(), logEntry: Make.entry(0))
        try await temporary.store.accept([1])
        #expect(try await temporary.store.task(Make.task) != nil)
        #expect(try await other.numberedSize() == 2)
    }

    /// `cairn node run` and `cairn node task add` on a new node's folder, at the same instant.
    @Test func manyCanOpenANewDatabaseAtOnce() async throws {
        for round in 0..<3 {
            let folder = try TemporaryFolder()
            let path = folder.file("node.sqlite")
            let sizes = try await withThrowingTaskGroup(of: UInt64.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let store = try NodeDatabase.open(path: path)
                        try await store.beginGeneration(.random())
                        // Some are the last to leave for a moment, which ends the write-ahead log.
                        if number % 2 == 0 { try store.close() }
                        return 1
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sizes == 8)
            #expect(try await NodeDatabase.open(path: path).generation() == 8, "round \(round)")
        }
    }

    /// No share lies open in the file or in what SQLite keeps beside it, and the key that one is sealed under is nowhere once
    /// its batch is collected.
    @Test func sharesLieSealedAndTheirKeyGoesAtCollection() async throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let marker = Array("a very recognizable input share".utf8)
        var report = Make.report(1)
        report.payload.inputShare = marker
        _ = try await store.storeReports([report], task: Make.task, bucketCapacity: nil)
        try await store.accept([2, 3])
        let keys = try await store.engine.read { session in
            try session.rows("SELECT secret FROM share_keys").map { try $0.bytes("secret") }
        }
        #expect(keys.count == 1)
        #expect(try files(temporary, with: marker).isEmpty)
        #expect(try !files(temporary, with: keys[0]).isEmpty)

        _ = try await store.createJob(
            nil, rejected: [EndedReport(reportID: Make.reportID(1), error: .vdafVerifyError)], task: Make.task,
            maxBatchSize: 10)
        let interval = Interval(start: 100, duration: 10)
        let job = try await store.newCollection(interval: interval)
        _ = try await store.sealBatch(collection: job.key, interval: interval, sizes: 1...9)
        try await store.recordHelperShare([1], statement: nil, collection: job.key)
        try await store.publish(response: [2], batchEntry: nil, collection: job.key)
        #expect(try files(temporary, with: keys[0]).isEmpty)
    }

    /// The names of the files of a database in which some bytes are.
    private func files(_ temporary: TemporaryStore, with bytes: [UInt8]) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: temporary.directory.path).filter { name in
            try Data(contentsOf: temporary.directory.appending(path: name)).firstRange(of: bytes) != nil
        }
    }
}
