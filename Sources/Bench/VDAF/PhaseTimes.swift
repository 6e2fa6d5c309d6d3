/// Seconds that the phases of one batch took.
package struct PhaseTimes: Sendable {
    var shard = Elapsed()
    var leaderVerify = Elapsed()
    var helperVerify = Elapsed()
    /// Combining verifier shares and consuming the verifier message, by both aggregators.
    var finish = Elapsed()
    /// Adding output shares, at both aggregators.
    var aggregate = Elapsed()
    /// Plaintext bytes that the client of one report sends: public share and both input shares.
    var uploadBytes = 0

    var total: Elapsed { shard + leaderVerify + helperVerify + finish + aggregate }
}
