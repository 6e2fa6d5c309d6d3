import SharedModel
import Testing

@Suite struct LocalTrainerTests {
    private static let kinds = [ModelKind.softmax, .hiddenLayer(width: 5)]

    private func randomModel(_ kind: ModelKind, seed: UInt64) throws -> Model {
        let shape = try ModelShape(kind: kind, inputs: 3, classes: 3)
        var random = TrainingRandom(seed: seed)
        return try Model(shape: shape, parameters: (0..<shape.parameterCount).map { _ in random.unitInterval() - 0.5 })
    }

    /// One step over all rows with rate 1 moves by minus the gradient, which central differences of the loss confirm.
    @Test(arguments: kinds, [0.0, 0.1])
    func aStepFollowsTheSlopeOfTheLoss(_ kind: ModelKind, _ weightDecay: Double) throws {
        let (data, model) = (noisyPoints(20, seed: 1), try randomModel(kind, seed: 2))
        let trainer = LocalTrainer(epochs: 1, batchSize: 20, learningRate: 1, weightDecay: weightDecay, seed: 0)
        let step = try trainer.train(model, on: data)
        let width = model.shape.width
        let firstLayer = (width == 0 ? 3 : width) * 3
        let outputWeights = width == 0 ? 0..<0 : width * 4..<width * 4 + 3 * width
        for index in step.indices {
            func loss(_ offset: Double) throws -> Double {
                var parameters = model.parameters
                parameters[index] += offset
                return try Model(shape: model.shape, parameters: parameters).meanLoss(on: data)
            }
            let isWeight = index < firstLayer || outputWeights.contains(index)
            let decay = isWeight ? weightDecay * model.parameters[index] : 0
            let slope = (try loss(1e-5) - loss(-1e-5)) / 2e-5 + decay
            #expect(abs(step[index] + slope) < 1e-8, "parameter \(index)")
        }
    }

    @Test(arguments: kinds)
    func trainingLowersTheLossAndLearns(_ kind: ModelKind) throws {
        let data = noisyPoints(300, seed: 3)
        let model = Model(initial: try ModelShape(kind: kind, inputs: 3, classes: 3), seed: 4)
        let trainer = LocalTrainer(epochs: 30, batchSize: 10, learningRate: 0.2, seed: 5)
        let trained = try model.applying(trainer.train(model, on: data))
        #expect(try trained.meanLoss(on: data) < model.meanLoss(on: data) - 0.2)
        #expect(try trained.accuracy(on: data) > 0.6)
    }

    /// Exclusive or: no linear model exceeds 3 of 4, so the hidden layer must have been trained.
    @Test func aHiddenLayerLearnsWhatALinearModelCannot() throws {
        let data = Dataset(
            featureCount: 2, classNames: ["same", "different"], features: [-1, -1, 1, 1, -1, 1, 1, -1],
            labels: [0, 0, 1, 1])
        let trainer = LocalTrainer(epochs: 500, batchSize: 4, learningRate: 0.5, seed: 1)
        for (kind, expected) in [(ModelKind.softmax, false), (.hiddenLayer(width: 8), true)] {
            let model = Model(initial: try ModelShape(kind: kind, inputs: 2, classes: 2), seed: 1)
            let accuracy = try model.applying(trainer.train(model, on: data)).accuracy(on: data)
            #expect((accuracy == 1) == expected)
        }
    }

    @Test(arguments: kinds)
    func updatesFollowFromTheSeed(_ kind: ModelKind) throws {
        let (data, model) = (noisyPoints(30, seed: 6), try randomModel(kind, seed: 7))
        var trainer = LocalTrainer(epochs: 2, batchSize: 4, learningRate: 0.1, seed: 8)
        let update = try trainer.train(model, on: data)
        #expect(try trainer.train(model, on: data) == update)
        trainer.seed = 9
        #expect(try trainer.train(model, on: data) != update)
        trainer.seed = 8
        trainer.extrapolation = 2
        #expect(try trainer.train(model, on: data) == update.map { 2 * $0 })
    }

    @Test func senselessSettingsAndDataAreRefused() throws {
        let (data, model) = (noisyPoints(6, seed: 1), try randomModel(.softmax, seed: 1))
        let good = LocalTrainer(epochs: 1, batchSize: .max, learningRate: 0.1, seed: 1)
        _ = try good.train(model, on: data)
        let changes: [WritableKeyPath<LocalTrainer, Double> & Sendable] = [
            \.learningRate, \.weightDecay, \.extrapolation,
        ]
        for change in changes {
            for value in [-1, .nan, .infinity] {
                var bad = good
                bad[keyPath: change] = value
                #expect(throws: TrainingError.self) { try bad.train(model, on: data) }
            }
        }
        for (epochs, batchSize) in [(0, 1), (-1, 1), (1, 0), (1, -1)] {
            var bad = good
            (bad.epochs, bad.batchSize) = (epochs, batchSize)
            #expect(throws: TrainingError.self) { try bad.train(model, on: data) }
        }
        #expect(throws: TrainingError.noRows) { try good.train(model, on: data.subset([])) }
        #expect(throws: TrainingError.noRows) { try model.accuracy(on: data.subset([])) }
        #expect(throws: TrainingError.featureCountMismatch(found: 4, expected: 3)) {
            try good.train(model, on: noisyPoints(6, features: 4, seed: 1))
        }
        #expect(throws: TrainingError.classCountMismatch(found: 4, expected: 3)) {
            try model.accuracy(on: noisyPoints(8, classes: 4, seed: 1))
        }
        #expect(throws: TrainingError.featureCountMismatch(found: 0, expected: 3)) { try model.predict([]) }
    }

    @Test func divergenceIsAnErrorAndNotAModel() throws {
        let (data, model) = (noisyPoints(6, seed: 1), try randomModel(.hiddenLayer(width: 5), seed: 1))
        let trainer = LocalTrainer(epochs: 50, batchSize: 1, learningRate: 1e200, seed: 1)
        #expect(throws: TrainingError.diverged) { try trainer.train(model, on: data) }
    }
}
