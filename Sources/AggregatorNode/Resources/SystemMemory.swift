import Foundation

/// How much memory this process may use.
enum SystemMemory {
    /// Bytes of the machine, or of the control group where that is less.
    static let size: Int = min(Int(clamping: ProcessInfo.processInfo.physicalMemory), groupLimit ?? .max)

    private static var groupLimit: Int? {
        guard let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8) else { return nil }
        return Int(text.prefix { $0.isNumber })
    }
}
