import ChildProcesses
import Contributor
import DAP
import Foundation
import TestSupport
import Testing
import Wallet

extension EndToEnd {
    /// Files as people have them: from another platform, through a pipe, with orders for the terminal in them.
    @Suite struct PeoplesFiles {
        private func shell(_ line: String, home: String) async throws -> CommandResult {
            let outcome = try await ChildProcess.run(
                "/bin/bash", ["-c", line],
                environment: [
                    "CAIRN_PASSPHRASE": nil, "CAIRN_PASSPHRASE_FILE": nil, "CAIRN_HOME": home, "HOME": home,
                    "cairn": try Cairn.path(),
                ])
            return CommandResult(
                status: outcome.ending.status, output: String(decoding: outcome.output, as: UTF8.self),
                errors: String(decoding: outcome.errors, as: UTF8.self))
        }

        /// One passphrase, written by five editors and two ways of not writing it to a disk.
        @Test func aPassphraseIsTheSameFromEveryPlatformAndThroughPipes() async throws {
            let folder = try TemporaryFolder()
            let home = "\(folder.path)/home"
            try TestWallet.create(in: home)
            let seed = try await Cairn.succeed("wallet", "seed", home: home).output
            let secret = TestWallet.passphrase
            for format in [
                "\(secret)", "\(secret)\\n", "\(secret)\\r\\n", "\(secret)\\r", "\\xef\\xbb\\xbf\(secret)\\r\\n",
            ] {
                let piped = try await shell(
                    "printf '\(format)' | CAIRN_PASSPHRASE_FILE=- $cairn wallet seed", home: home)
                #expect(piped.output == seed, "\(format): \(piped.errors)")
                let named = try await shell(
                    "printf '\(format)' >$HOME/p; CAIRN_PASSPHRASE_FILE='~/p' exec $cairn wallet seed", home: home)
                #expect(named.output == seed, "\(format): \(named.errors)")
                let substituted = try await shell(
                    "f() { CAIRN_PASSPHRASE_FILE=$1 $cairn wallet seed; }; f <(printf '\(format)')", home: home)
                #expect(substituted.output == seed, "\(format): \(substituted.errors)")
            }
            let utf16 = try await shell(
                "printf '\(secret)' | iconv -t UTF-16 >$HOME/p; CAIRN_PASSPHRASE_FILE=$HOME/p exec $cairn wallet seed",
                home: home)
            #expect(
                utf16.status != 0 && utf16.errors.contains("UTF-16") && utf16.errors.contains("iconv"),
                "\(utf16.errors)")
            for (path, words) in [
                ("$HOME", "is a folder"), ("$HOME/none", "there is no file"), ("/dev/zero", "has more than"),
            ] {
                let refused = try await shell("CAIRN_PASSPHRASE_FILE=\(path) exec $cairn wallet seed", home: home)
                #expect(refused.status != 0 && refused.errors.contains(words), "\(refused.errors)")
            }
        }

        /// Neither a cell of a file nor a name in an argument moves the cursor.
        @Test func controlCharactersDoNotReachTheTerminal() async throws {
            let folder = try TemporaryFolder()
            let home = "\(folder.path)/home"
            try TestWallet.create(in: home)
            let escape = UInt8(0x1B)
            for line in [
                #"exec $cairn task show $'\e]0;owned\a'"#, #"exec $cairn $'wal\e[2Jlet'"#,
                #"exec $cairn receipt verify $'\u009b2J' --policy x"#,
                #"printf 'log \033[2J\n' >$HOME/p; exec $cairn log fsck --log $HOME --policy $HOME/p"#,
            ] {
                let result = try await shell(line, home: home)
                #expect(result.status != 0)
                let shown = Array((result.output + result.errors).utf8)
                #expect(!shown.contains(escape) && !shown.contains(7), "\(line): \(result.errors)")
                #expect(!(result.output + result.errors).unicodeScalars.contains("\u{9B}"), "\(line)")
            }
        }

