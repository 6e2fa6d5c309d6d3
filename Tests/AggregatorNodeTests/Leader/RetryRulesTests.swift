import AggregatorNode
import DAP
import Datastore
import Testing

@Suite struct RetryRulesTests {
    private func waiting(_ attempts: [Int], refusedAfter: UInt64? = nil) -> [WaitingReport] {
        attempts.enumerated().map { number, attempts in
            WaitingReport(
                sequence: Int64(number), reportID: ReportID.random(), time: 0, attempts: attempts,
                refusedAfter: refusedAfter,
                payload: ReportPayload(metadata: [], publicShare: [], inputShare: [], helperShare: []))
        }
    }

    private func candidates(_ attempts: [Int]) -> [JobCandidate] {
        attempts.enumerated().map { JobCandidate(sequence: Int64($0), attempts: $1) }
    }

    // MARK: Company

    @Test func reportsOfRefusedJobsKeepApartFromFreshOnes() {
        #expect(RetryRules.company(candidates([0, 0, 1, 0]), jobSize: 100).count == 2)
        #expect(RetryRules.company(candidates([]), jobSize: 100).isEmpty)
    }

    @Test func theirJobsShrinkUntilEachStandsAlone() {
        #expect(RetryRules.company(candidates(Array(repeating: 0, count: 150)), jobSize: 100).count == 100)
        #expect(RetryRules.company(candidates(Array(repeating: 1, count: 150)), jobSize: 100).count == 10)
        #expect(RetryRules.company(candidates(Array(repeating: 2, count: 150)), jobSize: 100).count == 1)
        #expect(RetryRules.company(candidates(Array(repeating: 9, count: 150)), jobSize: 5).count == 1)
    }

