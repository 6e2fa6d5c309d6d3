import Synchronization

/// The process that runs at the moment, if any; taken by whoever ends it.
package final class ProcessSlot: Sendable {
    private let slot = Mutex<ChildProcess?>(nil)

    package init() {}

    package var current: ChildProcess? {
        get { slot.withLock { $0 } }
        set { slot.withLock { $0 = newValue } }
    }

    package func take() -> ChildProcess? {
        slot.withLock { process in
            defer { process = nil }
            return process
        }
    }
}
