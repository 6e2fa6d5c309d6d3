import Encodings

/// Which round of which training run a task is: `task_info` = run id (16 bytes) ‖ round number (u32, big-endian).
///
/// `Protocols/tasks.md`, section 7.
package struct TrainingRound: Sendable, Hashable {
    package let runID: [UInt8]
    package let number: UInt32

    package static let runIDSize = 16

    package init(runID: [UInt8], number: UInt32) {
        self.runID = runID
        self.number = number
    }

    /// nil where the bytes do not have the form of a round's.
    package init?(taskInfo: [UInt8]) {
        guard taskInfo.count == Self.runIDSize + 4 else { return nil }
        runID = Array(taskInfo.prefix(Self.runIDSize))
        number = taskInfo.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The run as people see and give it (`--run`): 32 hexadecimal digits.
    package var runName: String { Hex.encode(runID) }

    package var taskInfo: [UInt8] { runID + withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    package static func randomRunID() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<runIDSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

extension TaskConfiguration {
    /// The round that the task is. Its `task_info` may look like one by chance, so the task has to name a model, too.
    package var trainingRound: TrainingRound? {
        cairn?.modelHash == nil ? nil : TrainingRound(taskInfo: taskInfo)
    }
}