    @Test func aReportInCompanyIsNeverAtFault() throws {
        let report = try #require(waiting([30], refusedAfter: 1).first)
        for companions in [2, 10, 100] {
            #expect(
                RetryRules.afterRefusal(report, companions: companions, answered: 99, now: 7) == .again(notBefore: 7))
        }
    }

    @Test func aloneItEndsOnceOthersWereTakenAfterItWasRefused() throws {
        let fresh = try #require(waiting([0]).first)
        #expect(RetryRules.afterRefusal(fresh, companions: 1, answered: 99, now: 7) == .again(notBefore: 8))
        let refused = try #require(waiting([4], refusedAfter: 5).first)
        #expect(RetryRules.afterRefusal(refused, companions: 1, answered: 5, now: 7) == .again(notBefore: 11))
        #expect(RetryRules.afterRefusal(refused, companions: 1, answered: 6, now: 7) == .reject)
    }

    /// One of four machines behind the helper's address may refuse what the others take.
    @Test func aFewRefusalsEndNothing() throws {
        for attempts in 0..<4 {
            let report = try #require(waiting([attempts], refusedAfter: 0).first)
            let after = RetryRules.afterRefusal(report, companions: 1, answered: 99, now: 7)
            #expect(after == .again(notBefore: [8, 8, 8, 9][attempts]))
        }
    }

    /// Where nothing else of the task ever comes through, a day of refusals is needed.
    @Test func withoutAnythingToCompareItWithItWaitsForAboutADay() throws {
        var (now, attempts) = (UInt64(0), 0)
        while true {
            let report = try #require(waiting([attempts], refusedAfter: 0).first)
            guard case .again(let next) = RetryRules.afterRefusal(report, companions: 1, answered: 0, now: now) else {
                break
            }
            #expect(next - now <= 3_600)
            (now, attempts) = (next, attempts + 1)
        }
        #expect((72_000...108_000).contains(now), "\(now) s")
    }

    // MARK: Pauses

    private let answers: [JobProgress.Answer] = [.deferred, .unusable, .refused, .wrong]

    @Test func pausesGrowWithJitterToFiveMinutes() {
        for answer in answers {
            let longest = answer == .deferred ? RetryRules.longestPoll : RetryRules.longestPause
            var last = Duration.zero
            for inARow in 1...40 {
                let low = RetryRules.pause(answer, inARow: inARow, asked: nil, random: 0)
                let high = RetryRules.pause(answer, inARow: inARow, asked: nil, random: 1)
                #expect(low >= .milliseconds(375) && high <= longest && low <= high && low >= last)
                last = low
            }
            #expect(last == longest)
            #expect(RetryRules.pause(answer, inARow: .max, asked: nil, random: 0.5) == longest)
        }
        #expect(RetryRules.pause(.unusable, inARow: 1, asked: nil, random: 0.5) == .milliseconds(500))
    }

    @Test func whatThePeerAsksForIsNeverCutShortAndAtMostADay() {
        for answer in answers {
            for asked in [0, 1, 60, 3_600, 86_400] {
                for inARow in [1, 20] {
                    let pause = RetryRules.pause(answer, inARow: inARow, asked: asked, random: 0)
                    #expect(pause >= .seconds(asked) && pause >= .milliseconds(375))
                }
            }
            #expect(RetryRules.pause(answer, inARow: 1, asked: .max, random: 1) <= .seconds(86_401))
        }
    }

    /// A helper that always says 'at once' is not asked twice a second for ever, for each of many jobs.
    @Test func whoDefersAgainAndAgainIsAskedLessOften() {
        func pause(_ inARow: Int, asked: Int) -> Duration {
            RetryRules.pause(.deferred, inARow: inARow, asked: asked, random: 0)
        }
        #expect(pause(1, asked: 0) == .milliseconds(500) && pause(3, asked: 2) == .seconds(2))
        var waited = Duration.zero
        for inARow in 1...200 {
            let next = pause(inARow, asked: 0)
            if inARow > 4 { #expect(next <= waited / 2, "a little of what it has taken so far") }
            waited += next
        }
        #expect(pause(200, asked: 0) == RetryRules.longestPoll && pause(200, asked: 60) == .seconds(60))
    }

    /// What stands further ahead is a clock's fault: so nothing may be put off for longer by the rules themselves.
    @Test func noPauseIsLongerThanAJobMayWait() {
        for answer in [JobProgress.Answer.deferred, .unusable, .refused, .wrong] {
            for inARow in [1, 5, 100, .max] {
                for random in [0.0, 1] {
                    let own = RetryRules.pause(answer, inARow: inARow, asked: nil, random: random)
                    #expect(own <= RetryRules.times.longest(isLeased: false, isAsked: false))
                    let asked = RetryRules.pause(answer, inARow: inARow, asked: .max, random: random)
                    #expect(asked <= RetryRules.times.longest(isLeased: false, isAsked: true))
                }
            }
        }
        #expect(RetryRules.times.longest(isLeased: true, isAsked: true) == LeaseKeeper<LeasedJob>.duration)
    }

    @Test func aJobIsNotFormingForEver() {
        #expect(
            (1...9).map { FormingFailure.next(failed: $0) }.prefix(3) == [
                .again(after: FormingFailure.pause), .again(after: FormingFailure.pause), .dissolve,
            ])
        #expect(FormingFailure.next(failed: 1_000) == .dissolve)
    }

    @Test func anExchangeHasADeadlineThatGrowsWithTheRequestAndWithFailures() {
        #expect(RetryRules.deadline(requestBytes: 0, inARow: 0) == .seconds(60))
        #expect(RetryRules.deadline(requestBytes: 32 << 20, inARow: 0) > .seconds(180))
        #expect(RetryRules.deadline(requestBytes: 0, inARow: 1_000) == .seconds(300))
    }

    // MARK: Clocks

    @Test func aReportThatIsTooEarlyWaitsUntilTheHelpersClockTakesIt() {
        // The helper is 400 seconds behind, so a unit that began 60 seconds ago begins in 340 for it, and it allows 300.
        #expect(RetryRules.afterTooEarly(start: 9_940, ahead: -400, now: 10_000) == 10_041)
        // One that allows nothing takes it then.
        #expect(RetryRules.afterTooEarly(start: 9_940, ahead: -200, now: 10_000) == 10_141)
        // Its clock says nothing that explains the refusal.
        #expect(RetryRules.afterTooEarly(start: 9_940, ahead: 0, now: 10_000) == 10_060)
        #expect(RetryRules.afterTooEarly(start: 9_940, ahead: 5_000, now: 10_000) == 10_060)
        // Nearly due; and far away, where somebody may set the clock right.
        #expect(RetryRules.afterTooEarly(start: 10_000, ahead: -300, now: 10_000) == 10_002)
        #expect(RetryRules.afterTooEarly(start: 9_940, ahead: -100_000, now: 10_000) == 10_900)
        for ahead in [Int.min, Int.max] {
            #expect((10_001...10_900).contains(RetryRules.afterTooEarly(start: .max, ahead: ahead, now: 10_000)))
        }
    }

    @Test func theOtherClockIsComparedWithTheMiddleOfTheExchange() {
        #expect(RetryRules.ahead(1_000, between: 1_000...1_000) == 0)
        #expect(RetryRules.ahead(700, between: 1_000...1_020) == -310)
        #expect(RetryRules.ahead(1_400, between: 1_000...1_200) == 300)
        #expect(RetryRules.ahead(.max, between: 0...0) == .max)
    }
}

@Suite struct JobTurnTests {
    private func turn(_ progress: JobProgress, _ event: JobTurn.Event, now: UInt64 = 1_000) -> (
        progress: JobProgress, next: JobTurn.Next
    ) {
        JobTurn.after(progress, event, now: now, random: 0.5)
    }

    /// Runs the events one after the other.
    private func turns(_ events: [JobTurn.Event]) -> JobTurn.Next {
        var progress = JobProgress()
        for event in events.dropLast() {
            let (after, next) = turn(progress, event)
            guard case .again = next else { return next }
            progress = after
        }
        return events.last.map { turn(progress, $0).next } ?? .again(after: .zero)
    }

