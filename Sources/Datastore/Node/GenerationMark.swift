import DAP

/// Names one start of a node and what it does until the next: 16 random bytes, by which two continuations of one backup are
/// told apart.
package struct GenerationRun: FixedBytes {
    package static let size = 16
    package static let name = "run"
    package let bytes: [UInt8]
    package init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    package static func random() -> GenerationRun {
        var generator = SystemRandomNumberGenerator()
        return GenerationRun(unchecked: (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}

/// A point in the life of a node's database: how much that must be done only once it has done, and in which run.
package struct GenerationMark: Sendable, Hashable {
    package var number: UInt64
    /// Nil before nodes drew names of their runs, and before the first start.
    package var run: GenerationRun?

    package init(number: UInt64, run: GenerationRun?) {
        self.number = number
        self.run = run
    }
}

/// What a database says of its generation to somebody who knows one of its runs.
package struct GenerationRecord: Sendable, Equatable {
    /// Where the database is.
    package var mark: GenerationMark
    /// The first generation of its run; 0 where that has no name.
    package var first: UInt64
    /// The generations of the run that was asked for; nil if the database has never been in it.
    package var span: ClosedRange<UInt64>?

    package init(mark: GenerationMark, first: UInt64, span: ClosedRange<UInt64>?) {
        self.mark = mark
        self.first = first
        self.span = span
    }
}
