import DAP
import Datastore
import Ledger
import TestSupport
import Testing

/// Whatever happens to a leader's reports, in whatever order and on either engine, the store answers what the life says, and
/// the rows are where it says.
@Suite(.inTurns) struct LeaderStoreLifeTests {
    @Test(arguments: EngineKind.tested, [true, false])
    func theStoreDoesWhatTheLifeSays(_ kind: EngineKind, isSelected: Bool) async throws {
        let temporary = try await TemporaryStore(kind)
        try await temporary.store.addTask(Make.storedTask(), logEntry: nil)
        var model = LeaderModel(
            store: temporary.store, isSelected: isSelected, random: SeededGenerator())
        for step in 0..<150 {
            let deed = try await model.step()
            try await model.compare("after step \(step), \(deed)")
            guard step % 10 == 9 else { continue }
            try await LeaderAudit(store: temporary.store).check("after step \(step), \(deed)", share: LeaderModel.share)
        }
        #expect(
            model.met.count == 6 && model.comparisons > 0,
            "the run shows something: \(model.met.sorted()), \(model.comparisons)")
        // Of a collected batch nothing leaves, and nothing joins it.
        try await model.collect()
        for step in 0..<30 {
            let deed = try await model.step()
            try await model.compare("after collecting, step \(step), \(deed)")
        }
        try await model.endTask()
        try await model.compare("after the end of the task")
    }
}
