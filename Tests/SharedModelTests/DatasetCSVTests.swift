import SharedModel
import Testing

@Suite struct DatasetCSVTests {
    private func read(
        _ text: String, _ label: ColumnReference = .last, header: HeaderRule = .detect, classes: [String]? = nil
    ) throws(CSVError) -> Dataset {
        let width = try Dataset.layout(of: table(text), label: label, header: header, expected: nil).columnCount
        let expected = classes.map { ExpectedExamples(classes: $0, featureCount: width - 1) }
        return try Dataset(csv: table(text), label: label, header: header, expected: expected)
    }

    private func named(_ text: String, _ names: [String], header: HeaderRule = .detect) throws(CSVError) -> Dataset {
        let expected = ExpectedExamples(classes: ["a", "b"], featureCount: names.count, featureNames: names)
        return try Dataset(
            csv: table(text), label: header == .absent ? .last : .name("l"), header: header, expected: expected)
    }

    private func firstLine(_ text: String, _ label: ColumnReference) throws -> CSVFirstLine {
        try Dataset.layout(of: table(text), label: label).firstLine
    }

    @Test func digitsHave64PixelsAndTenClasses() throws {
        let data = try digits()
        #expect(data.count == 1797 && data.featureCount == 64)
        #expect(data.classNames == (0...9).map(String.init))
        #expect(data.classCounts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
        #expect(data.features.min() == 0 && data.features.max() == 16)
        #expect(data.majorityClassShare == 183.0 / 1797)
        #expect(data.featureNames.isEmpty)
    }

    @Test func theLabelIsFoundByNameAndByIndex() throws {
        let text = "kind,x,y\nb,1,2.5\na,-3e2,.5\n"
        let byName = try read(text, .name("kind"))
        #expect(byName.classNames == ["a", "b"] && byName.labels == [1, 0])
        #expect(byName.features == [1, 2.5, -300, 0.5] && byName.featureNames == ["x", "y"])
        #expect(try read(text, .index(0)) == byName)
        #expect(try read(text, ColumnReference(argument: "kind")) == byName)
        #expect(try read(text, ColumnReference(argument: "0")) == byName)
    }

    @Test func headersAreDetected() throws {
        #expect(try firstLine("x,y,label\n1,2,a\n3,4,b", .last) == .columnNames)
        #expect(try firstLine("1,2,a\n3,4,b", .last) == .data)
        #expect(try firstLine(",x,label\n1,2,a\n3,4,b", .last) == .columnNames)
        #expect(try firstLine("0,1,target\n1,2,0\n3,4,1", .last) == .columnNames)
        #expect(try firstLine("1,2,3\n4,5,6", .index(2)) == .data)
        #expect(try firstLine("1,2,3\n4,5,6", .name("3")) == .columnNames)
        #expect(try firstLine("nan,2,a\n3,4,b", .last) == .data)
        #expect(try firstLine("\"x\",\"y\",\"label\"\n1,2,a\n3,4,b", .last) == .columnNames)
    }

    /// A label with a typing error in the first row, or a header of numbers: only the owner knows.
    @Test func aFirstLabelOfAnotherKindIsNotDroppedUnasked() throws {
        for text in ["5,1,l\n1,2,0\n3,4,1", "2019,2020,target\n1,2,0\n3,4,1"] {
            do {
                _ = try read(text)
                Issue.record("\(text) was read")
            } catch {
                guard case .undecidedHeader = error.reason else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(error.line == 1 && error.description.contains("--header yes"))
            }
            #expect(try read(text, header: .present).count == 2)
            #expect(try read(text, header: .absent).count == 3)
        }
    }

    @Test func aLineOfTrueCountsIsSkipped() throws {
        let text = "3,2,red,blue\n1,2,0\n3,4,1\n5,6,0\n"
        #expect(try firstLine(text, .last) == .counts)
        #expect(try read(text).labels == [0, 1, 0])
        #expect(throws: CSVError.self) { try read("4,2,red,blue\n1,2,0\n3,4,1\n5,6,0\n") }
        #expect(throws: CSVError.self) { try read("3,3,red,blue\n1,2,0\n3,4,1\n5,6,0\n") }
    }

