/// What a demo run showed: the JSON of `cairn demo --json`, and the source of the printed pages.
struct DemoReport: Encodable, Sendable {
    struct Data: Encodable, Sendable {
        let name: String
        let rows: Int
        let features: Int
        let classes: Int
        let testRows: Int
        /// What the file was taken for.
        let input: CSVInput
    }

    struct Round: Encodable, Sendable {
        let round: Int
        let accepted: Int
        let rejected: Int
        /// Of all contributors.
        let uploadBytes: Int
        /// Of one contributor.
        let contributorBytes: Int
        let seconds: Double
        let testAccuracy: Double
    }

    struct Receipts: Encodable, Sendable {
        let verified: Int
        let total: Int
    }

    struct Audit: Encodable, Sendable {
        let verified: Bool
        let batches: Int
        let entries: UInt64
    }

    /// Claims of credit that were made and checked with the log alone.
    struct Credit: Encodable, Sendable {
        let claims: Int
        let verified: Int
        /// Bytes in a claim 'at least T' over one receipt.
        let thresholdBytes: Int
        /// One contributor's credit over all rounds, which it proved exactly.
        let exactTotal: Int64
    }

    /// One attempt to cheat, and how it ended.
    struct Attack: Encodable, Sendable {
        /// What was tried.
        let attack: String
        let caught: Bool
        /// The words of whoever caught it.
        let finding: String
    }

    let data: Data
    let contributors: Int
    let modelParameters: Int
    /// The training run, as its tasks and the log name it.
    var runId = ""
    /// The largest norm of a change of the model.
    let normBound: Double
    var rounds: [Round] = []
    var sharedAccuracy = 0.0
    var pooledAccuracy = 0.0
    var majorityClassShare = 0.0
    var receipts = Receipts(verified: 0, total: 0)
    var audit = Audit(verified: false, batches: 0, entries: 0)
    var dishonestContributors: [Attack] = []
    var falsifiedAggregate: Attack?
    var credit = Credit(claims: 0, verified: 0, thresholdBytes: 0, exactTotal: 0)
    var forgedClaim: Attack?
    var seconds = 0.0

    init(_ plan: DemoPlan) {
        data = Data(
            name: plan.dataName, rows: plan.run.pooled.count + plan.run.test.count,
            features: plan.run.test.featureCount, classes: plan.run.test.classNames.count,
            testRows: plan.run.test.count, input: plan.input)
        contributors = plan.contributors
        modelParameters = plan.run.initialModel.parameters.count
        normBound = plan.run.bound.norm
    }

    /// Whether everything that the demo promises to show was there to see.
    var succeeded: Bool {
        audit.verified && receipts.verified == receipts.total && receipts.total > 0
            && !dishonestContributors.isEmpty && dishonestContributors.allSatisfy(\.caught)
            && falsifiedAggregate?.caught == true
            && credit.claims == contributors + 1 && credit.verified == credit.claims && forgedClaim?.caught == true
    }
}
