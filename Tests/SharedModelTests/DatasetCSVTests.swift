import SharedModel
import Testing

@Suite struct DatasetCSVTests {
    private func read(
        _ text: String, _ label: LabelColumn = .last, header: HeaderRule = .detect, classes: [String]? = nil
    ) throws(CSVError) -> Dataset {
        try Dataset(csv: table(text), label: label, header: header, declaredClasses: classes)
    }

    private func firstLine(_ text: String, _ label: LabelColumn) throws -> CSVLayout.FirstLine {
        try CSVLayout(of: table(text), label: label).firstLine
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
        #expect(try read(text, LabelColumn(argument: "kind")) == byName)
        #expect(try read(text, LabelColumn(argument: "0")) == byName)
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

    @Test func aLineOfTrueCountsIsSkipped() throws {
        let text = "3,2,red,blue\n1,2,0\n3,4,1\n5,6,0\n"
        #expect(try firstLine(text, .last) == .counts)
        #expect(try read(text).labels == [0, 1, 0])
        #expect(throws: CSVError.self) { try read("4,2,red,blue\n1,2,0\n3,4,1\n5,6,0\n") }
        #expect(throws: CSVError.self) { try read("3,3,red,blue\n1,2,0\n3,4,1\n5,6,0\n") }
    }

    @Test func theCallerCanOverruleDetection() throws {
        #expect(try read("1,2\n3,4\n5,6", header: .present).features == [3, 5])
        #expect(throws: CSVError(file: "t.csv", line: 1, column: 1, reason: .notANumber("x"))) {
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
        ("x,y,l\n1,2,a\n3,,b\n", 3, 2, CSVError.Reason.missingCell),
        ("x,y,l\n1,2,a\n3,NA,b\n", 3, 2, .missingCell),
        ("x,y,l\n1,2,a\n?,4,b\n", 3, 1, .missingCell),
        ("x,y,l\n1,2,a\n3,4,\n", 3, 3, .missingCell),
        ("x,y,l\n1,2,a\n3,four,b\n", 3, 2, .notANumber("four")),
        ("x,y,l\n1,2,a\n3,0x10,b\n", 3, 2, .notANumber("0x10")),
        ("x,y,l\n1,2,a\n3,1.2.3,b\n", 3, 2, .notANumber("1.2.3")),
        ("x,y,l\n1,2,a\n3,\"1,5\",b\n", 3, 2, .notANumber("1,5")),
        ("x,y,l\n1,2,a\n3,NaN,b\n", 3, 2, .notFinite("NaN")),
        ("x,y,l\n1,2,a\n-inf,4,b\n", 3, 1, .notFinite("-inf")),
        ("x,y,l\n1,2,a\n3,1e999,b\n", 3, 2, .notFinite("1e999")),
        ("x,y,l\n1,2,1\n3,4,nan\n", 3, 3, .notFinite("nan")),
        ("x,y,l\n\"1\",2,a\n\n3,4 4,b\n", 4, 2, .notANumber("4 4")),
    ])
    func badCellsAreNamed(_ text: String, _ line: Int, _ column: Int, _ reason: CSVError.Reason) {
        let name = ["x", "y", "l"][column - 1]
        #expect(throws: CSVError(file: "t.csv", line: line, column: column, columnName: name, reason: reason)) {
            try read(text)
        }
    }

    @Test(arguments: [
        ("1,2,a\n3,b\n", LabelColumn.last, Optional(2), CSVError.Reason.raggedRow(found: 2, expected: 3, asInLine: 1)),
        ("x,l\n1,a\n2,3,b\n", .last, 3, .raggedRow(found: 3, expected: 2, asInLine: 1)),
        ("x,l\n1,a\n", .name("z"), 1, .unknownLabelColumn("z", available: ["x", "l"], columnCount: 2)),
        ("1,a\n2,b\n", .index(2), nil, .unknownLabelColumn("2", available: [], columnCount: 2)),
        ("1,a\n2,b\n", .index(-1), nil, .unknownLabelColumn("-1", available: [], columnCount: 2)),
        ("1,2\n2,3\n", .name("z"), nil, .labelNameWithoutHeader("z")),
        ("l,l,x\na,b,1\n", .name("l"), 1, .ambiguousLabelColumn("l")),
        ("x,l\n", .last, nil, .noRows),
        ("1\n2\n", .last, 1, .noFeatures),
    ])
    func badTablesAreNamed(_ text: String, _ label: LabelColumn, _ line: Int?, _ reason: CSVError.Reason) {
        #expect(throws: CSVError(file: "t.csv", line: line, reason: reason)) { try read(text, label) }
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
        let error = CSVError(file: "d.csv", line: 7, column: 3, columnName: "age", reason: .missingCell)
        #expect(
            error.description
                == "d.csv, line 7, column 3 ('age'): the cell is empty. Fill it in or delete the row.")
        let hostile = CSVError(file: "d.csv", line: 1, column: 1, reason: .notANumber("\u{1B}[2J"))
        #expect(!hostile.description.unicodeScalars.contains("\u{1B}"))
        let unknown = CSVError(
            file: "d.csv", reason: .unknownLabelColumn("z", available: ["x", "l"], columnCount: 2))
        #expect(unknown.description.contains("index from 0 to 1, or one of the names 'x', 'l'"))
    }
}
