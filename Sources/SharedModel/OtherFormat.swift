// What a file is that is no CSV, by how it begins.
//
// People give the workbook in place of its export, or the web page that a download link led to. A message about cells or
// quotation marks in it would not help them.

/// Formats that are taken for CSV files.
enum OtherFormat {
    private static let starts: [(start: [UInt8], reason: CSVError.Reason)] = [
        ([0xFF, 0xFE], .utf16), ([0xFE, 0xFF], .utf16),
        ([0x50, 0x4B, 3, 4], .otherFormat("a workbook or ZIP archive")),
        ([0xD0, 0xCF, 0x11, 0xE0], .otherFormat("a workbook of an old kind (.xls)")),
        ([0x1F, 0x8B], .otherFormat("compressed with gzip")),
        (Array("BZh".utf8), .otherFormat("compressed with bzip2")),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .otherFormat("compressed with xz")),
        ([0x28, 0xB5, 0x2F, 0xFD], .otherFormat("compressed with zstd")),
        (Array("PAR1".utf8), .otherFormat("a Parquet file")),
        (Array("%PDF-".utf8), .otherFormat("a PDF file")),
        (Array("SQLite format 3".utf8), .otherFormat("a database")),
    ]
    private static let texts: [(start: String, name: String)] = [
        ("<!doctype html", "a web page (HTML)"), ("<html", "a web page (HTML)"), ("<table", "a web page (HTML)"),
        ("<?xml", "XML"), ("{\"", "JSON"), ("[{", "JSON"), ("{\\rtf", "a text document (RTF)"),
    ]

    /// Why the bytes are no CSV file; nil if nothing is known against them.
    static func reason(_ bytes: [UInt8]) -> CSVError.Reason? {
        for (start, reason) in starts where bytes.starts(with: start) { return reason }
        let isBlank: (UInt8) -> Bool = { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        let letters = bytes.prefix(200).drop(while: isBlank).filter { $0 > 0x20 }
        let text = String(decoding: letters, as: UTF8.self).lowercased()
        return texts.first { text.hasPrefix($0.start.filter { $0 != " " }) }.map { .otherText($0.name) }
    }
}
