import Foundation

// Backups of a node that is stopped: of its folder, and of its database where that is no file in it.
extension TestNode {
    private var data: String { "\(folder)/data" }
    private var saved: String { "\(folder)/data.saved" }
    private var dump: String { "\(folder)/database.saved" }

    /// Copies everything that the node keeps, as the snapshot of a whole machine does.
    func saveState() async throws {
        try FileManager.default.copyItem(atPath: data, toPath: saved)
        try await database?.dump(to: dump)
    }

    /// Puts the copy in the place of what the node keeps now.
    ///
    /// - Parameter keepingKeys: the keys beside the database are not in the copy, and stay.
    func restoreState(keepingKeys: Bool = false) async throws {
        let newest = "\(folder)/data.newest"
        try? FileManager.default.removeItem(atPath: newest)
        try FileManager.default.moveItem(atPath: data, toPath: newest)
        try FileManager.default.copyItem(atPath: saved, toPath: data)
        if keepingKeys {
            try FileManager.default.removeItem(atPath: "\(data)/keys")
            try FileManager.default.copyItem(atPath: "\(newest)/keys", toPath: "\(data)/keys")
        }
        try await database?.restore(from: dump)
    }

    /// Makes it a node that was never started.
    func eraseState() async throws {
        try FileManager.default.removeItem(atPath: data)
        try await database?.empty()
    }
}
