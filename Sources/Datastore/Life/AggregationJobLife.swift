// The life of an aggregation job at the leader. Pure.
//
//     pending ──finish, give up──▶ ended
//
// A job is given up, or ended with its task's key, like any other end: its row says so first, and whoever finds it ended
// changes nothing. So each of its reports leaves it once.

/// States of `leader_jobs`.
package enum JobState: Int64, StoredState {
    case pending = 0
    case ended = 1
}

package enum AggregationJobLife {
    /// Whether a job's end shows that the way to the helper and back works: both have verified something of it.
    package static func isAnswered(_ words: some Sequence<JobWord>) -> Bool { words.contains(.accepted) }
}
