import Encodings
import Testing

/// Which texts are URLs, and what each is told that is none.
@Suite struct WebAddressTests {
    @Test(arguments: [
        ("http://localhost", "http://localhost", 80),
        ("HTTPS://Leader.Example:8443/A/b?step=0", "https://leader.example:8443/A/b?step=0", 8443),
        ("https://127.0.0.1:1/", "https://127.0.0.1:1/", 1), ("http://[::1]:65535/x", "http://[::1]:65535/x", 65_535),
        ("https://[2001:DB8::1.2.3.4]", "https://[2001:db8::1.2.3.4]", 443),
        ("https://a_b.xn--bcher-kva.example./", "https://a_b.xn--bcher-kva.example./", 443),
        ("http://h?q", "http://h?q", 80), ("https://h/%2F;a=b,c:d@e", "https://h/%2F;a=b,c:d@e", 443),
    ])
    func aURLIsReadAsItStands(text: String, again: String, port: Int) throws {
        let address = try WebAddress(text)
        #expect(address.string == again && address.port == port)
        #expect(try WebAddress(again) == address)
    }

    @Test(arguments: [
        ("", "https://"), ("ftp://h/", "https://"), ("h:80", "https://"), ("http:/h", "https://"), ("//h/", "https://"),
        ("http://", "names no host"), ("http:///x", "names no host"), ("http://:80/", "names no host"),
        ("http://h:65536/", "ports are 1 to 65535"), ("http://h:99999/", "ports are 1 to 65535"),
        ("http://h:0/", "ports are 1 to 65535"), ("http://h:/", "ports are 1 to 65535"),
        ("http://h:99999999999999999999/", "ports are 1 to 65535"), ("http://h:-1/", "ports are 1 to 65535"),
        ("http://h:080/", "ports are 1 to 65535"), ("http://h:80:80/", "ports are 1 to 65535"),
        ("http://h:8o/", "ports are 1 to 65535"),
        ("http://[::1]80/", "ports are 1 to 65535"), ("http://[::1", "no host"), ("http://[::1%25lo]/", "no host"),
        ("http://[]/", "no host"), ("http://[1.2.3.4]/", "no host"), ("http://[1:2:3]/", "no host"),
        ("http://[1::2::3]/", "no host"), ("http://[1:2:3:4:5:6:7:8:9]/", "no host"), ("http://::1/", "port"),
        ("http://127.1/", "no host"), ("http://256.0.0.1/", "no host"), ("http://0x7f.1/", "no host"),
        ("http://a..b/", "no host"), ("http://.a/", "no host"), ("http://a%41/", "no host"), ("http://a;b/", "no host"),
        ("http://u@h/", "user"), ("http://u:p@h/", "user"), ("http://h/#f", "'#'"), ("http://h/%4", "'%'"),
        ("http://h/%zz", "'%'"), ("http://h/a b", "space"), ("http://h\\x/", "character"),
        ("http://bücher.example/", "xn--"),
        ("http://h/\u{0}", "character"), (" http://h/", "space"), ("http://h/{a}", "character"),
        ("http://" + String(repeating: "a", count: 64) + "/", "no host"),
        ("http://h/" + String(repeating: "a", count: 2_048), "longer"),
    ])
    func whatIsNoURLIsToldWhy(text: String, why: String) throws {
        let error = try #require(throws: WebAddressError.self) { try WebAddress(text) }
        #expect(error.description.contains(why), "\(error)")
        #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }

    @Test func aLocationStaysAtItsServerOrNamesAnother() throws {
        let asked = try WebAddress("https://leader.example:8443/api/x?y=1")
        #expect(try asked.resolving(location: "/z?w").string == "https://leader.example:8443/z?w")
        #expect(try asked.resolving(location: "//thief.example/").server == asked.server)
        #expect(try asked.resolving(location: "https://thief.example/").server == "https://thief.example")
        for location in ["", "z", "https://h:99999/", "/a b", "javascript:0"] {
            #expect(throws: WebAddressError.self) { try asked.resolving(location: location) }
        }
    }
}
