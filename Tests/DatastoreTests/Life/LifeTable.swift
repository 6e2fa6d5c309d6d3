import Testing

/// What a life says of every state and every event, as a table that people can read: a line an event, a column a state.
struct LifeTable<Stage, Event> {
    let stages: [(name: String, stage: Stage)]
    let events: [(name: String, event: Event)]
    /// In a few letters.
    let cell: (Stage, Event) -> String

    var text: String {
        let width = (stages.map(\.name) + [""]).map(\.count).max() ?? 0
        let first = (events.map(\.name) + [""]).map(\.count).max() ?? 0
        func line(_ name: String, _ cells: [String]) -> String {
            let padded = cells.map { $0.padded(width) }.joined(separator: " ")
            return "\(name.padded(first)) | \(padded)".trimmingSuffix(" ")
        }
        let lines = events.map { name, event in line(name, stages.map { cell($0.stage, event) }) }
        return ([line("", stages.map(\.name))] + lines).joined(separator: "\n")
    }

    /// Line by line, so that a failure shows the lines that differ.
    func check(_ expected: String, at location: SourceLocation = #_sourceLocation) {
        let (found, wanted) = (Self.lines(text), Self.lines(expected))
        #expect(found.count == wanted.count, sourceLocation: location)
        for (found, wanted) in zip(found, wanted) { #expect(found == wanted, sourceLocation: location) }
    }

    /// Without what only makes columns stand below each other.
    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var copy = self
        while copy.last == character { copy.removeLast() }
        return copy
    }
}
