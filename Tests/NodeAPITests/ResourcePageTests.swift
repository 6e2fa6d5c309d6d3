import DAP
import Foundation
import NodeAPI
import Testing

/// `Protocols/http.md` says of every resource what the code says, and of no other.
@Suite struct ResourcePageTests {
    private static func page(_ file: String = #filePath) throws -> String {
        try String(
            contentsOf: URL(fileURLWithPath: file).deletingLastPathComponent()
                .appendingPathComponent("../../Protocols/http.md").standardizedFileURL, encoding: .utf8)
    }

    private static let head = [
        "resource", "request", "at", "for", "task", "body", "limit", "answers", "refusals", "again", "see",
    ]

    /// The rows of all tables with that head, cell by cell.
    private static func rows(of page: String) -> [[String]] {
        var rows: [[String]] = []
        var isInTable = false
        for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|"), line.hasSuffix("|") else {
                isInTable = false
                continue
            }
            let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            if cells == head {
                isInTable = true
            } else if isInTable, cells.contains(where: { $0 != "---" }) {
                rows.append(cells)
            }
        }
        return rows
    }

    /// What a row has to say, but for its last cell, which is for people.
    private static func row(of resource: Resource) -> [String] {
        [
            "`\(resource.name)`", "`\(resource.method.rawValue) \(resource.path)`",
            Resource.Server.allCases.filter(resource.servers.contains).map(\.rawValue).joined(separator: ", "),
            resource.caller.rawValue, resource.announcement == .ignored ? "—" : resource.announcement.rawValue,
            body(resource.request), limit(resource.request),
            list(resource.successes.map(words)), list(resource.refusals.sorted().map(String.init)),
            resource.isRepeatable ? "yes" : "no",
        ]
    }

    private static func words(_ success: Resource.Success) -> String {
        "\(success.status)" + (success.type.map { " `\(name(of: $0))`" } ?? "")
    }

    private static func body(_ request: BodyRule) -> String {
        guard case .one(let types, _, let isChecked) = request else { return "—" }
        return (types.map { "`\(name(of: $0))`" } + (isChecked ? [] : ["any"])).joined(separator: " or ")
    }

    private static func limit(_ request: BodyRule) -> String {
        switch request {
        case .nothing: "—"
        case .one(_, .task(let bound), _): bound.rawValue
        case .one(_, .bytes(let count), _): grouped(count)
        }
    }

    private static func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return digits.indices.map { index in
            (index > 0 && (digits.count - index).isMultiple(of: 3) ? "," : "") + String(digits[index])
        }.joined()
    }

    private static func list(_ words: [String]) -> String { words.isEmpty ? "—" : words.joined(separator: ", ") }

    private static func name(of type: ContentType) -> String {
        switch type {
        case .dap(let message): message.rawValue
        case .cairn(let type): String(type.dropFirst("application/vnd.cairn.".count))
        case .bytes: "bytes"
        case .text: "text"
        case .json: "json"
        }
    }

    @Test func thePageAndTheCodeSayTheSame() throws {
        let rows = Self.rows(of: try Self.page())
        let names = rows.map { $0[0] }
        #expect(names == API.all.map { "`\($0.name)`" }, "the page has other resources, or another order")
        let byName = Dictionary(rows.map { ($0[0], $0) }) { first, _ in first }
        for resource in API.all {
            let expected = Self.row(of: resource)
            let found = byName["`\(resource.name)`"].map { Array($0.dropLast()) } ?? []
            #expect(found == expected, "the page should have: | \(expected.joined(separator: " | ")) | … |")
        }
    }

    @Test func boundsInWordsAreTheOnesThatThePageExplains() throws {
        let page = try Self.page()
        for bound in TaskBound.allCases { #expect(page.contains("\n| \(bound.rawValue) | "), "\(bound)") }
    }

    /// The table of common refusals has every status that the code gives to many resources.
    @Test func commonRefusalsAreExplained() throws {
        let page = try Self.page()
        for status in Set(API.all.flatMap(\.commonRefusals)) {
            let rows = [401, 403].contains(status) ? "\n| 401, 403 | " : "\n| \(status) | "
            #expect(page.contains(rows), "\(status)")
        }
    }

    @Test func everyLinkOfThePageLeadsSomewhere() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Protocols").standardizedFileURL
        for match in try Self.page().matches(of: /\]\(([a-z-]+\.md)\)/) {
            let path = folder.appendingPathComponent(String(match.1)).path
            #expect(FileManager.default.fileExists(atPath: path), "\(match.1)")
        }
    }
}
