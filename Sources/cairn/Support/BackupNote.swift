import Contributor
import DurableFiles
import Foundation

/// Whether the wallet has ever been backed up from this home, so that a new contributor is reminded until it was.
///
/// An empty file beside the wallet, `backed-up`. It stands for no more than that a reminder can stop; nothing is lost with
/// it.
enum BackupNote {
    private static func path(_ home: ContributorHome) -> String { "\(home.path)/backed-up" }

    static func isThere(_ home: ContributorHome) -> Bool { FileManager.default.fileExists(atPath: path(home)) }

    /// After the seed or a whole backup was written. A home that cannot be written to is reminded again.
    static func leave(_ home: ContributorHome) {
        try? DurableFile.write([], to: path(home), mode: 0o600)
    }

    /// The reminder, where it is due.
    static func remind(_ home: ContributorHome) {
        guard !isThere(home) else { return }
        NextStep.tell(
            "back up the wallet's seed, without which a lost wallet cannot be found again",
            PrintedCommand("wallet", "seed"))
    }
}
