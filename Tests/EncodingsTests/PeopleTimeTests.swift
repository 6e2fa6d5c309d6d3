import Encodings
import Testing

/// Times as messages say them.
@Suite struct PeopleTimeTests {
    @Test(arguments: [
        (UInt64(0), "1970-01-01 00:00 UTC"), (951_782_400, "2000-02-29 00:00 UTC"),
        (1_700_000_000, "2023-11-14 22:13:20 UTC"), (1_795_961_100, "2026-11-29 14:05 UTC"),
        (4_107_542_399, "2100-02-28 23:59:59 UTC"), (4_107_542_400, "2100-03-01 00:00 UTC"),
        (253_402_300_799, "9999-12-31 23:59:59 UTC"),
    ])
    func momentsAreDatesInUTC(seconds: UInt64, text: String) {
        #expect(PeopleTime.text(seconds) == text)
    }

    @Test func whatHasNoDateStaysANumberOfSeconds() {
        #expect(PeopleTime.text(.max) == "second \(UInt64.max) since 1970")
    }

    @Test func distancesAreSaidInTheLargestUnitThatFits() {
        let now: UInt64 = 1_795_961_100
        #expect(PeopleTime.text(now, now: now) == "2026-11-29 14:05 UTC (now)")
        #expect(PeopleTime.text(now + 300, now: now) == "2026-11-29 14:10 UTC (in 5 minutes)")
        #expect(PeopleTime.text(now - 1, now: now) == "2026-11-29 14:04:59 UTC (1 second ago)")
        #expect(PeopleTime.text(now - 7_200, now: now).hasSuffix("(2 hours ago)"))
        #expect(PeopleTime.text(now + 200_000, now: now).hasSuffix("(in 2 days)"))
    }

    @Test func whatIsOnlyAboutKnownIsOnAWholeMinute() {
        let now: UInt64 = 1_795_961_100
        #expect(PeopleTime.about(now + 241, now: now) == "2026-11-29 14:10 UTC (in 5 minutes)")
        #expect(PeopleTime.about(now, now: now) == "2026-11-29 14:05 UTC (now)")
        #expect(PeopleTime.about(.max, now: now).hasPrefix("second "))
    }
}
