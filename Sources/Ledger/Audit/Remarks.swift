/// What an audit says beside its verdicts. Whoever writes a log can give reason for a remark with every entry; after so
/// many, the others are counted.
struct Remarks {
    /// In the order of the log.
    private var texts: [String] = []
    private var leftOut = 0

    static let most = 1_000

    mutating func append(_ text: @autoclosure () -> String) {
        guard texts.count < Self.most else {
            leftOut += 1
            return
        }
        texts.append(text())
    }

    /// The remarks, and how many there are behind them.
    ///
    /// - Parameter subject: what they are about.
    func all(about subject: @autoclosure () -> String) -> [String] {
        guard leftOut > 0 else { return texts }
        return texts + ["\(leftOut) further remarks about \(subject()) are left out"]
    }
}
