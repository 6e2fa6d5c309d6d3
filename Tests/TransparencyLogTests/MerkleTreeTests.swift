// Known hashes, then properties over random trees: every proof verifies, no mutated one does.

import TestSupport
import Testing
import TransparencyLog

@Suite struct MerkleTreeTests {
    @Test func hashesAreThoseOfRFC6962() {
        // The empty tree, the empty leaf and a node, from the RFC 6962 reference tests.
        #expect(hex(MerkleTree.emptyRoot) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(MerkleTree.leafHash([])) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        #expect(
            hex(MerkleTree.leafHash(Array("L123456".utf8)))
                == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56")
        #expect(
            hex(MerkleTree.nodeHash(Array("N123".utf8), Array("N456".utf8)))
                == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb")
    }

    @Test func rootFollowsTheRecursiveDefinition() {
        let leaves = Fixture.leafHashes(70)
        for count in 0...70 {
            #expect(MerkleTree.root(leafHashes: Array(leaves.prefix(count))) == naiveRoot(leaves[..<count]))
        }
    }

    @Test func everyInclusionProofVerifies() throws {
        for count in [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100] {
            let leaves = Fixture.leafHashes(count)
            let head = Fixture.head(count)
            for index in 0..<UInt64(count) {
                let proof = try MerkleTree.inclusionProof(index: index, leafHashes: leaves)
                try MerkleTree.verifyInclusion(leafHash: leaves[Int(index)], index: index, proof: proof, in: head)
            }
        }
    }

