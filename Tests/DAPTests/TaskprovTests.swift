import Crypto
import DAP
import Encodings
import Foundation
import Tasks
import Testing

@Suite struct TaskprovTests {
    /// The header that draft-ietf-ppm-dap-taskprov-04 section 3.2 shows.
    static let example =
        ":BHRlc3QAG2h0dHBzOi8vbGVhZGVyLmV4YW1wbGUuY29tLwAbaHR0cHM6Ly9oZWxwZXIuZXhhbXBsZS5jb20vAAAAAAAAADwAAAAAAAAACgE"
        + "AAAAAAAEAAAAUAAEAEAAAAAAAAAA8AAAAAAAAAGQ=:"

    @Test func theDraftsExampleDecodesAndEncodesExactly() throws {
        let bytes = try #require(Taskprov.parse(Self.example))
        let task = try TaskConfiguration(decoding: bytes)
        #expect(task.taskInfo == Array("test".utf8))
        #expect(task.leaderURL == "https://leader.example.com/")
        #expect(task.helperURL == "https://helper.example.com/")
        #expect(task.timePrecision == 60)
        #expect(task.minBatchSize == 10)
        #expect(task.batchMode == .timeInterval)
        #expect(try task.vdaf == .count)
        #expect(task.taskInterval == Interval(start: 60, duration: 100))
        #expect(task.cairn == nil)
        #expect(task.encoded() == bytes)
        #expect(Taskprov.headerValue(task) == Self.example)

        let same = try TaskConfiguration(
            taskInfo: Array("test".utf8), leaderURL: "https://leader.example.com/",
            helperURL: "https://helper.example.com/", timePrecision: 60, minBatchSize: 10, batchMode: .timeInterval,
            vdaf: .count, taskInterval: Interval(start: 60, duration: 100), cairn: nil)
        #expect(same == task)

        let label = Array(SHA256.hash(data: Array("dap-taskprov task id".utf8)))
        #expect(task.taskID.bytes == Array(SHA256.hash(data: label + bytes)))
        // Computed with sha256sum, outside of this code.
        #expect(task.taskID.hex == "35848a898adb146b559385247c7e49db1cbd28af52e3c11cfb01d4fc4b490479")
    }

    /// HKDF written out (RFC 5869): one block of output.
    @Test func theVerifyKeyIsHKDFOfThePreSharedSecret() throws {
        let secret = [UInt8](repeating: 0x42, count: 32)
        let task = TaskID(unchecked: Array(0..<32))
        let salt = Array(SHA256.hash(data: Array("dap-taskprov".utf8)))
        let extracted = HMAC<SHA256>.authenticationCode(for: secret, using: SymmetricKey(data: salt))
        let expanded = HMAC<SHA256>.authenticationCode(
            for: task.bytes + [1], using: SymmetricKey(data: Array(extracted)))
        #expect(Taskprov.verifyKey(preSharedKey: secret, taskID: task) == Array(expanded))
        // Computed with Python's hmac module.
        #expect(
            Hex.encode(Taskprov.verifyKey(preSharedKey: secret, taskID: task))
                == "88e2cfda8628df8eaafbb6003f0183ea5929cad1c33241625aa7796f3cc36328")
    }

    @Test func parametersOfTheHeaderAreIgnoredAndOtherTypesAreNot() {
        let item = ":AQID:"
        for header in [item, " \(item) ", item + ";a", item + ";a=1;b=\"x\""] {
            #expect(Taskprov.parse(header) == [1, 2, 3], "\(header)")
        }
        for header in ["", "AQID", "\"AQID\"", ":AQID", ":AQ:", ":AQ ID:", ":AQID:x", "1", ":AQID:,:AQID:", "::AQID"] {
            #expect(Taskprov.parse(header) == nil, "\(header)")
        }
        // What people, and Swift, take for a semicolon is none; an accent makes it no other one.
        #expect(Taskprov.parse(item + "\u{37E}a") == nil)
        #expect(Taskprov.parse(item + ";\u{301}a") == [1, 2, 3])
        #expect(Taskprov.parse(":\u{301}AQID:") == nil)
    }
}
