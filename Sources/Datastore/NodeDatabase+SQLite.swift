extension NodeDatabase {
    /// Opens a node's file, creating it and its tables where they are missing, and bringing those of an older version up to
    /// date: ``notes`` says what an operator should know about that.
    package static func open(path: String) throws(DatastoreError) -> NodeDatabase {
        try open(path: path, settings: SQLiteSettings())
    }

    package static func open(path: String, settings: SQLiteSettings) throws(DatastoreError) -> NodeDatabase {
        var notes: [String] = []
        let engine = try SQLiteEngine.open(
            path: path, settings: settings, looking: SQLiteEngine.refuseUnsuitable,
            preparing: { notes = try $0.prepareTables() })
        return NodeDatabase(engine, notes: notes)
    }
}
