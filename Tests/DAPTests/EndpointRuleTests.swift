import DAP
import Testing

/// Which URLs are this machine's, and that nothing else passes for it.
@Suite struct EndpointRuleTests {
    @Test(arguments: [
        "http://localhost", "http://localhost/", "http://localhost:8301/api", "HTTP://LocalHost:1", "http://127.0.0.1",
        "http://127.0.0.1:65535/x?y=http://evil.example", "http://127.255.255.255/", "http://127.0.0.0", "http://[::1]",
        "http://[::1]:80/a", "https://example.org", "HTTPS://example.org:1/a", "https://127.0.0.1/",
    ])
    func tlsAndThisMachineAreAllowed(url: String) {
        #expect(EndpointRule.isAllowed(url))
    }

    @Test(arguments: [
        // Other machines, and names that begin or end like this one.
        "http://example.org/", "http://127.0.0.1.evil.example/", "http://localhost.example/", "http://localhost.",
        "http://evil.example/localhost", "http://notlocalhost/", "http://localhostx/", "http://128.0.0.1/",
        "http://10.127.0.1/", "http://0.0.0.0/", "http://[::]/", "http://[::2]/", "http://2130706433/",
        // Spellings that some resolvers take for this machine.
        "http://127.1/", "http://127.0.1/", "http://0177.0.0.1/", "http://127.0.0.01/", "http://0x7f.0.0.1/",
        "http://127.0.0.1./", "http://127.0.0.256/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:0:0:1]/", "http://[::1%25lo]/", "http://[::1", "http://::1/", "http://loopback/",
        "http://ip6-localhost/", "http://%6cocalhost/", "http://１27.0.0.1/", "http://127。0.0.1/", "http://lOcalhoſt/",
        // Users, and where an authority may end for another parser.
        "http://localhost@evil.example/", "http://localhost:80@evil.example/", "http://user@localhost/",
        "http://evil.example#@localhost/", "http://localhost#@evil.example/", "http://localhost?@evil.example/",
        "http://localhost\\@evil.example/", "http://evil.example\\localhost", "http://localhost;evil.example/",
        "http://localhost\t/", "http:// localhost/", "http://localhost\r\n/", "http://127.0.0.1\0.evil.example/",
        // Ports that are none.
        "http://localhost:", "http://localhost:0/", "http://localhost:65536/", "http://localhost:080/",
        "http://localhost:8o/", "http://localhost:+80/", "http://[::1]80/", "http://127.0.0.1:80:80/",
        "http://localhost:99999999999999999999/",
        // Other schemes.
        "ftp://localhost/", "unix://localhost/", "http+unix://localhost/", "http:/localhost/", "http:localhost",
        " http://localhost/", " https://example.org", "https:/example.org", "//localhost/", "localhost", "http://", "",
    ])
    func everythingElseIsRefused(url: String) throws {
        #expect(!EndpointRule.isAllowed(url))
        let error = try #require(throws: InsecureEndpoint.self) { try EndpointRule.check(url) }
        #expect(error.url == url)
        #expect(error.description.contains("https") || error.description.contains("not a URL that can be used"))
    }

    @Test func whatLiftsTheRuleLiftsItForPlainHTTPAlone() {
        #expect(EndpointRule.lifting == "CAIRN_INSECURE_PLAIN_HTTP_FOR_TESTS")
        #expect(EndpointRule.isAllowed("http://example.org/", isLifted: true))
        #expect(!EndpointRule.isAllowed("http+unix://example.org/", isLifted: true))
        #expect(!EndpointRule.isAllowed("ftp://example.org/", isLifted: true))
    }

    /// Logs of tasks from before this rule are audited as ever: only those who take part ask.
    @Test func aTaskIsValidWithAnyURLButNothingIsSentToIt() throws {
        let task = try Fixtures.task(leaderURL: "http://leader.example/")
        #expect(throws: Never.self) { try task.validated() }
        #expect(throws: InsecureEndpoint.self) { try task.checkTransport() }
        #expect(throws: Never.self) { try Fixtures.task().checkTransport() }
        #expect(throws: Never.self) { try Fixtures.task(leaderURL: "https://leader.example/").checkTransport() }
    }
}
