import InputFiles
import Testing

@Suite struct InputTextTests {
    private func problem(_ bytes: [UInt8]) -> InputText.Problem? {
        do throws(InputText.Problem) {
            _ = try InputText.decode(bytes)
            return nil
        } catch { return error }
    }

    @Test(arguments: ["a\nb\n", "a\r\nb\r\n", "a\rb\r", "\u{FEFF}a\nb\n", "\u{FEFF}a\r\nb\n"])
    func theLinesOfEveryPlatformAreTheSame(text: String) throws {
        #expect(try InputText.decode(Array(text.utf8)) == "a\nb\n")
    }

    @Test func aFinalLineNeedsNoEndAndBlankLinesStay() throws {
        #expect(try InputText.decode(Array("a\r\n\r\nb".utf8)) == "a\n\nb")
        #expect(try InputText.decode([]) == "")
    }

    /// Only the first mark is one; another is a character of the text.
    @Test func oneByteOrderMarkIsStripped() throws {
        let text = try InputText.decode(Array("\u{FEFF}\u{FEFF}a".utf8))
        #expect(text.unicodeScalars.map(\.value) == [0xFEFF, 0x61])
    }

    @Test func otherEncodingsAreNamed() {
        func utf16(_ text: String, little: Bool) -> [UInt8] {
            text.utf16.flatMap { unit in
                let bytes = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
                return little ? bytes.reversed() : bytes
            }
        }
        #expect(problem(utf16("\u{FEFF}a,b\r\n", little: true)) == .encoding("UTF-16 (little-endian)", iconv: "UTF-16"))
        #expect(problem(utf16("\u{FEFF}a,b\r\n", little: false)) == .encoding("UTF-16 (big-endian)", iconv: "UTF-16"))
        #expect(problem(utf16("visits\n3\n", little: true)) == .encoding("UTF-16 (little-endian)", iconv: "UTF-16LE"))
        #expect(problem(utf16("visits\n3\n", little: false)) == .encoding("UTF-16 (big-endian)", iconv: "UTF-16BE"))
        #expect(problem([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0]) == .encoding("UTF-32 (little-endian)", iconv: "UTF-32"))
        #expect(problem([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61]) == .encoding("UTF-32 (big-endian)", iconv: "UTF-32"))
    }

    @Test(arguments: ["a\nbc", "a\r\nbc", "a\rbc"])
    func aNulByteAndABrokenCharacterHaveAPlace(before: String) {
        #expect(problem(Array(before.utf8) + [0, 0x61]) == .nul(line: 2, column: 3))
        #expect(problem(Array(before.utf8) + [0xE9, 0x61]) == .notUTF8(byte: 0xE9, line: 2, column: 3))
    }

    @Test func columnsCountCharactersAndNotBytes() {
        #expect(problem(Array("äöü".utf8) + [0xFC]) == .notUTF8(byte: 0xFC, line: 1, column: 4))
    }

    /// Overlong forms, surrogates and what is beyond Unicode, cut off at the end or not.
    @Test(
        arguments: [[0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]]
            as [[UInt8]])
    func whatIsNoCharacterIsFound(bytes: [UInt8]) {
        #expect(problem([0x61] + bytes) == .notUTF8(byte: bytes[0], line: 1, column: 2))
    }

    @Test func oneLineIsTrimmedAndTwoAreRefused() {
        #expect(InputText.onlyLine(of: "  abc d \n\n") == "abc d")
        #expect(InputText.onlyLine(of: "abc\nd") == nil)
        #expect(InputText.onlyLine(of: " \n") == nil)
    }
}
