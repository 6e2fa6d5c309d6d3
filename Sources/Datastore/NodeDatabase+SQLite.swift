extension NodeDatabase {
    /// Opens a node's file, creating it and its tables where they are missing.
    package static func open(path: String) throws(DatastoreError) -> NodeDatabase {
        try NodeDatabase(
            SQLiteEngine.open(path: path) { engine in
                _ = try engine.writeNow { session in
                    try Migration.begin(session, engine.dialect, look: SQLiteEngine.look)
                }
            })
    }
}
