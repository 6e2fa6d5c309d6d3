import Contributor
import Foundation
import Tasks
import Testing

extension EndToEnd {
    /// Files that were sent before, as they were or changed, from wallets that know it or have to learn it: nothing is sent twice
    /// unless its owner says so.
    @Suite struct RowsAgain: RowUploading {
        @Test func aFileIsSentAgainOnlyWhenItsOwnerSaysSo() async throws {
            try await TestNodes.runSums("files", mostReports: 1_000) { nodes, proxy, task in
                let file = try write([7, 7, 8], "rows.csv", nodes)
                let first = try await contribute(file, nodes, task)
                #expect(first.status == 0 && first.output.contains("3 of 3 reports stored"), "\(first.errors)")
                let same = try await contribute(file, nodes, task)
                #expect(same.status == 0 && same.output.contains("all 3 rows"), "\(same.output)")
                #expect(same.errors.contains("--again"), "\(same.errors)")
                let copy = try await contribute(try write([7, 7, 8], "copy.csv", nodes), nodes, task)
                #expect(copy.status == 1 && copy.errors.contains("rows.csv"), "\(copy.errors)")
                _ = try write([7, 9, 8], "rows.csv", nodes)
                let changed = try await contribute(file, nodes, task)
                #expect(changed.status == 1 && changed.errors.contains("row 2 (line 3)"), "\(changed.errors)")
                #expect(changed.errors.contains("--row 2"), "\(changed.errors)")
                #expect(try ids(proxy).count == 3, "nothing was sent")

                // As the message says.
                try await verdicts(task)
                let gone = try await withdraw(nodes, task, "--csv", "rows.csv", "--row", "2")
                #expect(gone.status == 0 && gone.output.contains("row 2  withdrawn"), "\(gone.output)\(gone.errors)")
                let corrected = try await contribute(file, nodes, task)
                #expect(corrected.output.contains("1 of 1 reports stored"), "\(corrected.output)\(corrected.errors)")
                // It grew.
                _ = try write([7, 9, 8, 1], "rows.csv", nodes)
                let grown = try await contribute(file, nodes, task)
                #expect(grown.output.contains("1 of 1 reports stored"), "\(grown.output)\(grown.errors)")
                #expect(grown.errors.contains("3 of 4 rows were sent"), "\(grown.errors)")
                // What its owner takes back stays out.
                try await verdicts(task)
                #expect(try await withdraw(nodes, task, "--row", "3..4").status == 0)
                let rest = try await contribute(file, nodes, task)
                #expect(rest.status == 0 && rest.errors.contains("2 rows that you took back"), "\(rest.errors)")
                let once = try await contribute(file, nodes, task, "--row", "4", "--again")
                #expect(once.output.contains("1 of 1 reports stored"), "\(once.output)\(once.errors)")
                try await listed(nodes, task)
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 3 && outcome.value == .integer(7 + 9 + 1))
            }
        }

        /// One line ties a row to its report.
        private func listed(_ nodes: TestNodes, _ task: TaskFile) async throws {
            let list = try await Cairn.succeed(
                "receipt", "list", "--task", nodes.taskPath(task.name), "--csv", "rows.csv", home: nodes.home)
            #expect(list.output.hasPrefix("6 reports: 3 stored, 3 withdrawn"), "\(list.output)")
            #expect(list.output.contains("rows.csv row 2 (line 3)"), "\(list.output)")
            let json = try await Cairn.succeed("receipt", "list", "--row", "4", "--json", home: nodes.home).json()
            let reports = try #require(json["reports"] as? [[String: Any]])
            #expect(reports.map { $0["state"] as? String } == ["withdrawn", "stored"])
            #expect(reports.allSatisfy { $0["row"] as? Int == 4 && $0["line"] as? Int == 5 })
        }

        /// A wallet that was put back from before the upload makes the same reports, and they count once.
        @Test(arguments: [true, false])
        func aRestoredWalletSendsNothingTwice(committed: Bool) async throws {
            try await TestNodes.runSums("restored-\(committed)", committed: committed, mostReports: 1_000) {
                nodes, proxy, task in
                let file = try write([7, 7, 8, 0], "rows.csv", nodes)
                let backup = "\(nodes.folder.path)/backup"
                try FileManager.default.copyItem(atPath: "\(nodes.home)/wallet", toPath: backup)
                #expect(try await contribute(file, nodes, task).status == 0)
                try FileManager.default.removeItem(atPath: "\(nodes.home)/wallet")
                try FileManager.default.moveItem(atPath: backup, toPath: "\(nodes.home)/wallet")
                let again = try await contribute(file, nodes, task)
                #expect(again.status == 0 && again.output.contains("4 of 4 reports stored"), "\(again.errors)")
                #expect(try ids(proxy).count == 4)
                #expect(try await received(task) == 4)
            }
        }

