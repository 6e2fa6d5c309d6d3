import SharedModel
import Testing

/// One contributor in ten wants to ruin the digits' model. What they send is summed in the clear here; that the
/// aggregators refuse a report whose norm is above the bound is for `VDAFTests/BoundedL2SoundnessTests` and
/// `EndToEndTests/DemoTests` to show.
///
/// Over the seeds 1 to 20, attackers who adapt cost up to 2.8 points and 0.6 on average; without a bound every attack cost
/// 14 or more, most of them all but guessing.
@Suite struct PoisoningTests {
    private enum Attack: String, CaseIterable {
        /// The own update a thousandfold.
        case scaled
        /// The same, pointing backwards.
        case flipped
        /// All attackers push against what the others' updates add up to, which they are assumed to know.
        case concerted

        /// Before anybody looks at its norm.
        func update(own: [Double], others: [Double]) -> [Double] {
            switch self {
            case .scaled: own.map { 1000 * $0 }
            case .flipped: own.map { -1000 * $0 }
            case .concerted: others.map { -1000 * $0 }
            }
        }
    }

    /// What becomes of the attackers' updates.
    private enum Rule {
        /// They are sent as they are, and summed.
        case noBound
        /// They are sent as they are, and refused.
        case bound
        /// The attackers know the bound, and send the most that it allows.
        case boundAndAttackersAdapt
    }

    private static let attackers = 4

    private static func run(_ kind: ModelKind, seed: UInt64) throws -> TrainingRun {
        try TrainingRun(data: digits(), kind: kind, scaling: FeatureScaling(lower: 0, upper: 16), seed: seed)
    }

    /// Final accuracy; a nil attack leaves the attackers out.
    private static func accuracy(_ run: TrainingRun, _ attack: Attack?, _ rule: Rule) throws -> Double {
        var model = run.initialModel
        for round in 0..<TrainingDefaults.rounds {
            let updates = try run.slices.indices.map { try run.update(of: $0, round: round, from: model) }
            let honest = Array(updates.dropFirst(attackers))
            let others = sum(honest)
            var sent = honest
            for own in updates.prefix(attackers) {
                guard let update = attack?.update(own: own, others: others) else { continue }
                switch rule {
                case .noBound: sent.append(update)
                case .bound: if (try? run.bound.encode(update)) != nil { sent.append(update) }
                case .boundAndAttackersAdapt: sent.append(try run.bound.clip(update))
                }
            }
            guard rule != .noBound else {
                model = try model.applying(sum(sent).map { $0 / Double(sent.count) })
                continue
            }
            var sums = [Int128](repeating: 0, count: run.bound.dimension)
            for update in sent {
                for (index, value) in try run.bound.encode(update).enumerated() { sums[index] += Int128(value) }
            }
            model = try run.model(after: model, sums: sums, contributors: sent.count)
        }
        return try model.accuracy(on: run.test)
    }

    private static func sum(_ updates: [[Double]]) -> [Double] {
        updates.dropFirst().reduce(into: updates[0]) { sum, update in
            for index in update.indices { sum[index] += update[index] }
        }
    }

    @Test(arguments: [ModelKind.softmax, .hiddenLayer(width: 32)], [TrainingDefaults.seed, 1])
    func theBoundKeepsTheModelWithinThreePointsAndItsAbsenceDoesNot(_ kind: ModelKind, _ seed: UInt64) throws {
        let run = try Self.run(kind, seed: seed)
        #expect(Self.attackers * 10 == run.slices.count)
        let undisturbed = try Self.accuracy(run, nil, .bound)
        #expect(undisturbed > 0.93)
        for attack in Attack.allCases {
            let bounded = try Self.accuracy(run, attack, .bound)
            #expect(bounded == undisturbed, "\(attack.rawValue): whoever exceeds the bound is left out")
            let adapted = try Self.accuracy(run, attack, .boundAndAttackersAdapt)
            #expect(abs(adapted - undisturbed) <= 0.03, "\(attack.rawValue): \(adapted), without \(undisturbed)")
            let unbounded = try Self.accuracy(run, attack, .noBound)
            #expect(unbounded < undisturbed - 0.1, "\(attack.rawValue): \(unbounded), without \(undisturbed)")
            print("\(kind), seed \(seed), \(attack.rawValue): \(undisturbed), \(adapted), no bound \(unbounded)")
        }
    }
}
