import DurableFiles
import Foundation
import VDAF

/// One decoder under test, or several that read the same message of different types.
struct Decoder: Sendable {
    let name: String
    /// The longest input worth trying, in bytes.
    let maximumLength: Int
    /// Valid encodings, made by our own code, from which libFuzzer starts.
    let seeds: @Sendable (inout SeededGenerator) throws -> [[UInt8]]
    /// Gives one input to the decoder and checks what must hold of it. A broken promise stops the program.
    let run: @Sendable ([UInt8]) -> Void

    init(
        _ name: String, maximumLength: Int = 1024,
        seeds: @escaping @Sendable (inout SeededGenerator) throws -> [[UInt8]],
        run: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.name = name
        self.maximumLength = maximumLength
        self.seeds = seeds
        self.run = run
    }

    static let all: [Decoder] =
        fields + prio3 + poplar1 + committed + verification + groups + proofs + texts + messages + tasks + http + notes
        + tiles + ledger + signatures + credit + files + tensorFiles + wallet

    /// The generator's seed is fixed: the same build always starts from the same inputs.
    func writeSeeds(to folder: String) throws {
        var generator = SeededGenerator(seed: 1)
        for (index, seed) in try seeds(&generator).enumerated() where seed.count <= maximumLength {
            try DurableFile.write(seed, to: "\(folder)/seed-\(index)", mode: nil)
        }
    }
}

/// Stops the program because `bytes` broke a promise. Release builds print nothing for a failed precondition, so this
/// does.
func broken(_ promise: String, by bytes: [UInt8]) -> Never {
    let hex = bytes.prefix(200).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    FileHandle.standardError.write(Data("BROKEN PROMISE: \(promise)\n\(bytes.count) bytes: \(hex)\n".utf8))
    abort()
}

/// Decodes, and demands of what was accepted that it encodes to the same bytes: no value has two encodings, and no byte
/// goes unread. What was refused must have a description, for that is what reaches logs and people.
@discardableResult
func canonical<Value>(
    _ bytes: [UInt8], _ what: String, _ decode: ([UInt8]) throws -> Value, _ encode: (Value) -> [UInt8]
) -> Value? {
    do {
        let value = try decode(bytes)
        guard encode(value) == bytes else { broken("\(what) has one encoding", by: bytes) }
        return value
    } catch {
        describe(error)
        return nil
    }
}

/// Makes the description that a log or a person would get.
func describe(_ value: some Any) {
    // This one has no description of its own, and reflection is slow.
    if value is VDAFError { return }
    guard !"\(value)".isEmpty else { broken("everything that is reported has a description", by: []) }
}
