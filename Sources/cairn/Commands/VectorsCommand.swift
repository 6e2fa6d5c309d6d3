import ArgumentParser
import Contributor
import Foundation
import VectorCheck

/// `cairn vectors`: other people's test vectors against our VDAF code.
struct VectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vectors", abstract: "Check VDAF test vectors.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Replay test vectors in the JSON schema of the VDAF standard.",
            discussion: """
                The type is the file's name up to the first '_' or '.', for example Prio3SumVec_0.json. One line per \
                file is printed: 'NAME ok' or 'NAME FAIL: what differs first'. The exit code is 1 if any differs.
                """)

        @Argument(help: "Vector files, or folders with .json files.") var paths: [String]
        @Option(help: "The type, where the file name does not tell.") var type: String?
        @Option(help: "The number of proofs, for types that leave it open.") var proofs: Int?

        func validate() throws {
            if let proofs, !(1...255).contains(proofs) {
                throw ValidationError("--proofs \(proofs): the standard allows 1 to 255.")
            }
        }

        func run() throws {
            let checker = VectorChecker(typeOverride: type, proofsOverride: proofs)
            var failures = 0
            for path in try paths.flatMap(Self.files) {
                let name = URL(fileURLWithPath: path).lastPathComponent
                switch checker.check(fileName: name, json: try UserFile.readUTF8(path)) {
                case .ok:
                    Console.print("\(name) ok")
                case .fail(let difference):
                    Console.print("\(name) FAIL: \(difference)")
                    failures += 1
                case .unknownType(let explanation):
                    Console.print("\(name) FAIL: \(explanation); name it with --type")
                    failures += 1
                }
            }
            if failures > 0 { throw ExitStatus.no.code }
        }

        /// A file stands for itself, a folder for the `.json` files in it, by name.
        private static func files(_ path: String) throws -> [String] {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
                return [path]
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".json") }
            guard !names.isEmpty else { throw CommandFailure("the folder \(path) holds no .json file") }
            return names.sorted().map { path + "/" + $0 }
        }
    }
}
