import Foundation

/// Where the running program is, so that it can start itself again as a node.
enum Executable {
    static func path() throws -> String {
        if let path = Bundle.main.executablePath, FileManager.default.isExecutableFile(atPath: path) { return path }
        throw CommandFailure("the path of the running program cannot be found", advice: "Start it by its full path.")
    }
}
