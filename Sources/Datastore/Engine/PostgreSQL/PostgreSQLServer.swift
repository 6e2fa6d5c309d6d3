import Foundation

/// What a server says of itself, and whether a node may trust it.
package struct PostgreSQLServer: Sendable, Equatable {
    /// As in 150004 for 15.4.
    package var version: Int
    package var encoding: String
    /// fsync.
    package var syncs: Bool
    /// synchronous_commit.
    package var commits: String
    package var writesFullPages: Bool
    package var hasStandardStrings: Bool
    package var maxConnections: Int
    /// Its clock, in milliseconds since 1970.
    package var milliseconds: Int64

    package init(
        version: Int, encoding: String, syncs: Bool, commits: String, writesFullPages: Bool, hasStandardStrings: Bool,
        maxConnections: Int, milliseconds: Int64
    ) {
        self.version = version
        self.encoding = encoding
        self.syncs = syncs
        self.commits = commits
        self.writesFullPages = writesFullPages
        self.hasStandardStrings = hasStandardStrings
        self.maxConnections = maxConnections
        self.milliseconds = milliseconds
    }

    /// 13: the oldest that a distribution still cares for (Debian 11). No statement needs a newer one.
    static let oldestVersion = 130_000

    static func check(version: Int) throws(DatastoreError) {
        guard version >= oldestVersion else {
            // Before 10, two numbers named a version.
            let name = version >= 100_000 ? "\(version / 10_000)" : "\(version / 10_000).\(version / 100 % 100)"
            throw .unsuitable(
                "the database server is PostgreSQL \(name), which is too old: 13 is the oldest that will do")
        }
    }

    /// - Throws: `.unsuitable` for a server that this program cannot use, or that would lose what it has acknowledged.
    package func check(acceptsForgetful: Bool) throws(DatastoreError) {
        try Self.check(version: version)
        guard encoding == "UTF8" else {
            throw .unsuitable(
                "the database is encoded in \(encoding): create one with ENCODING 'UTF8' TEMPLATE template0")
        }
        guard hasStandardStrings else {
            throw .unsuitable("the database server has standard_conforming_strings off: turn it on")
        }
        guard !acceptsForgetful else { return }
        guard syncs else {
            throw .unsuitable(
                "the database server has fsync off, and a power cut would destroy what it acknowledged: turn it on")
        }
        guard writesFullPages else {
            throw .unsuitable(
                "the database server has full_page_writes off, and a power cut would damage pages: turn it on")
        }
        guard commits != "off" else {
            throw .unsuitable(
                "the database server has synchronous_commit off, and would lose what it acknowledged: turn it on")
        }
    }

    /// How far its clock may be from ours before somebody should look.
    static let clockTolerance: Duration = .seconds(2)

    /// What an operator should hear about the server's clock; nil where it agrees with ours.
    ///
    /// - Parameters:
    ///   - before: our clock before it was asked, in milliseconds since 1970.
    ///   - after: our clock when the answer had come.
    package func clockWarning(before: Int64, after: Int64) -> String? {
        let ahead = milliseconds - after
        let behind = before - milliseconds
        let off = max(ahead, behind)
        guard off > Int64(Self.clockTolerance / .milliseconds(1)) else { return nil }
        let seconds = String(format: "%.1f", Double(off) / 1_000)
        return "the database server's clock is \(seconds) s \(ahead > behind ? "ahead of" : "behind") this machine's: "
            + "set both by NTP, since deadlines are held against both"
    }
}
