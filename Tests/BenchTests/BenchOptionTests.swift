import Bench
import Testing

@Suite struct BenchOptionTests {
    /// What is wrong, and a word that the error must have.
    static let wrongCases: [(MeasuredType, length: Int?, bits: Int?, chunkLength: Int?, word: String)] = [
        (.count, 2, nil, nil, "--length"), (.count, nil, 1, nil, "--bits"), (.count, nil, nil, 1, "--chunk-length"),
        (.sum, nil, 0, nil, "--bits 0"), (.sum, nil, 64, nil, "--bits 64"), (.sum, nil, -1, nil, "--bits -1"),
        (.sum, nil, nil, 3, "--chunk-length"), (.histogram, 5, 2, nil, "--bits"),
        (.sumvec, 0, nil, nil, "--length 0"), (.sumvec, -5, nil, nil, "--length -5"),
        (.sumvec, .max, 16, nil, "--length"), (.sumvec, 1 << 22, 2, nil, "8388608"),
        (.sumvec, 10, 2, 21, "--chunk-length 21"), (.sumvec, 10, 2, 0, "--chunk-length 0"),
        (.sumvec, 10, 2, -1, "--chunk-length -1"), (.multihot, 1 << 22, nil, nil, "elements"),
        (.l1boundsum, 1 << 22, 1, nil, "elements"), (.poplar1, nil, 65_537, nil, "--bits 65537"),
        (.poplar1, 3, nil, nil, "--length"),
    ]

    @Test(arguments: wrongCases.indices) func impossibleParametersAreRefused(_ index: Int) throws {
        let wrong = Self.wrongCases[index]
        let error = #expect(throws: BenchError.self) {
            try BenchCase(wrong.0, length: wrong.length, bits: wrong.bits, chunkLength: wrong.chunkLength)
        }
        guard case .invalidOption(let text) = error else { return }
        #expect(text.contains(wrong.word), "\(text)")
    }

    @Test func impossibleSettingsAreRefused() throws {
        #expect(throws: BenchError.self) { try BenchSettings(reports: 0, seed: 0) }
        #expect(throws: BenchError.self) { try BenchSettings(reports: -1, seed: 0) }
        #expect(throws: BenchError.self) { try BenchSettings(reports: 1_000_000_000, seed: 0) }
        #expect(throws: BenchError.self) { try BenchSettings(threads: 0, seed: 0) }
        #expect(throws: BenchError.self) { try BenchSettings(threads: 100_000, seed: 0) }
        #expect(throws: BenchError.self) { try BenchSettings(repeats: 0, seed: 0) }
    }

    @Test func parametersThatTheCircuitRefusesAreOptionErrors() throws {
        // More than 2^20 gadget calls.
        let benchCase = try BenchCase(.sumvec, length: 1 << 21, bits: 1, chunkLength: 1)
        let settings = try BenchSettings(reports: 1, seed: 0)
        let error = #expect(throws: BenchError.self) { try BenchRow(benchCase, settings: settings) }
        guard case .invalidOption = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func leftOutParametersGetTheShortestProof() throws {
        #expect(try BenchCase(.sumvec, length: 1000, bits: 16).chunkLength == 126)
        #expect(try BenchCase(.sumvec, length: 10_000, bits: 16).chunkLength == 314)
        #expect(try BenchCase(.count).chunkLength == 0)
        #expect(try BenchCase(.sum) == BenchCase(.sum, bits: 32))
    }
}
