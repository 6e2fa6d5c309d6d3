// How a person names a column of a CSV file.

/// A column by its name or by its place.
package enum ColumnReference: Sendable, Hashable {
    /// By the name in the header, which the file then must have.
    case name(String)
    /// By its index, counted from 0.
    case index(Int)
    /// The rightmost column.
    case last

    /// Reads a command-line argument: digits are an index and never a name, everything else is a name. `name:0` is the
    /// column whose name is 0.
    package init(argument: String) {
        if !argument.isEmpty, argument.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // An index beyond all integers is beyond all columns as well.
            self = .index(Int(argument) ?? .max)
        } else {
            self = .name(argument.hasPrefix("name:") ? String(argument.dropFirst(5)) : argument)
        }
    }

    package var isName: Bool {
        if case .name = self { true } else { false }
    }
}
