// The life of an aggregation job at the leader. Pure.
//
//     reports wait ──claim──▶ forming ──send──▶ pending ──finish, give up──▶ ended
//                               └──── no report is left, give up ──────────▲
//
// A job is given up, or ended with its task's key, like any other end: its row says so first, and whoever finds it ended
// changes nothing. So each of its reports leaves it once.

/// States of `leader_jobs`.
package enum JobState: Int64, StoredState {
    /// It has a request, which is sent until there is an answer that ends it.
    case pending = 0
    case ended = 1
    /// Its reports are taken, and the leader verifies its own shares of them. Nothing was ever sent.
    case forming = 2
}

package enum AggregationJobLife {
    /// Whether a job's end shows that the way to the helper and back works: both have verified something of it.
    package static func isAnswered(_ words: some Sequence<JobWord>) -> Bool { words.contains(.accepted) }
}
