import Foundation
import InputFiles
import TestSupport
import Testing

@Suite struct InputFileTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = try TemporaryFolder()
        try body(folder.path)
    }

    private func problem(_ path: String, upTo limit: Int = 1 << 20) -> InputFileError.Problem? {
        do throws(InputFileError) {
            _ = try InputFile.text(path, upTo: limit)
            return nil
        } catch { return error.problem }
    }

    @Test func whatCannotBeReadIsSaidInWords() throws {
        try inFolder { folder in
            #expect(problem("\(folder)/none") == .missing)
            #expect(problem(folder) == .folder)
            #expect(problem("") == .noName)
            try Data(repeating: 0x61, count: 2049).write(to: URL(fileURLWithPath: "\(folder)/long"))
            #expect(problem("\(folder)/long/below") == .missing)
            #expect(problem("\(folder)/long", upTo: 2048) == .tooLong(limit: 2048))
            #expect(problem("\(folder)/long", upTo: 2049) == nil)
            #expect(
                InputFileError("x", .tooLong(limit: 2048)).description
                    == "x has more than 2 KiB, which is the most that is read here. Check that it is the file you mean."
            )
            if geteuid() != 0 {
                chmod("\(folder)/long", 0)
                #expect(problem("\(folder)/long") == .notPermitted)
            }
        }
    }

    /// A writer gives it in parts, and its size is zero until the end.
    @Test func aNamedPipeIsReadToItsEnd() throws {
        try inFolder { folder in
            let pipe = "\(folder)/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            let writer = Thread {
                guard let file = fopen(pipe, "w") else { return }
                for part in ["\u{FEFF}visits\r\n", "3\r", "\n4"] {
                    fputs(part, file)
                    fflush(file)
                    usleep(20_000)
                }
                fclose(file)
            }
            writer.start()
            let text = try InputFile.text(pipe)
            #expect(text == "visits\n3\n4")
        }
    }

    @Test func anEndlessDeviceIsReadNoFurtherThanTheLimit() {
        #expect(problem("/dev/zero", upTo: 1 << 16) == .tooLong(limit: 1 << 16))
    }

    @Test func linksAreFollowedAndTheirModeIsTheFiles() throws {
        try inFolder { folder in
            try Data("secret\r\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/key"))
            chmod("\(folder)/key", 0o600)
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/link", withDestinationPath: "key")
            #expect(try InputFile.contents("\(folder)/link", upTo: 100).mode == 0o600)
            #expect(try InputFile.line("\(folder)/link") == "secret")
        }
    }

    /// A passphrase may end in blanks, and only its line end is not part of it.
    @Test(arguments: ["\u{FEFF} open sesame \r\nmore\n", " open sesame \n", " open sesame \r", " open sesame "])
    func aFirstLineKeepsItsBlanks(text: String) throws {
        try inFolder { folder in
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/passphrase"))
            #expect(try InputFile.firstLine("\(folder)/passphrase") == " open sesame ")
        }
    }
}

@Suite struct HomeFolderTests {
    private let environment = ["HOME": "/home/ada"]

    @Test func aTildeMeansTheHomeThatTheEnvironmentNames() {
        #expect(HomeFolder.expand("~", environment: environment) == "/home/ada")
        #expect(HomeFolder.expand("~/x/~", environment: environment) == "/home/ada/x/~")
        #expect(HomeFolder.expand("~/x", environment: ["HOME": "/"]) == "/x")
        #expect(HomeFolder.expand("~root/x", environment: environment) == "/root/x")
    }

    @Test func otherPathsStayAsTheyAre() {
        for path in ["x", "./~/x", "/~", "x~", "~no-such-account/x", ""] {
            #expect(HomeFolder.expand(path, environment: environment) == path)
        }
        #expect(HomeFolder.expand("~/x", environment: [:]) == "~/x")
        #expect(HomeFolder.expand("~/x", environment: ["HOME": ""]) == "~/x")
    }

    @Test func theValueOfAnOptionIsExpanded() {
        #expect(HomeFolder.expand(argument: "--out=~/x", environment: environment) == "--out=/home/ada/x")
        #expect(HomeFolder.expand(argument: "--out=a=~/x", environment: environment) == "--out=a=~/x")
        #expect(HomeFolder.expand(argument: "~/x", environment: environment) == "/home/ada/x")
        #expect(HomeFolder.expand(argument: "--value=-1", environment: environment) == "--value=-1")
    }
}
