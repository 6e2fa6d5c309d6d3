// From bytes to records: the one pass over a CSV file.

/// The state of the pass.
struct CSVScanner {
    /// What a pass finds.
    struct Records {
        var all: [CSVRecord] = []
        /// The first blank line between two records.
        var blankLine: Int?
    }

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let fileName: String
    private let bytes: [UInt8]
    private let delimiter: UInt8
    private var position: Int
    private var line = 1
    private var wasQuoted = false

    private init(fileName: String, bytes: [UInt8], delimiter: UInt8) {
        self.fileName = fileName
        self.bytes = bytes
        position = Self.start(of: bytes)
        self.delimiter = delimiter
    }

    static func records(fileName: String, bytes: [UInt8], delimiter: UInt8) throws(CSVError) -> Records {
        var scanner = CSVScanner(fileName: fileName, bytes: bytes, delimiter: delimiter)
        var records = Records()
        var blank: Int?
        while scanner.position < bytes.count {
            let line = scanner.line
            if let record = try scanner.nextRecord() {
                if let blank, !records.all.isEmpty, records.blankLine == nil { records.blankLine = blank }
                blank = nil
                records.all.append(record)
            } else if blank == nil {
                blank = line
            }
        }
        return records
    }

    /// Refuses what is no text at all.
    static func requireText(fileName: String, bytes: [UInt8]) throws(CSVError) {
        if let reason = OtherFormat.reason(bytes) { throw CSVError(file: fileName, reason: reason) }
        guard let zero = bytes.firstIndex(of: 0) else { return }
        // Latin letters in UTF-16 have a zero in every second byte.
        let sample = bytes.prefix(200)
        if sample.count(where: { $0 == 0 }) * 3 > sample.count { throw CSVError(file: fileName, reason: .utf16) }
        let before = bytes[..<zero]
        let lines = before.count(where: { $0 == lineFeed })
        throw CSVError(
            file: fileName, line: (lines > 0 ? lines : before.count(where: { $0 == carriageReturn })) + 1,
            reason: .zeroByte)
    }

    /// The bytes outside quotation marks in the first line that is not blank.
    static func unquotedBytesOfFirstLine(_ bytes: [UInt8]) -> Set<UInt8> {
        var isQuoted = false
        var found: Set<UInt8> = []
        for byte in bytes[start(of: bytes)...] {
            if byte == quote { isQuoted.toggle() }
            if isQuoted { continue }
            if isLineEnd(byte), !found.isEmpty { break }
            if !isLineEnd(byte) { found.insert(byte) }
        }
        return found
    }

    /// Behind the byte order mark; some programs write a second one before that of the text which they were given.
    private static func start(of bytes: [UInt8]) -> Int {
        var start = 0
        while bytes[start...].starts(with: byteOrderMark) { start += byteOrderMark.count }
        return start
    }

    /// The next line's record, or nil if it is blank. An empty cell in quotation marks is one.
    private mutating func nextRecord() throws(CSVError) -> CSVRecord? {
        var cells: [CSVCell] = []
        if isRun { skipRun() }
        repeat {
            cells.append(try nextCell(column: cells.count + 1))
        } while skipDelimiter()
        skipLineEnd()
        return cells.count > 1 || !cells[0].text.isEmpty || wasQuoted ? CSVRecord(cells: cells) : nil
    }

    private mutating func nextCell(column: Int) throws(CSVError) -> CSVCell {
        let firstLine = line
        skipBlanks()
        wasQuoted = peek() == Self.quote
        let text = wasQuoted ? try quotedCell(column: column) : try plainCell(column: column)
        guard let string = String(validating: text, as: UTF8.self) else {
            throw CSVError(file: fileName, line: firstLine, column: column, reason: .notUTF8)
        }
        return CSVCell(text: string, line: firstLine, isQuoted: wasQuoted)
    }

    private mutating func plainCell(column: Int) throws(CSVError) -> [UInt8] {
        let start = position
        while let byte = peek(), !isDelimiter(byte), !Self.isLineEnd(byte) {
            if byte == Self.quote { throw CSVError(file: fileName, line: line, column: column, reason: .strayQuote) }
            position += 1
        }
        var end = position
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return [UInt8](bytes[start..<end])
    }

    private mutating func quotedCell(column: Int) throws(CSVError) -> [UInt8] {
        let firstLine = line
        var text: [UInt8] = []
        position += 1
        while let byte = peek() {
            position += 1
            if byte != Self.quote {
                // A CR before LF is not a line of its own.
                if byte == Self.lineFeed || (byte == Self.carriageReturn && peek() != Self.lineFeed) { line += 1 }
                text.append(byte)
            } else if peek() == Self.quote {
                position += 1
                text.append(Self.quote)
            } else {
                skipBlanks()
                if let next = peek(), !isDelimiter(next), !Self.isLineEnd(next) {
                    throw CSVError(file: fileName, line: line, column: column, reason: .strayQuote)
                }
                return text
            }
        }
        throw CSVError(file: fileName, line: firstLine, column: column, reason: .unterminatedQuote)
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Whether another cell follows.
    private mutating func skipDelimiter() -> Bool {
        guard let byte = peek(), isDelimiter(byte) else { return false }
        position += 1
        guard isRun else { return true }
        skipRun()
        return peek().map { !Self.isLineEnd($0) } ?? false
    }

    private mutating func skipRun() {
        while let byte = peek(), isDelimiter(byte) { position += 1 }
    }

    /// Blanks align columns, so that any number of them, and of tabs among them, is one delimiter.
    private var isRun: Bool { delimiter == UInt8(ascii: " ") }

    private func isDelimiter(_ byte: UInt8) -> Bool { byte == delimiter || isRun && byte == UInt8(ascii: "\t") }

    private mutating func skipLineEnd() {
        guard let byte = peek(), Self.isLineEnd(byte) else { return }
        position += 1
        if byte == Self.carriageReturn, peek() == Self.lineFeed { position += 1 }
        line += 1
    }

    private mutating func skipBlanks() {
        while let byte = peek(), isBlank(byte) { position += 1 }
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")) && !isDelimiter(byte)
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == lineFeed || byte == carriageReturn }
}
