import Foundation
import Testing

extension EndToEnd {
    /// Whatever sources and pages tell people to type exists.
    @Suite struct Advice {
        /// Where the package is.
        private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path

        private static func files(under folders: [String], suffix: String) -> [(path: String, text: String)] {
            folders.flatMap { folder -> [(String, String)] in
                let root = "\(package)/\(folder)"
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder) else { return [] }
                let names =
                    isFolder.boolValue
                    ? (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).sorted()
                        .map { "\(folder)/\($0)" } : [folder]
                return names.filter { $0.hasSuffix(suffix) }.compactMap { name in
                    (try? String(contentsOfFile: "\(package)/\(name)", encoding: .utf8)).map { (name, $0) }
                }
            }
        }

        private static var pages: [(path: String, text: String)] {
            files(
                under: ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "Protocols", "Benchmarks", "Data"],
                suffix: ".md")
        }

        private static var sources: [(path: String, text: String)] {
            files(
                under: [
                    "Sources/cairn", "Sources/Contributor", "Sources/AggregatorNode", "Sources/Wallet",
                    "Sources/Ledger",
                    "Sources/Credit", "Sources/DAP", "Sources/SharedModel", "Sources/TransparencyLog",
                    "Sources/Datastore",
                ], suffix: ".swift")
        }

        /// Lines that go on behind a backslash, in one.
        private static func joined(_ text: String) -> String {
            text.replacing(#/\\+\n\s*/#) { _ in "" }
        }

        /// `cairn …` up to the end of what one would type.
        private static func commands(in text: String) -> [[String]] {
            // A name of a format or a protocol label is no command.
            joined(text).matches(of: #/(?:^|[^\w./"-])cairn((?: +(?:[^\s`"'|;&()<>\\,:#]|'[^'\n]*')+)+)/#).compactMap {
                match in
                let words = match.1.split(separator: " ").map(String.init)
                let isLabel = words.contains { $0.wholeMatch(of: #/v\d/#) != nil }
                return isLabel ? nil : ["cairn"] + words.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
            }
        }

        @Test func everyCommandAndOptionThatPagesNameExists() async throws {
            let table = try await CommandTable.load()
            var found = 0
            for (path, text) in Self.pages {
                for words in Self.commands(in: text) where table.root.commands[words[1]] != nil {
                    found += 1
                    if let complaint = table.complaint(about: Self.typed(words, table)) {
                        Issue.record("\(path): \(words.joined(separator: " ")): \(complaint)")
                    }
                }
            }
            #expect(found > 60)
        }

        /// In the table 'What goes where', where `credit show`, `prove` are two commands, and `wallet …` is all of them.
        @Test func everyCommandStandsInTheManual() async throws {
            let manual = try String(contentsOfFile: "\(Self.package)/docs/manual.md", encoding: .utf8)
            let table = try await CommandTable.load()
            var named: Set<[String]> = []
            for row in manual.split(separator: "\n") where row.hasPrefix("| `") {
                var last: [String] = []
                for name in row.dropFirst().prefix(while: { $0 != "|" }).matches(of: #/`([^`]+)`/#) {
                    let words = name.1.split(separator: " ").map(String.init)
                    last = table.root.commands[words[0]] == nil ? last.dropLast() + words : words
                    named.insert(last)
                }
            }
            for path in table.root.leaves where path != ["node", "task", "drop"] && path != ["help"] {
                let isNamed = named.contains(path) || named.contains(path.dropLast() + ["…"])
                #expect(isNamed || named.contains([path[0], "…"]), "docs/manual.md has no row for \(path)")
            }
        }

        @Test func theVersionIsThatOfTheNewestRelease() async throws {
            let changelog = try String(contentsOfFile: "\(Self.package)/CHANGELOG.md", encoding: .utf8)
            let newest = try #require(changelog.firstMatch(of: #/\n## (\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)\n/#))
            #expect(try await Cairn.succeed("--version").output == "\(newest.1)\n")
        }

        @Test func everyCommandAndOptionThatMessagesNameExists() async throws {
            let table = try await CommandTable.load()
            var found = 0
            for (path, text) in Self.sources {
                for words in Self.commands(in: text) where table.root.commands[words[1]] != nil {
                    found += 1
                    if let complaint = table.complaint(about: Self.typed(words, table)) {
                        Issue.record("\(path): \(words.joined(separator: " ")): \(complaint)")
                    }
                }
                for words in Self.built(in: text) {
                    found += 1
                    if let complaint = table.complaint(about: words) {
                        Issue.record("\(path): \(words.joined(separator: " ")): \(complaint)")
                    }
                }
            }
            #expect(found > 60)
        }

        /// An option that no command has is advice that cannot be followed.
        @Test func everyOptionThatIsNamedAloneIsSomeCommands() async throws {
            let known = try await CommandTable.load().options.union(Self.foreign)
            for (path, text) in Self.sources + Self.pages {
                for match in text.matches(of: #/(?:^|[^\w-])(--[a-z][a-z0-9]*(?:-[a-z0-9]+)*)/#) {
                    #expect(known.contains(String(match.1)), "\(path) names \(match.1)")
                }
            }
        }

        /// Of other programs that pages mention.
        private static let foreign: Set<String> = [
            "--user", "--package-path", "--filter", "--build-tests", "--break-system-packages", "--seconds",
            "--metadata-only", "--allow-writing-to-package-directory", "--experimental-dump-help", "--no-verify",
            "--release", "--pwprompt", "--owner", "--encoding", "--template",
            "--skip-build", "--disable-xctest", "--disable-testable-imports",
        ]

        /// Prose goes on behind a command's name: only what follows it as options or further commands counts.
        private static func typed(_ words: [String], _ table: CommandTable) -> [String] {
            var command = table.root
            var typed = ["cairn"]
            var rest = words.dropFirst()
            while let word = rest.first, let next = command.commands[word] {
                command = next
                typed.append(word)
                rest = rest.dropFirst()
            }
            guard rest.first?.hasPrefix("--") == true || command.takesArguments else { return typed }
            return typed + rest
        }

        /// What `PrintedCommand` is told to print.
        private static func built(in text: String) -> [[String]] {
            text.matches(
                of:
                    #/PrintedCommand\(((?:"[a-z-]+"(?:, )?)+)\)((?:\s*\.(?:option|flag|word|adding)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*)/#
            ).map { match in
                let words = match.1.matches(of: #/"([a-z-]+)"/#).map { String($0.1) }
                let options = match.2.matches(of: #/\.(option|flag)\("(--[a-z-]+)"/#).flatMap {
                    $0.1 == "option" ? [String($0.2), "VALUE"] : [String($0.2)]
                }
                return ["cairn"] + words + options
            }
        }
    }
}
