// Rows of numeric features, each with the class that it belongs to.

/// Labelled rows in memory: features row by row in one flat array, and one class index per row.
package struct Dataset: Sendable, Equatable {
    /// Numbers per row.
    package let featureCount: Int
    /// Names of the features, or empty if the source had none.
    package let featureNames: [String]
    /// Names of the classes; a label is an index into it. All parties to a task use the same list in the same order.
    package let classNames: [String]
    /// Row-major features: row r is `features[r * featureCount ..< (r + 1) * featureCount]`. All are finite.
    package let features: [Double]
    /// The class index of each row, in `0 ..< classNames.count`.
    package let labels: [Int]

    /// The number of rows.
    package var count: Int { labels.count }

    /// Makes a data set out of parts that already fit together.
    ///
    /// - Precondition: `features.count == labels.count * featureCount`, at least one feature, and every label is an
    ///   index into `classNames`.
    package init(
        featureCount: Int, featureNames: [String] = [], classNames: [String], features: [Double], labels: [Int]
    ) {
        precondition(featureCount > 0 && features.count == labels.count * featureCount, "features and labels disagree")
        precondition(labels.allSatisfy(classNames.indices.contains), "a label is not a class")
        self.featureCount = featureCount
        self.featureNames = featureNames
        self.classNames = classNames
        self.features = features
        self.labels = labels
    }

    /// The features of one row.
    package func row(_ index: Int) -> ArraySlice<Double> {
        features[index * featureCount..<(index + 1) * featureCount]
    }

    /// The rows at the given indices, in the given order.
    package func subset(_ rows: [Int]) -> Dataset {
        var chosen: [Double] = []
        chosen.reserveCapacity(rows.count * featureCount)
        for index in rows { chosen.append(contentsOf: row(index)) }
        return Dataset(
            featureCount: featureCount, featureNames: featureNames, classNames: classNames, features: chosen,
            labels: rows.map { labels[$0] })
    }

    /// Rows per class.
    package var classCounts: [Int] {
        var counts = [Int](repeating: 0, count: classNames.count)
        for label in labels { counts[label] += 1 }
        return counts
    }

    /// The share of rows in the most frequent class: the accuracy of always answering with it. Zero without rows.
    package var majorityClassShare: Double {
        count == 0 ? 0 : Double(classCounts.max() ?? 0) / Double(count)
    }
}
