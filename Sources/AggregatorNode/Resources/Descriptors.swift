import Foundation
import NIOCore
import NIOPosix
import Transport

/// Open files and connections of this process, which the system limits (`ulimit -n`).
///
/// A process that uses them up does not only refuse connections. Swift's tasks and GRDB's queues run on libdispatch,
/// whose manager looks once a second, wherever work waits, which of its threads run, and opens `/proc/<tid>/stat` for that
/// (`_dispatch_workq_count_runnable_workers` in `workqueue.c`). If that file cannot be opened it takes the thread for one
/// that vanished and traps: under a flood the process dies of SIGILL, sooner or later. So are its first `epoll_create1`
/// and `eventfd` traps, and where its first `timerfd_create` fails, timers never fire, in silence. Nothing of this can be
/// caught. What helps is that descriptors never run out: strangers get a share of them, and the rest is for the process.
package enum Descriptors {
    /// For the database, the log, blobs, the peer, witnesses, and what the runtime opens now and then.
    package static let reserve = 64
    /// With fewer connections no service is possible.
    package static let fewest = 8
    /// A process does not take more than that, even where the system would let it.
    private static let most: UInt = 65_536

    /// The limits for this process: raises the soft limit to the hard one, and has libdispatch open what it keeps.
    ///
    /// Called when everything else that stays open is open, and before the first connection is accepted.
    static func limits(_ limits: ServingLimits = ServingLimits()) async throws(NodeStartError) -> ServingLimits {
        await warmUp()
        var result = limits
        let (limit, open) = (OpenFiles.raisedLimit(most: most), countOpen())
        guard let connections = connections(limit: limit, open: open) else {
            throw .failed(
                "this process may open \(limit) files and connections and has \(open) open already; "
                    + "raise the limit (ulimit -n, LimitNOFILE) to \(open + reserve + fewest) at least, better 4096")
        }
        result.connections = min(limits.connections, connections)
        return result
    }

    /// How many connections strangers may have open, of a process that may open `limit` descriptors and has `open`.
    ///
    /// A connection needs one; a round of accepting may take three more than were asked for.
    ///
    /// - Returns: nil where there is no room for any service.
    package static func connections(limit: Int, open: Int) -> Int? {
        let rest = limit - open - reserve
        return rest >= fewest ? rest : nil
    }

    /// Both clocks that tasks sleep on, and the loops and threads that serve.
    private static func warmUp() async {
        _ = MultiThreadedEventLoopGroup.singleton.next()
        try? await Task.sleep(for: .milliseconds(1), clock: .continuous)
        try? await Task.sleep(for: .milliseconds(1), clock: .suspending)
    }

    private static func countOpen() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count) ?? reserve
    }
}
