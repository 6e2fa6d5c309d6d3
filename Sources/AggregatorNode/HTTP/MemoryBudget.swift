import Synchronization

/// How many bytes of request bodies, and of what is kept of them, a process holds at a time.
///
/// Who comes when it is used up hears at once that it has to come again. Nobody waits: two requests that each have half
/// of what they need would wait for each other.
package final class MemoryBudget: Sendable {
    private let total: Int
    private let used = Mutex(0)

    package init(total: Int) {
        self.total = total
    }

    package var bytesInUse: Int { used.withLock { $0 } }

    /// Takes `count` bytes if they are there. A body that is larger than the whole budget comes through alone.
    fileprivate func take(_ count: Int) -> Bool {
        used.withLock { used in
            guard used == 0 || count <= total - used else { return false }
            used += count
            return true
        }
    }

    fileprivate func giveBack(_ count: Int) { used.withLock { $0 -= count } }

    /// What one request has taken.
    final class Reservation: Sendable {
        private let budget: MemoryBudget
        /// So many bytes count nothing.
        private let free: Int
        private let state = Mutex((size: 0, kept: 0, most: Int.max))

        init(in budget: MemoryBudget, free: Int) {
            self.budget = budget
            self.free = free
        }

        /// Makes the reservation hold at least so many bytes of a body.
        ///
        /// - Returns: false where the budget does not have them.
        func grow(to bytes: Int) -> Bool {
            state.withLock { state in
                let more = min(bytes, state.most) - free - state.size
                guard more > 0 else { return true }
                guard budget.take(more) else { return false }
                state.size += more
                return true
            }
        }

        /// Takes so many bytes more for what is kept of the body until the request is answered.
        ///
        /// - Returns: false where the budget does not have them.
        func keep(_ bytes: Int) -> Bool {
            state.withLock { state in
                guard budget.take(bytes) else { return false }
                state.kept += bytes
                return true
            }
        }

        /// The body is read piece by piece, and none is kept: however long it is, it takes no more than this at a time.
        func limit(to window: Int) { state.withLock { $0.most = window } }

        func release() {
            state.withLock { state in
                budget.giveBack(state.size + state.kept)
                (state.size, state.kept) = (0, 0)
            }
        }
    }
}
