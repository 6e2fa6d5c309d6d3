import Commitments
import Secrets

/// Scalars that are wiped when their owner lets go of them.
final class SecretScalars<Scalar: GroupScalar> {
    private(set) var values: [Scalar]

    init(count: Int, _ make: () -> Scalar) {
        values = []
        // Room for all, so that no growth leaves a copy behind.
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(make()) }
    }

    deinit {
        Wipe.values(&values)
    }
}
