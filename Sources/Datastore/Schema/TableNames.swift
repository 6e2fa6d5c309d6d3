extension Tables {
    /// The names of all tables, the same on both engines.
    static let names: [String] = definitions(.postgreSQL).compactMap { statement in
        let words = statement.split(maxSplits: 3, omittingEmptySubsequences: true) { $0.isWhitespace || $0 == "(" }
        return words.count > 2 && words[0] == "CREATE" && words[1] == "TABLE" ? String(words[2]) : nil
    }
}