    @Test func theCallerCanOverruleDetection() throws {
        #expect(try read("1,2\n3,4\n5,6", header: .present).features == [3, 5])
        #expect(throws: CSVError(file: "t.csv", line: 1, column: 1, reason: .number(.word("x")))) {
            try read("x,l\n3,a\n5,b", header: .absent)
        }
    }

    @Test func numericLabelsAreOneClassPerValueInNumericOrder() throws {
        let data = try read("0,10\n0,9\n0,1\n0,1.0\n0,-2\n0,0.5\n0,1e1\n")
        #expect(data.classNames == ["-2", "0.5", "1", "9", "10"])
        #expect(data.labels == [4, 3, 2, 2, 0, 1, 4])
    }

    @Test func textLabelsAreInByteOrder() throws {
        #expect(try read("0,b\n0,B\n0,1\n0,é\n").classNames == ["1", "B", "b", "é"])
    }

    @Test func declaredClassesNumberTheLabelsOfAPartialFile() throws {
        let data = try read("1,8\n2,3.0\n", classes: ["1", "3", "8"])
        #expect(data.labels == [2, 1] && data.classNames == ["1", "3", "8"])
        #expect(try read("1,8\n2,8\n", classes: ["1", "8"]).labels == [1, 1])
        #expect(throws: CSVError(file: "t.csv", line: 2, column: 2, reason: .unknownClass("5", declared: ["1", "8"]))) {
            try read("1,8\n2,5\n", classes: ["1", "8"])
        }
    }

    @Test(arguments: [
        ("x,y,l\n1,2,a\n3,,b\n", 3, 2, CSVError.Reason.number(.missing(""))),
        ("x,y,l\n1,2,a\n3,NA,b\n", 3, 2, .number(.missing("NA"))),
        ("x,y,l\n1,2,a\n?,4,b\n", 3, 1, .number(.missing("?"))),
        ("x,y,l\n1,2,a\n3,4,\n", 3, 3, .label(.missing(""))),
        ("x,y,l\n1,2,a\n3,four,b\n", 3, 2, .number(.word("four"))),
        ("x,y,l\n1,2,a\n3,0x10,b\n", 3, 2, .number(.malformed("0x10"))),
        ("x,y,l\n1,2,a\n3,1.2.3,b\n", 3, 2, .number(.malformed("1.2.3"))),
        ("x,y,l\n1,2,a\n3,\"1,5\",b\n", 3, 2, .number(.decimalComma("1,5"))),
        ("x,y,l\n1,2,a\n3,NaN,b\n", 3, 2, .number(.notFinite("NaN"))),
        ("x,y,l\n1,2,a\n-inf,4,b\n", 3, 1, .number(.notFinite("-inf"))),
        ("x,y,l\n1,2,a\n3,1e999,b\n", 3, 2, .number(.notFinite("1e999"))),
        ("x,y,l\n1,2,1\n3,4,nan\n", 3, 3, .label(.notFinite("nan"))),
        ("x,y,l\n\"1\",2,a\n\n3,4 4,b\n", 4, 2, .number(.otherDelimiter("4 4", " "))),
    ])
    func badCellsAreNamed(_ text: String, _ line: Int, _ column: Int, _ reason: CSVError.Reason) {
        let name = ["x", "y", "l"][column - 1]
        #expect(throws: CSVError(file: "t.csv", line: line, column: column, columnName: name, reason: reason)) {
            try read(text)
        }
    }

    @Test(arguments: [
        (
            "1,2,a\n3,b\n", ColumnReference.last, Optional(2), Optional(3),
            CSVError.Reason.raggedRow(found: 2, expected: 3, asInLine: 1)
        ),
        ("x,l\n1,a\n2,3,b\n", .last, 3, 3, .raggedRow(found: 3, expected: 2, asInLine: 1)),
        ("title\n1,a\n2,b\n", .last, 1, nil, .oddFirstLine(found: 1, expected: 2)),
        ("x,l\n1,a\n", .name("z"), 1, nil, .unknownColumn(.name("z"), available: ["x", "l"], columnCount: 2)),
        ("1,a\n2,b\n", .index(2), 1, nil, .unknownColumn(.index(2), available: ["1", "a"], columnCount: 2)),
        ("l,l,x\na,b,1\n", .name("l"), 1, 2, .ambiguousColumn("l")),
        ("1\n2\n", .last, 1, nil, .noFeatures(nil)),
    ])
    func badTablesAreNamed(
        _ text: String, _ label: ColumnReference, _ line: Int?, _ column: Int?, _ reason: CSVError.Reason
    ) {
        #expect(throws: CSVError(file: "t.csv", line: line, column: column, reason: reason)) { try read(text, label) }
    }

    @Test func aHeaderAloneIsNoTable() {
        #expect(throws: CSVError(file: "t.csv", line: 1, reason: .noRows)) { try read("x,l\n", .name("l")) }
        #expect(throws: CSVError(file: "t.csv", reason: .nameWithoutHeader("l"))) {
            try read("x,l\n1,a\n2,b\n", .name("l"), header: .absent)
        }
    }

    /// A class of its own for the rows whose label is missing would be trained like any other.
    @Test(arguments: ["NA", "?", "null", "n/a", "nan", "inf", "None", "\"1,5\"", "\"1,000.5\"", "#DIV/0!"])
    func labelsThatAreNoneAreNoClass(_ label: String) throws {
        for header in ["x,y,l\n", ""] {
            let text = "\(header)1,2,0\n3,4,1\n5,6,\(label)\n7,8,1\n"
            do {
                _ = try read(text, header.isEmpty ? .index(2) : .name("l"))
                Issue.record("\(label) was taken for a class")
            } catch {
                guard case .label = error.reason else {
                    Issue.record("\(label): \(error)")
                    continue
                }
                #expect(error.line == (header.isEmpty ? 3 : 4) && error.column == 3)
            }
        }
    }

    @Test func aMissingMarkIsAClassWhereTheTaskSaysSo() throws {
        #expect(try read("1,none\n2,some\n", classes: ["none", "some"]).labels == [0, 1])
        #expect(try read("1,-\n2,+\n").classNames == ["+", "-"])
    }

    /// A 64-bit float would merge them.
    @Test func largeNumericLabelsStayApart() throws {
        let names = ["9007199254740992", "9007199254740993"]
        #expect(try read("1,9007199254740993\n2,9007199254740992\n3,9007199254740993\n").classNames == names)
    }

    @Test func columnsAreFoundByTheModelsFeatureNames() throws {
        let data = try named("b,l,a\n1,a,2\n3,b,4\n", ["a", "b"])
        #expect(data.features == [2, 1, 4, 3] && data.featureNames == ["a", "b"] && data.labels == [0, 1])
        #expect(
            throws: CSVError(
                file: "t.csv", line: 1, reason: .otherFeatures(missing: ["b"], surplus: ["c"]))
        ) { try named("a,c,l\n1,2,a\n", ["a", "b"]) }
        #expect(throws: CSVError(file: "t.csv", line: 1, reason: .otherFeatures(missing: [], surplus: ["id"]))) {
            try named("id,a,b,l\n1,2,3,a\n", ["a", "b"])
        }
        // Data frames are written with the numbers of their rows, which are no feature.
        for first in [0, 1] {
            let text = ",b,l,a\n\(first),1,a,2\n\(first + 1),3,b,4\n"
            #expect(try named(text, ["a", "b"]).features == [2, 1, 4, 3])
            #expect(try read(text, .name("l")).featureNames == ["b", "a"])
        }
        #expect(throws: CSVError(file: "t.csv", line: 1, column: 1, columnName: "", reason: .unnamedColumn)) {
            try named(",a,b,l\n7,2,3,a\n", ["a", "b"])
        }
        #expect(throws: CSVError(file: "t.csv", line: 1, column: 2, columnName: "a", reason: .ambiguousColumn("a"))) {
            try named("a,a,l\n1,2,a\n", ["a", "b"])
        }
    }

    @Test func aFileWithoutHeaderNeedsItsOwnersWordOnTheOrder() throws {
        let expected = ExpectedExamples(classes: ["a", "b"], featureCount: 2, featureNames: ["x", "y"])
        #expect(throws: CSVError(file: "t.csv", reason: .featuresNeedHeader(["x", "y"]))) {
            try Dataset(csv: table("1,2,a\n3,4,b\n"), label: .last, expected: expected)
        }
        #expect(try named("1,2,a\n3,4,b\n", ["x", "y"], header: .absent).features == [1, 2, 3, 4])
        let unnamed = ExpectedExamples(classes: ["a", "b"], featureCount: 3)
        #expect(throws: CSVError(file: "t.csv", reason: .featureCount(found: 2, expected: 3))) {
            try Dataset(csv: table("1,2,a\n3,4,b\n"), label: .last, expected: unnamed)
        }
    }

    @Test func aFirstLineInDoubtIsNotCalledAMissingHeader() throws {
        let expected = ExpectedExamples(classes: ["a", "b"], featureCount: 2, featureNames: ["age", "2020"])
        func read(_ text: String, _ header: HeaderRule = .detect) throws(CSVError) -> Dataset {
            try Dataset(csv: table(text), label: .index(2), header: header, expected: expected)
        }
        // All of the model's names: a header, whatever else a number among them may be.
        #expect(try read("2020,age,l\n1,2,a\n3,4,b\n").features == [2, 1, 4, 3])
        do throws(CSVError) {
            _ = try read("age,2021,l\n1,2,a\n3,4,b\n")
            Issue.record("another feature was taken")
        } catch {
            #expect(error.reason == .number(.word("age")) && error.mayBeHeader, "\(error)")
        }
        // A line of counts is neither names nor data, and the word that there is no header does not make it data.
        let untrue = "2,2,a,b\n1,5,7,a\n3,2,9,b\n"
        #expect(try Dataset.layout(of: table(untrue), label: .last, header: .absent).firstLine == .data)
        let isCounted = "2,3,a,b\n1,5,7,a\n3,2,9,b\n"
        let three = ExpectedExamples(classes: ["a", "b"], featureCount: 3, featureNames: ["x", "y", "z"])
        #expect(
            try Dataset(csv: table(isCounted), label: .last, header: .absent, expected: three).features
                == [1, 5, 7, 3, 2, 9])
    }

    /// A frame without names is written with the numbers of its columns.
    @Test func featuresThatCountUpAreNoFirstExampleUnasked() throws {
        for text in ["0,1,2,species\n5,1,4,setosa\n6,2,1,virginica\n", ",0,1,species\n0,5,1,a\n1,6,2,b\n"] {
            do throws(CSVError) {
                _ = try read(text)
                Issue.record("line 1 of \(text) was taken for something")
            } catch {
                guard case .undecidedHeader = error.reason else { throw error }
            }
            #expect(try read(text, header: .present).count == 2)
        }
        #expect(try read("0,1,a\n0,1,b\n1,0,a\n").count == 3)
    }

    /// A word over words is a category, and no reason to speak of headers.
    @Test func categoriesAreNotTakenForAHeader() {
        for (text, isHeaderPossible) in [("39,private,a\n50,public,b\n", false), ("39,age,a\n50,7,b\n", true)] {
            do throws(CSVError) {
                _ = try read(text)
                Issue.record("\(text) was read")
            } catch {
                #expect(error.column == 2 && error.mayBeHeader == isHeaderPossible, "\(error)")
                #expect(error.description.contains("replace its categories by numbers") != isHeaderPossible)
            }
        }
    }

    @Test func identifiersAreNotRoundedToFeatures() {
        #expect(
            throws: CSVError(
                file: "t.csv", line: 2, column: 1, columnName: "id",
                reason: .number(.losesPrecision("9007199254740993")))
        ) { try read("id,l\n9007199254740993,a\n2,b\n") }
    }

    @Test func aSingleClassIsRefused() {
        #expect(throws: CSVError(file: "t.csv", column: 2, columnName: "l", reason: .singleClass("1"))) {
            try read("x,l\n1,1\n2,1.0\n")
        }
    }

    @Test func aColumnOfMeasurementsIsNoLabel() {
        let text = (0..<50).map { "1,\($0).5" }.joined(separator: "\n")
        #expect(throws: CSVError(file: "t.csv", column: 2, reason: .tooManyClasses(found: 50, rows: 50))) {
            try read(text)
        }
    }

    @Test func messagesNamePlaceProblemAndRemedy() {
        let error = CSVError(file: "d.csv", line: 7, column: 3, columnName: "age", reason: .number(.missing("")))
        #expect(
            error.description
                == "d.csv, line 7, column 3 ('age'): the value is missing. Fill it in, or leave the row out.")
        let hostile = CSVError(file: "d.csv", line: 1, column: 1, reason: .number(.malformed("\u{1B}[2J")))
        #expect(!hostile.description.unicodeScalars.contains("\u{1B}"))
        let unknown = CSVError(
            file: "d.csv", reason: .unknownColumn(.name("z"), available: ["x", "l"], columnCount: 2))
        #expect(unknown.description.contains("one of the names 'x', 'l', or an index from 0 to 1"))
    }
}
