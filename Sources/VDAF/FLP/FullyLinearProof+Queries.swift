extension FullyLinearProof {
    /// Memory for queries of this proof system.
    @inline(__always)
    func makeWorkspace() -> QueryWorkspace<Field> {
        QueryWorkspace(plans: plans, outputLength: circuit.evaluationOutputLength)
    }

    /// One aggregator's verifier shares for several proofs about one measurement, one after the other. Of each argument,
    /// what belongs to the first proof comes first.
    ///
    /// - Throws: `.testPointIsRootOfUnity`.
    @inline(__always)
    func query(
        proofs: Int, encoded: UnsafeBufferPointer<Field>, proofsShare: UnsafeBufferPointer<Field>,
        queryRandomness: UnsafeBufferPointer<Field>, jointRandomness: UnsafeBufferPointer<Field>, shareOfOne: Field,
        workspace: QueryWorkspace<Field>
    ) throws(VDAFError) -> [Field] {
        let length = verifierLength * proofs
        // The initializer of an array takes no closure with an error of its own type.
        var failure: VDAFError?
        let verifiers = [Field](unsafeUninitializedCapacity: length) { target, written in
            guard let base = target.baseAddress else { return }
            for number in 0..<proofs {
                do throws(VDAFError) {
                    try query(
                        encoded: encoded, proof: proofsShare.row(number, of: proofLength),
                        queryRandomness: queryRandomness.row(number, of: queryRandomnessLength),
                        jointRandomness: jointRandomness.row(number, of: circuit.jointRandomnessLength),
                        shareOfOne: shareOfOne, into: base + number * verifierLength, workspace: workspace)
                } catch {
                    failure = error
                    return
                }
            }
            written = length
        }
        if let failure { throw failure }
        return verifiers
    }
}

extension UnsafeBufferPointer {
    /// Everything from an index on.
    @inline(__always)
    func rest(from start: Int) -> UnsafeBufferPointer { UnsafeBufferPointer(rebasing: self[start...]) }

    /// Row `index` of a matrix with `length` elements a row.
    @inline(__always)
    func row(_ index: Int, of length: Int) -> UnsafeBufferPointer {
        UnsafeBufferPointer(rebasing: self[index * length..<(index + 1) * length])
    }
}

/// Calls `body` with the memory of two arrays.
@inline(__always)
func withMemory<Element, Result, Failure: Error>(
    of first: [Element], _ second: [Element],
    _ body: (UnsafeBufferPointer<Element>, UnsafeBufferPointer<Element>) throws(Failure) -> Result
) throws(Failure) -> Result {
    try first.withUnsafeBufferPointer { first throws(Failure) in
        try second.withUnsafeBufferPointer { second throws(Failure) in try body(first, second) }
    }
}
