import ChildProcesses
import Foundation
import TestSupport
import Testing

/// Whether a process of that id is there, running or not yet reaped.
private func exists(_ id: pid_t) -> Bool { kill(id, 0) == 0 }

@Suite struct CommandTests {
    @Test func everythingPrintedIsCollectedWithTheStatus() async throws {
        let outcome = try await ChildProcess.run(
            "/bin/sh", ["-c", "head -c 300000 /dev/zero; head -c 300001 /dev/zero >&2; cat; exit 3"])
        #expect(outcome.ending == .exited(3))
        #expect(outcome.output.count == 300_000 && outcome.errors.count == 300_001)
    }

    @Test func theEnvironmentIsOursWithTheChanges() async throws {
        let script = "echo \"$CAIRN_A,${CAIRN_B-none},${PATH:+path}\""
        setenv("CAIRN_B", "set", 1)
        let outcome = try await ChildProcess.run(
            "/bin/sh", ["-c", script], environment: ["CAIRN_A": "1", "CAIRN_B": nil])
        #expect(String(decoding: outcome.output, as: UTF8.self) == "1,none,path\n")
    }

    @Test func aChildInheritsNoDescriptors() async throws {
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        // The fourth is the folder that `ls` reads.
        let outcome = try await ChildProcess.run("/bin/ls", ["/proc/self/fd"])
        #expect(String(decoding: outcome.output, as: UTF8.self).split(separator: "\n") == ["0", "1", "2", "3"])
    }

    /// `Foundation.Process` of Swift 6.3 crashes where more than about 1,350 are open.
    @Test func commandsRunWithThousandsOfDescriptorsOpen() async throws {
        var limits = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        try #require(getrlimit(resource, &limits) == 0)
        limits.rlim_cur = min(limits.rlim_max, 8192)
        try #require(setrlimit(resource, &limits) == 0)
        // Some are left to the tests that run beside this one.
        let copies = (0..<min(3000, Int(limits.rlim_cur) - 500)).map { _ in dup(0) }.filter { $0 >= 0 }
        defer { for copy in copies { close(copy) } }
        for _ in 0..<5 {
            let outcome = try await ChildProcess.run("/bin/echo", ["a"])
            #expect(outcome.ending == .exited(0) && outcome.output == Array("a\n".utf8), "\(copies.count) open")
        }
    }

    @Test func whatCannotBeStartedIsNamed() async throws {
        let error = await #expect(throws: ChildProcessFailure.self) {
            try await ChildProcess.run("/nonexistent/program", [])
        }
        #expect(error?.program == "/nonexistent/program")
    }

    @Test func aCommandThatTakesTooLongIsEnded() async throws {
        let outcome = try await ChildProcess.run("/bin/sleep", ["600"], limit: .milliseconds(200))
        #expect(outcome.ending == .killed(signal: SIGTERM))
    }

    @Test func cancellationLeavesNoCommandBehind() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("id")
        let running = Task {
            try await ChildProcess.run(
                "/bin/sh", ["-c", "echo $$ >\(file).new; mv \(file).new \(file); exec sleep 600"])
        }
        var id: pid_t?
        while id == nil {
            try await Task.sleep(for: .milliseconds(5))
            id = (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { pid_t($0.dropLast()) }
        }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(!exists(try #require(id)))
    }
}

@Suite struct ChildProcessTests {
    private let folder: TemporaryFolder
    private var log: String { folder.file("log") }

    init() throws { folder = try TemporaryFolder() }

    private func start(_ script: String) async throws -> ChildProcess {
        try await ChildProcess.start("/bin/sh", ["-c", script], output: .log(log))
    }

    /// Waits until the log says this: a script writes that it is ready.
    private func ready(_ text: String = "ready\n") async throws {
        while (try? String(contentsOfFile: log, encoding: .utf8)) != text {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func aChildLeadsAGroupOfItsOwnAndWritesToItsLog() async throws {
        for text in ["out\nerr\n", "out\nerr\nout\nerr\n"] {
            let child = try await start("echo out; echo err >&2; exec sleep 600")
            try await ready(text)
            #expect(getpgid(child.processID) == child.processID)
            #expect(!child.hasEnded)
            #expect(await child.terminate() == .killed(signal: SIGTERM))
            #expect(!exists(child.processID))
        }
    }

    @Test func aChildIsAskedBeforeItIsKilled() async throws {
        let obedient = try await start("trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done")
        try await ready()
        #expect(await obedient.terminate(grace: .seconds(300)) == .exited(9))
        unlink(log)
        let stubborn = try await start("trap '' TERM; echo ready; while :; do sleep 0.02; done")
        try await ready()
        #expect(await stubborn.terminate(grace: .milliseconds(100)) == .killed(signal: SIGKILL))
        unlink(log)
        let killed = try await start("trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done")
        try await ready()
        #expect(await killed.kill() == .killed(signal: SIGKILL))
    }

    /// Otherwise a signal that is meant for it could hit whoever gets its id next.
    @Test func aChildThatEndedKeepsItsIdUntilItsOwnerEndsIt() async throws {
        let child = try await start("exit 7")
        while !child.hasEnded { try await Task.sleep(for: .milliseconds(5)) }
        #expect(exists(child.processID))
        #expect(await child.terminate() == .exited(7))
        #expect(!exists(child.processID))
        // Ended once, it is never signalled again.
        #expect(await child.kill() == .exited(7))
    }

    @Test func whoeverWaitsLearnsTheStatus() async throws {
        #expect(try await start("sleep 0.1; exit 4").wait() == .exited(4))
    }

    @Test func cancellationLeavesNoChildBehind() async throws {
        let child = try await start("exec sleep 600")
        let waiting = Task { try await child.wait() }
        waiting.cancel()
        #expect(try await waiting.value == .killed(signal: SIGTERM))
        #expect(!exists(child.processID))
        // A scope that is left because its task was cancelled still ends its child in order.
        let (isWaiting, tell) = AsyncStream.makeStream(of: Void.self)
        let scope = Task {
            let child = try await start("trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done")
            do {
                try await ready()
                tell.yield()
                try await Task.sleep(for: .seconds(600))
            } catch {
                return await child.terminate(grace: .seconds(300))
            }
            return nil
        }
        for await _ in isWaiting { break }
        scope.cancel()
        #expect(try await scope.value == .exited(9))
    }

    @Test func aChildThatIsForgottenIsKilled() async throws {
        func forget() async throws -> pid_t { try await start("exec sleep 600").processID }
        let id = try await forget()
        while exists(id) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test func whatCannotBeStartedIsNamed() async throws {
        await #expect(throws: ChildProcessFailure.self) {
            try await ChildProcess.start("/nonexistent/program", [], output: .log(log))
        }
        unlink(log)
        let error = await #expect(throws: ChildProcessFailure.self) {
            try await ChildProcess.start("/bin/sh", [], output: .log("/nonexistent/log"))
        }
        #expect(error?.reason.contains("/nonexistent/log") == true)
    }
}