        /// The wallet is lost; its seed, the log and the file are there, and the file has grown and got a header.
        @Test func aWalletOutOfTheLogKnowsTheRowsAgain() async throws {
            try await TestNodes.runSums("recovered", mostReports: 1_000) { nodes, proxy, task in
                let file = "\(nodes.folder.path)/rows.csv"
                try "7\n7\n8\n".write(toFile: file, atomically: true, encoding: .utf8)
                let (path, home) = (nodes.taskPath(task.name), "\(nodes.folder.path)/device")
                try await Cairn.succeed(
                    "contribute", "--task", path, "--csv", file, "--column", "0", "--header", "no", home: nodes.home)
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 3 && outcome.value == .integer(22))

                let seed = "\(nodes.folder.path)/seed"
                try await Cairn.succeed("wallet", "seed", home: nodes.home).output
                    .write(toFile: seed, atomically: true, encoding: .utf8)
                try await Cairn.succeed("wallet", "recover", "--seed-file", seed, "--task", path, home: home)
                _ = try write([7, 7, 8, 5], "rows.csv", nodes)
                let grown = try await Cairn.succeed(
                    "contribute", "--task", path, "--csv", file, "--column", "v", home: home)
                #expect(grown.output.contains("1 of 1 reports stored"), "\(grown.output)\(grown.errors)")
                #expect(grown.errors.contains("3 of its rows are in the wallet out of the log"), "\(grown.errors)")
                #expect(try ids(proxy).count == 4)
                let shown = try await Cairn.succeed("wallet", "show", home: home)
                #expect(shown.output.contains("4 inputs saved"), "\(shown.output)")
            }
        }

        @Test func aHeaderThatWasAddedSendsNothingTwice() async throws {
            try await TestNodes.runSums("header", mostReports: 1_000) { nodes, proxy, task in
                let file = "\(nodes.folder.path)/rows.csv"
                try "7\n7\n8\n".write(toFile: file, atomically: true, encoding: .utf8)
                try await Cairn.succeed(
                    "contribute", "--task", nodes.taskPath(task.name), "--csv", file, "--column", "0", "--header", "no",
                    home: nodes.home)
                _ = try write([7, 7, 8], "rows.csv", nodes)
                let named = try await contribute(file, nodes, task)
                #expect(named.status == 1 && named.errors.contains("column #0"), "\(named.output)\(named.errors)")
                _ = try write([7, 7, 8, 1], "rows.csv", nodes)
                let grown = try await contribute(file, nodes, task)
                #expect(grown.status == 1 && grown.errors.contains("--row 4.."), "\(grown.output)\(grown.errors)")
                #expect(try ids(proxy).count == 3)
                #expect(try await contribute(file, nodes, task, "--row", "4..").status == 0)
                #expect(try ids(proxy).count == 4)
                // A value was mended as well.
                _ = try write([7, 6, 8, 1], "rows.csv", nodes)
                let mended = try await contribute(file, nodes, task)
                #expect(mended.status == 1 && mended.errors.contains("`--again --row 2 --row 4..`"), "\(mended.errors)")
                #expect(try ids(proxy).count == 4)
                #expect(try await withdraw(nodes, task, "--csv", file, "--row", "2").status == 0)
                let new = try await contribute(file, nodes, task, "--again", "--row", "2", "--row", "4..")
                #expect(new.output.contains("1 of 1 reports stored"), "\(new.output)\(new.errors)")
            }
        }

        /// All rows that are others now are named, so that the command has to be pasted once.
        @Test func insertedRowsAreTakenBackByOneCommand() async throws {
            try await TestNodes.runSums("inserted", mostReports: 1_000) { nodes, proxy, task in
                let file = try write([1, 2, 3, 4, 5, 6], "rows.csv", nodes)
                #expect(try await contribute(file, nodes, task).status == 0)
                _ = try write([9, 2, 8, 3, 4, 6, 6], "rows.csv", nodes)
                let changed = try await contribute(file, nodes, task)
                #expect(changed.errors.contains("--row 1 --row 3..5`"), "\(changed.errors)")
                #expect(
                    try await withdraw(nodes, task, "--csv", file, "--row", "1", "--row", "3..5").status == 0)
                let mended = try await contribute(file, nodes, task)
                #expect(mended.output.contains("5 of 5 reports stored"), "\(mended.output)\(mended.errors)")
                #expect(mended.errors.contains("4 rows with another value than before"), "\(mended.errors)")
                let outcome = try await nodes.collector(task).collect(.leaderSelected, deadline: .seconds(120))
                #expect(outcome.count == 7 && outcome.value == .integer(9 + 2 + 8 + 3 + 4 + 6 + 6))
            }
        }
    }
}
