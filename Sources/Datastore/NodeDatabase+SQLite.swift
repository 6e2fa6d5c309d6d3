extension NodeDatabase {
    /// Opens a node's file, creating it and its tables where they are missing, and bringing those of an older version up to
    /// date: ``notes`` says what an operator should know about that.
    ///
    /// Whoever only looks finds both as they are, or gets an error.
    package static func open(
        path: String, settings: SQLiteSettings = SQLiteSettings(), for purpose: OpeningPurpose = .making
    ) throws(DatastoreError) -> NodeDatabase {
        guard purpose != .looking else {
            return NodeDatabase(
                try SQLiteEngine.open(
                    path: path, settings: settings, looking: SQLiteEngine.refuseUnlessCurrent, preparing: { _ in }))
        }
        var notes: [String] = []
        let engine = try SQLiteEngine.open(
            path: path, settings: settings, looking: SQLiteEngine.refuseUnsuitable,
            preparing: { notes = try $0.prepareTables() })
        return NodeDatabase(engine, notes: notes)
    }
}
