import Datastore

/// States as the sources of statements name them.
enum StateNames {
    /// What such an insertion puts into a statement: `ReportState.accepted.sql`, `ReportState.sql(.received, .aggregating)`.
    /// Nil for any other.
    static func literal(_ insertion: String) -> String? {
        if insertion == "ReportState.unfinished" { return literal("ReportState.sql(.received, .aggregating)") }
        if let found = insertion.wholeMatch(of: /(\w+)\.(\w+)\.sql/) {
            return StateLiterals.all[String(found.1)]?[String(found.2)].map { String($0) }
        }
        guard let found = insertion.wholeMatch(of: /(\w+)\.sql\((.*)\)/), let all = StateLiterals.all[String(found.1)]
        else { return nil }
        let states = found.2.split(separator: ", ").map { all[String($0.dropFirst())].map { String($0) } }
        return states.contains(nil) ? nil : states.compactMap(\.self).joined(separator: ", ")
    }
}
