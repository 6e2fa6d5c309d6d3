import Encodings
import Testing

/// Texts that people take for the same, and protocols do not.
@Suite struct ProtocolTextTests {
    private static let kelvin = "\u{212A}"
    private static let questionMark = "\u{37E}"

    /// What the rest of this suite is about: Swift itself sees no difference.
    @Test func swiftComparesWhatPeopleRead() {
        #expect("K" == Self.kelvin && ";" == Self.questionMark)
        #expect(Self.kelvin.lowercased() == "k")
    }

    @Test func bytesAreCompared() {
        #expect(ProtocolText.same("a;K", "a;K"))
        #expect(!ProtocolText.same("a;K", "a\(Self.questionMark)K"))
        #expect(!ProtocolText.same("a;K", "a;\(Self.kelvin)"))
        #expect(!ProtocolText.same("\u{E9}", "e\u{301}"))
        #expect(!ProtocolText.same("a", "A"))
        #expect(ProtocolText.hasPrefix("K;rest", "K;") && !ProtocolText.hasPrefix("K\(Self.questionMark)rest", "K;"))
    }

    @Test func onlyLettersOfASCIIHaveACase() {
        #expect(ProtocolText.sameIgnoringCase("Token", "tOKEN"))
        #expect(!ProtocolText.sameIgnoringCase("to\(Self.kelvin)en", "token"))
        #expect(!ProtocolText.sameIgnoringCase("@[`{", "`{@["))
        #expect(ProtocolText.hasPrefixIgnoringCase("CHUNKED, x", "chunked"))
        #expect(!ProtocolText.hasPrefixIgnoringCase("chun\(Self.kelvin)ed", "chunked"))
        #expect(ProtocolText.same(ProtocolText.lowercased("AZ\(Self.kelvin)\u{C4}"), "az\(Self.kelvin)\u{C4}"))
    }

    /// An accent joins a separator for people, and is a text of its own for everybody else.
    @Test func separatorsAreBytes() {
        #expect(ProtocolText.split("a;b;;c", by: UInt8(ascii: ";")) == ["a", "b", "", "c"])
        #expect(ProtocolText.split("a;b;c", by: UInt8(ascii: ";"), atMost: 2) == ["a", "b;c"])
        #expect(ProtocolText.split("", by: UInt8(ascii: ";")) == [""])
        #expect(ProtocolText.split("a\(Self.questionMark)b", by: UInt8(ascii: ";")).count == 1)
        #expect(ProtocolText.split("a;\u{301}b", by: UInt8(ascii: ";")).count == 2)
    }

    @Test func whiteSpaceIsThatOfHTTP() {
        #expect(ProtocolText.trimmed(" \t a b\t ") == "a b")
        #expect(ProtocolText.trimmed(" \t ") == "")
        #expect(ProtocolText.same(ProtocolText.trimmed("\u{A0}a\n"), "\u{A0}a\n"))
    }
}
