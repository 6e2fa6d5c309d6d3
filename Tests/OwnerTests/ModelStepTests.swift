import Contributor
import Crypto
import DAP
import Ledger
import LedgerFixtures
import Owner
import SharedModel
import TaskTypes
import Testing

/// The step from a proved sum to the next model, which anybody can repeat.
@Suite struct ModelStepTests {
    private let model: Model
    private let bound: UpdateBound
    private let unit: Int128

    init() throws {
        model = Model(initial: try ModelShape(kind: .softmax, inputs: 2, classes: 2), seed: 1)
        bound = try UpdateBound(norm: 5, model: model.shape)
        unit = 1 << Int128(bound.fractionalBits)
    }

    private func result(_ value: AggregateValue, count: UInt64 = 2) -> AuditedResult {
        AuditedResult(selector: BatchScope.batch(.random()).selector, count: count, value: value)
    }

    @Test func theNextModelIsTheOldOnePlusTheAverage() throws {
        var sums = [Int128](repeating: 0, count: model.parameters.count)
        sums[1] = 3 * unit
        let step = try ModelStep(from: model, with: result(.signedVector(sums)), bound: bound)
        #expect(step.next.parameters[1] == model.parameters[1] + 1.5)
        #expect(step.next.parameters[0] == model.parameters[0])
        #expect(step.sum == Blob.encode(.signedVector(sums)))
    }

    @Test func theEntryBindsBothModelsTheSumAndTheBatch() throws {
        let sums = [Int128](repeating: unit, count: model.parameters.count)
        let step = try ModelStep(from: model, with: result(.signedVector(sums)), bound: bound)
        let key = Curve25519.Signing.PrivateKey()
        let task = TaskID([UInt8](repeating: 1, count: 32))
        let entry = try step.entry(of: try #require(task), owner: key)
        #expect(entry.previousModelHash == Blob.hash(model.encoded()))
        #expect(entry.modelHash == Blob.hash(step.next.encoded()) && entry.resultHash == Blob.hash(step.sum))
        #expect(entry.selector == step.result.selector)
        #expect(entry.isSigned(by: Array(key.publicKey.rawRepresentation)))
    }

    @Test func whatUpdatesCannotAddUpToIsNotApplied() throws {
        let fitting = [Int128](repeating: 0, count: model.parameters.count)
        var tooLarge = fitting
        tooLarge[0] = 2 * Int128(bound.encoding.integerBound) + 1
        let cases: [(AggregateValue, UInt64, RoundError)] = [
            (.vector([1, 2]), 2, .noUpdates), (.signedVector(fitting), .max, .noUpdates),
            (.signedVector([1]), 2, .update(.wrongCount(found: 1, expected: fitting.count))),
            (.signedVector(fitting), 0, .update(.contributorCountOutOfRange(0))),
            (
                .signedVector(tooLarge), 2,
                .update(.sumOutOfRange(coordinate: 0, largest: 2 * UInt128(bound.encoding.integerBound)))
            ),
        ]
        for (value, count, expected) in cases {
            #expect(throws: expected) { try ModelStep(from: model, with: result(value, count: count), bound: bound) }
        }
    }
}
