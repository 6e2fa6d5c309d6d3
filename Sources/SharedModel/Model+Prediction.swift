// Using a model: the class of a row, the accuracy and the loss on a data set.

extension Model {
    /// The class of one scaled row: the largest score, the lower index on a tie.
    ///
    /// - Throws: `TrainingError.featureCountMismatch` unless the row has `inputs` numbers.
    package func predict(_ row: [Double]) throws(TrainingError) -> Int {
        guard row.count == inputs else { throw .featureCountMismatch(found: row.count, expected: inputs) }
        return mapRows(of: row) { network, parameters, row, scratch, _ in
            network.predictedClass(parameters, row: row, scratch: scratch)
        }[0]
    }

    /// The share of rows whose class the model finds.
    ///
    /// - Throws: `TrainingError` if the data set is empty, or differs from the model in features or classes.
    package func accuracy(on data: Dataset) throws(TrainingError) -> Double {
        try shape.check(data)
        let isCorrect = mapRows(of: data.features) { network, parameters, row, scratch, index in
            network.predictedClass(parameters, row: row, scratch: scratch) == data.labels[index]
        }
        return Double(isCorrect.count { $0 }) / Double(data.count)
    }

    /// The average cross-entropy over the rows, in nats, without weight decay.
    ///
    /// - Throws: as `accuracy(on:)`.
    package func meanLoss(on data: Dataset) throws(TrainingError) -> Double {
        try shape.check(data)
        let losses = mapRows(of: data.features) { network, parameters, row, scratch, index in
            network.loss(parameters, row: row, label: data.labels[index], scratch: scratch)
        }
        return losses.reduce(0, +) / Double(data.count)
    }

    private func mapRows<Result>(
        of features: [Double],
        _ body: (Network, Network.Input, _ row: Network.Input, _ scratch: Network.Output, _ index: Int) -> Result
    ) -> [Result] {
        let network = Network(shape)
        var scratch = [Double](repeating: 0, count: network.scratchSize)
        return parameters.withUnsafeBufferPointer { parameters in
            features.withUnsafeBufferPointer { features in
                scratch.withUnsafeMutableBufferPointer { scratch in
                    guard let weights = parameters.baseAddress, let firstRow = features.baseAddress,
                        let memory = scratch.baseAddress
                    else { return [] }
                    return (0..<features.count / inputs).map { index in
                        body(network, weights, firstRow + index * inputs, memory, index)
                    }
                }
            }
        }
    }
}
