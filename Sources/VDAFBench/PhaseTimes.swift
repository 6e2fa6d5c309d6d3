/// Seconds that the phases of one batch took.
package struct PhaseTimes: Sendable {
    var shard = 0.0
    var leaderVerify = 0.0
    var helperVerify = 0.0
    /// Combining verifier shares and consuming the verifier message, by both aggregators.
    var finish = 0.0
    /// Adding output shares, at one aggregator.
    var aggregate = 0.0
    /// Plaintext bytes that the client of one report sends: public share and both input shares.
    var uploadBytes = 0

    var total: Double { shard + leaderVerify + helperVerify + finish + 2 * aggregate }
}

/// What `body` returns, and the seconds of wall clock that it takes.
func timed<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
) throws(Failure) -> (result: Result, seconds: Double) {
    let start = ContinuousClock.now
    let result = try body()
    let duration = (ContinuousClock.now - start).components
    return (result, Double(duration.seconds) + Double(duration.attoseconds) / 1e18)
}
