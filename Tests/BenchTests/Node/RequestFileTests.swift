import Bench
import Foundation
import TestSupport
import Testing

@Suite struct RequestFileTests {
    @Test func requestsOfManyThreadsComeBackWholeAndOnce() async throws {
        let folder = try TemporaryFolder()
        let file = try RequestFile(in: folder.path)
        func body(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number), count: 1 + 997 * number) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 { group.addTask { try file.append(body(number), reports: number) } }
            try await group.waitForAll()
        }
        try file.sync()
        #expect(file.count == 100)
        #expect(file.byteCount == (0..<100).reduce(0) { $0 + body($1).count })
        var seen: Set<Int> = []
        for index in 0..<file.count {
            let request = try file.request(index)
            #expect(request.body == body(request.reports))
            seen.insert(request.reports)
        }
        #expect(seen == Set(0..<100))
    }

    @Test func nothingIsLeftInTheFolderWhileTheFileIsInUse() throws {
        let folder = try TemporaryFolder()
        let file = try RequestFile(in: folder.path)
        try file.append([1, 2, 3], reports: 1)
        #expect(try folder.names.isEmpty)
        #expect(try file.request(0).body == [1, 2, 3])
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let error = #expect(throws: BenchError.self) { try RequestFile(in: "/nowhere/at/all") }
        #expect("\(try #require(error))".contains("/nowhere/at/all"))
    }
}
