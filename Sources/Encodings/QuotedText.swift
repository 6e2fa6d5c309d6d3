extension String {
    /// Text of unknown origin between single quotation marks, for a message that a person reads in a terminal: what does
    /// not show (control characters, odd blanks and line ends) is escaped, and what is longer than 40 characters is cut.
    package var quotedForPeople: String {
        var shown = ""
        for scalar in unicodeScalars.prefix(40) {
            shown += scalar.isShown ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        return "'\(shown)\(unicodeScalars.count > 40 ? "…" : "")'"
    }
}

extension Unicode.Scalar {
    /// Whether a terminal shows the character, and nothing else happens.
    fileprivate var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}
