import Contributor
import Encodings
import Foundation
import Testing

/// The manual's table of exit codes is the program's.
@Suite struct ManualTests {
    @Test func theManualHasTheProgramsExitCodes() throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let manual = try String(contentsOf: package.appendingPathComponent("docs/manual.md"), encoding: .utf8)
        let section = try #require(manual.range(of: "## Exit codes\n"))
        let rows = manual[section.upperBound...].split(separator: "\n").prefix { !$0.hasPrefix("## ") }
            .filter { $0.hasPrefix("| ") && $0.dropFirst(2).first?.isNumber == true }
        #expect(rows.map(String.init) == ExitStatus.allCases.map { "| \($0.rawValue) | \($0) | \($0.meaning) |" })
    }

    /// An error of a module that is not listed would reach people without its text.
    @Test func everyModuleOfOursIsKnownAsOurs() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources").path
        let swift = try FileManager.default.contentsOfDirectory(atPath: sources).filter { name in
            let files = FileManager.default.enumerator(atPath: "\(sources)/\(name)")?.compactMap { $0 as? String } ?? []
            return files.contains { $0.hasSuffix(".swift") }
        }
        #expect(Set(swift).isSubset(of: OwnErrors.modules.map(String.init)), "\(swift)")
        #expect(OwnErrors.text(ContributorError.invalidTask("x")) == "the task cannot be used: x")
        #expect(OwnErrors.text(CocoaError(.fileReadNoSuchFile)) == nil)
    }

    /// Who depends on a product of the package gets what its modules export. One that exports nothing would be a promise of
    /// something to come.
    @Test func everyLibraryProductExportsSomething() throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let manifest = try String(contentsOf: package.appendingPathComponent("Package.swift"), encoding: .utf8)
        let products = manifest.matches(of: #/\.library\(name: "(\w+)", targets: \[(.*?)\]\)/#)
        #expect(products.count >= 7)
        for product in products {
            let exporting = product.2.matches(of: /\w+/).filter { target in
                let folder = package.appendingPathComponent("Sources/\(target.0)")
                let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
                return files?.contains { file in
                    guard let file = file as? URL, file.pathExtension == "swift" else { return false }
                    return (try? String(contentsOf: file, encoding: .utf8))?.contains("public ") == true
                } == true
            }
            #expect(!exporting.isEmpty, "\(product.1)")
        }
    }
}
