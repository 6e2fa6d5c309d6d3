// The words that stand for 1 and 0 where a report says yes or no.

/// `true`, `yes`, `false` or `no`, in any case.
package enum TruthWord {
    case yes, no

    package init?(_ text: String) {
        switch text.lowercased() {
        case "true", "yes": self = .yes
        case "false", "no": self = .no
        default: return nil
        }
    }
}
