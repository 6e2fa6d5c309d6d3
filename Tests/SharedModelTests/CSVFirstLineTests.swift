import SharedModel
import Testing

/// Line 1 of a file of values: header or data, and never the one in place of the other unasked.
@Suite struct CSVFirstLineTests {
    private func layout(
        _ text: String, _ columns: [String] = ["0"], header: HeaderRule = .detect, truthWords: Bool = false
    ) throws(CSVError) -> CSVLayout {
        try CSVLayout(
            of: table(text), columns: columns.map { ColumnReference(argument: $0) }, header: header,
            content: .values(truthWords: truthWords))
    }

    private func values(
        _ text: String, _ columns: [String] = ["0"], header: HeaderRule = .detect, truthWords: Bool = false
    ) throws(CSVError) -> [[String]] {
        let layout = try layout(text, columns, header: header, truthWords: truthWords)
        return layout.rows.map { row in layout.chosen.map { row.cells[$0].text } }
    }

    @Test func digitsAreAlwaysAnIndex() throws {
        #expect(try values("1,0\n1,0\n1,1\n", ["0", "1"]) == [["1", "0"], ["1", "0"], ["1", "1"]])
        #expect(try values("0\n40\n2\n") == [["0"], ["40"], ["2"]])
        #expect(try values("7,11,5\n1,2,3\n", ["2"]) == [["5"], ["3"]])
        #expect(try values("7,2\n1,3\n", ["name:2"]) == [["3"]])
        #expect(throws: CSVError.self) { try values("7,11\n1,2\n", ["11"]) }
        #expect(throws: CSVError.self) { try values("7,11\n1,2\n", ["99999999999999999999"]) }
    }

    /// What is faulty in line 5 is faulty in line 1.
    @Test(arguments: [
        "150", "NA", "?", "", "-1", "7.5", "1e999", "nan", "\"12,5\"", "#REF!", "−5", "5%", "0x1F", "true",
    ])
    func aFaultyFirstRowIsNotDroppedAsAHeader(_ first: String) throws {
        let text = "x,\(first)\ny,20\nz,30\n"
        #expect(try layout(text, ["1"]).firstLine == .data)
    }

    @Test func wordsOverNumbersAreAHeader() throws {
        for header in [
            "visits", "steps per day", "größe", "\"a,b\"", "2026-11-29", "29.11.2026", "#visits", "_x", "n (cm)",
        ] {
            #expect(try layout("\(header)\n3\n4\n").firstLine == .columnNames, "\(header)")
        }
        #expect(try layout("a,b\n1,2\n", ["0", "1"]).firstLine == .columnNames)
        #expect(try layout("yes\n1\n0\n").firstLine == .data)
        #expect(try layout("yes\n1\n0\n", truthWords: true).firstLine == .data)
    }

    @Test func wordsBesideNumbersMakeLine1NoHeader() throws {
        // The error about line 1 then says how to make it one.
        for (text, columns) in [("visits\n", ["0"]), ("a,5\n1,6\n", ["0", "1"])] {
            let layout = try layout(text, columns)
            #expect(layout.firstLine == .data)
            #expect(layout.error(.number(.word("x")), line: 1).description.hasSuffix("say --header yes."))
            #expect(!layout.error(.number(.word("x")), line: 2).mayBeHeader)
        }
    }

    @Test(arguments: [
        ("2019,2020\n3,5\n8,1\n", ["0", "1"]), ("2019\n3\n5\n", ["0"]), ("id,2019\n1,3\n2,5\n", ["1"]),
        (",7,9\n0,3,5\n1,8,1\n", ["1"]), ("0,1,2\n5,3,5\n8,8,1\n", ["1"]),
        // As data frames are written: names in quotation marks, numbers without.
        ("\"0\",\"1\"\n12.0,10\n345,31\n", ["0"]),
        // One value that could be a year makes no years of the others.
        ("country,2019\nA,1950\nB,12\nC,300\n", ["1"]),
    ])
    func numbersThatLookLikeNamesAreNeverCountedUnasked(_ text: String, _ columns: [String]) throws {
        do {
            _ = try layout(text, columns)
            Issue.record("line 1 of \(text) was taken for something")
        } catch {
            guard case .undecidedHeader = error.reason else { throw error }
            #expect(error.line == 1)
            #expect(error.description.contains("--header yes") && error.description.contains("--header no"))
        }
        let lines = text.count { $0 == "\n" }
        #expect(try layout(text, columns, header: .present).rows.count == lines - 1)
        #expect(try layout(text, columns, header: .absent).rows.count == lines)
    }

