/// The types that there are. A new one is a file in `Types/` and a line here.
package enum TaskTypeRegistry {
    /// In the order of their ids, which is that of every list for people.
    package static let all: [any TaskType.Type] = [
        CountType.self, SumType.self, SumVecType.self, HistogramType.self, MultihotCountVecType.self,
        L1BoundSumType.self, SumVecField64Type.self, BoundedL2Type.self,
    ]

    /// The type behind `VdafType`, without commitments; nil for one that we do not have.
    static func type(id: UInt32) -> (any TaskType.Type)? { all.first { $0.id == id } }

    /// The type whose committed form has a number.
    static func type(committedNumber: UInt32) -> (any TaskType.Type)? {
        all.first { $0.committedNumber == committedNumber }
    }

    /// The type of a name that stands in a file.
    package static func type(named name: String) -> (any TaskType.Type)? { all.first { $0.name == name } }

    /// The names in files.
    package static var names: [String] { all.map { $0.name } }

    /// All names that a person may use, with what a report then holds.
    package static var spokenNames: [(name: String, words: String, type: any TaskType.Type)] {
        all.flatMap { type in
            [(type.name, type.words, type)] + type.otherNames.map { ($0.name, $0.words, type) }
        }
    }
}
