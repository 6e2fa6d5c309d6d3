/// Who takes part in a task (DAP-18 section 4.1).
///
/// ```
/// enum { collector(0), client(1), leader(2), helper(3), (255) } Role;
/// ```
/// Roles appear on the wire only inside HPKE's info string.
public enum Role: UInt8, Sendable, Hashable, CaseIterable {
    /// Gets results.
    case collector = 0
    /// Uploads reports.
    case client = 1
    /// Takes uploads, and drives aggregation and collection.
    case leader = 2
    /// The other aggregator.
    case helper = 3

    /// The VDAF's number of an aggregator.
    package var aggregatorID: Int? {
        switch self {
        case .leader: 0
        case .helper: 1
        case .collector, .client: nil
        }
    }
}
