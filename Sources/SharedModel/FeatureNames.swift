// What features may be called.
//
// A column of a file is a feature because its header says so, and people type the names in lists with commas.

import Encodings

/// The names of a model's features.
package enum FeatureNames {
    /// The longest name in bytes of UTF-8.
    package static let maximumLength = 1000

    /// Why a list cannot be the names of so many features; nil if it can, or is empty.
    package static func problem(with names: [String], count: Int) -> String? {
        if names.isEmpty { return nil }
        if names.count != count { return "there are \(names.count) names for \(count) features" }
        var seen: Set<String> = []
        for name in names {
            if name.isEmpty { return "a feature has an empty name" }
            if name != name.trimmed { return "the feature \(name.quotedForPeople) begins or ends with a blank" }
            if name.utf8.count > maximumLength {
                return "the feature \(name.quotedForPeople) has a name of more than \(maximumLength) bytes"
            }
            if !seen.insert(name).inserted { return "the feature \(name.quotedForPeople) is named twice" }
        }
        return nil
    }
}
