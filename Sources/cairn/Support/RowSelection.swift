import ArgumentParser

/// `--row N`, `N..M` or `N..`: rows of a file's data, from 1; both ends belong to it.
struct RowSelection: ExpressibleByArgument, Equatable {
    let first: Int
    /// nil for all that follow.
    let last: Int?

    init?(argument: String) {
        guard let separator = argument.range(of: "..") else {
            guard let row = Int(argument), row > 0 else { return nil }
            (first, last) = (row, row)
            return
        }
        let end = argument[separator.upperBound...]
        guard let first = Int(argument[..<separator.lowerBound]), first > 0 else { return nil }
        self.first = first
        guard !end.isEmpty else {
            last = nil
            return
        }
        guard let last = Int(end), last >= first else { return nil }
        self.last = last
    }

    /// Rows from 0, in order, as arguments that choose them and no others.
    static func ranges(of rows: [Int]) -> [String] {
        var ranges: [ClosedRange<Int>] = []
        for row in rows {
            if let last = ranges.last, last.upperBound + 1 == row {
                ranges[ranges.count - 1] = last.lowerBound...row
            } else {
                ranges.append(row...row)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound + 1)" : "\($0.lowerBound + 1)..\($0.upperBound + 1)" }
    }

    func contains(_ row: Int) -> Bool { row >= first && row <= last ?? .max }

    /// The chosen rows of a file that has `count`, from 0, in order; all where nothing is chosen.
    ///
    /// - Throws: where a row is asked for that the file does not have.
    static func indices(_ chosen: [RowSelection], of count: Int, in file: String) throws -> [Int] {
        if let beyond = chosen.first(where: { ($0.last ?? $0.first) > count }) {
            throw CommandFailure.usage(
                "\(file) has \(count) row\(count == 1 ? "" : "s") of data, and no row \(beyond.last ?? beyond.first)",
                advice: "Rows count from 1, without the header.")
        }
        guard !chosen.isEmpty else { return Array(0..<count) }
        return (0..<count).filter { index in chosen.contains { $0.contains(index + 1) } }
    }
}
