import Foundation
import SharedModel

/// The repository's own copy of the digits; its absence is a failure, never a skip.
func digits() throws -> Dataset {
    let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let bytes = try Data(contentsOf: root.appendingPathComponent("Data/digits.csv"))
    return try Dataset(csv: try CSVTable(fileName: "digits.csv", bytes: Array(bytes)), label: .last)
}

/// A table from text, named `t.csv` in errors.
func table(_ text: String) throws(CSVError) -> CSVTable {
    try CSVTable(fileName: "t.csv", bytes: Array(text.utf8))
}

/// Noisy, overlapping classes of points: learnable, not perfectly.
func noisyPoints(_ count: Int, features: Int = 3, classes: Int = 3, seed: UInt64) -> Dataset {
    var random = TrainingRandom(seed: seed)
    var values: [Double] = []
    var labels: [Int] = []
    for index in 0..<count {
        let label = index % classes
        labels.append(label)
        for feature in 0..<features {
            values.append(2 * random.unitInterval() - 1 + (feature == label ? 0.7 : 0))
        }
    }
    return Dataset(
        featureCount: features, classNames: (0..<classes).map(String.init), features: values, labels: labels)
}
