import ArgumentParser
import Ledger

/// `--accept-weak-promises`, for who makes or serves a task that promises nothing, and how its lacks are said.
struct WeakPromises: ParsableArguments {
    @Flag(
        name: .customLong("accept-weak-promises"),
        help: """
            Take a task although it promises nothing. This accepts: a log policy with 'quorum none', under which the leader \
            alone can show different logs to different people; a minimum batch size of 1, with which a result may be one \
            person's value; aggregate shares that everybody sees (--publish public) of batches of fewer than 10 reports.
            """)
    var areAccepted = false

    /// Says on standard error what a task lacks, one line each.
    static func tell(_ weaknesses: [TaskWeakness]) {
        for weakness in weaknesses { Console.error("cairn: note about this task: \(weakness)") }
    }
}
