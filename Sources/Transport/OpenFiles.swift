import Foundation
import NIOCore

/// Whether this process may open what a client needs: event loops, connections, and the files that it reads meanwhile.
///
/// The libraries below trap where an event loop cannot be made, and wait for ever where a timer cannot; so this is found
/// out before the first of them. (A node has rules of its own: `Descriptors` in AggregatorNode.)
package enum OpenFiles {
    /// For connections, files and what the runtime opens now and then.
    package static let reserve = 20
    /// Descriptors of one event loop.
    package static let perLoop = 3
    /// A client does not take more than that, even where the system would let it.
    private static let most: UInt = 4_096

    /// How many event loops a client may have; nil where there is no room for one.
    ///
    /// - Parameters:
    ///   - limit: how many files the process may have open.
    ///   - open: how many it has.
    ///   - wanted: how many loops it would have: one for each processor.
    package static func loops(limit: Int, open: Int, wanted: Int) -> Int? {
        let rest = limit - open - reserve
        guard rest >= perLoop else { return nil }
        return min(wanted, rest / perLoop)
    }

    /// Makes room, before the first event loop is there.
    package static func prepare() throws(TransportFault) {
        let (limit, open) = (raisedLimit(most: most), countOpen())
        // What the library takes by default. Asking it would be the one time that it may be told.
        let wanted = max(System.coreCount, 1)
        guard let loops = loops(limit: limit, open: open, wanted: wanted) else {
            throw TransportFault(
                .descriptors,
                "this program may have \(limit) files and connections open, has \(open), and needs "
                    + "\(reserve + perLoop) more")
        }
        if loops < wanted { NIOSingletons.groupLoopCountSuggestion = loops }
    }

    /// How many files this process may have open: its soft limit, raised to the hard one where that is higher.
    ///
    /// - Parameter most: the limit is raised no further than to this.
    package static func raisedLimit(most: UInt) -> Int {
        #if canImport(Darwin)
            let resource = RLIMIT_NOFILE
        #else
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 256 }
        let wanted = min(UInt(limit.rlim_max), most)
        if limit.rlim_cur < wanted {
            var raised = limit
            raised.rlim_cur = rlim_t(wanted)
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Counted without opening a folder, which may be what cannot be opened.
    private static func countOpen() -> Int {
        (0..<1_024).count { fcntl(Int32($0), F_GETFD) != -1 }
    }
}