        @Test func aBackupThatWasCutOffIsRefusedAndLeavesNothing() async throws {
            let folder = try TemporaryFolder()
            let home = "\(folder.path)/home"
            try TestWallet.create(in: home)
            let wallet = try TestWallet.open(in: home)
            for number in 1...40 {
                try wallet.save([
                    .report(
                        ReportRecord(
                            taskID: TaskID(unchecked: [UInt8](repeating: 1, count: 32)), reportID: .random(),
                            time: UInt64(number), state: .stored, opening: nil))
                ])
            }
            let backup = "\(folder.path)/backup"
            let made = try await Cairn.succeed("wallet", "export", backup, home: home)
            #expect(made.output.contains("40 reports"), "\(made.output)")
            let whole = try Data(contentsOf: URL(fileURLWithPath: backup))
            let (cut, elsewhere) = ("\(folder.path)/cut", "\(folder.path)/elsewhere")
            try whole.prefix(whole.count - 10).write(to: URL(fileURLWithPath: cut))
            let refused = try await Cairn.run("wallet", "import", cut, home: elsewhere)
            #expect(
                refused.status == 1 && refused.errors.contains("does not end as a backup does"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(elsewhere)/wallet"))
            let taken = try await Cairn.succeed("wallet", "import", cut, "--incomplete", "--json", home: elsewhere)
            #expect(try taken.json()["reports"] as? Int == 40)

            // The wallet in use, cut off in a frame and between two: every command that reads it says so.
            let path = "\(home)/wallet"
            let live = try Data(contentsOf: URL(fileURLWithPath: path))
            try live.prefix(live.count - 20).write(to: URL(fileURLWithPath: path))
            let torn = try await Cairn.succeed("wallet", "show", "--json", home: home)
            #expect(torn.errors.contains("cannot be read") && torn.errors.contains("wallet import"), "\(torn.errors)")
            #expect(try torn.json()["lost_parts"] as? Int == 1)
            let united = try await Cairn.succeed("wallet", "import", backup, home: home)
            #expect(united.output.contains("it has 40 reports"), "\(united.output)")
            let mended = try await Cairn.succeed("wallet", "show", home: home)
            #expect(mended.errors.isEmpty, "\(mended.errors)")
        }

        @Test func passphrasesThatCanBeGuessedAreRefusedUnlessInsistedOn() async throws {
            let folder = try TemporaryFolder()
            let home = "\(folder.path)/home"
            let weak = ["CAIRN_PASSPHRASE": "abc"]
            let refused = try await Cairn.run("wallet", "init", home: home, environment: weak)
            #expect(refused.status == 1 && refused.errors.contains("at least 8 characters"), "\(refused.errors)")
            #expect(!FileManager.default.fileExists(atPath: "\(home)/wallet"))
            try await Cairn.succeed("wallet", "init", "--weak-passphrase", home: home, environment: weak)
            // It opens what was made with it, and a copy under it is nothing new.
            try await Cairn.succeed("wallet", "show", home: home, environment: weak)
            try await Cairn.succeed("wallet", "export", "\(folder.path)/backup", home: home, environment: weak)
            let file = "\(folder.path)/p"
            try "aaaaaaaaaaaaa\n".write(toFile: file, atomically: true, encoding: .utf8)
            let changed = try await Cairn.run(
                "wallet", "passwd", "--new-passphrase-file", file, home: home, environment: weak)
            #expect(changed.status == 1 && changed.errors.contains("4 of them different"), "\(changed.errors)")
        }

        /// A round whose files have all been through another platform, and whose results have nowhere to go. The tasks come
        /// to a second device with the wallet, and a stranger's seed finds nothing.
        @Test func aRoundWithFilesOfAnotherPlatform() async throws {
            try await TestNodes.run { nodes in
                let task = try await nodes.createTask(
                    "visits", "--vdaf", "count", "--batch-mode", "leader-selected", "--min-batch-size", "1",
                    "--max-batch-size", "1")
                try await Cairn.succeed("contribute", "--task", "visits", "--value", "1", home: nodes.home)
                let (key, token) = ("\(nodes.folder.path)/k", "\(nodes.folder.path)/t")
                let (file, policy) = ("\(nodes.folder.path)/w.task", "\(nodes.folder.path)/p")
                for (from, to) in [
                    (nodes.collectorKeyFile, key), (nodes.collectorTokenFile, token), (nodes.taskPath("visits"), file),
                    (nodes.policyPath("visits"), policy),
                ] {
                    let text = try String(contentsOfFile: from, encoding: .utf8)
                    try ("\u{FEFF}" + text.replacing("\n", with: "\r\n"))
                        .write(toFile: to, atomically: false, encoding: .utf8)
                    chmod(to, 0o600)
                }
                let collect = "exec $cairn collect --task \(file) --hpke-key \(key) --token \(token)"
                let full = try await shell(collect + " >/dev/full", home: nodes.home)
                #expect(full.status == 74 && full.errors.contains("the disk is full"), "\(full.errors)")
                let audit = "exec $cairn audit --log \(nodes.leader.logFolder) --policy \(policy)"
                let lost = try await shell(audit + " >/dev/full", home: nodes.home)
                #expect(lost.status == 74 && lost.errors.contains("the disk is full"), "\(lost.errors)")
                let sound = try await shell(audit, home: nodes.home)
                #expect(sound.status == 0, "\(sound.output) \(sound.errors)")

                let (backup, device) = ("\(nodes.folder.path)/backup", "\(nodes.folder.path)/device")
                try await Cairn.succeed("wallet", "export", backup, home: nodes.home)
                let arrived = try await Cairn.succeed("wallet", "import", backup, "--json", home: device).json()
                #expect(arrived["tasks"] as? [String] == ["visits"])
                let shown = try await Cairn.succeed("task", "show", "visits", "--json", home: device).json()
                #expect(shown["task_id"] as? String == task.taskID.base64URL)

                let stranger = "\(nodes.folder.path)/stranger"
                let seed = "\(nodes.folder.path)/seed"
                try String(repeating: "ab", count: 32).write(toFile: seed, atomically: true, encoding: .utf8)
                let nothing = try await Cairn.run(
                    "wallet", "recover", "--seed-file", seed, "--task", file, "--log", nodes.leader.logFolder,
                    home: stranger)
                #expect(
                    nothing.status == 1 && nothing.errors.contains("has no report of the seed"), "\(nothing.errors)")
                #expect(!FileManager.default.fileExists(atPath: "\(stranger)/wallet"))
            }
        }
    }
}
