import Contributor
import DAP
import Foundation
import Tasks
import TestSupport
import Testing

extension EndToEnd {
    /// Files as people have them: every value is counted as its owner means it, or the file is refused with the place.
    @Suite struct CSVFiles {
        private static let bounds = [
            "--uncommitted", "--min-batch-size", "1", TestNodes.acceptWeakPromises, "--max-batch-size", "100",
        ]

        private static func contribute(
            _ contents: [UInt8], _ options: [String], to task: String, _ nodes: TestNodes
        ) async throws -> CommandResult {
            let path = "\(nodes.folder.path)/\(UUID().uuidString).csv"
            try Data(contents).write(to: URL(filePath: path))
            return try await Cairn.run(
                ["contribute", "--task", nodes.taskPath(task), "--csv", path] + options, home: nodes.home)
        }

        private static func sum(_ task: TaskFile, _ nodes: TestNodes) async throws -> CollectionOutcome {
            let now = currentTime()
            let unit = task.configuration.time(ofSeconds: now)
            return try await nodes.collector(task).collect(
                .timeInterval(Interval(start: unit - 1, duration: 2)), deadline: .seconds(120))
        }

        @Test func everyValueIsCountedAsItsOwnerMeansIt() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "sums", ["--vdaf", "sum", "--max-measurement", "100", "--time-precision", "3600"] + Self.bounds)
                let choices = try await nodes.createTask(
                    "choices",
                    ["--vdaf", "multihot", "--length", "2", "--max-weight", "2", "--time-precision", "3600"]
                        + Self.bounds)
                let rows: [(text: String, options: [String], values: [Int], words: String)] = [
                    ("0\n40\n2\n", ["--column", "0"], [0, 40, 2], "line 1 is data"),
                    ("7.4,11,5\n7.8,25,6\n", ["--column", "1"], [11, 25], "2 rows in all; values from column 2 of 3"),
                    (
                        "\"fixed acidity\";\"11\";\"quality\"\n7.4;34;5\n7.8;67;6\n", ["--column", "2"], [5, 6],
                        "line 1 is the header, 2 rows follow; values from column 3 ('quality') of 3"
                    ),
                    (
                        "\u{FEFF}visits,0\r\n3,1\r\n7.0,2\r\n", ["--column", "visits"], [3, 7],
                        "is the header, 2 rows follow"
                    ),
                    ("0,1\n8,9\n", ["--column", "name:1"], [9], "is the header, 1 row follows"),
                    (
                        "2019\n15\n16\n", ["--column", "0", "--header", "yes"], [15, 16], "is the header, 2 rows follow"
                    ),
                    ("99\n12", ["--column", "0", "--header", "no"], [99, 12], "line 1 is data, 2 rows in all"),
                    ("b^4\na^6\n", ["--column", "1", "--delimiter", "^"], [4, 6], "values from column 2 of 2"),
                ]
                for row in rows {
                    let result = try await Self.contribute(Array(row.text.utf8), row.options, to: "sums", nodes)
                    #expect(result.status == 0, "\(row.text): \(result.errors)")
                    #expect(result.errors.contains(row.words), "\(row.text): \(result.errors)")
                }
                let json = try await Self.contribute(
                    Array("visits\n1\n".utf8), ["--column", "0", "--json"], to: "sums", nodes)
                let input = try #require(try json.json()["input"] as? [String: Any])
                #expect(input["first_line"] as? String == "header" && input["rows"] as? Int == 1)
                #expect(input["columns"] as? [Int] == [0] && input["column_names"] as? [String] == ["visits"])

                let both = try await Self.contribute(
                    Array("1,0\n1,0\n1,1\n".utf8), ["--column", "0", "--column", "1"], to: "choices", nodes)
                #expect(both.status == 0, "\(both.errors)")

