import Contributor
import Crypto
import DAP
import Ledger
import SharedModel

/// From a model and a proved sum of updates to the next model. Pure: anybody who has both computes the same bytes.
package struct ModelStep: Sendable, Equatable {
    package let previous: Model
    package let next: Model
    package let result: AuditedResult

    /// The sum as the log keeps it.
    package var sum: [UInt8] { Blob.encode(result.value) }

    /// Takes the average of a sum of updates, and applies it.
    ///
    /// - Parameter bound: The rule for the task's updates.
    /// - Throws: `.noUpdates` for another kind of result, `.update` for one that so many updates cannot add up to,
    ///   `.model` where a parameter leaves the finite numbers.
    package init(from model: Model, with result: AuditedResult, bound: UpdateBound) throws(RoundError) {
        guard case .signedVector(let sums) = result.value, let count = Int(exactly: result.count) else {
            throw .noUpdates
        }
        let average: [Double]
        do throws(UpdateBoundError) { average = try bound.average(of: sums, contributors: count) } catch {
            throw .update(error)
        }
        do throws(ModelError) { next = try model.applying(average) } catch { throw .model(error) }
        previous = model
        self.result = result
    }

    /// The log's entry about it.
    ///
    /// - Throws: where the platform's random generator does.
    package func entry(of task: TaskID, owner key: Curve25519.Signing.PrivateKey) throws -> ModelEntry {
        try ModelEntry(
            taskID: task, selector: result.selector, resultHash: Blob.hash(sum),
            previousModelHash: Blob.hash(previous.encoded()), modelHash: Blob.hash(next.encoded()), owner: key)
    }
}
