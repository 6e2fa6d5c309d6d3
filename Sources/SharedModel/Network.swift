// The arithmetic of the classifiers: scores, loss, and gradient of one row.
//
// For scores s and true class y the loss is the cross-entropy  log Σ_c exp(s_c) - s_y.  Its derivative by s_c is
// exp(s_c)/Σ - [c = y], and the rest is the chain rule. These are the inner loops of training, so they work on plain
// buffers: no allocation, no reference counting, no bounds checks.
//
// `exp` and `log` come from the C library, whose last bit differs between systems. It cannot split the parties of a
// task: every contributor trains on its own, and the published model follows from the integer aggregate by exactly
// rounded operations alone.

import Foundation

/// The arithmetic of one shape; parameters, rows and scratch memory are the caller's buffers.
struct Network {
    typealias Input = UnsafePointer<Double>
    typealias Output = UnsafeMutablePointer<Double>

    let inputs: Int
    let width: Int
    let classes: Int

    init(_ shape: ModelShape) {
        inputs = shape.inputs
        width = shape.width
        classes = shape.classes
    }

    /// Numbers of scratch memory: hidden values and their derivatives, then scores.
    var scratchSize: Int { 2 * width + classes }

    /// Where the output layer's weights begin in the parameter vector.
    private var outputLayer: Int { width == 0 ? 0 : width * (inputs + 1) }

    /// Writes the scores of one row into `scratch` and returns where they begin.
    @inline(__always)
    func scores(_ parameters: Input, row: Input, scratch: Output) -> Output {
        let scores = scratch + 2 * width
        guard width > 0 else {
            Self.affine(parameters, rows: classes, columns: inputs, input: row, output: scores)
            return scores
        }
        Self.affine(parameters, rows: width, columns: inputs, input: row, output: scratch)
        for unit in 0..<width where scratch[unit] < 0 { scratch[unit] = 0 }
        Self.affine(parameters + outputLayer, rows: classes, columns: width, input: scratch, output: scores)
        return scores
    }

    /// The class with the largest score, the lower index on a tie.
    func predictedClass(_ parameters: Input, row: Input, scratch: Output) -> Int {
        let scores = scores(parameters, row: row, scratch: scratch)
        var best = 0
        for index in 1..<classes where scores[index] > scores[best] { best = index }
        return best
    }

    /// The loss of one row.
    func loss(_ parameters: Input, row: Input, label: Int, scratch: Output) -> Double {
        let scores = scores(parameters, row: row, scratch: scratch)
        let truth = scores[label]
        let (largest, sum) = Self.exponentials(scores, count: classes)
        return largest + log(sum) - truth
    }

    /// Adds the loss's derivative by every parameter to `gradient`.
    func addGradient(_ parameters: Input, row: Input, label: Int, scratch: Output, gradient: Output) {
        let scores = scores(parameters, row: row, scratch: scratch)
        let (_, sum) = Self.exponentials(scores, count: classes)
        for index in 0..<classes { scores[index] /= sum }
        scores[label] -= 1
        guard width > 0 else {
            Self.addOuterProduct(scores, rows: classes, columns: inputs, input: row, gradient: gradient)
            return
        }
        let derivative = scratch + width
        let weights = parameters + outputLayer
        for unit in 0..<width { derivative[unit] = 0 }
        for index in 0..<classes {
            let factor = scores[index]
            let line = weights + index * width
            for unit in 0..<width { derivative[unit] += factor * line[unit] }
        }
        for unit in 0..<width where scratch[unit] <= 0 { derivative[unit] = 0 }
        Self.addOuterProduct(
            scores, rows: classes, columns: width, input: scratch, gradient: gradient + outputLayer)
        Self.addOuterProduct(derivative, rows: width, columns: inputs, input: row, gradient: gradient)
    }

    /// Adds `strength` times every weight to `gradient`: the derivative of (strength/2)·Σ weight². Biases are exempt.
    func addWeightDecay(_ parameters: Input, strength: Double, gradient: Output) {
        let first = (width == 0 ? classes : width) * inputs
        for index in 0..<first { gradient[index] += strength * parameters[index] }
        guard width > 0 else { return }
        for index in outputLayer..<outputLayer + classes * width { gradient[index] += strength * parameters[index] }
    }

    /// output = W·input + b, with b right behind W.
    @inline(__always)
    private static func affine(_ weights: Input, rows: Int, columns: Int, input: Input, output: Output) {
        let biases = weights + rows * columns
        for index in 0..<rows {
            output[index] = biases[index] + dot(weights + index * columns, input, count: columns)
        }
    }

    /// Four partial sums: additions need not wait for each other, and the order of rounding is fixed.
    @inline(__always)
    private static func dot(_ left: Input, _ right: Input, count: Int) -> Double {
        var sums = SIMD4<Double>.zero
        var index = 0
        while index + 4 <= count {
            sums +=
                SIMD4(left[index], left[index + 1], left[index + 2], left[index + 3])
                * SIMD4(right[index], right[index + 1], right[index + 2], right[index + 3])
            index += 4
        }
        var sum = (sums[0] + sums[2]) + (sums[1] + sums[3])
        while index < count {
            sum += left[index] * right[index]
            index += 1
        }
        return sum
    }

    /// Adds derivative ⊗ input to the weights' part of the gradient, and derivative to the biases' part behind it.
    @inline(__always)
    private static func addOuterProduct(
        _ derivative: Output, rows: Int, columns: Int, input: Input, gradient: Output
    ) {
        let biases = gradient + rows * columns
        for index in 0..<rows {
            let factor = derivative[index]
            biases[index] += factor
            guard factor != 0 else { continue }
            let line = gradient + index * columns
            for column in 0..<columns { line[column] += factor * input[column] }
        }
    }

    /// Replaces scores by exp(score - largest), which cannot overflow; returns the largest score and their sum.
    @inline(__always)
    private static func exponentials(_ scores: Output, count: Int) -> (largest: Double, sum: Double) {
        var largest = scores[0]
        for index in 1..<count { largest = max(largest, scores[index]) }
        var sum = 0.0
        for index in 0..<count {
            scores[index] = exp(scores[index] - largest)
            sum += scores[index]
        }
        return (largest, sum)
    }
}
