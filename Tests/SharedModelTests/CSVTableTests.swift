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
        ("sep=;\na;b\n", CSVError(file: "t.csv", line: 1, reason: .separatorLine)),
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

    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x31, 0, 0x0A, 0], CSVError(file: "t.csv", reason: .utf16)),
            ([0xFE, 0xFF, 0, 0x31], CSVError(file: "t.csv", reason: .utf16)),
            ([0x61, 0, 0x0A, 0, 0x31, 0, 0x0A, 0], CSVError(file: "t.csv", reason: .utf16)),
            (Array("1\n2\n3\u{0}4\n5\n6\n".utf8), CSVError(file: "t.csv", line: 3, reason: .zeroByte)),
            (
                Array("PK\u{3}\u{4}rest".utf8),
                CSVError(file: "t.csv", reason: .otherFormat("a workbook or ZIP archive"))
            ),
        ] as [([UInt8], CSVError)])
    func whatIsNoTextIsNamed(_ bytes: [UInt8], _ error: CSVError) {
        #expect(throws: error) { try CSVTable(fileName: "t.csv", bytes: bytes) }
    }

    /// The workbook in place of its export, or the page that a link led to.
    @Test(arguments: [
        (Array("\u{FEFF}\n<!DOCTYPE html>\n<html>".utf8), CSVError.Reason.otherText("a web page (HTML)")),
        (Array("<table border=1>".utf8), .otherText("a web page (HTML)")),
        (Array("{\"visits\": [1]}".utf8), .otherText("JSON")),
        (Array("[\n {\"visits\": 1}]".utf8), .otherText("JSON")),
        (Array("%PDF-1.7\n".utf8), .otherFormat("a PDF file")),
        (
            [0xD0, 0xCF, 0x11, 0xE0] + [UInt8](repeating: 0, count: 60),
            .otherFormat("a workbook of an old kind (.xls)")
        ),
    ])
    func filesOfOtherKindsAreNamed(_ bytes: [UInt8], _ reason: CSVError.Reason) {
        #expect(throws: CSVError(file: "t.csv", reason: reason)) { try CSVTable(fileName: "t.csv", bytes: bytes) }
    }

    @Test func anyNumberOfBlanksIsOneDelimiter() throws {
        func cells(_ text: String) throws(CSVError) -> [[String]] {
            try CSVTable(fileName: "t.csv", bytes: Array(text.utf8), delimiter: UInt8(ascii: " ")).records
                .map { $0.cells.map(\.text) }
        }
        let aligned = "  0.5   18  \t1\n 12.25  0 \t 2  \r\n\n1\t2 3\n"
        #expect(try cells(aligned) == [["0.5", "18", "1"], ["12.25", "0", "2"], ["1", "2", "3"]])
        #expect(try cells("18 8\t\"ford  torino\"\n17 6 \"\"  \n") == [["18", "8", "ford  torino"], ["17", "6", ""]])
        // Nobody takes a file for one of blanks unasked, but its owner is told what to say.
        do throws(CSVError) {
            _ = try CSVLayout(of: table("a  b c\n1  2 3\n"), columns: [.name("b")], content: .values(truthWords: false))
            Issue.record("a column was found")
        } catch {
            #expect(error.description.hasSuffix("If blanks separate the columns, say --delimiter ' '."), "\(error)")
        }
        for (text, hint) in [(" 1   2\n 3   4\n", "--delimiter ' '"), ("1:2\n3:4\n", "--delimiter ':'")] {
            do throws(CSVError) {
                _ = try Dataset.layout(of: table(text), label: .index(1))
                Issue.record("a label was found")
            } catch {
                #expect(error.description.contains(hint), "\(error)")
            }
        }
    }

    @Test func severalByteOrderMarksAreNoneOfTheText() throws {
        #expect(try cells("\u{FEFF}\u{FEFF}visits\n1\n") == [["visits"], ["1"]])
    }

    @Test func theDelimiterIsWhatGivesAllLinesOneWidth() throws {
        #expect(try cells("a;b,c\n1;2\n3;4") == [["a", "b,c"], ["1", "2"], ["3", "4"]])
        #expect(try cells("a|b\n1|2") == [["a", "b"], ["1", "2"]])
        #expect(throws: CSVError(file: "t.csv", reason: .ambiguousDelimiter([",", ";"]))) { try table("a,b;c\nd,e;f") }
        let told = try CSVTable(fileName: "t.csv", bytes: Array("a,b;c\nd,e;f".utf8), delimiter: UInt8(ascii: ";"))
        #expect(told.records[0].cells.map(\.text) == ["a,b", "c"])
    }

    /// Read at its commas, such a file would lose every fraction.
    @Test func decimalCommasBesideSemicolonsAreNamed() {
        for (text, column) in [("12,5;3\n7,5;4\n9,5;4\n", 1), ("12,5;3", 1), ("3\t12,5\n4\t7,5", 2)] {
            let delimiter: Character = text.contains(";") ? ";" : "\t"
            #expect(
                throws: CSVError(
                    file: "t.csv", line: 1, column: column,
                    reason: .commaBesideDelimiter(.decimalComma("12,5"), delimiter))
            ) { try table(text) }
        }
    }

    @Test func aBlankLineAmongSingleValuesMayBeALostOne() throws {
        #expect(throws: CSVError(file: "t.csv", line: 3, column: 1, reason: .blankLine)) { try table("v\n1\n\n2\n") }
        #expect(throws: CSVError(file: "t.csv", line: 2, column: 1, reason: .blankLine)) { try table("1\r\n  \r\n2") }
        #expect(try cells("\nv\n1\n2\n\n\n") == [["v"], ["1"], ["2"]])
        #expect(try cells("v\n1\n\"\"\n2\n") == [["v"], ["1"], [""], ["2"]])
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
