import Contributor
import Testing
import Transport

/// When a wait speaks, and when it ends.
@Suite struct WaitingTests {
    @Test func aWaitSpeaksAfterTwoSecondsAndThenAtGrowingIntervals() {
        let moments = (0..<9).map(WaitingWords.moment)
        #expect(moments.first == 2)
        let pauses = zip(moments, moments.dropFirst()).map { $1 - $0 }
        #expect(pauses == pauses.sorted() && pauses.first == 5 && pauses.last == 60)
        #expect(
            WaitingWords.sentence("https://l.example/x", reason: "HTTP 503", seconds: 7)
                == "waiting for https://l.example/x: HTTP 503 (for 7 s now)")
    }

    @Test func answersAreShownAsFarAsTheyAreFitForATerminal() {
        func text(_ status: Int, _ type: String?, _ body: String, location: String? = nil) -> String {
            AnswerWords.text(status: status, type: type, location: location, body: Array(body.utf8))
        }
        #expect(text(404, "text/html", "<html>no</html>") == "HTTP 404, there is nothing at this URL")
        #expect(
            text(404, "text/plain", "404 page\u{1B}[31m not found\n")
                == "HTTP 404, there is nothing at this URL: 404 page [31m not found")
        #expect(
            text(302, nil, "", location: "https://x:99999/")
                == "HTTP 302, it sends requests elsewhere, which are not followed (to https://x:99999/)")
        #expect(text(299, nil, "") == "HTTP 299")
    }
}
