// transparency-dev/merkle's proofs: other people's happy paths and several hundred ways to spoil them.

import Foundation
import Testing
import TransparencyLog

@Suite struct MerkleVectorTests {
    struct Inclusion: Decodable {
        let leafIdx: UInt64
        let treeSize: UInt64
        let root: Data?
        let leafHash: Data?
        let proof: [Data]?
        let wantErr: Bool
    }

    struct Consistency: Decodable {
        let size1: UInt64
        let size2: UInt64
        let root1: Data?
        let root2: Data?
        let proof: [Data]?
        let wantErr: Bool
    }

    @Test func inclusionProofsAreAcceptedOrRefusedAsTheVectorsSay() throws {
        let files = try Vectors.files("merkle/inclusion")
        #expect(files.count >= 90)
        for file in files {
            let vector = try JSONDecoder().decode(Inclusion.self, from: Data(contentsOf: file))
            let head = TreeHead(size: vector.treeSize, root: [UInt8](vector.root ?? Data()))
            let isAccepted = accepts {
                try MerkleTree.verifyInclusion(
                    leafHash: [UInt8](vector.leafHash ?? Data()), index: vector.leafIdx,
                    proof: (vector.proof ?? []).map { [UInt8]($0) }, in: head)
            }
            #expect(isAccepted == !vector.wantErr, "\(file.path)")
        }
    }

    @Test func consistencyProofsAreAcceptedOrRefusedAsTheVectorsSay() throws {
        let files = try Vectors.files("merkle/consistency")
        #expect(files.count >= 90)
        for file in files {
            let vector = try JSONDecoder().decode(Consistency.self, from: Data(contentsOf: file))
            let isAccepted = accepts {
                try MerkleTree.verifyConsistency(
                    from: TreeHead(size: vector.size1, root: [UInt8](vector.root1 ?? Data())),
                    to: TreeHead(size: vector.size2, root: [UInt8](vector.root2 ?? Data())),
                    proof: (vector.proof ?? []).map { [UInt8]($0) })
            }
            #expect(isAccepted == !vector.wantErr, "\(file.path)")
        }
    }

    private func accepts(_ check: () throws -> Void) -> Bool {
        do {
            try check()
            return true
        } catch {
            return false
        }
    }
}
