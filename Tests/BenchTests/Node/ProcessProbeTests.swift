import Bench
import ChildProcesses
import Foundation
import TestSupport
import Testing

@Suite struct ProcessProbeTests {
    @Test func textsOfProcAreReadAsProcDescribesThem() {
        let status = "Name:\tcairn\nVmPeak:\t  999 kB\nVmHWM:\t  120 kB\nThreads:\t3\n"
        #expect(ProcText.bytes("VmHWM", inStatus: status) == 120 << 10)
        #expect(ProcText.bytes("VmRSS", inStatus: status) == nil)
        #expect(ProcText.bytes("Threads", inStatus: status) == nil)
        let io = "rchar: 1\nwchar: 2\nread_bytes: 3\nwrite_bytes: 4096\ncancelled_write_bytes: 5\n"
        #expect(ProcText.number("write_bytes", in: io) == 4_096)
        #expect(ProcText.number("bytes", in: io) == nil)
    }

    @Test func aNameWithParenthesesAndSpacesHidesNoField() throws {
        let stat = "42 (a b) (c) R 7 42 42 0 -1 4194304 100 200 0 0 11 12 13 14 20 0 8 0 999"
        let found = try #require(ProcText.stat(stat))
        #expect(found.parent == 7 && found.childTicks == 13 + 14)
        #expect(ProcText.stat("42 (cut R 7") == nil)
        #expect(ProcText.stat("42 (cut) R 7 1 2") == nil)
        #expect(ProcText.stat("") == nil)
    }

    #if os(Linux)
        @Test func aProcessThatWorksHasItsTimeMemoryAndBytesCounted() throws {
            let before = try ProcessProbe.read(getpid())
            #expect(before.peakMemory > 1 << 20)
            let folder = try TemporaryFolder()
            var sum: UInt64 = 0
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(50) { sum &+= UInt64.random(in: 0...9) }
            try folder.write("written", [UInt8](repeating: 0, count: 1 << 20))
            let after = try ProcessProbe.read(getpid())
            #expect(after.processor > before.processor, "\(sum)")
            #expect(after.written >= before.written)
        }

        @Test func whatAnEndedChildTookIsItsParents() async throws {
            let loop = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
            let shell = try await ChildProcess.start(
                "/bin/sh", ["-c", "sh -c '\(loop)'; sleep 60; true"], output: .log("/dev/null"))
            var tree = 0.0
            for _ in 0..<1_500 where tree < 0.05 {
                try await Task.sleep(for: .milliseconds(20))
                // The inner shell's time counts while it runs, and after its parent has reaped it.
                tree = try ProcessProbe.readTree(shell.processID).processor
            }
            let alone = try ProcessProbe.read(shell.processID).processor
            await shell.kill()
            #expect(tree >= 0.05 && alone < tree, "\(tree) \(alone)")
        }

        @Test func aProcessThatIsGoneIsNamed() async throws {
            let child = try await ChildProcess.start("/bin/sleep", ["60"], output: .log("/dev/null"))
            let process = child.processID
            await child.kill()
            let error = #expect(throws: BenchError.self) { try ProcessProbe.read(process) }
            #expect("\(try #require(error))".contains("\(process)"))
        }
    #endif
}
