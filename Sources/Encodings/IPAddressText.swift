/// What may stand for a host in a URL. Pure; nothing is looked up.
enum IPAddressText {
    /// A name of letters, digits, `-` and `_` in labels, or an IPv4 address of four decimals. What ends in a number and is
    /// no such address (`127.1`, `0x7f.0.0.1`) is neither: resolvers do not agree about it.
    static func isName(_ host: String) -> Bool {
        guard (1...253).contains(host.utf8.count) else { return false }
        var labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // The root's dot.
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        guard labels.allSatisfy(isLabel), let last = labels.last else { return false }
        let isNumber = last.utf8.allSatisfy(isDigit) || last.hasPrefix("0x")
        return isNumber ? isIPv4(host) : true
    }

    /// `a.b.c.d`, each 0 to 255 without leading zeros.
    static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit)
                    && (part.utf8.count == 1 || part.first != "0") && (Int(part) ?? 256) <= 255
            }
    }

    /// Eight groups of hexadecimal digits, `::` at most once in place of some, the last two perhaps as IPv4 (RFC 4291
    /// section 2.2). No zone.
    static func isIPv6(_ text: String) -> Bool {
        guard let gap = firstGap(in: text) else { return groups(text[...], mayEndInIPv4: true) == 8 }
        guard let front = groups(text[..<gap.lowerBound], mayEndInIPv4: false),
            let back = groups(text[gap.upperBound...], mayEndInIPv4: true)
        else { return false }
        return front + back <= 7
    }

    /// Where `::` is.
    private static func firstGap(in text: String) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" { return index..<text.index(after: next) }
            index = next
        }
        return nil
    }

    /// How many groups of 16 bits a text stands for; nil where it is none.
    private static func groups(_ text: Substring, mayEndInIPv4: Bool) -> Int? {
        guard !text.isEmpty else { return 0 }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = 0
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.contains(".") {
                guard isIPv4(part) else { return nil }
                count += 2
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit) else { return nil }
                count += 1
            }
        }
        return count
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count)
            && label.utf8.allSatisfy {
                isDigit($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }
}
