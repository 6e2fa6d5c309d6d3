import Foundation

/// The data that comes with the source.
enum BundledData {
    static let digits = "Data/digits.csv"

    /// The path of the handwritten digits: in the working folder, or above the program's own.
    static func digitsPath() throws -> String {
        var folders = [FileManager.default.currentDirectoryPath]
        var above = URL(fileURLWithPath: try Executable.path()).deletingLastPathComponent()
        while above.path != "/" {
            folders.append(above.path)
            above.deleteLastPathComponent()
        }
        for folder in folders where FileManager.default.fileExists(atPath: "\(folder)/\(digits)") {
            return "\(folder)/\(digits)"
        }
        throw CommandFailure(
            "\(digits), the data that comes with the source, is not there",
            advice: "Run from the source folder, or give --data FILE.")
    }
}