                let values = rows.flatMap(\.values) + [1]
                let outcome = try await Self.sum(task, nodes)
                #expect(
                    outcome.value == .integer(UInt128(values.reduce(0, +))) && outcome.count == UInt64(values.count))
                let chosen = try await Self.sum(choices, nodes)
                #expect(chosen.value == .vector([3, 1]) && chosen.count == 3)
            }
        }

        @Test func whatIsInDoubtIsRefusedWithItsPlaceAndNothingIsSent() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "sums", ["--vdaf", "sum", "--max-measurement", "100"] + Self.bounds)
                let rows: [(text: String, column: String, words: [String])] = [
                    ("150\n20\n30\n40\n", "0", ["line 1, column 1: '150' is too large", "--header yes"]),
                    (
                        "NA\n20\n30\n40\n", "0",
                        ["line 1, column 1: 'NA' says that the value is missing", "--header yes"]
                    ),
                    ("12,5;3\n7,5;4\n9,5;4\n", "0", ["line 1, column 1", "'12,5' has a decimal comma", "';'"]),
                    ("a;b\n12,5;3\n", "a", ["line 2, column 1 ('a'): '12,5' has a decimal comma"]),
                    (
                        "visits\n\u{1B}[2J\u{1B}]0;owned\u{7}\n3\n", "visits",
                        ["line 2, column 1 ('visits')", "\\u{1b}"]
                    ),
                    ("\u{1B}[2J\u{7},b\n3,4\n", "c", ["\\u{1b}", "there is no column named 'c'"]),
                    ("2019,2020\n3,5\n8,1\n", "0", ["line 1", "--header yes", "--header no"]),
                    ("a,b\n1,2\n3\n", "a", ["line 3, column 2", "1 cell, and line 1 has 2"]),
                    ("1,2\n3,4\n5,6,7\n", "0", ["line 3, column 3", "3 cells, and line 1 has 2"]),
                    ("a\n\"1,234\"\n", "a", ["line 2", "decimal comma or a thousands separator"]),
                    ("a\n7.5\n", "a", ["line 2", "'7.5' is not a whole number"]),
                    ("a\n1\n\n2\n", "a", ["line 3", "blank"]), ("a\n−5\n", "a", ["line 2", "'−5'", "the sign -"]),
                    ("visits\n5\nmany\n", "0", ["line 3, column 1 ('visits'): 'many' is not a number"]),
                    ("n,visits\na,3\nb,4\nTotal,7\n", "1", ["line 4", "the sum of all others", "--row 1..2;"]),
                    ("visits\n", "0", ["line 1, column 1: 'visits' is not a number", "--header yes"]),
                    ("1,2\n3,4\n", "2", ["no column with the index 2", "from 0 to 1"]),
                ]
                for row in rows {
                    let result = try await Self.contribute(
                        Array(row.text.utf8), ["--column", row.column], to: "sums", nodes)
                    #expect(result.status == 1, "\(row.text): \(result.errors)")
                    for word in row.words { #expect(result.errors.contains(word), "\(row.text): \(result.errors)") }
                    #expect(!result.errors.contains("\u{1B}") && !result.errors.contains("\u{7}"))
                }
                let wide = Array("visits\n3\n".utf16).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
                for contents in [[0xFF, 0xFE] + wide, wide] {
                    let result = try await Self.contribute(contents, ["--column", "visits"], to: "sums", nodes)
                    #expect(result.status == 1 && result.errors.contains("UTF-16"), "\(result.errors)")
                }
                let twice = try await Self.contribute(
                    Array("a,b\n1,2\n".utf8), ["--column", "a", "--column", "b"], to: "sums", nodes)
                #expect(twice.status == 64 && twice.errors.contains("given 2 times. Give it once."), "\(twice.errors)")
                let options = try await Cairn.run(
                    "contribute", "--task", nodes.taskPath("sums"), "--value", "1", "--header", "yes", home: nodes.home)
                #expect(options.status == 64 && options.errors.contains("--header goes with --csv or --data"))
                #expect(try await TaskClient(task: task).status().received == 0)
            }
        }

        /// The norm is a rule about a row; the last row is checked before the first is sent.
        @Test func valuesMayBeginWithAMinus() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "reals",
                    ["--vdaf", "boundedl2", "--length", "4", "--norm-bound", "1", "--time-precision", "3600"]
                        + Self.bounds)
                for value in [["--value", "-0.5,0.25,0,0"], ["--value=-0.5,0,0,0"], ["--value", "-.5, 0, 0, 0"]] {
                    let result = try await Cairn.run(
                        ["contribute", "--task", nodes.taskPath("reals")] + value, home: nodes.home)
                    #expect(result.status == 0, "\(value): \(result.errors)")
                }
                for (value, status, words) in [
                    (["--value", "--json"], 64, "--value"), (["--value", "-5,0,0,0"], 1, "norm is 5.0"),
                    (["--value", "-inf,0,0,0"], 1, "'-inf' is not a finite number"),
                    (["--value", "0,5;0;0;0"], 1, "4 numbers a report, not 2. Separate the numbers by commas"),
                    (["--value", "1 2,0,0,0"], 1, "'1 2' is not one number. Separate numbers by commas."),
                    (["--value", "0,,0,0"], 1, "the value is missing. Write a number"),
                ] as [([String], Int32, String)] {
                    let result = try await Cairn.run(
                        ["contribute", "--task", nodes.taskPath("reals")] + value, home: nodes.home)
                    #expect(result.status == status && result.errors.contains(words), "\(value): \(result.errors)")
                }
                let columns = ["0", "1", "2", "3"].flatMap { ["--column", $0] }
                let far = try await Self.contribute(
                    Array("-0.1,0,0,0\n0,0,0.9,0.9\n".utf8), columns, to: "reals", nodes)
                #expect(far.status == 1 && far.errors.contains("line 2: the numbers' Euclidean norm"), "\(far.errors)")
                let outcome = try await Self.sum(task, nodes)
                #expect(outcome.count == 3)
            }
        }

        @Test func settingsThatNobodyCanTrainWithAreRefused() async throws {
            let folder = try TemporaryFolder()
            let files = ["--model", "\(folder.path)/model", "--training", "\(folder.path)/training.json"]
            for (features, classes, scaling, words) in [
                ("2", "a", "0:1", "at least two classes"), ("2", "a,a", "0:1", "'a' is named twice"),
                ("2", "a,,b", "0:1", "empty name"), ("2", "1,1.0", "0:1", "the same number"),
                ("2", "a,b", "5:5", "both are the same"), ("2", "a,b", "1:0", "above the upper"),
                ("2", "a,b", "nan:1", "not a pair"), ("2", "a,b", "0:1,0:1,0:1", "3 pairs of scaling bounds for 2"),
                ("x,x", "a,b", "0:1", "'x' is named twice"), ("x,,y", "a,b", "0:1", "empty name"),
                ("0", "a,b", "0:1", "0 features"), ("2", "a,b", "1", "not a pair"),
            ] {
                let result = try await Cairn.run(
                    ["model", "create", "--features", features, "--classes", classes, "--scaling", scaling] + files)
                #expect(result.status == 1 && result.errors.contains(words), "\(words): \(result.errors)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            }
            for features in ["-2", "2.0", "1e3"] {
                let result = try await Cairn.run(
                    ["model", "create", "--features", features, "--classes", "a,b", "--scaling", "0:1"] + files)
                #expect(result.status == 1 && result.errors.contains("name:\(features)"), "\(result.errors)")
            }
            // Both files or none.
            let taken = "\(folder.path)/model"
            try Data().write(to: URL(fileURLWithPath: taken))
            for training in ["\(folder.path)/training.json", taken] {
                let result = try await Cairn.run(
                    ["model", "create", "--features", "2", "--classes", "a,b", "--scaling", "0:1", "--model", taken]
                        + ["--training", training])
                #expect(result.status == (training == taken ? 64 : 1), "\(result.errors)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model"])
            }
            try FileManager.default.removeItem(atPath: taken)
            let created = try await Cairn.run(
                ["model", "create", "--features", "x, y", "--classes", "a,b", "--scaling", "-1:1"] + files)
            #expect(created.status == 0, "\(created.errors)")
            let text = try String(contentsOfFile: "\(folder.path)/training.json", encoding: .utf8)
            #expect(text.contains("\"feature_names\"") && text.contains("\"cairn_training\" : 3"), "\(text)")
        }

        /// Half of a new pair of keys beside half of an old one: nobody could open what is sealed to the old.
        @Test func aKeyIsMadeWithItsPublicPartOrNotAtAll() async throws {
            let folder = try TemporaryFolder()
            for kind in ["hpke", "owner"] {
                let key = "\(folder.path)/\(kind).key"
                try await Cairn.succeed("keygen", kind, "--out", key)
                try FileManager.default.removeItem(atPath: key)
                let again = try await Cairn.run("keygen", kind, "--out", key)
                #expect(again.status == 1 && again.errors.contains("\(kind).key.pub exists already"), "\(again.errors)")
                #expect(!FileManager.default.fileExists(atPath: key))
            }
        }

        @Test func theDemoRefusesLabelsThatAreNone() async throws {
            let folder = try TemporaryFolder()
            let csv = "\(folder.path)/in.csv"
            let rows = (0..<40).map { "\($0),\(40 - $0),\($0 == 29 ? "NA" : $0 % 2 == 0 ? "0" : "1")" }
            for (header, label, line) in [("a,b,y\n", "y", 31), ("", "2", 30)] {
                try (header + rows.joined(separator: "\n")).write(toFile: csv, atomically: true, encoding: .utf8)
                let result = try await Cairn.run("demo", "--data", csv, "--label-column", label)
                #expect(result.status == 1, "\(result.output)")
                #expect(
                    result.errors.contains("line \(line), column 3") && result.errors.contains("'NA' says"),
                    "\(result.errors)")
            }
            let help = try await Cairn.succeed("help", "demo").output
            #expect(!help.contains("the last one by default"), "\(help)")
        }
    }
}
