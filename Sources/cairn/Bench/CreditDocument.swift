import Bench

/// `cairn bench credit --json`: keys in snake_case, times in microseconds of wall clock, and one thread except for audits.
struct CreditDocument: Encodable {
    /// One policy in one scenario.
    struct Row: Encodable {
        let scenario, policy: String
        /// With exact per-round Shapley values on validation rows, and on test rows.
        let spearman, spearmanOnTest: Double
        /// Of the scenario's weakest contributors: the median of their ranks, 1 for the greatest credit, and whether all
        /// have less credit than the median of all contributors.
        let weakestMedianRank: Double
        let weakestAreBelowMedian: Bool
    }

    /// One contributor of a scenario, over all rounds.
    struct Contributor: Encodable {
        let scenario: String
        let contributor: Int
        let isWeakest: Bool
        let shapley, shapleyOnTest: Double
        let priced, alignment, validation: Int64
    }

    struct Accuracy: Encodable {
        let scenario: String
        /// Of the last round's model, on test rows.
        let accuracy: Double
    }

    /// Medians over the repetitions.
    struct Speed: Encodable {
        struct Audit: Encodable {
            let dimension, reports: Int
            /// As `cairn audit` does it, on all processors; and the processors' time together.
            let auditUs, auditCpuUs: Double
            let receiptVerifyUs: Double
            let receiptBytes: Int
        }

        let dimension, bits, claims: Int
        /// One claim.
        let proveUs, verifyUs: Double
        let claimBytes: Int
        /// All claims together, and a claim's part of it.
        let verifyBatchUs, verifyBatchUsPerClaim: Double
        /// Of the audits, the slowest.
        let receiptVerifyUs, auditUs: Double
        let audits: [Audit]
    }

    let kernels: [String]
    let seed: UInt64
    let contributors, rounds, repeats: Int
    /// Every coordinate of an update was clipped to ± this.
    let bound: Double
    let rows: [Row]
    let scores: [Contributor]
    let accuracies: [Accuracy]
    let speed: Speed?
    /// What the file of the trial's rows was taken for.
    let input: CSVInput?

    init(_ results: [TrialResult], speed: Speed?, settings: TrialSettings, repeats: Int, input: CSVInput?) {
        kernels = Kernels.active
        seed = settings.seed
        contributors = settings.contributors
        rounds = settings.rounds
        bound = settings.bound
        self.repeats = repeats
        self.speed = speed
        self.input = input
        rows = results.flatMap(\.rows).map {
            Row(
                scenario: $0.scenario.rawValue, policy: "\($0.policy)",
                spearman: $0.spearman.roundedToThousandths, spearmanOnTest: $0.spearmanOnTest.roundedToThousandths,
                weakestMedianRank: $0.weakestMedianRank, weakestAreBelowMedian: $0.weakestAreBelowMedian)
        }
        scores = results.flatMap { result in
            result.shapley.indices.map { index in
                Contributor(
                    scenario: result.scenario.rawValue, contributor: index, isWeakest: result.weakest.contains(index),
                    shapley: result.shapley[index], shapleyOnTest: result.shapleyOnTest[index],
                    priced: result.credits[.priced]?[index] ?? 0, alignment: result.credits[.alignment]?[index] ?? 0,
                    validation: result.credits[.validation]?[index] ?? 0)
            }
        }
        accuracies = results.map {
            Accuracy(scenario: $0.scenario.rawValue, accuracy: $0.accuracy.roundedToThousandths)
        }
    }
}

extension CreditDocument.Speed {
    init(_ claim: ClaimCost, _ audits: [AuditCost]) {
        self.init(
            dimension: claim.dimension, bits: claim.bits, claims: claim.claims,
            proveUs: claim.prove.wall.median.roundedToThousandths,
            verifyUs: claim.verify.wall.median.roundedToThousandths, claimBytes: claim.bytes,
            verifyBatchUs: claim.verifyBatch.wall.median.roundedToThousandths,
            verifyBatchUsPerClaim: claim.verifyBatchPerClaim.roundedToThousandths,
            receiptVerifyUs: (audits.map(\.receiptVerify.wall.median).max() ?? 0).roundedToThousandths,
            auditUs: (audits.map(\.audit.wall.median).max() ?? 0).roundedToThousandths,
            audits: audits.map {
                Audit(
                    dimension: $0.dimension, reports: $0.reports,
                    auditUs: $0.audit.wall.median.roundedToThousandths,
                    auditCpuUs: $0.audit.processor.median.roundedToThousandths,
                    receiptVerifyUs: $0.receiptVerify.wall.median.roundedToThousandths, receiptBytes: $0.receiptBytes)
            })
    }
}
