import Contributor
import Foundation
import Ledger
import LedgerFixtures
import Tasks
import TestSupport
import Testing

/// Tasks under names, and tasks by URL.
@Suite struct InstalledTaskTests {
    private let folder = TemporaryFolder.notMadeYet()
    private var home: ContributorHome { ContributorHome(path: folder.path + "/home") }

    private func file(_ log: LogFixture, name: String = "visits") throws -> TaskFile {
        try TaskFile(
            name: name, configuration: log.task.configuration, collectorHpkeConfig: log.collector.config,
            logPolicy: log.policyText, logURL: nil)
    }

    /// A different task: the same parameters under other keys.
    private func twoTasks() throws -> (TaskFile, TaskFile) {
        let (first, second) = (try LogFixture(), try LogFixture())
        defer {
            first.removeFiles()
            second.removeFiles()
        }
        return (try file(first), try file(second))
    }

    @Test func aTaskNeverReplacesAnotherOfItsName() throws {
        let (first, second) = try twoTasks()
        try #require(first.taskID != second.taskID)
        let path = try home.install(first)
        #expect(throws: ContributorError.self) { try home.install(second) }
        #expect(try home.task("visits").taskID == first.taskID)
        // The same task again is no other one.
        #expect(try home.install(first) == path)
        // Beside it under another name.
        try home.install(second, as: "visits-2")
        #expect(try home.task("visits-2").taskID == second.taskID)
        #expect(Set(home.tasks().map(\.name)) == ["visits", "visits-2"])
        #expect(throws: ContributorError.self) { try home.install(second, as: "../visits") }
    }

    @Test func aFileOfAnyNameIsATaskAndSoIsTheIDOfAnInstalledOne() throws {
        let (first, second) = try twoTasks()
        try home.install(first)
        #expect(try home.task(first.taskID.base64URL).taskID == first.taskID)
        #expect(throws: ContributorError.self) { try home.task(second.taskID.base64URL) }
        // Without a slash a name is in the current folder, which tests share; so a name of its own.
        let name = "cairn-test-\(UUID().uuidString).txt"
        #expect(throws: ContributorError.self) { try home.task(name) }
        try Data(second.json()).write(to: URL(fileURLWithPath: name))
        defer { try? FileManager.default.removeItem(atPath: name) }
        #expect(try home.task(name).taskID == second.taskID)
        // What is installed under the name comes first.
        try home.install(first, as: name)
        #expect(try home.task(name).taskID == first.taskID)
    }

    @Test func aFileThatCannotBeReadKeepsItsName() throws {
        let (first, _) = try twoTasks()
        let path = try home.install(first)
        try Data("not a task".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ContributorError.self) { try home.install(first) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "not a task")
    }

    @Test func urlsSayWhichTaskTheyAre() throws {
        let (task, _) = try twoTasks()
        let id = task.taskID.base64URL
        #expect(try TaskAddress(task.address).id == task.taskID)
        let elsewhere = try TaskAddress("https://example.org/visits.task#\(id)")
        #expect(elsewhere.id == task.taskID && elsewhere.url == "https://example.org/visits.task")
        #expect(try TaskAddress("https://example.org/cairn/tasks/\(id)?x=1").id == task.taskID)
        for wrong in ["https://example.org/visits.task", "https://example.org/", "https://example.org/#\(id)x"] {
            #expect(throws: ContributorError.self, "\(wrong)") { try TaskAddress(wrong) }
        }
        #expect(TaskAddress.isURL("HTTPS://example.org/") && !TaskAddress.isURL("http.task"))
    }
}