    @Test func aTreeWithItsRowsGivesTheSameRootAndProofs() throws {
        for count in 0...70 {
            let leaves = Fixture.leafHashes(count)
            let tree = MerkleRows(leafHashes: leaves)
            #expect(tree.root == MerkleTree.root(leafHashes: leaves))
            for index in 0..<UInt64(count) {
                #expect(
                    try tree.inclusionProof(index: index)
                        == MerkleTree.inclusionProof(index: index, leafHashes: leaves))
            }
            #expect(throws: MerkleError.indexOutOfRange(index: UInt64(count), size: UInt64(count))) {
                try tree.inclusionProof(index: UInt64(count))
            }
        }
    }

    @Test func everyConsistencyProofVerifies() throws {
        let leaves = Fixture.leafHashes(40)
        for new in 1...40 {
            for old in 1...new {
                let proof = try MerkleTree.consistencyProof(from: UInt64(old), leafHashes: Array(leaves[..<new]))
                try MerkleTree.verifyConsistency(from: Fixture.head(old), to: Fixture.head(new), proof: proof)
            }
        }
    }

    @Test func mutatedInclusionProofsFail() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let count = Int.random(in: 1...300, using: &random)
            let leaves = Fixture.leafHashes(count)
            let root = MerkleTree.root(leafHashes: leaves)
            let index = UInt64.random(in: 0..<UInt64(count), using: &random)
            let proof = try MerkleTree.inclusionProof(index: index, leafHashes: leaves)
            let leaf = leaves[Int(index)]

            var mutants: [(leaf: [UInt8], index: UInt64, proof: [[UInt8]], head: TreeHead)] = []
            let head = TreeHead(size: UInt64(count), root: root)
            mutants.append((flipped(leaf, &random), index, proof, head))
            mutants.append((leaf, index, proof, TreeHead(size: head.size, root: flipped(root, &random))))
            mutants.append((leaf, index, proof + [root], head))
            mutants.append((leaf, index + head.size, proof, head))
            mutants.append((leaf, UInt64.max, proof, head))
            if count > 1 {
                let position = Int.random(in: 0..<proof.count, using: &random)
                var changed = proof
                changed[position] = flipped(proof[position], &random)
                mutants.append((leaf, index, changed, head))
                mutants.append((leaf, index, Array(proof.dropLast()), head))
                mutants.append((leaf, index ^ 1, proof, head))
                var short = proof
                short[position].removeLast()
                mutants.append((leaf, index, short, head))
            }
            for mutant in mutants {
                #expect(throws: MerkleError.self, "seed \(seed), count \(count), index \(index)") {
                    try MerkleTree.verifyInclusion(
                        leafHash: mutant.leaf, index: mutant.index, proof: mutant.proof, in: mutant.head)
                }
            }
        }
    }

    @Test func mutatedConsistencyProofsFail() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let new = Int.random(in: 2...300, using: &random)
            let old = Int.random(in: 1..<new, using: &random)
            let proof = try MerkleTree.consistencyProof(from: UInt64(old), leafHashes: Fixture.leafHashes(new))
            let (oldHead, newHead) = (Fixture.head(old), Fixture.head(new))

            var mutants: [(old: TreeHead, new: TreeHead, proof: [[UInt8]])] = [
                (TreeHead(size: oldHead.size, root: flipped(oldHead.root, &random)), newHead, proof),
                (oldHead, TreeHead(size: newHead.size, root: flipped(newHead.root, &random)), proof),
                (oldHead, newHead, proof + [newHead.root]),
                (oldHead, newHead, Array(proof.dropLast())),
                (oldHead, TreeHead(size: oldHead.size, root: newHead.root), []),
                (newHead, oldHead, proof),
                (TreeHead(size: 0, root: MerkleTree.emptyRoot), newHead, []),
                (oldHead, TreeHead(size: UInt64.max, root: newHead.root), proof),
                (TreeHead(size: UInt64.max, root: oldHead.root), newHead, proof),
            ]
            let position = Int.random(in: 0..<proof.count, using: &random)
            var changed = proof
            changed[position] = flipped(proof[position], &random)
            mutants.append((oldHead, newHead, changed))
            for mutant in mutants {
                #expect(throws: MerkleError.self, "seed \(seed), \(old) to \(new)") {
                    try MerkleTree.verifyConsistency(from: mutant.old, to: mutant.new, proof: mutant.proof)
                }
            }
        }
    }

    @Test func hugeSizesFailWithoutTrapping() {
        let hash = MerkleTree.emptyRoot
        for size in [UInt64.max, 1 << 63, (1 << 63) + 1] as [UInt64] {
            for index in [0, size / 2, size - 1] as [UInt64] {
                for length in [0, 1, 62, 63, 64, 65, 200] as [Int] {
                    let proof = Array(repeating: hash, count: length)
                    let old = TreeHead(size: index + 1, root: hash)
                    let new = TreeHead(size: size, root: MerkleTree.leafHash([]))
                    #expect(throws: MerkleError.self) {
                        try MerkleTree.verifyInclusion(leafHash: hash, index: index, proof: proof, in: new)
                    }
                    #expect(throws: MerkleError.self) {
                        try MerkleTree.verifyConsistency(from: old, to: new, proof: proof)
                    }
                }
            }
        }
    }

    @Test func compactRangeSurvivesEncoding() throws {
        var range = CompactRange()
        for (count, leaf) in Fixture.leafHashes(130).enumerated() {
            #expect(range.head == Fixture.head(count))
            range = try CompactRange(decoding: range.encoded())
            range.append(leafHash: leaf)
        }
        #expect(range.head == Fixture.head(130))
    }

    @Test func malformedCompactRangesAreRefused() {
        let good = CompactRange().encoded()
        let bad: [[UInt8]] = [
            [], [0, 0, 0], good + [0], [0, 0, 0, 0, 0, 0, 0, 1],
            [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0, count: 64 * 32),
            [0, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 0, count: 63),
        ]
        for bytes in bad {
            #expect(throws: MerkleError.malformedRange) { try CompactRange(decoding: bytes) }
        }
    }

    private func naiveRoot(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        switch leaves.count {
        case 0: return MerkleTree.emptyRoot
        case 1: return leaves[leaves.startIndex]
        default:
            var split = 1
            while split * 2 < leaves.count { split *= 2 }
            return MerkleTree.nodeHash(naiveRoot(leaves.prefix(split)), naiveRoot(leaves.dropFirst(split)))
        }
    }
}

/// The bytes with one bit changed.
func flipped(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    let position = Int.random(in: 0..<bytes.count, using: &random)
    bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    return bytes
}
