// Bringing features to a common range, by settings that everybody may know.
//
// Training wants features of similar size. The usual recipe, minimum and maximum of all rows, is a statistic of pooled
// private data: nobody holds the pool here, and publishing it would tell about single rows. So the bounds are public
// settings of the task, such as "a pixel is 0 to 16", and values outside them are clamped. Each feature is mapped
// linearly from [lower, upper] to [-1, 1].

import Encodings

/// Why scaling bounds were refused.
package enum FeatureScalingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no pair of bounds at all.
    case noBounds
    /// A bound is not finite, or lies so far from its partner that their difference overflows.
    case notFinite(feature: Int)
    /// The lower bound is above the upper.
    case reversed(feature: Int)
    /// The text is not `LOWER:UPPER` or a comma-separated list of such pairs.
    case malformed(String)
    /// The bounds are equal, so that the feature would always be 0.
    case equal(feature: Int)
    /// There are several pairs of bounds, and not one per feature.
    case featureCountMismatch(bounds: Int, features: Int)

    package var description: String {
        switch self {
        case .noBounds:
            "there are no scaling bounds. Give one pair for all features, or one per feature."
        case .notFinite(let feature):
            "the scaling bounds number \(feature + 1) are not finite. Give finite numbers."
        case .reversed(let feature):
            "of the scaling bounds number \(feature + 1), the lower is above the upper. Swap them."
        case .equal(let feature):
            "of the scaling bounds number \(feature + 1), both are the same, and the feature would always be 0. Give the "
                + "range of its values, or leave the feature out."
        case .malformed(let text):
            "\(text.quotedForPeople) is not a pair of scaling bounds. Write LOWER:UPPER, for example 0:16, "
                + "or one such pair per feature, separated by commas."
        case .featureCountMismatch(let bounds, let features):
            "there are \(bounds) pairs of scaling bounds for \(features) features. Give one pair for all, or \(features)."
        }
    }
}

/// Public bounds of the features, and the map from them to [-1, 1].
package struct FeatureScaling: Sendable, Equatable {
    /// Lower bounds: one for all features, or one per feature.
    package let lower: [Double]
    /// Upper bounds, as many as lower ones. A feature with equal bounds is switched off: it always becomes 0.
    package let upper: [Double]

    /// One pair of bounds for all features.
    package init(lower: Double, upper: Double) throws(FeatureScalingError) {
        try self.init(lower: [lower], upper: [upper])
    }

    /// One pair of bounds per feature (or a single one for all).
    package init(lower: [Double], upper: [Double]) throws(FeatureScalingError) {
        guard lower.count == upper.count else {
            throw .featureCountMismatch(bounds: lower.count, features: upper.count)
        }
        guard !lower.isEmpty else { throw .noBounds }
        for index in lower.indices {
            guard (upper[index] - lower[index]).isFinite else { throw .notFinite(feature: index) }
            guard lower[index] <= upper[index] else { throw .reversed(feature: index) }
        }
        self.lower = lower
        self.upper = upper
    }

    /// Reads `LOWER:UPPER`, or one such pair per feature separated by commas, as `description` writes it.
    package init(argument: String) throws(FeatureScalingError) {
        var lower: [Double] = []
        var upper: [Double] = []
        for pair in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let bounds = pair.split(separator: ":", omittingEmptySubsequences: false)
            guard bounds.count == 2,
                let low = try? NumberText.real(bounds[0].trimmed), let high = try? NumberText.real(bounds[1].trimmed)
            else { throw .malformed(String(pair)) }
            lower.append(low)
            upper.append(high)
        }
        try self.init(lower: lower, upper: upper)
    }

    /// Refuses bounds that a person gave and that make no sense for so many features. Fitted bounds may be equal.
    package func requireUsable(features count: Int) throws(FeatureScalingError) {
        guard lower.count == 1 || lower.count == count else {
            throw .featureCountMismatch(bounds: lower.count, features: count)
        }
        for index in lower.indices where lower[index] == upper[index] { throw .equal(feature: index) }
    }

    /// Minimum and maximum of each feature over rows that are public, such as the test set that the owner of a demo
    /// publishes.
    ///
    /// - Warning: Never pass contributors' rows: the bounds become part of the task, for everybody to read.
    package static func fitted(toPublicRows rows: Dataset) throws(FeatureScalingError) -> FeatureScaling {
        guard rows.count > 0 else { throw .noBounds }
        var lower = Array(rows.row(0))
        var upper = lower
        for index in 1..<max(rows.count, 1) {
            for (feature, value) in rows.row(index).enumerated() {
                lower[feature] = min(lower[feature], value)
                upper[feature] = max(upper[feature], value)
            }
        }
        return try FeatureScaling(lower: lower, upper: upper)
    }

    /// How many values of each feature are outside its bounds, and are moved to the nearer one in `applied(to:)`.
    ///
    /// A few are what bounds are for; many are a sign of another unit, which nothing later would show.
    package func countsOutside(in rows: Dataset) -> [Int] {
        var counts = Array(repeating: 0, count: rows.featureCount)
        guard lower.count == 1 || lower.count == rows.featureCount else { return counts }
        for (index, value) in rows.features.enumerated() {
            let feature = index % rows.featureCount
            let bounds = lower.count == 1 ? 0 : feature
            if value < lower[bounds] || value > upper[bounds] { counts[feature] += 1 }
        }
        return counts
    }

    /// The same rows with every feature clamped to its bounds and mapped to [-1, 1].
    ///
    /// - Throws: `FeatureScalingError.featureCountMismatch` unless there is one pair of bounds, or one per feature.
    package func applied(to rows: Dataset) throws(FeatureScalingError) -> Dataset {
        let width = rows.featureCount
        guard lower.count == 1 || lower.count == width else {
            throw .featureCountMismatch(bounds: lower.count, features: width)
        }
        var scaled = rows.features
        for index in scaled.indices {
            let feature = lower.count == 1 ? 0 : index % width
            let (low, high) = (lower[feature], upper[feature])
            let clamped = min(max(scaled[index], low), high)
            scaled[index] = low == high ? 0 : 2 * ((clamped - low) / (high - low)) - 1
        }
        return Dataset(
            featureCount: width, featureNames: rows.featureNames, classNames: rows.classNames, features: scaled,
            labels: rows.labels)
    }
}

extension FeatureScaling: CustomStringConvertible {
    /// `LOWER:UPPER` pairs separated by commas; `init(argument:)` reads exactly the same bounds back.
    package var description: String {
        zip(lower, upper).map { "\($0):\($1)" }.joined(separator: ",")
    }
}
