extension Tables {
    /// The names of all tables, the same on both engines.
    static let names: [String] = made(by: definitions(.postgreSQL))

    /// The names of the tables that some statements make.
    static func made(by statements: [String]) -> [String] {
        statements.compactMap { statement in
            let words = statement.split(maxSplits: 3, omittingEmptySubsequences: true) { $0.isWhitespace || $0 == "(" }
            return words.count > 2 && words[0] == "CREATE" && words[1] == "TABLE" ? String(words[2]) : nil
        }
    }
}
