import Bench
import Testing

@Suite struct LoadAnswerTests {
    private func read(_ lines: String...) -> LoadAnswer? {
        LoadAnswer(head: Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8), promise: "Cairn-Promise")
    }

    @Test func theHeadOfALeadersAnswerIsReadWhateverTheCaseOfItsNames() throws {
        let taken = try #require(read("HTTP/1.1 200 OK", "Content-Length: 0", "Date: Mon, 1 Jan 2026 00:00:00 GMT"))
        #expect(taken.status == 200 && taken.bodyBytes == 0 && !taken.isPromised && !taken.closes)
        let promised = try #require(read("HTTP/1.1 200 OK", "cairn-promise: x:y", "content-length:12"))
        #expect(promised.isPromised && promised.bodyBytes == 12)
        let busy = try #require(read("HTTP/1.1 503 Service Unavailable", "Connection: Close", "Content-Length: 7"))
        #expect(busy.status == 503 && busy.closes && busy.bodyBytes == 7)
    }

    @Test func whatDoesNotSayHowLongItsBodyIsIsNoAnswer() {
        #expect(read("HTTP/1.1 200 OK") == nil)
        #expect(read("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") == nil)
        #expect(read("HTTP/1.1 200 OK", "Content-Length: -1") == nil)
        #expect(read("HTTP/1.1 200 OK", "Content-Length: many") == nil)
    }

    @Test func whatIsNotHTTPIsNoAnswer() {
        #expect(read("SSH-2.0-OpenSSH") == nil)
        #expect(read("HTTP/1.1", "Content-Length: 0") == nil)
        #expect(read("HTTP/1.1 OK", "Content-Length: 0") == nil)
        #expect(read("HTTP/1.1 200 OK", "no colon", "Content-Length: 0") == nil)
        #expect(LoadAnswer(head: [], promise: "x") == nil)
    }
}
