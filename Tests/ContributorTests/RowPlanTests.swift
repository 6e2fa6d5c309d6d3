import Contributor
import DAP
import Foundation
import Testing
import Wallet

/// What is sent of a file, over all that a wallet can say about its rows.
@Suite struct RowPlanTests {
    private let task = TaskID(unchecked: [UInt8](repeating: 1, count: 32))
    private let path = "/data/heights.csv"

    private func file(_ values: [UInt64], path: String? = nil, columns: String = "height") -> RowFile.Outline {
        RowFile(
            path: path ?? self.path, columns: columns,
            rows: values.enumerated().map { RowFile.Row(line: $0 + 2, value: .integer($1)) }
        ).outline
    }

    private func id(_ file: RowFile.Outline) -> SourceID {
        RowSecrets(seed: [UInt8](repeating: 3, count: 32), taskID: task).sourceID(contents: file.contents)
    }

    /// What the wallet has of a file of which each row has reports in these states, oldest first.
    private static func report(_ index: Int, _ generation: Int) -> ReportID {
        ReportID(unchecked: [UInt8(index), UInt8(generation)] + [UInt8](repeating: 0, count: 14))
    }

    private func past(
        _ file: RowFile.Outline, _ states: [[(ReportRecord.State, ReportDoubt?)]]
    ) -> RowPlan.Past {
        var past = RowPlan.Past(
            RowSource(
                key: RowSource.Key(task, id(file)), path: file.path, columns: file.columns,
                rows: UInt64(file.digests.count), contents: file.contents))
        for (index, states) in states.enumerated() where !states.isEmpty {
            past.reports[index] = states.enumerated().map { generation, state in
                RowPlan.Known(
                    reportID: Self.report(index, generation),
                    row: ReportRow(
                        sourceID: past.source.key.sourceID, row: UInt64(index + 1), line: UInt64(index + 2),
                        generation: UInt32(generation), digest: file.digests[index]),
                    state: state.0, doubt: state.1, time: 100 + UInt64(generation))
            }
        }
        return past
    }

    private func past(_ file: RowFile.Outline, _ states: ReportRecord.State...) -> RowPlan.Past {
        past(file, states.map { [($0, nil)] })
    }

    private func plan(
        _ file: RowFile.Outline, _ past: RowPlan.Past..., rows: [Int]? = nil, again: Bool = false
    ) throws(RowConflict) -> RowPlan {
        try RowPlan(
            file, chosen: rows ?? Array(file.digests.indices), past: past, newID: id(file), again: again)
    }

    private func steps(_ steps: [RowPlan.Step]) -> [[Int]] { steps.map { [$0.index, Int($0.generation)] } }

    @Test func allRowsOfANewFileAreMissing() throws {
        let file = file([7, 7, 8])
        let plan = try plan(file)
        #expect(steps(plan.missing) == [[0, 0], [1, 0], [2, 0]] && plan.open.isEmpty)
        #expect(plan.source == id(file) && plan.sentBefore == 0)
    }

    @Test func whatWasCutOffGoesOn() throws {
        let file = file([7, 7, 8, 9])
        let plan = try plan(file, past(file, .stored, .sent, .notTaken("HTTP 503")))
        #expect(plan.sentBefore == 1)
        #expect(plan.open.map(\.index) == [1, 2] && plan.open.allSatisfy { $0.time == 100 && $0.generation == 0 })
        #expect(steps(plan.missing) == [[3, 0]])
    }

    @Test func aFileIsNotSentTwiceWhateverItIsCalled() throws {
        let sent = file([7, 7, 8])
        for path in [path, "/elsewhere/copy.csv"] {
            let plan = try plan(file([7, 7, 8], path: path), past(sent, .stored, .stored, .stored))
            #expect(plan.missing.isEmpty && plan.open.isEmpty && plan.sentBefore == 3)
            #expect(plan.earlierPath == (path == self.path ? nil : self.path))
        }
    }

    /// Saved by another program, with other line ends or spellings of numbers: what a row says is what counts.
    @Test func linesDoNotMatter() {
        let other = RowFile(
            path: path, columns: "height",
            rows: [.init(line: 10, value: .integer(7)), .init(line: 14, value: .integer(8))])
        #expect(other.outline.contents == file([7, 8]).contents)
        #expect(file([7, 8]).contents != file([8, 7]).contents)
        #expect(file([7, 8]).contents == file([7, 8], columns: "weight").contents, "nor does what a column is called")
    }

