import ArgumentParser
import SharedModel

/// How a CSV file is to be read, where its owner says so.
struct CSVOptions: ParsableArguments {
    enum Header: String, ExpressibleByArgument, CaseIterable {
        case yes
        case no
    }

    @Option(
        help: """
            Whether line 1 of the CSV file is a header: yes or no. If you do not say, it is one where a column is given by \
            name, or where it cannot be data and all other lines are.
            """)
    var header: Header?
    @Option(
        help: """
            What separates the file's columns: a character such as ';', or tab; ' ' stands for any number of blanks. Found \
            out if you do not say.
            """)
    var delimiter: String?

    func validate() throws {
        guard let delimiter, CSVDelimiter.byte(argument: delimiter) == nil else { return }
        throw ValidationError("--delimiter must be one character such as ';' or '|', or the word tab.")
    }

    /// The options that were given.
    var given: [String] { (header == nil ? [] : ["--header"]) + (delimiter == nil ? [] : ["--delimiter"]) }

    var rule: HeaderRule {
        switch header {
        case .yes: .present
        case .no: .absent
        case nil: .detect
        }
    }

    func table(_ path: String) throws -> CSVTable {
        try CSVTable(
            fileName: path, bytes: try UserFile.read(path),
            delimiter: delimiter.flatMap { CSVDelimiter.byte(argument: $0) })
    }
}

/// What a CSV file was taken for: said on standard error, and part of a command's JSON.
struct CSVInput: Encodable, Sendable {
    let file: String
    /// `header`, `data`, or `counts` (skipped).
    let firstLine: String
    let rows: Int
    /// The columns asked for, as indices from 0: of a report's numbers, or of the label.
    let columns: [Int]
    /// Their names; empty without a header.
    let columnNames: [String]

    init(file: String, _ layout: CSVLayout) {
        self.file = file
        firstLine =
            switch layout.firstLine {
            case .columnNames: "header"
            case .data: "data"
            case .counts: "counts"
            }
        rows = layout.rows.count
        columns = layout.chosen
        columnNames = layout.chosen.compactMap { layout.name(ofColumn: $0) }
    }

    /// Says what was decided.
    ///
    /// - Parameter what: what the columns hold: `values` or `labels`.
    static func tell(_ file: String, _ layout: CSVLayout, _ what: String) {
        Console.error("cairn: \(file): \(layout.summary); \(what) from \(layout.words(forColumns: layout.chosen))")
    }

    /// The same for rows to train on: what else may not be meant.
    static func tellExamples(_ file: String, _ layout: CSVLayout) {
        tell(file, layout, "labels")
        if let column = layout.unnamedRowNumberColumn {
            return Console.error(
                "cairn: \(file): column \(column + 1) numbers the rows and has no name: it is left out")
        }
        guard let column = layout.rowNumberColumn else { return }
        Console.error(
            "cairn: \(file): column \(column + 1) numbers the rows, and is used as a feature; delete it if it says nothing "
                + "else")
    }
}
