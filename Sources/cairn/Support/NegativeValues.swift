/// Values that begin with a minus.
///
/// The argument parser takes `-0.5` for an option, and `--value -0.5` for one whose value is missing. So a number behind
/// an option is joined to it, as `--value=-0.5`, before anything is parsed; `--value --json` stays what it is, a mistake.
enum NegativeValues {
    static func joined(_ arguments: [String]) -> [String] {
        var joined: [String] = []
        var isOver = false
        for argument in arguments {
            if !isOver, let last = joined.last, last.hasPrefix("--"), last != "--", !last.contains("="),
                isNegative(argument)
            {
                joined[joined.count - 1] = "\(last)=\(argument)"
            } else {
                joined.append(argument)
            }
            isOver = isOver || argument == "--"
        }
        return joined
    }

    /// Whether a text begins as a number below zero does: no option has a digit, and none is called `-inf`.
    private static func isNegative(_ argument: String) -> Bool {
        guard argument.first == "-" else { return false }
        let rest = argument.dropFirst()
        guard let first = rest.first else { return false }
        return first.isNumber || first == "." || first == "," || first == "∞"
            || ["inf", "nan"].contains(rest.prefix(3).lowercased())
    }
}
