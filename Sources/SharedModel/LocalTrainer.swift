// What a contributor does with its own rows: a few epochs of stochastic gradient descent from the shared model.
//
// Only the difference between the trained and the shared parameters leaves the contributor, in shares and bounded in norm. The
// average of these differences over all contributors is the round's step (federated averaging, McMahan et al., 2017).
// Training the same model on pooled rows, the yardstick of a run, is the same code with all rows and more epochs.

/// Why training or evaluation cannot run.
package enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no row to learn from or to test on.
    case noRows
    /// Rows and model differ in their number of features.
    case featureCountMismatch(found: Int, expected: Int)
    /// Rows and model differ in their number of classes.
    case classCountMismatch(found: Int, expected: Int)
    /// A training setting makes no sense; the text says which and what is allowed.
    case invalidSetting(String)
    /// Parameters grew beyond all bounds.
    case diverged

    package var description: String {
        switch self {
        case .noRows: "there are no rows. Give at least one row of data."
        case .featureCountMismatch(let found, let expected):
            "the rows have \(found) features, and the model expects \(expected). Check that the file fits the task."
        case .classCountMismatch(let found, let expected):
            "the rows have \(found) classes, and the model has \(expected). Use the task's list of classes."
        case .invalidSetting(let what): "\(what)."
        case .diverged:
            "training diverged: parameters became infinite. Lower the learning rate, or scale the features."
        }
    }
}

extension ModelShape {
    /// Checks that a data set can train or test models of this shape.
    func check(_ data: Dataset) throws(TrainingError) {
        guard data.count > 0 else { throw .noRows }
        guard data.featureCount == inputs else {
            throw .featureCountMismatch(found: data.featureCount, expected: inputs)
        }
        guard data.classNames.count == classes else {
            throw .classCountMismatch(found: data.classNames.count, expected: classes)
        }
    }
}

/// Mini-batch stochastic gradient descent with weight decay, reproducible from its seed.
///
/// The learning rate falls linearly from its full value before the first step to zero after the last, so that the
/// result does not depend on which rows happen to come last.
package struct LocalTrainer: Sendable, Equatable {
    /// Passes over the rows.
    package var epochs: Int
    /// Rows per step; the last step of an epoch may have fewer.
    package var batchSize: Int
    /// Length of the first step along its batch's average gradient.
    package var learningRate: Double
    /// Strength of the penalty (weightDecay/2)·Σ weight²; biases are exempt.
    package var weightDecay: Double
    /// Factor on the returned change. Contributors' steps partly cancel in the average, so a run converges faster when
    /// each of them goes somewhat further than its own rows ask (a server learning rate above 1 in the terms of Reddi
    /// et al., 2021). Above 2 runs diverge; 1 is the plain change.
    package var extrapolation: Double
    /// Fixes the order of the rows in every epoch.
    package var seed: UInt64

    package init(
        epochs: Int, batchSize: Int, learningRate: Double, weightDecay: Double = 0, extrapolation: Double = 1,
        seed: UInt64
    ) {
        self.epochs = epochs
        self.batchSize = batchSize
        self.learningRate = learningRate
        self.weightDecay = weightDecay
        self.extrapolation = extrapolation
        self.seed = seed
    }

    /// Trains a copy of the model on the rows and returns its change: trained minus given parameters, times
    /// `extrapolation`.
    ///
    /// - Parameter data: Scaled rows with the task's features and classes.
    /// - Throws: `TrainingError` for rows that do not fit the model, senseless settings, or divergence.
    package func train(_ model: Model, on data: Dataset) throws(TrainingError) -> [Double] {
        try model.shape.check(data)
        try checkSettings()
        var trained = model.parameters
        descend(Network(model.shape), &trained, data)
        let update = zip(trained, model.parameters).map { extrapolation * ($0 - $1) }
        guard update.allSatisfy(\.isFinite) else { throw .diverged }
        return update
    }

    private func checkSettings() throws(TrainingError) {
        guard epochs > 0 else { throw .invalidSetting("\(epochs) epochs were asked for. Give at least 1") }
        guard batchSize > 0 else { throw .invalidSetting("the batch size is \(batchSize). Give at least 1") }
        guard learningRate > 0, learningRate.isFinite else {
            throw .invalidSetting("the learning rate is \(learningRate). Give a positive number")
        }
        guard extrapolation > 0, extrapolation.isFinite else {
            throw .invalidSetting("the extrapolation is \(extrapolation). Give a positive number")
        }
        guard weightDecay >= 0, weightDecay.isFinite else {
            throw .invalidSetting("the weight decay is \(weightDecay). Give 0 or a positive number")
        }
    }

    private func descend(_ network: Network, _ parameters: inout [Double], _ data: Dataset) {
        var random = TrainingRandom(seed: seed)
        var order = Array(data.labels.indices)
        var gradient = [Double](repeating: 0, count: parameters.count)
        var scratch = [Double](repeating: 0, count: network.scratchSize)
        for epoch in 0..<epochs {
            random.shuffle(&order)
            var start = 0
            while start < order.count {
                let batch = order[start..<start + min(batchSize, order.count - start)]
                let progress = (Double(epoch) + Double(start) / Double(order.count)) / Double(epochs)
                step(network, &parameters, data, batch, rate: learningRate * (1 - progress), &gradient, &scratch)
                start = batch.endIndex
            }
        }
    }

    /// One step along the average gradient of a batch.
    private func step(
        _ network: Network, _ parameters: inout [Double], _ data: Dataset, _ batch: ArraySlice<Int>,
        rate: Double, _ gradient: inout [Double], _ scratch: inout [Double]
    ) {
        parameters.withUnsafeMutableBufferPointer { parameters in
            gradient.withUnsafeMutableBufferPointer { gradient in
                scratch.withUnsafeMutableBufferPointer { scratch in
                    data.features.withUnsafeBufferPointer { features in
                        guard let weights = parameters.baseAddress, let slope = gradient.baseAddress,
                            let memory = scratch.baseAddress, let firstRow = features.baseAddress
                        else { return }
                        gradient.update(repeating: 0)
                        for row in batch {
                            network.addGradient(
                                weights, row: firstRow + row * network.inputs, label: data.labels[row],
                                scratch: memory, gradient: slope)
                        }
                        let factor = rate / Double(batch.count)
                        if weightDecay > 0 {
                            let strength = weightDecay * Double(batch.count)
                            network.addWeightDecay(weights, strength: strength, gradient: slope)
                        }
                        for index in parameters.indices { weights[index] -= factor * slope[index] }
                    }
                }
            }
        }
    }
}
