import Foundation

/// How much memory the process has had at most.
enum PeakMemory {
    /// Bytes that were resident at the worst moment since the process began.
    static var bytes: Int {
        var usage = rusage()
        // Darwin counts bytes, Linux kilobytes.
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
            return Int(usage.ru_maxrss)
        #else
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return Int(usage.ru_maxrss) * 1024
        #endif
    }
}