    /// `closed` in the first row is as faulty as in any other, where all else in the row is data.
    @Test func aWordInALineOfDataIsNoHeaderUnasked() throws {
        for (text, column) in [
            ("2024-01-01,closed,x\n2024-01-02,5,y\n2024-01-03,6,z\n", "1"), ("closed,17\n5,18\n6,19\n", "0"),
            ("2001,closed\n2002,5\n2003,6\n", "1"),
        ] {
            do throws(CSVError) {
                _ = try layout(text, [column])
                Issue.record("line 1 of \(text) was taken for something")
            } catch {
                guard case .undecidedHeader = error.reason else { throw error }
                #expect(error.line == 1 && error.column == Int(column).map { $0 + 1 })
                #expect(
                    error.description.contains("'closed' is no number") && error.description.contains("--header yes"))
            }
        }
        // A name over numbers in another column, and years over what is none, speak for one.
        #expect(try layout("acidity,11,quality\n7.4,34,5\n7.8,67,6\n", ["2"]).firstLine == .columnNames)
        #expect(try layout("country,visits,2019\nA,5,7\nB,6,8\n", ["1"]).firstLine == .columnNames)
        #expect(try layout("day,visits\n2024-01-02,5\n2024-01-03,6\n", ["1"]).firstLine == .columnNames)
    }

    @Test func aTotalInTheLastRowIsNotOneMoreValue() throws {
        let text = "name,visits,hours\nann,3,1\nbob,4,2\nTotal:,7,3\n"
        #expect(
            throws: CSVError(
                file: "t.csv", line: 4, column: 2, columnName: "visits", reason: .totalRow("Total:", rows: 3))
        ) { try layout(text, ["visits"]).requireNoTotal() }
        #expect(throws: CSVError.self) { try layout(text, ["visits", "hours"]).requireNoTotal() }
        for other in [
            "ann,3\nbob,4\ntotal,8\n", "ann,3\nbob,4\ncarl,7\n", "ann,3\ntotal,3\n", "total,3\nbob,4\nann,7\n",
        ] {
            try layout("name,visits\n" + other, ["visits"]).requireNoTotal()
        }
    }

    @Test func ordinaryNumbersAreData() throws {
        for text in ["7,8\n9,10\n", "2019\n2020\n2021\n", "0,1,2\n0,1,2\n", "1,2,3\n2,0,1\n", "ann,5\nbob,6\n", "5\n"] {
            let columns = text.hasPrefix("ann") ? ["1"] : ["0"]
            #expect(try layout(text, columns).firstLine == .data, "\(text)")
        }
    }

    @Test func aNameMeansAHeader() throws {
        #expect(try values("2019,2020\n3,5\n", ["name:2020"]) == [["5"]])
        #expect(try values("a,b,a b\n1,2,3\n", ["a b", "a"]) == [["3", "1"]])
        #expect(throws: CSVError(file: "t.csv", line: 1, reason: .noRows)) { try values("a,b\n", ["a"]) }
        #expect(throws: CSVError(file: "t.csv", reason: .nameWithoutHeader("a"))) {
            try values("a\n1\n", ["a"], header: .absent)
        }
        #expect(throws: CSVError(file: "t.csv", column: 1, reason: .columnTwice)) {
            try values("a,b\n1,2\n", ["a", "0"])
        }
    }

    @Test func raggedRowsAreRefusedWhereverTheyAreRagged() {
        for (text, line, column) in [("1,2\n3,4\n5\n", 3, 2), ("1,2\n3,4,9\n5,6\n", 2, 3), ("a,b\n1,2,\n3,4\n", 2, 3)] {
            do {
                _ = try layout(text)
                Issue.record("\(text) was read")
            } catch {
                guard case .raggedRow = error.reason else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(error.line == line && error.column == column)
            }
        }
        // Programs that number the rows end every row but the header with a delimiter.
        #expect(throws: CSVError(file: "t.csv", line: 1, reason: .oddFirstLine(found: 2, expected: 3))) {
            try layout("a,b\n1,2,\n3,4,\n")
        }
    }

    @Test func whatWasDecidedIsSaid() throws {
        #expect(try layout("a\n1\n2\n").summary == "line 1 is the header, 2 rows follow")
        #expect(try layout("\n\na\n1\n").summary == "line 3 is the header, 1 row follows")
        #expect(
            try layout("5\n1\n2\n").summary == "line 1 is data (say --header yes if it is a header), 3 rows in all")
        #expect(try layout("5\n1\n", header: .absent).summary == "line 1 is data, 2 rows in all")
        #expect(try layout("2,3,red,blue\n1,2,0,5\n3,4,1,6\n").summary.contains("is skipped, 2 rows follow"))
        #expect(try layout("a,b\n1,2\n", ["1"]).words(forColumns: [1]) == "column 2 ('b') of 2, separated by ','")
    }

    @Test func aColumnThatNumbersTheRowsIsNoticed() throws {
        for (text, column) in [
            ("n,x,l\n1,5,2\n2,7,9\n3,5,1\n", 0), ("x,l,n\n5,2,0\n7,9,1\n5,1,2\n", 2),
            ("x,n,l\n5,1,1\n7,3,2\n5,2,3\n", nil),
        ] as [(String, Int?)] {
            let layout = try CSVLayout(of: table(text), columns: [.name("l")], content: .examples(classes: nil))
            #expect(layout.rowNumberColumn == column, "\(text)")
        }
    }

    /// However a file of whole numbers is written, its owner's word on line 1 gives exactly its values; without that word
    /// it gives them, or is refused.
    @Test func noNumberIsLostOrInventedHoweverAFileIsWritten() throws {
        let seed: UInt64 = 13
        var random = TrainingRandom(seed: seed)
        var refused = 0
        for round in 0..<1500 {
            let width = 1 + random.integer(below: 4)
            let rows = (0..<1 + random.integer(below: 5)).map { _ in
                (0..<width).map { _ in "\(random.integer(below: 120))" }
            }
            let headers = [
                nil, (0..<width).map { "c\($0)" }, (0..<width).map { "\($0)" }, (0..<width).map { "\(2015 + $0)" },
            ]
            let header = headers[random.integer(below: headers.count)]
            let delimiter = [",", ";", "\t", "|"][random.integer(below: 4)]
            let end = ["\n", "\r\n", "\r"][random.integer(below: 3)]
            let written = ([header].compactMap(\.self) + rows).map { row in
                row.map { cell in
                    let forms = [cell, "\"\(cell)\"", " \(cell) ", cell.first?.isLetter == true ? cell : "\(cell).0"]
                    return forms[random.integer(below: forms.count)]
                }.joined(separator: delimiter)
            }
            let text =
                (random.integer(below: 2) == 0 ? "\u{FEFF}" : "") + written.joined(separator: end)
                + (random.integer(below: 2) == 0 ? end : "")
            let column = random.integer(below: width)
            func values(_ rule: HeaderRule) throws(CSVError) -> [UInt128] {
                let layout = try layout(text, ["\(column)"], header: rule)
                var values: [UInt128] = []
                for row in layout.rows {
                    do throws(NumberFault) {
                        values.append(try NumberText.whole(row.cells[column].text))
                    } catch {
                        throw layout.error(.number(error), line: row.line, column: column)
                    }
                }
                return values
            }
            let expected = rows.compactMap { UInt128($0[column]) }
            #expect(try values(header == nil ? .absent : .present) == expected, "seed \(seed), round \(round): \(text)")
            do throws(CSVError) {
                let found = try values(.detect)
                // A header of numbers that could be data is data, which is said.
                let asData = header.flatMap { UInt128($0[column]) }.map { [$0] + expected }
                #expect(found == expected || found == asData, "seed \(seed), round \(round): \(text)")
                #expect(header?[0].hasPrefix("20") != true, "years were counted: seed \(seed), round \(round): \(text)")
            } catch {
                refused += 1
                guard case .undecidedHeader = error.reason else { throw error }
            }
        }
        #expect(refused > 0 && refused < 750)
    }
}
