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
    /// How the starts went on from the run that was asked for.
    package enum Successor: Sendable, Equatable {
        /// There was none.
        case none
        /// One, which may have been cut off before the file knew of it.
        case last
        /// One that others went on from, or several.
        case followed
    }

    /// The greatest number in the database, and the run that was begun last.
    package var newest: GenerationMark
    /// Where the run that was asked for has come to, or the one that goes on from it.
    package var mark: GenerationMark
    /// The generations of the run that was asked for; nil if the database has never been in it, or does not know any more.
    package var span: ClosedRange<UInt64>?
    /// The greatest number of the runs that the database does not know any more; 0 where it knows all.
    package var forgotten: UInt64 = 0
    package var successor = Successor.none
    /// Whether another process works in that run now.
    package var isLed = false
    /// Whether another process of this node is at work, which has held the database against a file of its own.
    package var hasCompany = false

    package init(newest: GenerationMark, mark: GenerationMark, span: ClosedRange<UInt64>?) {
        self.newest = newest
        self.mark = mark
        self.span = span
    }
}

/// What others than a process have counted, as it sees it.
///
/// A process's file has the number of its own run alone. It stands for all that others have done when the process counts
/// once more after it has seen that: a database in which its run has this number has everything that was there before. That
/// count is no deed, or two processes would count in turn for ever.
package struct GenerationView: Sendable, Equatable {
    /// Of runs that may go on: how much each has done.
    package var deeds: [GenerationRun: UInt64] = [:]
    /// What commands have counted.
    package var unnamed: UInt64 = 0

    package init() {}

    /// Whether nothing is in the other one that is not in this.
    package func covers(_ other: GenerationView) -> Bool {
        other.unnamed <= unnamed
            && other.deeds.allSatisfy { run, count in deeds[run].map { count <= $0 } ?? false }
    }

    /// Both together.
    package mutating func add(_ other: GenerationView) {
        unnamed = max(unnamed, other.unnamed)
        deeds.merge(other.deeds, uniquingKeysWith: max)
    }
}
