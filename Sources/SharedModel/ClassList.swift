// Which class a label names.

import Encodings

/// The classes of a classifier, in the order of its outputs.
package struct ClassList {
    package let names: [String]
    private let byName: [String: Int]
    private let byNumber: [ExactDecimal: Int]

    package init(_ names: [String]) {
        self.names = names
        byName = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        byNumber = Dictionary(
            names.enumerated().compactMap { index, name in ExactDecimal(name).map { ($0, index) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The class of this name, or else of this number: `3.0` is the class `3`.
    package func index(of label: String) -> Int? {
        byName[label] ?? ExactDecimal(label).flatMap { byNumber[$0] }
    }

    /// Why a list of names cannot be the classes of anything; nil if it can.
    package static func problem(with names: [String]) -> String? {
        if names.count < 2 { return "a classifier needs at least two classes, not \(names.count)" }
        if names.contains("") { return "a class has an empty name" }
        var seen: Set<String> = []
        var numbers: [ExactDecimal: String] = [:]
        for name in names {
            if name != name.trimmed { return "the class \(name.quotedForPeople) begins or ends with a blank" }
            guard seen.insert(name).inserted else { return "the class \(name.quotedForPeople) is named twice" }
            guard let number = ExactDecimal(name) else { continue }
            if let other = numbers.updateValue(name, forKey: number) {
                return "the classes \(other.quotedForPeople) and \(name.quotedForPeople) are the same number"
            }
        }
        return nil
    }
}
