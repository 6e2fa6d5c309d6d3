// The slope of the loss: what scoring contributions by validation rows starts from.

extension Model {
    /// The gradient of `meanLoss(on:)` by the parameters, in their order.
    ///
    /// Rows are added in order, so the same model and rows give the same bits on one machine; the last bits of `exp`
    /// differ between C libraries.
    ///
    /// - Throws: as `accuracy(on:)`.
    package func lossGradient(on data: Dataset) throws(TrainingError) -> [Double] {
        try shape.check(data)
        let network = Network(shape)
        var gradient = [Double](repeating: 0, count: parameters.count)
        var scratch = [Double](repeating: 0, count: network.scratchSize)
        parameters.withUnsafeBufferPointer { parameters in
            data.features.withUnsafeBufferPointer { features in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    scratch.withUnsafeMutableBufferPointer { scratch in
                        guard let weights = parameters.baseAddress, let firstRow = features.baseAddress,
                            let slope = gradient.baseAddress, let memory = scratch.baseAddress
                        else { return }
                        for row in 0..<data.count {
                            network.addGradient(
                                weights, row: firstRow + row * inputs, label: data.labels[row], scratch: memory,
                                gradient: slope)
                        }
                    }
                }
            }
        }
        return gradient.map { $0 / Double(data.count) }
    }
}
