/// A proof with everything that its verification depends on.
public protocol BatchVerifiable: Sendable {
    /// Adds the proof's equations to a batch.
    ///
    /// - Parameter generator: draws the weights; cryptographically secure.
    /// - Throws: `ProofError` where the proof is seen to be bad already; then nothing was added.
    func add(
        to batch: inout VerificationBatch, using generator: inout some RandomNumberGenerator
    ) throws(ProofError)
}

extension BatchVerifiable {
    /// Verifies this proof alone.
    func verify(using generator: inout some RandomNumberGenerator, threads: Int) throws(ProofError) {
        var batch = VerificationBatch()
        try add(to: &batch, using: &generator)
        try batch.verify(threads: threads)
    }
}

extension VerificationBatch {
    /// Returns if every proof is valid; an empty batch is.
    ///
    /// - Parameter threads: how many threads share the work.
    /// - Throws: `ProofError`, `.rejected` without saying which proof is bad (`indicesOfInvalid`).
    public static func verify(
        _ entries: some Collection<any BatchVerifiable>, using generator: inout some RandomNumberGenerator,
        threads: Int = 1
    ) throws(ProofError) {
        var batch = VerificationBatch()
        for entry in entries {
            try entry.add(to: &batch, using: &generator)
        }
        try batch.verify(threads: threads)
    }

    /// The places of the proofs that are not valid, in order. Halves batches that fail: k bad ones among n cost about
    /// 2k·log2 n batches, and good ones alone a single one.
    public static func indicesOfInvalid(
        _ entries: [any BatchVerifiable], using generator: inout some RandomNumberGenerator, threads: Int = 1
    ) -> [Int] {
        var invalid: [Int] = []
        var stack = [entries.indices]
        while let range = stack.popLast() {
            guard !range.isEmpty else { continue }
            do {
                try verify(entries[range], using: &generator, threads: threads)
            } catch {
                if range.count == 1 {
                    invalid.append(range.lowerBound)
                } else {
                    let middle = range.lowerBound + range.count / 2
                    stack.append(middle..<range.upperBound)
                    stack.append(range.lowerBound..<middle)
                }
            }
        }
        return invalid
    }
}
