import TestSupport
import Testing
import VDAF

/// Poplar1 from end to end: counts of prefixes, and what its operations refuse.
@Suite struct Poplar1Tests {
    static func parameter(
        _ level: Int, _ prefixes: some Collection<BitString>
    ) throws -> Poplar1AggregationParameter {
        try Poplar1AggregationParameter(
            level: level, prefixes: Set(prefixes).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) })
    }

    @Test(arguments: [1, 2, 7, 8, 9, 33])
    func resultsAreTheNumbersOfMeasurementsWithEachPrefix(bits: Int) throws {
        var random = SeededGenerator()
        let vdaf = try Poplar1(bits: bits)
        for level in Set([0, bits / 2, max(bits - 2, 0), bits - 1]) {
            let common = IdpfTests.randomString(bits, &random)
            let measurements = [common, common] + (0..<3).map { _ in IdpfTests.randomString(bits, &random) }
            let candidates =
                measurements.map { $0.prefix(level + 1) }
                + (0..<5).map { _ in IdpfTests.randomString(level + 1, &random) }
            let parameter = try Self.parameter(level, candidates)
            let result = try aggregate(vdaf, measurements, parameter: parameter, &random)
            let expected = parameter.prefixes.map { prefix in
                UInt128(measurements.filter { $0.prefix(level + 1) == prefix }.count)
            }
            #expect(result == expected, "level \(level)")
        }
    }

    @Test func heavyHittersAreFoundLevelByLevel() throws {
        var random = SeededGenerator()
        let (bits, threshold) = (10, 3)
        let vdaf = try Poplar1(bits: bits)
        let heavy = (0..<2).map { _ in IdpfTests.randomString(bits, &random) }
        let measurements =
            [heavy[0], heavy[0], heavy[0], heavy[1], heavy[1], heavy[1], heavy[1]]
            + (0..<4).map { _ in IdpfTests.randomString(bits, &random) }
        let reports = try measurements.map { try Report(vdaf, $0, Self.parameter(0, []), &random) }

        var previous: [Poplar1AggregationParameter] = []
        var candidates = [BitString([false]), BitString([true])]
        for level in 0..<bits {
            let parameter = try Self.parameter(level, candidates)
            #expect(vdaf.isValid(aggregationParameter: parameter, previous: previous))
            previous.append(parameter)
            var shares = [vdaf.aggregateInit(parameter), vdaf.aggregateInit(parameter)]
            for var report in reports {
                report.aggregationParameter = parameter
                for (aggregator, output) in try report.verify().enumerated() {
                    vdaf.aggregateUpdate(&shares[aggregator], with: output)
                }
            }
            let counts = try vdaf.unshard(
                aggregationParameter: parameter, aggregateShares: shares, measurementCount: reports.count)
            let kept = zip(parameter.prefixes, counts).filter { $0.1 >= threshold }.map(\.0)
            candidates =
                level == bits - 1
                ? kept
                : kept.flatMap { prefix in
                    [false, true].map { BitString((0...level).map { prefix[$0] } + [$0]) }
                }
        }
        let expected = Set(measurements.filter { one in measurements.filter { $0 == one }.count >= threshold })
        #expect(Set(candidates) == expected && expected.isSuperset(of: heavy))
    }

    @Test func shardingIsDeterministicAndUsesAllItsRandomness() throws {
        var random = SeededGenerator()
        let vdaf = try Poplar1(bits: 3)
        let (context, nonce, rand) = (random.bytes(3), random.bytes(16), random.bytes(vdaf.randSize))
        let measurement = BitString([true, false, true])
        func encoded(_ rand: [UInt8]) throws -> [[UInt8]] {
            let (publicShare, inputShares) = try vdaf.shard(
                context: context, measurement: measurement, nonce: nonce, rand: rand)
            return [vdaf.encode(publicShare: publicShare)] + inputShares.map { vdaf.encode(inputShare: $0) }
        }
        let first = try encoded(rand)
        #expect(try encoded(rand) == first)
        #expect(first[0].count == vdaf.publicShareSize && first[1].count == vdaf.inputShareSize(aggregatorID: 0))
        for position in 0..<vdaf.randSize {
            #expect(try encoded(flipped(rand, 8 * position)) != first, "byte \(position)")
        }
    }

    @Test func anAggregateIsTheSameInAnyGrouping() throws {
        var random = SeededGenerator()
        let vdaf = try Poplar1(bits: 4)
        for level in [1, 3] {
            let parameter = try Self.parameter(level, IdpfTests.strings(level + 1))
            let outputs = try (0..<4).map { _ in
                try Report(vdaf, IdpfTests.randomString(4, &random), parameter, &random).verify()[0]
            }
            func share(_ outputs: ArraySlice<Poplar1Vector>) -> Poplar1Vector {
                outputs.reduce(into: vdaf.aggregateInit(parameter)) { vdaf.aggregateUpdate(&$0, with: $1) }
            }
            #expect(try vdaf.merge([share(outputs[..<1]), share([]), share(outputs[1...])]) == share(outputs[...]))
        }
        let inner = vdaf.aggregateInit(try Self.parameter(1, IdpfTests.strings(2)))
        let leaves = IdpfTests.strings(2).map { BitString([false, true, $0[0], $0[1]]) }
        let leaf = vdaf.aggregateInit(try Self.parameter(3, leaves))
        #expect(inner.count == leaf.count)
        #expect(throws: VDAFError.self) { try vdaf.merge([]) }
        #expect(throws: VDAFError.self) { try vdaf.merge([inner, leaf]) }
        #expect(throws: VDAFError.self) {
            try vdaf.merge([inner, vdaf.aggregateInit(try Self.parameter(1, [BitString([true, true])]))])
        }
    }

    @Test func argumentsOfTheWrongSizeAreRefused() throws {
        var random = SeededGenerator()
        let vdaf = try Poplar1(bits: 4)
        let parameter = try Self.parameter(1, IdpfTests.strings(2))
        let report = try Report(vdaf, BitString([true, true, false, true]), parameter, &random)
        func shard(bits: Int = 4, nonce: Int = 16, rand: Int = 128, context: Int = 0) throws {
            _ = try vdaf.shard(
                context: random.bytes(context), measurement: IdpfTests.randomString(bits, &random),
                nonce: random.bytes(nonce), rand: random.bytes(rand))
        }
        #expect(throws: Never.self) { try shard(context: 65_527) }
        for bits in [0, 3, 5] { #expect(throws: VDAFError.self) { try shard(bits: bits) } }
        for nonce in [0, 15, 17] { #expect(throws: VDAFError.self) { try shard(nonce: nonce) } }
        for rand in [0, 127, 129] { #expect(throws: VDAFError.self) { try shard(rand: rand) } }
        #expect(throws: VDAFError.self) { try shard(context: 65_528) }

        func verify(
            key: Int = 32, aggregator: Int = 0, nonce: Int = 16, level: Int = 1,
            share change: (inout Poplar1InputShare) -> Void = { _ in }
        ) throws {
            var share = report.inputShares[0]
            change(&share)
            _ = try vdaf.verifyInit(
                verifyKey: random.bytes(key), context: [], aggregatorID: aggregator,
                aggregationParameter: Poplar1AggregationParameter(level: level, prefixes: []),
                nonce: random.bytes(nonce), publicShare: report.publicShare, inputShare: share)
        }
        #expect(throws: Never.self) { try verify(level: 3) }
        for key in [0, 31, 33] { #expect(throws: VDAFError.self) { try verify(key: key) } }
        for aggregator in [-1, 2, Int.max] { #expect(throws: VDAFError.self) { try verify(aggregator: aggregator) } }
        for nonce in [0, 15] { #expect(throws: VDAFError.self) { try verify(nonce: nonce) } }
        for level in [4, 65_535] { #expect(throws: VDAFError.self) { try verify(level: level) } }
        #expect(throws: VDAFError.self) { try verify { $0.key = [] } }
        #expect(throws: VDAFError.self) { try verify { $0.correlationSeed = [] } }
        #expect(throws: VDAFError.self) { try verify { $0.innerCorrelations = [] } }
        #expect(throws: VDAFError.self) { try verify { $0.leafCorrelation = [] } }
        let other = try Report(Poplar1(bits: 5), IdpfTests.randomString(5, &random), parameter, &random)
        #expect(throws: VDAFError.self) {
            try vdaf.verifyInit(
                verifyKey: random.bytes(32), context: [], aggregatorID: 0, aggregationParameter: parameter,
                nonce: report.nonce, publicShare: other.publicShare, inputShare: report.inputShares[0])
        }

        let share = vdaf.aggregateInit(parameter)
        let otherLevel = try Self.parameter(3, IdpfTests.strings(2).map { BitString([true, true, $0[0], $0[1]]) })
        for shares in [[], [share], [share, share, share], [share, vdaf.aggregateInit(otherLevel)]] {
            #expect(throws: VDAFError.self) {
                try vdaf.unshard(aggregationParameter: parameter, aggregateShares: shares, measurementCount: 1)
            }
        }
    }

    /// Every message at every step but its own is refused.
    @Test(arguments: [1, 3])
    func messagesOfAnotherRoundOrLevelAreRefused(level: Int) throws {
        var random = SeededGenerator()
        let vdaf = try Poplar1(bits: 4)
        let report = try Report(
            vdaf, BitString([true, true, false, true]), Self.parameter(level, IdpfTests.strings(level + 1)), &random)
        let views = try (0..<2).map { try report.verifyInit($0) }
        func message(_ shares: [Poplar1Vector]) throws -> Poplar1VerifierMessage {
            try vdaf.verifierSharesToMessage(
                context: report.context, aggregationParameter: report.aggregationParameter, verifierShares: shares)
        }
        func next(_ state: Poplar1VerifierState, _ message: Poplar1VerifierMessage) throws {
            _ = try vdaf.verifyNext(context: report.context, state: state, message: message)
        }
        let sketch = try message(views.map(\.share))
        guard
            case .continued(let state, let share) = try vdaf.verifyNext(
                context: report.context, state: views[0].state, message: sketch)
        else {
            Issue.record("there are two rounds")
            return
        }
        let otherField: Poplar1Vector = level == 3 ? .inner([.one, .one, .one]) : .leaf([.one, .one, .one])
        for bad: Poplar1VerifierMessage in [.verified, .sketch(otherField), .sketch(share)] {
            #expect(throws: VDAFError.self) { try next(views[0].state, bad) }
        }
        for bad: Poplar1VerifierMessage in [sketch, .sketch(otherField), .sketch(share)] {
            #expect(throws: VDAFError.self) { try next(state, bad) }
        }
        for shares in [
            [], [share], [share, share, share], [views[0].share, share], [share, views[0].share],
            [views[0].share, otherField], [otherField, otherField], [.inner([]), .inner([])], [.leaf([]), .leaf([])],
            [.inner([.one, .one]), .inner([.one, .one])],
        ] {
            #expect(throws: VDAFError.self) { try message(shares) }
        }
        #expect(throws: VDAFError.proofRejected, "shares that do not cancel") {
            try message([share, level == 3 ? .leaf([.zero]) : .inner([.zero])])
        }
    }

    @Test func decodersAreTotalAndCanonical() throws {
        var random = SeededGenerator()
        let vdaf = try Poplar1(bits: 5)
        for level in [2, 4] {
            let parameter = try Self.parameter(level, (0..<3).map { _ in IdpfTests.randomString(level + 1, &random) })
            let report = try Report(vdaf, IdpfTests.randomString(5, &random), parameter, &random)
            let shares = try (0..<2).map { try report.verifyInit($0).share }
            let message = try vdaf.verifierSharesToMessage(
                context: report.context, aggregationParameter: parameter, verifierShares: shares)
            let output = try report.verify()[0]
            let codecs: [(name: String, bytes: [UInt8], roundTrip: ([UInt8]) throws -> [UInt8])] = [
                (
                    "input share", vdaf.encode(inputShare: report.inputShares[1]),
                    { vdaf.encode(inputShare: try vdaf.decodeInputShare($0, aggregatorID: 1)) }
                ),
                (
                    "verifier share", vdaf.encode(verifierShare: shares[0]),
                    { vdaf.encode(verifierShare: try vdaf.decodeVerifierShare($0)) }
                ),
                (
                    "verifier message", vdaf.encode(verifierMessage: message),
                    { vdaf.encode(verifierMessage: try vdaf.decodeVerifierMessage($0)) }
                ),
                (
                    "output share", vdaf.encode(outputShare: output),
                    { vdaf.encode(outputShare: try vdaf.decodeOutputShare($0, aggregationParameter: parameter)) }
                ),
                (
                    "aggregate share", vdaf.encode(aggregateShare: output),
                    { vdaf.encode(aggregateShare: try vdaf.decodeAggregateShare($0, aggregationParameter: parameter)) }
                ),
            ]
            for (name, bytes, roundTrip) in codecs {
                #expect(try roundTrip(bytes) == bytes, "\(name)")
                let accepted = ["verifier share": [8, 24, 32, 96], "verifier message": [0, 24, 96]][name] ?? []
                for count in 0..<bytes.count where !accepted.contains(count) {
                    #expect(throws: VDAFError.self, "\(name) of \(count) bytes") {
                        try roundTrip(Array(bytes.prefix(count)))
                    }
                }
                #expect(throws: VDAFError.self, "\(name)") { try roundTrip(bytes + [0]) }
                #expect(throws: VDAFError.self, "\(name)") {
                    try roundTrip(bytes.dropLast(8) + [UInt8](repeating: 0xFF, count: 8))
                }
                for bit in 0..<8 * bytes.count {
                    let mutated = flipped(bytes, bit)
                    if let again = try? roundTrip(mutated) {
                        #expect(again == mutated, "\(name): what is accepted is canonical")
                    }
                }
            }
            for aggregator in [-1, 2, Int.min] {
                #expect(throws: VDAFError.self) {
                    try vdaf.decodeInputShare(codecs[0].bytes, aggregatorID: aggregator)
                }
            }
            #expect(throws: VDAFError.self) { try vdaf.decodeOutputShare(vdaf.encode(outputShare: output)) }
            #expect(throws: VDAFError.self) { try vdaf.decodeAggregateShare(vdaf.encode(aggregateShare: output)) }
        }
    }

    @Test func countsBeyondAnyNumberOfMeasurementsAreNoResult() throws {
        let vdaf = try Poplar1(bits: 1)
        let parameter = try Self.parameter(0, [BitString([true])])
        let shares: [Poplar1Vector] = [.leaf([.zero]), .leaf([-Field255.one])]
        #expect(throws: VDAFError.aggregateOutOfRange("the count of prefix 0 is 2^128 or more")) {
            try vdaf.unshard(aggregationParameter: parameter, aggregateShares: shares, measurementCount: 1)
        }
    }
}
