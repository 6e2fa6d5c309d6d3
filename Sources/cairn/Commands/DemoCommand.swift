import ArgumentParser
import Contributor
import Foundation
import SharedModel

/// `cairn demo`: the one command for a newcomer.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the whole system on this machine and try to cheat it.",
        discussion: """
            Starts two aggregator nodes, lets contributors with private rows train a shared model in rounds, checks \
            every published sum against the log, verifies the receipts, and shows that a dishonest contributor and a \
            falsified result are caught. Without --data it uses the handwritten digits that come with the source.
            """)

    @Option(help: "A CSV file with numeric features and a label column.") var data: String?
    @Option(help: "The label's column in --data, which needs it: its name, or its index from 0.")
    var labelColumn: String?
    @OptionGroup var csv: CSVOptions
    @Option(help: "How many contributors share the training rows.") var contributors = TrainingDefaults.contributors
    @Option(help: "How many training rounds.") var rounds = TrainingDefaults.rounds
    @Option(help: "Fixes the split of the rows and the training.") var seed = TrainingDefaults.seed
    @Option(help: "Width of a hidden layer; none by default.") var hidden: Int?
    @Option(help: "Public bounds of the features: LOWER:UPPER, or one such pair per feature with commas.")
    var scaling: String?
    @Option(
        help: "Where the nodes keep their state: sqlite, or postgresql, a server that runs as long as the nodes do.")
    var storage = LocalStorage.Kind.sqlite
    @Option(name: .customLong("dir"), help: "A new folder for all files; kept.") var folder: String?
    @Flag(help: "Keep the temporary folder.") var keep = false
    @Flag(help: "Print one JSON object at the end instead of the pages.") var json = false

    func validate() throws {
        if contributors < 2 {
            throw ValidationError("--contributors must be at least 2: the sum of one report is that report.")
        }
        if rounds < 1 { throw ValidationError("--rounds must be at least 1.") }
        if let hidden, hidden < 1 { throw ValidationError("--hidden must be at least 1.") }
        if data != nil, labelColumn == nil { throw ValidationError("--data needs --label-column NAME or INDEX.") }
        if data == nil, let option = ((labelColumn == nil ? [] : ["--label-column"]) + csv.given).first {
            throw ValidationError("\(option) goes with --data.")
        }
    }

    func run() async throws {
        let plan = try DemoPlan(
            .init(
                data: data, csv: csv, label: labelColumn.map { ColumnReference(argument: $0) } ?? .last,
                contributors: contributors, rounds: rounds, seed: seed, hiddenWidth: hidden,
                scaling: try scaling.map { try FeatureScaling(argument: $0) }))
        let path = try makeFolder()
        let isKept = keep || folder != nil
        defer { if !isKept { try? FileManager.default.removeItem(atPath: path) } }
        let demo = Demo(plan: plan, storage: storage, folder: path, isKept: isKept, pages: DemoPages(isSilent: json))
        let report = try await Interruption.cancelling { try await demo.run() }
        if json { try JSONOutput.print(report) }
        if !report.succeeded { throw ExitStatus.no.code }
    }

    private func makeFolder() throws -> String {
        let path =
            folder.map { URL(fileURLWithPath: $0).path }
            ?? NSTemporaryDirectory() + "cairn-demo-\(UUID().uuidString.prefix(8))"
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure("\(path) exists already", advice: "Name a folder that does not exist yet.")
        }
        try UserFile.createFolder(path, permissions: 0o700)
        return path
    }
}
