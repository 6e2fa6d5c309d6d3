import Parallel

/// A message with an Ed25519 signature and the key that is said to have made it.
///
/// RFC 8032 leaves open what a verifier does with points that have a component of small order, and implementations differ
/// (Chalkias, Garillot, Nikolaenko, "Taming the Many EdDSAs", eprint 2020/1244). Where both aggregators, and everybody who
/// reads their log, must come to the same answer, that is a way to set them against each other. So Cairn says exactly
/// what is valid (`Protocols/log-entries.md`, section 'Signatures'):
///
/// 1. A and R are encodings of points by the strict reading of RFC 8032 §5.1.3 (`CurvePoints.decode`), and 0 ≤ S < ℓ.
/// 2. A does not have small order. Under such a key every message can be signed by everybody, with one signature for
///    all messages: the leader could then log other commitments than a contributor signed, and an aggregator deny its
///    word.
/// 3. [8](S·B - R - k·A) = 0 with k = SHA-512(R ‖ A ‖ message) mod ℓ.
///
/// The factor 8, which the RFC allows and many leave out, is what lets many signatures be checked at once: components of
/// small order would survive a random linear combination with a chance of 1/8 or more, and one and many would disagree.
/// What a signer makes by the RFC is valid under any of the readings.
package struct SignedMessage: Sendable {
    /// A: 32 bytes.
    package let publicKey: [UInt8]
    /// R ‖ S: 64 bytes.
    package let signature: [UInt8]
    package let message: [UInt8]

    package init(publicKey: [UInt8], signature: [UInt8], message: [UInt8]) {
        self.publicKey = publicKey
        self.signature = signature
        self.message = message
    }

    /// Whether the signature is valid. Bytes that are no key or no signature are simply not.
    package var isValid: Bool { Self.areValid([self])[0] }

    /// Signatures that are checked in one equation: more would cost hardly less each, and use more memory.
    package static let batchSize = 1024
    /// Below this, a batch is not divided for the sake of another thread.
    private static let smallestShare = 32

    /// Whether each of many signatures is valid, in much less time than one by one.
    ///
    /// The answers are those of `isValid`, but for a chance below 2^-118 for each batch, that nobody can influence: it is
    /// checked with random coefficients (`SignatureBatch`).
    ///
    /// - Parameter threads: how many threads share the work.
    package static func areValid(_ signed: [SignedMessage], threads: Int = 1) -> [Bool] {
        let share = (signed.count + max(threads, 1) - 1) / max(threads, 1)
        let size = min(batchSize, max(smallestShare, share))
        return concurrentMap(count: signed.count, groupSize: size, threads: threads) { range, target in
            var batch = SignatureBatch(signed[range])
            for (offset, isValid) in batch.areValid().enumerated() {
                (target + offset).initialize(to: isValid)
            }
        }
    }
}
