import AggregatorNode
import DAP
import Datastore
import Ledger
import Testing

@Suite struct CloseExaminationTests {
    private func id(_ number: Int) -> ReportID {
        ReportID(unchecked: withUnsafeBytes(of: UInt128(number).bigEndian) { [UInt8]($0) })
    }

    private func leaf(_ index: UInt64) -> ExaminedLeaf {
        ExaminedLeaf(index: index, hash: Blob.hash([UInt8(index & 0xFF)]))
    }

    /// The blocks in which reports come make no difference.
    @Test func blocksAddUpToTheWhole() {
        let ids = (0..<100).map(id)
        let leaves = (0..<100).map { leaf(UInt64($0) * 3) }
        var tree = BatchRoot()
        for leaf in leaves { tree.append(leafHash: leaf.hash) }
        for size in [1, 7, 99, 100] {
            var examination = CloseExamination()
            for start in stride(from: 0, to: 100, by: size) {
                let end = min(start + size, 100)
                #expect(examination.examine(Array(ids[start..<end]), leaves[start..<end].map { $0 }) == nil)
            }
            #expect(examination.root == tree.root && examination.count == 100)
            #expect(examination.leavesHash == Blob.hash(ids.flatMap(\.bytes)))
            #expect(examination.leftOut.isEmpty)
        }
        var passed = CloseExamination()
        passed.pass(ids)
        #expect(passed.leavesHash == Blob.hash(ids.flatMap(\.bytes)), "a retry is told by the same hash")
    }

    @Test func anOrderThatIsNotTheLogsIsFoundAcrossBlocks() {
        for second in [5, 4] as [UInt64] {
            var examination = CloseExamination()
            #expect(examination.examine([id(1), id(2)], [leaf(3), leaf(5)]) == nil)
            #expect(examination.examine([id(3), id(4)], [nil, leaf(second)]) == id(4))
        }
    }

    @Test func whatItDoesNotStandByIsNamedUpToABound() {
        var examination = CloseExamination()
        #expect(examination.examine([id(1), id(2), id(3)], [nil, leaf(5), nil]) == nil)
        #expect(examination.leftOut == [id(1), id(3)])
        #expect(examination.count == 1)
        let block = (0..<1_024).map(id)
        let nothing = [ExaminedLeaf?](repeating: nil, count: block.count)
        for _ in 0..<(CloseExamination.mostLeftOut / 1_024 + 1) { _ = examination.examine(block, nothing) }
        #expect(examination.leftOut.count == CloseExamination.mostLeftOut)
    }
}
