// A whole training run on one table, everything but the transport: who holds which rows, what a contributor submits in
// a round, and what the next model is.
//
// The demo carries the updates through two aggregators, and the tests of this module add them up in the clear. Both use
// this type, so that they train the same models from the same seed.

/// A table divided among contributors, with the public settings of the run.
package struct TrainingRun: Sendable {
    package let settings: TrainingDefaults
    package let scaling: FeatureScaling
    /// The rule for updates.
    package let bound: UpdateBound
    package let seed: UInt64
    /// The model before the first round.
    package let initialModel: Model
    /// Each contributor's own scaled rows.
    package let slices: [Dataset]
    /// All contributors' scaled rows together: for the yardstick only.
    package let pooled: Dataset
    /// The scaled rows that nobody trains on; public.
    package let test: Dataset

    /// Divides a table and prepares the first model. Everything random follows from `seed`.
    ///
    /// - Parameters:
    ///   - data: The unscaled rows.
    ///   - kind: The kind of model.
    ///   - contributors: How many contributors share the training rows; each has at least one.
    ///   - scaling: Public bounds of the features. Nil takes minimum and maximum of the test rows, which the owner of
    ///     a demo publishes; say so aloud.
    ///   - order: How rows are dealt; nil shuffles them by the seed.
    ///   - settings: Training settings; nil takes the defaults for the kind.
    ///   - fractionalBits: How finely updates are rounded.
    /// - Throws: `PartitionError`, `FeatureScalingError`, `ModelError` or `UpdateBoundError` for settings that do
    ///   not fit the table.
    package init(
        data: Dataset, kind: ModelKind, contributors: Int = TrainingDefaults.contributors,
        scaling: FeatureScaling? = nil, order: SliceOrder? = nil, settings: TrainingDefaults? = nil,
        fractionalBits: Int = TrainingDefaults.fractionalBits,
        testFraction: Double = TrainingDefaults.testFraction, seed: UInt64 = TrainingDefaults.seed
    ) throws {
        let (training, test) = try data.stratifiedSplit(testFraction: testFraction, seed: seed)
        let scaling = try scaling ?? FeatureScaling.fitted(toPublicRows: test)
        let shape = try ModelShape(kind: kind, inputs: data.featureCount, classes: data.classNames.count)
        let settings = settings ?? TrainingDefaults(for: kind)
        self.settings = settings
        self.scaling = scaling
        self.seed = seed
        bound = try UpdateBound(
            norm: settings.normBound, fractionalBits: fractionalBits, dimension: shape.parameterCount)
        initialModel = try Model(initial: shape, seed: seed, featureNames: data.featureNames)
        pooled = try scaling.applied(to: training)
        self.test = try scaling.applied(to: test)
        slices = try pooled.slices(contributors: contributors, order: order ?? .shuffled(seed: seed))
    }

    /// What a contributor submits in a round: its update, of norm `bound.norm` at most.
    ///
    /// - Parameters:
    ///   - contributor: An index into `slices`.
    ///   - round: Counted from 0.
    ///   - model: The shared model of the round.
    /// - Throws: `TrainingError` if training diverges or the settings make no sense.
    package func update(of contributor: Int, round: Int, from model: Model) throws -> [Double] {
        let trainer = settings.trainer(seed: seed, round: round, contributor: contributor)
        return try bound.clip(trainer.train(model, on: slices[contributor]))
    }

    /// The model after a round, from the published sum of the accepted updates.
    ///
    /// - Throws: `UpdateBoundError` if a sum is out of range, or there are too many or too few.
    package func model(after model: Model, sums: [Int128], contributors: Int) throws -> Model {
        try model.applying(bound.average(of: sums, contributors: contributors))
    }

    /// The yardstick: the same initial model trained on all contributors' rows together.
    package func pooledModel() throws -> Model {
        try initialModel.applying(settings.pooledTrainer(seed: seed).train(initialModel, on: pooled))
    }
}
