import Foundation
import Testing

/// Imports go one way: a module knows only what stands above it in the README's table ('The house').
@Suite struct ImportDirectionTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().standardizedFileURL

    /// The modules of the table, from the top.
    private static func table() throws -> [String] {
        let readme = try String(contentsOf: package.appending(path: "README.md"), encoding: .utf8)
        let rows = readme.split(separator: "\n").drop { $0 != "| module | holds |" }.dropFirst(2)
        return rows.prefix { $0.hasPrefix("| `") }.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
    }

    /// The modules that are written in Swift, and what the files of each import.
    private static func imports() throws -> [String: Set<String>] {
        let sources = package.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var imports: [String: Set<String>] = [:]
        for case let file as URL in files where file.pathExtension == "swift" {
            let path = file.standardizedFileURL.path.dropFirst(sources.standardizedFileURL.path.count + 1)
            let module = String(path.prefix { $0 != "/" })
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place < 3, words.count > place + 1 else { continue }
                // `import struct Foundation.Data` names its module last.
                imports[module, default: []].insert(String(words[words.count - 1].prefix { $0 != "." }))
            }
        }
        return imports
    }

    @Test func aModuleImportsOnlyWhatStandsAboveItInTheTable() throws {
        let (table, imports) = (try Self.table(), try Self.imports())
        #expect(Set(table).count == table.count && table.count > 20)
        #expect(Set(imports.keys).subtracting(table) == [], "modules that the table lacks")
        for (module, imported) in imports {
            guard let place = table.firstIndex(of: module) else { continue }
            let below = imported.filter { table.firstIndex(of: $0).map { $0 > place } ?? false }
            #expect(below == [], "\(module) imports what stands below it")
        }
    }
}
