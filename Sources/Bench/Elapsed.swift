import Foundation

/// How long something took, and for how much of it the process had a processor.
package struct Elapsed: Sendable {
    /// Seconds of wall clock.
    var wall = 0.0
    /// Seconds of processor time, all threads together.
    var processor = 0.0

    /// For what was done for two aggregators, the time of one.
    var half: Elapsed { divided(by: 2) }

    func divided(by count: Int) -> Elapsed {
        Elapsed(wall: wall / Double(count), processor: processor / Double(count))
    }

    static func + (a: Elapsed, b: Elapsed) -> Elapsed {
        Elapsed(wall: a.wall + b.wall, processor: a.processor + b.processor)
    }

    static func += (sum: inout Elapsed, other: Elapsed) {
        sum = sum + other
    }
}

/// What `body` returns, and the time that it takes.
func timed<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
) throws(Failure) -> (result: Result, elapsed: Elapsed) {
    let (processor, wall) = (seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC))
    let result = try body()
    let elapsed = Elapsed(
        wall: seconds(CLOCK_MONOTONIC) - wall, processor: seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
    return (result, elapsed)
}

/// The same of something that waits.
func timedWait<Result>(
    _ body: () async throws -> Result
) async throws -> (result: Result, elapsed: Elapsed) {
    let (processor, wall) = (seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC))
    let result = try await body()
    let elapsed = Elapsed(
        wall: seconds(CLOCK_MONOTONIC) - wall, processor: seconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
    return (result, elapsed)
}

private func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
