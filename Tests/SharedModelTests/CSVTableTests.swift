import SharedModel
import Testing

@Suite struct CSVTableTests {
    private func cells(_ text: String) throws -> [[String]] {
        try table(text).records.map { $0.cells.map(\.text) }
    }

    @Test func lineEndsOfAllKindsSeparateRecords() throws {
        let expected = [["a", "b"], ["1", "2"], ["3", "4"]]
        for end in ["\n", "\r\n", "\r"] {
            #expect(try cells("a,b\(end)1,2\(end)3,4\(end)") == expected)
            #expect(try cells("a,b\(end)1,2\(end)3,4") == expected)
            #expect(try cells("\(end)a,b\(end)\(end)1,2\(end)3,4\(end)\(end)") == expected)
        }
    }

    @Test func quotedCellsHoldDelimitersMarksAndLineEnds() throws {
        #expect(
            try cells("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n\"\",x,\"\"\"\"") == [
                ["a,b", "say \"hi\"", "two\r\nlines"], ["", "x", "\""],
            ])
    }

    @Test func cellsRememberTheirLine() throws {
        let records = try table("\"a\r\nb\nc\",d\n\n1,2\r\n3,4").records
        #expect(records.map { $0.cells.map(\.line) } == [[1, 3], [5, 5], [6, 6]])
    }

    @Test func blanksAroundCellsAndByteOrderMarksAreDropped() throws {
        #expect(try cells("\u{FEFF} 1 ,\t2\t, \" 3 \" \n") == [["1", "2", " 3 "]])
    }

    @Test func semicolonsAndTabsAreDelimitersWhenTheFirstLineHasNoComma() throws {
        #expect(try cells("a;b\n1;2") == [["a", "b"], ["1", "2"]])
        #expect(try cells("a\tb\n1\t\t") == [["a", "b"], ["1", "", ""]])
        #expect(try cells("\"x,y\";b\n1;2") == [["x,y", "b"], ["1", "2"]])
        #expect(try cells("a;b,c\n1,2") == [["a;b", "c"], ["1", "2"]])
    }

    @Test func emptyCellsAreKept() throws {
        #expect(try cells(",\n1,\n,,2") == [["", ""], ["1", ""], ["", "", "2"]])
    }

    @Test(arguments: [
        ("", CSVError(file: "t.csv", reason: .emptyFile)),
        ("\u{FEFF}", CSVError(file: "t.csv", reason: .emptyFile)),
        ("\n\r\n", CSVError(file: "t.csv", reason: .emptyFile)),
        ("1,2\n3,\"4\n5,6\n", CSVError(file: "t.csv", line: 2, column: 2, reason: .unterminatedQuote)),
        ("1,2\n3,4\"5\n", CSVError(file: "t.csv", line: 2, column: 2, reason: .strayQuote)),
        ("1,2\n\"3\"x,4\n", CSVError(file: "t.csv", line: 2, column: 1, reason: .strayQuote)),
    ])
    func brokenTextIsRefusedWhereItBreaks(_ text: String, _ error: CSVError) {
        #expect(throws: error) { try table(text) }
    }

    @Test func textThatIsNotUTF8IsRefusedWhereItStands() {
        #expect(throws: CSVError(file: "t.csv", line: 2, column: 2, reason: .notUTF8)) {
            try CSVTable(fileName: "t.csv", bytes: Array("1,2\n3,".utf8) + [0xFF, 0xFE])
        }
    }

    @Test func missingFilesAreRefusedByName() {
        do {
            _ = try CSVTable(path: "/nonexistent/data.csv")
            Issue.record("a missing file was read")
        } catch {
            #expect(error.file == "/nonexistent/data.csv")
            #expect(error.description.hasPrefix("/nonexistent/data.csv: the file cannot be read"))
        }
    }

    @Test func anyBytesGiveATableOrAnError() {
        let seed: UInt64 = 11
        var random = TrainingRandom(seed: seed)
        let alphabet = Array("1,\";\r\n\t ae.-".utf8) + [0xFF]
        for _ in 0..<3000 {
            let bytes = (0..<random.integer(below: 24)).map { _ in alphabet[random.integer(below: alphabet.count)] }
            do throws(CSVError) {
                let table = try CSVTable(fileName: "t.csv", bytes: bytes)
                #expect(table.records.allSatisfy { !$0.cells.isEmpty }, "seed \(seed)")
                _ = try Dataset(csv: table, label: .last)
            } catch {
                #expect(error.description.hasPrefix("t.csv"), "seed \(seed)")
            }
        }
    }
}
