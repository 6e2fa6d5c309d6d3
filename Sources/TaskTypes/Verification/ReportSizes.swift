import DAP
import VDAF

/// Bytes of what a report is made of. They follow from the task's VDAF, so a server knows before it reads a request how
/// long it may be.
package struct ReportSizes: Sendable, Equatable {
    package let publicShare: Int
    /// The leader's and the helper's.
    package let inputShares: [Int]
    /// What the leader tells the helper about a report.
    package let verifierShare: Int
    /// What either aggregator adds up once a report is verified.
    package let outputShare: Int
    /// A sum of output shares.
    package let aggregateShare: Int

    /// Sizes of a type's messages, and of those that a committed one adds: two commitments, and a blind for each share.
    init<V: Prio3Family>(_ vdaf: V, isCommitted: Bool) {
        publicShare = vdaf.publicShareSize + (isCommitted ? 64 : 0)
        inputShares = (0..<2).map { vdaf.inputShareSize(aggregatorID: $0) + (isCommitted ? 32 : 0) }
        verifierShare = vdaf.verifierShareSize
        outputShare = vdaf.aggregateShareSize + (isCommitted ? 32 : 0)
        // A committed sum is of integers, each with 8 bytes more than an element of the field.
        aggregateShare = vdaf.aggregateShareSize + (isCommitted ? 8 * vdaf.outputLength + 32 : 0)
    }

    /// Whether an aggregator's input share takes less room than its output share, which can be computed from it
    /// (``TaskVDAF/outputShare(of:inputShare:taskID:)``). A helper's is a seed.
    package func isInputShareSmaller(of role: Role) -> Bool { inputShares[role == .leader ? 0 : 1] < outputShare }

    /// Bytes of a sealed input share (`HpkeCiphertext.payload`) without private extensions.
    ///
    /// The list of extensions and the share have length fields of two and four bytes, the AEAD's tag has 16.
    package func sealedInputShare(of role: Role) -> Int { inputShares[role == .leader ? 0 : 1] + 2 + 4 + 16 }

    /// Whether an `HpkeCiphertext` can hold an input share of the task, extensions of at most ``extensionBytes`` included.
    ///
    /// Nobody but its recipient can open it. But whoever carries it has to know that a request with it is no longer than
    /// the recipient takes.
    package func canHold(_ sealed: HpkeCiphertext, for role: Role) -> Bool {
        sealed.encapsulatedKey.count <= Self.largestEncapsulatedKey
            && sealed.payload.count <= sealedInputShare(of: role) + Self.extensionBytes
    }

    /// The most that an uploaded report takes, with lists of extensions of at most ``extensionBytes`` each.
    package var largestReport: Int {
        Self.metadata + 4 + publicShare + Self.largestSealed(inputShares[0]) + Self.largestSealed(inputShares[1])
    }

    /// The most that a report takes in an aggregation job.
    package var largestVerifyInit: Int {
        Self.metadata + 4 + publicShare + Self.largestSealed(inputShares[1]) + 4 + verifierShare + Self.framing
    }

    /// Room for one list of extensions. The only one that we know takes 100 bytes.
    package static let extensionBytes = 1_024
    /// A report's id, time and public extensions.
    private static let metadata = 16 + 8 + 2 + extensionBytes
    /// The type and lengths of a ping-pong message.
    private static let framing = 16

    /// That of the largest KEM of RFC 9180.
    private static let largestEncapsulatedKey = 133

    /// Configuration id, encapsulated key, and what is sealed.
    private static func largestSealed(_ inputShare: Int) -> Int {
        1 + 2 + largestEncapsulatedKey + 4 + inputShare + 2 + extensionBytes + 4 + 16
    }
}
