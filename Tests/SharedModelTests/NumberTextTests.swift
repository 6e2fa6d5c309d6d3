import SharedModel
import Testing

@Suite struct NumberTextTests {
    @Test func aWholeNumberIsOneHoweverItIsWritten() throws {
        for text in ["7", "7.0", "7.", "+7", "007", "7e0", "0.7e1", "70e-1", "7.000", "700E-2", " 7 "] {
            #expect(try NumberText.whole(text) == 7, "\(text)")
            #expect(try NumberText.real(text) == 7, "\(text)")
        }
        for text in ["0", "-0", "0.0", "-0.0", "0e5", "00"] { #expect(try NumberText.whole(text) == 0, "\(text)") }
        #expect(try NumberText.whole("1e3") == 1000)
        #expect(try NumberText.whole("18446744073709551615") == UInt128(UInt64.max))
        #expect(try NumberText.whole("9007199254740993") == 9_007_199_254_740_993)
        #expect(try NumberText.whole("9007199254740993.0") == 9_007_199_254_740_993)
        #expect(try NumberText.whole("1e99999999999999999999") == .max)
        #expect(try NumberText.whole("0e99999999999999999999") == 0)
    }

    @Test(arguments: [
        ("7.5", NumberFault.notWhole("7.5")), ("75e-1", .notWhole("75e-1")), ("-1", .negative("-1")),
        ("1e-99999999999999999999", .notWhole("1e-99999999999999999999")), ("", .missing("")),
        ("12,5", .decimalComma("12,5")),
        ("7.0000000000000000000000000001", .notWhole("7.0000000000000000000000000001")),
    ])
    func whatIsNoWholeNumberIsRefused(_ text: String, _ fault: NumberFault) {
        #expect(throws: fault) { try NumberText.whole(text) }
    }

    @Test(arguments: [
        ("12,5", NumberFault.decimalComma("12,5")), ("-0,25", .decimalComma("-0,25")), (",5", .decimalComma(",5")),
        ("12,50", .decimalComma("12,50")), ("0,125", .decimalComma("0,125")), ("1234,567", .decimalComma("1234,567")),
        ("1,234", .doubtfulComma("1,234")), ("1,234.5", .thousandsSeparator("1,234.5")),
        ("1.234,5", .thousandsSeparator("1.234,5")), ("1.234.567", .thousandsSeparator("1.234.567")),
        ("1,234,567", .thousandsSeparator("1,234,567")), ("1'234", .thousandsSeparator("1'234")),
        ("1’234.50", .thousandsSeparator("1’234.50")), ("1 234", .thousandsSeparator("1 234")),
        ("1\u{A0}234,5", .thousandsSeparator("1\u{A0}234,5")), ("1\u{202F}234", .thousandsSeparator("1\u{202F}234")),
        ("1_000", .thousandsSeparator("1_000")), ("NA", .missing("NA")), ("?", .missing("?")),
        ("null", .missing("null")),
        ("n/a", .missing("n/a")), ("-", .missing("-")), ("None", .missing("None")), ("<NA>", .missing("<NA>")),
        ("\\N", .missing("\\N")), ("nan", .notFinite("nan")), ("-Infinity", .notFinite("-Infinity")),
        ("1e400", .notFinite("1e400")), ("#DIV/0!", .spreadsheetError("#DIV/0!")), ("−5", .foreignCharacters("−5")),
        ("５", .foreignCharacters("５")), ("٣", .foreignCharacters("٣")), ("–1,5", .foreignCharacters("–1,5")),
        ("5%", .unit("5%")), ("$5", .unit("$5")), ("5 €", .unit("5 €")), ("1;2", .otherDelimiter("1;2", ";")),
        ("1\t2,5", .otherDelimiter("1\t2,5", "\t")), ("1|2", .otherDelimiter("1|2", "|")), ("0x10", .malformed("0x10")),
        ("1.2.3", .malformed("1.2.3")), ("4 4", .otherDelimiter("4 4", " ")), ("5\u{A0}", .invisible("5\u{A0}")),
        ("\u{FEFF}7", .invisible("\u{FEFF}7")), ("7\r", .invisible("7\r")), ("7\u{200B}", .invisible("7\u{200B}")),
        ("7\u{1A}", .invisible("7\u{1A}")), ("5 kg", .unit("5 kg")), ("30°C", .unit("30°C")), ("12 m²", .unit("12 m²")),
        ("1,5 l", .unit("1,5 l")),
        ("--5", .malformed("--5")),
        ("+-5", .malformed("+-5")), ("(5)", .malformed("(5)")), ("1e", .malformed("1e")),
        ("1e5.5", .malformed("1e5.5")),
        ("five", .word("five")), ("x5", .word("x5")), ("2026-11-29", .word("2026-11-29")),
        ("9007199254740993", .losesPrecision("9007199254740993")), ("1e-400", .losesPrecision("1e-400")),
    ])
    func whatIsNoNumberIsNamedAsWhatItIs(_ text: String, _ fault: NumberFault) {
        #expect(throws: fault) { try NumberText.real(text) }
        let words = fault.problem + fault.advice
        #expect(!words.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test func floatsAreReadAsEverywhere() throws {
        for (text, value) in [
            ("0.1", 0.1), ("-.5", -0.5), ("1e22", 1e22), ("1e30", 1e30), ("5e-324", .leastNonzeroMagnitude), ("-0", 0),
        ] {
            #expect(try NumberText.real(text) == value, "\(text)")
        }
        #expect(try NumberText.real("1.2345678901234567e+20") == 1.2345678901234567e+20)
        #expect(try NumberText.real("0.1000000000000000055511151231257827") == 0.1)
        #expect(try NumberText.real("9007199254740992") == 9_007_199_254_740_992)
    }

    @Test func exactNumbersAreInOrderAndHaveOneSpelling() throws {
        let sorted = ["-1e300", "-2", "-0.5", "0", "1e-300", "0.05", "0.5", "1", "9", "10", "1e300"]
        let numbers = try sorted.map { try #require(ExactDecimal($0)) }
        #expect(numbers.shuffled().sorted() == numbers)
        #expect(numbers.map(\.description) == sorted)
        #expect(ExactDecimal("1.50") == ExactDecimal("15e-1"))
        #expect(ExactDecimal("1.234e1")?.description == "12.34")
        #expect(ExactDecimal("0.00000001")?.description == "1e-8")
    }
}
