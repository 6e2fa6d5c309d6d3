import DAP

/// What the jobs of one collection request are called, one after the other. Pure.
///
/// The first is named by the request's hash. Every deleted job before it changes the name, because leader-selected
/// collectors ask for one batch after the other with the same bytes.
struct CollectionNames {
    let task: TaskID
    /// The encoded `CollectionJobReq`.
    let request: [UInt8]

    func name(_ number: UInt64) -> CollectionJobID {
        guard number > 0 else { return .derived(taskID: task, body: request) }
        var writer = ByteWriter()
        writer.opaque32(request)
        writer.write(number)
        return .derived(taskID: task, body: writer.bytes)
    }
}

/// How many of the numbers from 0 on are taken, where all below some number are and none from it on. Pure.
enum GapFreeCount {
    /// Asks for about twice as many numbers as the count has binary digits.
    static func find(_ isTaken: (UInt64) throws -> Bool) rethrows -> UInt64 {
        // Doubles until one is free: all below `taken` are taken, and `free` is not.
        var (taken, free): (UInt64, UInt64) = (0, 0)
        while try isTaken(free) { (taken, free) = (free + 1, free * 2 + 1) }
        while taken < free {
            let middle = taken + (free - taken) / 2
            if try isTaken(middle) { taken = middle + 1 } else { free = middle }
        }
        return taken
    }
}
