// What is shown of tasks whose logs let words wait: one status for each window, whichever process is asked.

import DAP
import Tasks

/// The public status of a task as it stays until the end of a window.
package struct ShownTaskStatus: Sendable, Equatable {
    /// POSIX seconds.
    package let end: UInt64
    package let json: [UInt8]

    package init(end: UInt64, json: [UInt8]) {
        self.end = end
        self.json = json
    }

    /// Whether it is what is shown in the window that ends at `end`. Another process's clock may be a little ahead, and in the next
    /// window already; what seems to be shown for longer than any window was put there by a clock that was wrong.
    package func isShown(inWindowTo end: UInt64) -> Bool { Self.ends(of: end).contains(self.end) }

    fileprivate static func ends(of end: UInt64) -> ClosedRange<UInt64> {
        end...end + min(UInt64(LogWindow.longest), .max - end)
    }
}

package protocol ShownStatusStore: Sendable {
    /// What is shown of a task in the window that ends at `end`, in POSIX seconds; nil where nobody has asked in it yet.
    func shownStatus(of task: TaskID, until end: UInt64) async throws(DatastoreError) -> ShownTaskStatus?

    /// Shows this of a task until its end, unless another process has been first.
    ///
    /// - Returns: what is shown.
    func show(_ status: ShownTaskStatus, of task: TaskID) async throws(DatastoreError) -> ShownTaskStatus
}

extension NodeDatabase: ShownStatusStore {
    package func shownStatus(of task: TaskID, until end: UInt64) async throws(DatastoreError) -> ShownTaskStatus? {
        try await read { session in
            try session.taskKey(task).flatMap { try session.shownStatus(of: $0, until: end) }
        }
    }

    package func show(
        _ status: ShownTaskStatus, of task: TaskID
    ) async throws(DatastoreError) -> ShownTaskStatus {
        try await write { session in
            guard let task = try session.taskKey(task) else { return status }
            let ends = ShownTaskStatus.ends(of: status.end)
            try session.execute(
                """
                INSERT INTO shown_status (task, until, json) VALUES ($1, $2, $3)
                ON CONFLICT (task) DO UPDATE SET until = excluded.until, json = excluded.json
                WHERE shown_status.until < $2 OR shown_status.until > $4
                """,
                [task, ends.lowerBound.clampedToInt64, status.json.blob, ends.upperBound.clampedToInt64])
            return try session.shownStatus(of: task, until: status.end) ?? status
        }
    }
}

extension Session {
    fileprivate func shownStatus(of task: TaskKey, until end: UInt64) throws -> ShownTaskStatus? {
        let row = try first("SELECT until, json FROM shown_status WHERE task = $1", [task])
        let found = try row.map { ShownTaskStatus(end: try $0.unsigned("until"), json: try $0.bytes("json")) }
        return found?.isShown(inWindowTo: end) == true ? found : nil
    }
}