    private func isAgain(_ next: JobTurn.Next) -> Bool { if case .again = next { true } else { false } }

    @Test func nothingThatFailsEverEndsAJob() {
        var progress = JobProgress()
        for number in 0..<10_000 {
            let event: JobTurn.Event =
                number.isMultiple(of: 3) ? .deferred(seconds: nil) : .unusable("\(number)", seconds: nil)
            let (after, next) = turn(progress, event)
            #expect(isAgain(next))
            progress = after
        }
    }

    /// A request can be mutilated on its way, and is then refused for that.
    @Test func aRefusalHasToBeRepeated() {
        #expect(isAgain(turns([.refused("x")])))
        #expect(turns([.refused("x"), .refused("y")]) == .returnReports)
        #expect(isAgain(turns([.refused("x"), .unusable("z", seconds: nil), .refused("x")])))
    }

    /// Whatever mutilates requests may do so for seconds; and a helper that has the reports must be asked when it is over.
    @Test func afterALostAnswerARefusalHasToComeForAMinute() {
        let refusals = [JobTurn.Event](repeating: .refused("x"), count: 8)
        for lost in [.unusable("cut", seconds: nil), .deferred(seconds: 1), .wrong("mixed up")] as [JobTurn.Event] {
            #expect(isAgain(turns([lost] + refusals.dropLast())))
            #expect(turns([lost] + refusals) == .returnReports)
        }
        let pauses = (1..<8).map { RetryRules.pause(.refused, inARow: $0, asked: nil, random: 0) }
        #expect(pauses.reduce(.zero, +) > .seconds(45))
    }

    /// A node that ended before it noted the first answer does not know whether there was one.
    @Test func ofAJobThatIsFoundInTheDatabaseTheFirstAnswerMayBeLost() {
        #expect(JobTurn.resumed(JobProgress()).mayBeCommitted)
        let refused = JobProgress(answer: .refused, attempts: 1)
        #expect(JobTurn.resumed(refused) == refused, "nothing but refusals came")
    }

    /// Verdicts that are wrong may be those of a helper that has the reports: they never go into other bytes.
    @Test func wrongVerdictsEndTheReportsAndNeverReturnThem() {
        let wrong = JobTurn.Event.wrong("ids")
        #expect(isAgain(turns([wrong, wrong])))
        #expect(turns([wrong, wrong, wrong]) == .rejectReports)
        #expect(isAgain(turns([wrong, wrong, .unusable("cut", seconds: nil), wrong, wrong])))
    }

    @Test func pollsGiveWayToThePostNowAndThen() {
        func polls(_ answer: JobProgress.Answer, _ attempts: Int, id: String? = "x") -> Bool {
            JobTurn.isPoll(JobProgress(answer: answer, attempts: attempts), helperID: id)
        }
        #expect(!polls(.deferred, 1, id: nil) && polls(.none, 0))
        #expect(!polls(.refused, 1) && !polls(.wrong, 1), "the question, or the name, may be what is wrong")
        #expect((1...8).filter { !polls(.unusable, $0) } == [3, 7])
        #expect((1...40).filter { !polls(.deferred, $0) } == [16, 32])
    }

    /// Who asks for a day does not end reports that have less.
    @Test func noPauseOutlastsTheReports() {
        var (progress, now, turns) = (JobProgress(), UInt64(1_000), 0)
        let end = now + 82_800
        while now < end {
            let after = JobTurn.after(
                progress, .unusable("status 503", seconds: 86_400), now: now, givenUpAt: end, random: 1)
            #expect(after.progress.notBefore <= max(now + (end - now) / 2 + 1, now + 61))
            (progress, now, turns) = (after.progress, after.progress.notBefore, turns + 1)
        }
        #expect((8...20).contains(turns))
        let past = JobTurn.after(progress, .deferred(seconds: 9_000), now: end + 9, givenUpAt: end, random: 0)
        #expect(past.next == .again(after: .seconds(60)))
        let short = JobTurn.after(JobProgress(), .unusable("x", seconds: 90), now: 1_000, givenUpAt: end, random: 0.5)
        #expect(short.next == .again(after: .milliseconds(90_250)), "what is asked for is kept to")
    }

    @Test func whatIsKnownIsKept() {
        let (failed, next) = turn(JobProgress(), .unusable("status 503", seconds: 90), now: 1_000)
        #expect(next == .again(after: .milliseconds(90_250)))
        #expect(
            failed
                == JobProgress(
                    answer: .unusable, attempts: 1, mayBeCommitted: true, sentAt: 1_000, notBefore: 1_091,
                    isAsked: true,
                    reason: "status 503"))
        let again = turn(failed, .unusable("status 502", seconds: nil), now: 2_000).progress
        #expect(again.attempts == 2 && !again.isAsked && again.reason == "status 502")
        let deferred = turn(again, .deferred(seconds: nil)).progress
        #expect(deferred.attempts == 1 && deferred.answer == .deferred)
        #expect(turn(JobProgress(), .refused("x")).progress.mayBeCommitted == false)
    }
}
