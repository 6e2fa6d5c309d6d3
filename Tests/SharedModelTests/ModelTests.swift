import SharedModel
import Testing

@Suite struct ModelTests {
    private func shape(_ kind: ModelKind) throws -> ModelShape { try ModelShape(kind: kind, inputs: 3, classes: 2) }

    @Test func parameterCountsFollowFromTheSizes() throws {
        #expect(try shape(.softmax).parameterCount == 8)
        #expect(try shape(.hiddenLayer(width: 5)).parameterCount == 5 * 4 + 2 * 6)
        #expect(try ModelShape(kind: .softmax, inputs: 64, classes: 10).parameterCount == 650)
    }

    @Test func parametersLieRowByRowWithBiasesBehind() throws {
        let softmax = try Model(shape: shape(.softmax), parameters: [1, 0, 0, 0, 1, 0, 0, 0.5])
        #expect(try softmax.predict([1, 0, 0]) == 0)
        #expect(try softmax.predict([0.4, 0, 0]) == 1)
        #expect(try softmax.predict([0.5, 0, 9]) == 0, "a tie goes to the lower class")
        let hidden = try Model(
            shape: ModelShape(kind: .hiddenLayer(width: 1), inputs: 1, classes: 2),
            parameters: [2, -1, 1, 0, 0, 0.5])
        // Scores: relu(2x - 1) and 0.5.
        #expect(try hidden.predict([1]) == 0)
        #expect(try hidden.predict([0.7]) == 1)
        #expect(try hidden.predict([-9]) == 1)
    }

    @Test func initialModelsFollowFromTheSeed() throws {
        #expect(try Model(initial: shape(.softmax), seed: 1).parameters == [0, 0, 0, 0, 0, 0, 0, 0])
        let hidden = try shape(.hiddenLayer(width: 4))
        #expect(Model(initial: hidden, seed: 1) == Model(initial: hidden, seed: 1))
        #expect(Model(initial: hidden, seed: 1) != Model(initial: hidden, seed: 2))
        let biases = Model(initial: hidden, seed: 1).parameters
        #expect(biases[12..<16].allSatisfy { $0 == 0 } && biases.suffix(2) == [0, 0])
    }

