import Foundation
import Synchronization

/// Keeps strangers from filling the disk to the last byte.
///
/// A node that cannot write keeps no promise: the log's entries about reports that it has taken need room as well. So
/// uploads end while there is some left.
package final class DiskSpace: Sendable {
    /// Bytes that uploads leave free.
    package static let reserve: UInt64 = 256 << 20
    private static let interval: Duration = .seconds(2)

    private let directories: [String]
    private let reserve: UInt64
    private let probe: @Sendable (String) -> UInt64?
    private let last = Mutex<(at: ContinuousClock.Instant, free: UInt64?)?>(nil)

    /// - Parameters:
    ///   - directories: folders of the file systems that are meant; the fullest counts.
    ///   - probe: the bytes that are free there; nil where that cannot be found out.
    package init(
        directories: [String], reserve: UInt64 = DiskSpace.reserve,
        probe: @escaping @Sendable (String) -> UInt64? = DiskSpace.freeBytes
    ) {
        self.directories = directories
        self.reserve = reserve
        self.probe = probe
    }

    /// Refuses what would leave less than the reserve, now and until somebody has looked again.
    ///
    /// - Parameters:
    ///   - bytes: how much is to be written.
    ///   - isOwed: whether it is part of something that was accepted before, which may use half of the reserve.
    /// - Throws: `NodeError` 507 with Retry-After.
    package func require(_ bytes: Int, isOwed: Bool = false) throws(NodeError) {
        guard let free = free() else { return }
        let kept = isOwed ? reserve / 2 : reserve
        guard free >= kept, free - kept >= UInt64(max(0, bytes)) else { throw .insufficientStorage }
    }

    private func free() -> UInt64? {
        last.withLock { last in
            if let last, last.at.duration(to: .now) < Self.interval { return last.free }
            let free = directories.compactMap(probe).min()
            last = (.now, free)
            return free
        }
    }

    /// What the system says.
    package static let freeBytes: @Sendable (String) -> UInt64? = { path in
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
