import Datastore

/// Whether a database and the file beside the keys belong together: what a crash can leave is taken, what a restored backup
/// makes is refused. Pure.
///
/// The order is the same at all times: the database counts in the transaction of the deed, then the file follows, then the
/// word leaves the node. A start counts like a deed, once the file has taken the number before it, and gives the database a
/// new run. So what a crash can leave is
///
/// - no file, and a database that was never started;
/// - a file in the newest run, at the database's number or behind it by what was under way;
/// - a file in the run before, and a database that has begun a new run, which nobody knows of yet.
///
/// Other programs may count at any time (`cairn node task`), so the last two may be behind by that as well.
///
/// A file that is ahead has seen more than the database. One of a run that the database does not know, or of a number that
/// the run does not have there, has seen another continuation of it: somebody went on with a backup. One of an older run
/// has been exchanged itself, which forgets nothing.
package enum GenerationRule {
    package enum Verdict: Sendable, Equatable {
        case belongsTogether
        /// There is no file, and the database has been used.
        case fileIsMissing
        /// The database has forgotten what the file has seen.
        case databaseIsOld
        /// The database has gone on from a point before what the file has seen.
        case databaseIsOfAnotherHistory
        /// The file has missed more than a crash can make it miss.
        case fileIsOld
    }

    /// Far more deeds than are ever under way at a time; each is a request that somebody waits for.
    package static let mostUnderWay: UInt64 = 65_536

    /// - Parameter database: what it says to somebody who knows the file's run.
    package static func verdict(file: GenerationMark?, database: GenerationRecord) -> Verdict {
        let newest = database.mark
        guard let file else {
            return newest == GenerationMark(number: 0, run: nil) ? .belongsTogether : .fileIsMissing
        }
        guard let span = database.span, span.contains(file.number) else {
            return file.number > newest.number ? .databaseIsOld : .databaseIsOfAnotherHistory
        }
        // The run that the file is in is the newest, or the newest begins where that ends.
        let isRecent = file.run == newest.run || span.upperBound + 1 == database.first
        return isRecent && newest.number - file.number <= mostUnderWay ? .belongsTogether : .fileIsOld
    }
}
