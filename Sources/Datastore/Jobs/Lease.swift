/// The right to work on something for a while, alone.
///
/// All work in the background is rows that fall due. Whoever takes one leases it: writes a random token into the row, and
/// until when, by the database's clock. A process that dies or stops holds up nothing longer than its lease; another goes
/// on. One that wakes up again after that finds its token gone: whatever it wants to store then fails with
/// ``DatastoreError/leaseLost`` and changes nothing. So **the first statement of everything that a holder stores is an
/// UPDATE of that row under that token**, after the task's lock.
///
/// A lease is made where the row is (a job is inserted leased) and ends where the job does, so neither costs a transaction
/// of its own. Steps that take longer than a lease have it renewed.
package struct Lease<Job: Sendable>: Sendable {
    /// What is leased.
    package let job: Job
    let claim: LeaseClaim

    init(_ job: Job, _ claim: LeaseClaim) {
        self.job = job
        self.claim = claim
    }

    /// What a row says under a token. A token that is not in the row is nobody's right to anything.
    package init(_ job: Job, row: Int64, token: Int64) {
        self.init(job, LeaseClaim(row: row, token: token))
    }

    /// The row, for logs and for tables of those that are held.
    package var row: Int64 { claim.row }

    /// Whether it is the same lease, renewed or not.
    package func isSame(as other: Lease) -> Bool { claim == other.claim }
}

extension Lease: Equatable where Job: Equatable {}

/// A row and the token under which somebody has it.
struct LeaseClaim: Sendable, Hashable {
    let row: Int64
    let token: Int64

    /// No two takers, of whatever process, have the same; 0 is nobody's.
    static func randomToken() -> Int64 { ProcessNumber.leaseToken() }
}