    @Test func anotherColumnOfTheFileIsAnotherFile() throws {
        let sent = past(file([7, 8]), .stored, .stored)
        #expect(try plan(file([1, 2], columns: "weight"), sent).missing.count == 2)
        #expect(try plan(file([7, 2], columns: "weight"), sent).missing.count == 2, "half of the rows are no sign")
    }

    /// A header was added, or a column got another name; or it is another column that happens to be equal.
    @Test func aColumnOfAnotherNameWithTheSameValuesIsAskedAbout() throws {
        let sent = past(file([7, 8, 9], columns: "#0"), .stored, .stored)
        let named = try plan(file([7, 8, 9]), sent)
        #expect(steps(named.missing) == [[2, 0]] && named.earlierColumns == "#0", "what was cut off goes on")
        let all = past(file([7, 8], columns: "#0"), .stored, .stored)
        #expect(try plan(file([7, 8]), all).missing.isEmpty)
        #expect(try plan(file([7, 8]), all, again: true).missing.count == 2)
        // It has grown as well.
        let grown = file([7, 8, 9])
        #expect(throws: RowConflict.otherColumns("#0", rows: 2, changed: [])) { try plan(grown, all) }
        #expect(throws: RowConflict.otherColumns("#0", rows: 2, changed: [])) {
            try plan(file([7, 8, 1, 2]), sent)
        }
        #expect(try plan(grown, all, rows: [2]).missing.map(\.index) == [2])
        #expect(try plan(grown, all, again: true).missing.count == 3)
        // Or a value was mended as well.
        let three = past(file([7, 8, 9], columns: "#0"), .stored, .stored, .stored)
        let mended = file([7, 5, 9, 4])
        #expect(throws: RowConflict.otherColumns("#0", rows: 3, changed: [1])) { try plan(mended, three) }
        #expect(steps(try plan(mended, three, rows: [1, 3], again: true).missing) == [[1, 0], [3, 0]])
        #expect(try plan(file([7, 5, 1]), three).missing.count == 3, "one equal row of three is no sign")
    }

    @Test func whatWasCorrectedWasNotRefused() throws {
        let sent = past(file([7, 8, 9]), .stored, .withdrawn, .stored)
        let plan = try plan(file([7, 5, 9]), sent)
        #expect(plan.corrected == 1 && plan.refusedBefore == 0)
    }

    @Test func aFileThatGrewIsGoneOnWith() throws {
        let sent = file([7, 8])
        let plan = try plan(file([7, 8, 7, 8]), past(sent, .stored, .stored))
        #expect(steps(plan.missing) == [[2, 0], [3, 0]] && plan.sentBefore == 2)
        #expect(plan.source == id(sent), "rows that follow belong to the same file")
    }

    @Test func aFileThatLostItsEndSendsNothing() throws {
        let plan = try plan(file([7, 8]), past(file([7, 8, 9]), .stored, .stored, .stored))
        #expect(plan.missing.isEmpty && plan.sentBefore == 2)
    }

    @Test func rowsWithOtherValuesStopEverything() throws {
        for state in [ReportRecord.State.stored, .sent, .notTaken("HTTP 503")] {
            let sent = past(file([7, 8, 9]), state, state, state)
            #expect(throws: RowConflict.otherValues(rows: [1])) { try plan(file([7, 5, 9]), sent) }
            // Sorted, or with a row taken out: the rows are others.
            #expect(throws: RowConflict.otherValues(rows: [0, 1])) { try plan(file([8, 7, 9]), sent) }
            #expect(throws: RowConflict.otherValues(rows: [0, 1])) { try plan(file([8, 9]), sent) }
            // Somewhere else it is simply another file.
            #expect(try plan(file([7, 5, 9], path: "/other.csv"), sent).missing.count == 3)
            // What is not to be sent is not asked about.
            #expect(try plan(file([7, 5, 9]), sent, rows: [2]).missing.isEmpty)
        }
    }

    @Test func aCorrectedRowIsSentOnceTheOldOneIsOut() throws {
        for out in [
            (ReportRecord.State.withdrawn, nil), (.rejected("report_dropped"), nil),
            (.withdrawn, ReportDoubt.takenBack),
        ] {
            let sent = past(file([7, 8, 9]), [[(.stored, nil)], [out], [(.stored, nil)]])
            let plan = try plan(file([7, 5, 9]), sent)
            #expect(steps(plan.missing) == [[1, 1]] && plan.sentBefore == 2)
        }
    }

    @Test func whatItsOwnerTookBackStaysOut() throws {
        let file = file([7, 8])
        let sent = past(file, .withdrawn, .stored)
        let plain = try plan(file, sent)
        #expect(plain.missing.isEmpty && plain.withdrawn == 1 && plain.sentBefore == 1)
        #expect(steps(try plan(file, sent, rows: [0], again: true).missing) == [[0, 1]])
    }

    @Test func whatIsOutForGoodIsSentAnew() throws {
        let file = file([7, 8])
        let plan = try plan(file, past(file, [[(.rejected("report_dropped"), .settled)], [(.withdrawn, .takenBack)]]))
        #expect(steps(plan.missing) == [[0, 1], [1, 1]] && plan.refusedBefore == 2 && plan.withdrawn == 0)
    }

    /// Whatever a leader did with a report that it refused: under its id it counts once.
    @Test func whatWasRefusedIsTheSameReportAgain() throws {
        let file = file([7, 8])
        for reason in ["outdated_config", "batch_collected", "HTTP 413"] {
            let plan = try plan(file, past(file, .rejected(reason), .stored))
            #expect(plan.missing == [RowPlan.Step(index: 0, generation: 0)] && plan.open.isEmpty)
            #expect(plan.refusedBefore == 1 && plan.replaced.isEmpty)
        }
        // With another value it is another report, and the first one has to be out.
        let corrected = try plan(self.file([5, 8]), past(file, .rejected("report_dropped"), .stored))
        #expect(steps(corrected.missing) == [[0, 1]] && corrected.replaced == [Self.report(0, 0)])
    }

    @Test func againMakesEveryRowCountOnceMore() throws {
        let file = file([7, 8])
        let once = try plan(file, past(file, .stored, .stored), again: true)
        #expect(steps(once.missing) == [[0, 1], [1, 1]])
        // Cut off and repeated, it goes on; complete, it is once more.
        let cut = past(file, [[(.stored, nil), (.stored, nil)], [(.stored, nil)]])
        #expect(steps(try plan(file, cut, again: true).missing) == [[1, 1]])
        #expect(try plan(file, cut).missing.isEmpty, "without it, one report a row will do")
        let whole = past(file, [[(.stored, nil), (.stored, nil)], [(.stored, nil), (.stored, nil)]])
        #expect(steps(try plan(file, whole, again: true).missing) == [[0, 2], [1, 2]])
    }

    @Test func againSendsAChangedFileAsAnother() throws {
        let (old, new) = (file([7, 8]), file([7, 5]))
        let plan = try plan(new, past(old, .stored, .stored), again: true)
        #expect(plan.source == id(new) && steps(plan.missing) == [[0, 0], [1, 0]])
        // Then both are known, and each goes on by itself.
        #expect(try self.plan(new, past(old, .stored, .stored), past(new, .stored)).missing.map(\.index) == [1])
        #expect(try self.plan(old, past(old, .stored), past(new, .stored, .stored)).missing.map(\.index) == [1])
    }

    @Test func aFileThatBeginsLikeAnotherIsAskedAbout() throws {
        let values = (0..<20).map { UInt64($0 % 3) }
        let stored = [ReportRecord.State](repeating: .stored, count: 20).map { [($0, ReportDoubt?.none)] }
        let sent = past(file(values), stored)
        let longer = file(values + [1, 2], path: "/data/next.csv")
        #expect(throws: RowConflict.beginsLike(path: path, rows: 20)) { try plan(longer, sent) }
        #expect(try plan(longer, sent, rows: [20, 21]).missing.map(\.index) == [20, 21])
        #expect(try plan(longer, sent, again: true).missing.count == 22)
        // The same question after its own rows were sent.
        let own = past(longer, [[(ReportRecord.State, ReportDoubt?)]](repeating: [], count: 20) + [[(.stored, nil)]])
        #expect(throws: RowConflict.beginsLike(path: path, rows: 20)) { try plan(longer, sent, own) }
        // A few equal rows are no sign.
        let short = past(file([1, 0]), .stored, .stored)
        #expect(try plan(file([1, 0, 1], path: "/data/next.csv"), short).missing.count == 3)
    }

    @Test func whatComesThroughAPipeHasNoPlace() throws {
        let sent = past(file([7, 8], path: ""), .stored, .stored)
        #expect(try plan(file([5, 6], path: ""), sent).missing.count == 2)
        #expect(try plan(file([7, 8], path: ""), sent).missing.isEmpty)
    }
}