    @Test func updatesAreAdded() throws {
        let model = try Model(shape: shape(.softmax), parameters: [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(try model.applying([1, 0, 0, 0, 0, 0, 0, -8]).parameters == [2, 2, 3, 4, 5, 6, 7, 0])
        #expect(throws: ModelError.parameterCount(found: 1, expected: 8)) { try model.applying([1]) }
        #expect(throws: ModelError.parameterNotFinite(index: 2)) { try model.applying([0, 0, .nan, 0, 0, 0, 0, 0]) }
    }

    @Test func bytesAreAsDocumented() throws {
        let model = try Model(
            shape: ModelShape(kind: .hiddenLayer(width: 1), inputs: 1, classes: 2), parameters: [1, 0, -2, 0, -0.0, 0])
        let expected: [UInt8] =
            Array("cairnmdl".utf8) + [1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]
            + [0, 0, 0, 0, 0, 0, 0xF0, 0x3F] + [0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0xC0]
            + [UInt8](repeating: 0, count: 24)
        #expect(model.encoded() == expected)
    }

    @Test func bytesRoundTrip() throws {
        for kind in [ModelKind.softmax, .hiddenLayer(width: 7)] {
            let shape = try shape(kind)
            var random = TrainingRandom(seed: 3)
            let model = try Model(
                shape: shape, parameters: (0..<shape.parameterCount).map { _ in random.unitInterval() - 0.5 })
            #expect(try Model(decoding: model.encoded()) == model)
        }
    }

    @Test func everyTruncationAndExtensionIsRefused() throws {
        let bytes = Model(initial: try shape(.hiddenLayer(width: 2)), seed: 1).encoded()
        for count in 0..<bytes.count {
            #expect(throws: ModelError.self) { try Model(decoding: Array(bytes[..<count])) }
        }
        #expect(throws: ModelError.self) { try Model(decoding: bytes + [0]) }
    }

    @Test func acceptedBytesAreCanonical() throws {
        let seed: UInt64 = 21
        var random = TrainingRandom(seed: seed)
        let original = Model(initial: try shape(.hiddenLayer(width: 2)), seed: 1).encoded()
        for _ in 0..<5000 {
            var bytes = original
            for _ in 0...random.integer(below: 3) {
                bytes[random.integer(below: bytes.count)] = UInt8(random.integer(below: 256))
            }
            if let model = try? Model(decoding: bytes) { #expect(model.encoded() == bytes, "seed \(seed)") }
        }
    }

    @Test func hostileSizesAndValuesAreRefused() throws {
        let bytes = Model(initial: try shape(.softmax), seed: 1).encoded()
        func changed(_ range: Range<Int>, _ new: [UInt8]) -> [UInt8] {
            var copy = bytes
            copy.replaceSubrange(range, with: new)
            return copy
        }
        let attacks: [[UInt8]] = [
            changed(0..<1, [0]), changed(8..<9, [2]), changed(9..<10, [2]), changed(9..<10, [1]),
            changed(10..<14, [255, 255, 255, 255]), changed(10..<14, [0, 0, 0, 0]), changed(14..<18, [1, 0, 0, 0]),
            changed(18..<22, [255, 255, 255, 255]), changed(18..<22, [1, 0, 0, 0]),
            changed(22..<30, [0, 0, 0, 0, 0, 0, 0xF0, 0x7F]), changed(22..<30, [1, 0, 0, 0, 0, 0, 0xF0, 0xFF]),
            changed(22..<30, [0, 0, 0, 0, 0, 0, 0, 0x80]),
        ]
        for attack in attacks { #expect(throws: ModelError.self) { try Model(decoding: attack) } }
        let huge = Array(bytes[..<9]) + [1, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1, 0]
        #expect(throws: ModelError.self) { try Model(decoding: huge) }
    }

    @Test func shapesBeyondTheLimitsAreRefused() {
        for (kind, inputs, classes) in [
            (ModelKind.softmax, 0, 2), (.softmax, 1, 1), (.softmax, .max, 2), (.softmax, 1, .max),
            (.hiddenLayer(width: 0), 1, 2), (.hiddenLayer(width: .max), 1, 2),
            (.hiddenLayer(width: 1 << 16), 1 << 20, 1 << 16),
        ] {
            #expect(throws: ModelError.self) { try ModelShape(kind: kind, inputs: inputs, classes: classes) }
        }
    }

    @Test func kindsSurviveTheirText() throws {
        for kind in [ModelKind.softmax, .hiddenLayer(width: 32)] {
            #expect(try ModelKind(argument: kind.description) == kind)
        }
        for text in ["", "hidden", "hidden:", "hidden:0", "hidden:-1", "hidden:1:2", "Softmax"] {
            #expect(throws: ModelError.unknownKind(text)) { try ModelKind(argument: text) }
        }
    }

    @Test func modelsKeepTheNamesOfTheirFeatures() throws {
        let shape = try ModelShape(kind: .softmax, inputs: 2, classes: 2)
        let model = try Model(initial: shape, seed: 1, featureNames: ["age", "größe"])
        let next = try model.applying([1, 2, 3, 4, 5, 6])
        #expect(next.featureNames == ["age", "größe"])
        #expect(try Model(decoding: next.encoded()) == next)
        #expect(next.encoded()[8] == 2 && Model(initial: shape, seed: 1).encoded()[8] == 1)
        for names in [
            ["age"], ["age", "age"], ["age", ""], ["age", " b"], ["a", String(repeating: "b", count: 1001)],
        ] {
            #expect(throws: ModelError.self, "\(names)") { try Model(initial: shape, seed: 1, featureNames: names) }
        }
        let bytes = next.encoded()
        for count in 0..<bytes.count {
            #expect(throws: ModelError.self) { try Model(decoding: Array(bytes[..<count])) }
        }
        // The length of the first name, its first letter, and a version without names.
        for (place, byte) in [(22, 0xFF), (24, 0xFF), (8, 1)] as [(Int, UInt8)] {
            var changed = bytes
            changed[place] = byte
            #expect(throws: ModelError.self) { try Model(decoding: changed) }
        }
    }
}
