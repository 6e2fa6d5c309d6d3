extension String {
    /// Text of unknown origin between single quotation marks, for a message that a person reads in a terminal: control
    /// characters are escaped, and what is longer than 40 characters is cut.
    package var quotedForPeople: String {
        var shown = ""
        for scalar in unicodeScalars.prefix(40) {
            let category = scalar.properties.generalCategory
            let isControl = category == .control || category == .format
            shown += isControl ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return "'\(shown)\(unicodeScalars.count > 40 ? "…" : "")'"
    }
}
