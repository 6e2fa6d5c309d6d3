import Datastore
import Testing

/// Every stage of a job at the helper with everything that can happen to it.
@Suite struct HelperJobLifeTests {
    private static let stages: [HelperJobStage] = [
        .absent, .waiting(lease: nil), .waiting(lease: 1), .waiting(lease: 2), .answered, .deleted,
    ]

    /// What happens, and what follows in each of the stages, in their order.
    private static let table: [(event: HelperJobEvent, steps: [HelperJobStep])] = [
        (.keep, [.proceed(.stored), .present, .present, .present, .present, .proceed(.stored)]),
        (
            .answer(lease: nil),
            [
                .proceed(.nothing), .proceed(.removed), .proceed(.removed), .proceed(.removed), .present,
                .proceed(.nothing),
            ]
        ),
        (.answer(lease: 1), [.leaseLost, .leaseLost, .proceed(.removed), .leaseLost, .present, .leaseLost]),
        (
            .delete,
            [
                .unknown, .proceed(.removed), .proceed(.removed), .proceed(.removed), .proceed(.nothing), .unknown,
            ]
        ),
        (
            .lease(isFree: true),
            [.leaseLost, .proceed(.stays), .proceed(.stays), .proceed(.stays), .leaseLost, .leaseLost]
        ),
        (.lease(isFree: false), [.leaseLost, .proceed(.stays), .leaseLost, .leaseLost, .leaseLost, .leaseLost]),
        (.hold(lease: 1), [.leaseLost, .leaseLost, .proceed(.stays), .leaseLost, .leaseLost, .leaseLost]),
        (.forget(lease: 1), [.leaseLost, .leaseLost, .proceed(.removed), .leaseLost, .leaseLost, .leaseLost]),
        (
            .forget(lease: nil),
            [.unknown, .proceed(.removed), .proceed(.removed), .proceed(.removed), .unknown, .unknown]
        ),
    ]

    @Test func everyEventInEveryStateHasOneConsequence() {
        for (event, steps) in Self.table {
            for (stage, step) in zip(Self.stages, steps) {
                #expect(HelperJobLife.after(stage, event) == step, "\(event) in \(stage)")
            }
        }
    }

    /// What must hold whatever the table says.
    @Test func anAnswerIsNeverReplacedAndALostLeaseChangesNothing() {
        for (event, _) in Self.table {
            for stage in Self.stages {
                let step = HelperJobLife.after(stage, event)
                if stage == .answered, event != .delete {
                    #expect([.present, .leaseLost, .unknown].contains(step))
                }
                switch event {
                case .answer(let lease?), .hold(let lease), .forget(let lease?):
                    if case .proceed = step { #expect(stage == .waiting(lease: lease)) }
                default: break
                }
                // A place is taken by what waits, and freed when it waits no more.
                if step == .proceed(.removed) || step == .proceed(.stays) {
                    guard case .waiting = stage else {
                        Issue.record("\(event) in \(stage)")
                        continue
                    }
                }
            }
        }
    }
}
