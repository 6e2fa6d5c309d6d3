import ArgumentParser
import Bench
import SharedModel

/// `cairn bench credit`: how well policies rank contributors, and what claims, receipts and audits cost.
struct BenchCreditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credit",
        abstract: "Compare credit policies with exact Shapley values; measure claims, receipts and audits.",
        discussion: """
            The trial trains a classifier of handwritten digits by contributors who differ: in how many rows they have, in \
            how many of their labels are wrong, in which classes they know, or in whether they train at all. Every round \
            it computes each contributor's credit by every policy, and its exact Shapley value from the validation loss of \
            the models that all subsets of contributors make. 'spearman' is the rank correlation of the two, added up over \
            the rounds: 1 where they agree on the whole order, 0 where one says nothing about the other (unit credit, \
            which is the same for all). 'on test' compares with Shapley values on rows that credit never saw. --seed \
            repeats it.

            Then one claim about a report of 10,000 coordinates is proved and verified, --claims of them are verified \
            together, and a receipt is verified, all on one thread; and a log of --reports reports is audited on all \
            processors, as 'cairn audit' does. Every check is also given something wrong, and must refuse it.
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        case trial
        case speed
    }

    @Option(help: "Only one part.") var only: Part?
    @Option(help: "Fixes the split of the rows and the training.") var seed = TrialSettings.defaultSeed
    @Option(help: "Contributors of a round.") var contributors = TrialSettings.defaultContributors
    @Option(help: "Training rounds.") var rounds = TrialSettings.defaultRounds
    @Option(help: "Every coordinate of an update is clipped to this.") var bound = TrialSettings.defaultBound
    @Option(help: "Claims that are verified together.") var claims = ClaimCost.defaultClaims
    @Option(help: "Reports of the audited batch.") var reports = AuditCost.defaultReports
    @Option(help: "Coordinates of a report that credit is claimed for.") var dimension = ClaimCost.standardDimension
    @Option(help: "Repetitions of what is measured.") var repeats = 3
    @Option(help: "A CSV file to train on, its label in the last column; the digits by default.") var data: String?
    @OptionGroup var csv: CSVOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        _ = try trialSettings()
        _ = try speedSettings()
        if data == nil, let option = csv.given.first { throw ValidationError("\(option) goes with --data.") }
    }

    private func trialSettings() throws -> TrialSettings {
        try benchUsage { () throws(BenchError) in
            try TrialSettings(contributors: contributors, rounds: rounds, seed: seed, bound: bound)
        }
    }

    private func speedSettings() throws -> BenchSettings {
        try benchUsage { () throws(BenchError) in
            try ClaimCost.check(claims: claims, dimension: dimension)
            try AuditCost.check(reports: reports)
            return try BenchSettings(repeats: repeats, seed: seed)
        }
    }

    func run() async throws {
        var results: [TrialResult] = []
        var input: CSVInput?
        if only != .speed {
            let settings = try trialSettings()
            let path = try data ?? BundledData.digitsPath()
            let layout = try Dataset.layout(of: try csv.table(path), label: .last, header: csv.rule)
            if data != nil { CSVInput.tellExamples(path, layout) }
            input = CSVInput(file: path, layout)
            let trial = try CreditTrial(data: Dataset(layout: layout), settings: settings)
            if !json { CreditTable.header(settings, trial) }
            for scenario in TrialScenario.allCases {
                let result = try trial.run(scenario)
                if !json { CreditTable.show(result) }
                results.append(result)
            }
        }
        var speed: CreditDocument.Speed?
        if only != .trial {
            let settings = try speedSettings()
            let claim = try ClaimCost(dimension: dimension, claims: claims, settings: settings)
            if !json { CreditTable.show(claim, settings) }
            var audits: [AuditCost] = []
            for dimension in AuditCost.standardDimensions {
                let audit = try await AuditCost(dimension: dimension, reports: reports, settings: settings)
                if !json { CreditTable.show(audit) }
                audits.append(audit)
            }
            speed = CreditDocument.Speed(claim, audits)
        }
        if json {
            try JSONOutput.print(
                CreditDocument(
                    results, speed: speed, settings: try trialSettings(), repeats: repeats, input: input))
        }
    }
}
