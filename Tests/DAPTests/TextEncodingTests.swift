import DAP
import Encodings
import Foundation
import TestSupport
import Testing

@Suite struct TextEncodingTests {
    @Test func base64MatchesFoundation() {
        var generator = SeededGenerator()
        for length in 0..<70 {
            let bytes = generator.bytes(length)
            let text = Data(bytes).base64EncodedString()
            #expect(Base64.encode(bytes) == text, "seed \(generator.seed)")
            #expect(Base64.decode(text) == bytes, "seed \(generator.seed)")
            #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes, "seed \(generator.seed)")
        }
    }

    /// RFC 4648 section 10, and what must not pass beside it.
    @Test func onlyTheCanonicalSpellingDecodes() {
        #expect(Base64.encode(Array("fooba".utf8)) == "Zm9vYmE=")
        #expect(Base64.encodeURL([0xFB, 0xFF]) == "-_8")
        for text in ["Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Z===", "====", "Zm9v=", "Zg-_", "Z"] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
        for text in ["Zg==", "Zh", "Zm9vYmF", "Z", "Zm+/", "Zm 9"] {
            #expect(Base64.decodeURL(text) == nil, "\(text)")
        }
    }

    @Test func hexDecodesBothCasesAndNothingElse() {
        #expect(Hex.encode([0x00, 0xAB, 0xFF]) == "00abff")
        #expect(Hex.decode("00aBfF") == [0x00, 0xAB, 0xFF])
        for text in ["0", "0g", "0x00", " 00", "+1"] { #expect(Hex.decode(text) == nil, "\(text)") }
    }

    @Test func identifiersAreReadFromURLs() throws {
        let task = try #require(TaskID(hex: "f0163447364ccf1bc0e3affcca6873c9c381f64acdf9020662f83f46c07219e7"))
        let job = try #require(AggregationJobID(hex: "95ceda51e1a9752368b0d961f9466128"))
        #expect(TaskID(base64URL: task.base64URL) == task)
        #expect(TaskID(base64URL: job.base64URL) == nil)
    }

    @Test func derivedIdentifiersDependOnKindTaskAndBody() {
        let tasks = [
            TaskID(unchecked: .init(repeating: 1, count: 32)), TaskID(unchecked: .init(repeating: 2, count: 32)),
        ]
        let id = AggregationJobID.derived(taskID: tasks[0], body: [1, 2, 3])
        #expect(id == AggregationJobID.derived(taskID: tasks[0], body: [1, 2, 3]))
        #expect(id != AggregationJobID.derived(taskID: tasks[1], body: [1, 2, 3]))
        #expect(id != AggregationJobID.derived(taskID: tasks[0], body: [1, 2]))
        #expect(id.bytes != CollectionJobID.derived(taskID: tasks[0], body: [1, 2, 3]).bytes)
    }
}
