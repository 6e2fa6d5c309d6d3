import Datastore

/// Whether a database and the file beside the keys belong together: what a crash can leave is taken, what a restored backup
/// makes is refused. Pure.
///
/// Every process of a node has a file of its own, and a run of its own in the database, in which nobody else counts. The order
/// is the same at all times: the database counts in the transaction of the deed, then the file follows, then the word leaves
/// the node. A start begins a new run, once the file has taken the number before it. So what a crash can leave is
///
/// - no file, and a database that was never started;
/// - a file in its run, at the run's last number or behind it by what was under way;
/// - a file in its run, and a run that goes on from it, which nobody knows of yet.
///
/// A file that is ahead of its run has seen more than the database. One of a run that the database does not know, or of a number
/// that the run does not have there, has seen another continuation of it: somebody went on with a backup. One whose run
/// others have gone on from has been exchanged itself, which forgets nothing.
///
/// What other processes have said, a file knows up to the last number that its process has counted after it saw that
/// (``Datastore/GenerationView``): at most a second ago, and always what its own process has repeated.
///
/// The database forgets the oldest runs, all up to one of them (`runsKept`). What it says of a run depends on that run and on
/// later ones alone, so the verdict on every other file stays what it was. A file of a forgotten run is refused, whatever it is.
///
/// A replica that is new has no file. It may begin where another one works with the database, which has held it against its
/// own.
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
        /// It is a copy of the file of a replica that is at work.
        case fileIsInUse
        /// It is of so long ago that the database does not know its run any more, and nobody can tell.
        case runIsForgotten
    }

    /// Far more deeds than are ever under way at a time; each is a request that somebody waits for.
    package static let mostUnderWay: UInt64 = 65_536

    /// What a file says that was made for a first start.
    static let new = GenerationMark(number: 0, run: nil)

    /// - Parameter database: what it says to somebody who knows the file's run.
    package static func verdict(file: GenerationMark?, database: GenerationRecord) -> Verdict {
        let newest = database.newest
        // A first start that was cut off has left a file that knows of nothing.
        if file ?? new == new, newest == new || database.hasCompany { return .belongsTogether }
        guard let file else { return .fileIsMissing }
        guard let span = database.span, span.contains(file.number) else {
            guard file.number <= newest.number else { return .databaseIsOld }
            let isForgotten = database.span == nil && file.number <= database.forgotten
            return isForgotten ? .runIsForgotten : .databaseIsOfAnotherHistory
        }
        if database.isLed { return .fileIsInUse }
        guard database.successor != .followed else { return .fileIsOld }
        let reached = max(database.mark.number, span.upperBound)
        return reached - file.number <= mostUnderWay ? .belongsTogether : .fileIsOld
    }
}
