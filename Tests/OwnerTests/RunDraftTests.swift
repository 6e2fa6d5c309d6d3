import Owner
import SharedModel
import Testing

/// What a training run begins from.
@Suite struct RunDraftTests {
    private func draft() throws -> RunDraft {
        RunDraft(features: 3, classes: ["x", "y"], scaling: try FeatureScaling(lower: 0, upper: 16))
    }

    private func expectFailure(_ draft: RunDraft, _ words: String) {
        #expect {
            _ = try draft.complete()
        } throws: {
            "\($0)".contains(words)
        }
    }

    @Test func theSettingsFitTheModel() throws {
        var draft = try draft()
        draft.kind = .hiddenLayer(width: 4)
        draft.normBound = 2
        draft.featureNames = ["a", "b", "c"]
        let start = try draft.complete()
        let settings = start.settings.settings
        try settings.requireFit(start.model, name: "settings")
        #expect(settings.normBound == 2 && settings.featureNames == ["a", "b", "c"] && settings.classes == ["x", "y"])
        // What was written is read as the same.
        #expect(try TrainingSettings.Document(start.settings.bytes, name: "f").settings == settings)
        // The seed fixes the first weights.
        #expect(try draft.complete().model == start.model)
        draft.seed += 1
        #expect(try draft.complete().model != start.model)
    }

    @Test func whatNobodyCanTrainWithIsRefused() throws {
        var one = try draft()
        one.classes = ["x", "x"]
        expectFailure(one, "named twice")
        one = try draft()
        one.featureNames = ["a", "a", "b"]
        expectFailure(one, "a")
        one = try draft()
        one.scaling = try FeatureScaling(lower: [0, 0], upper: [1, 1])
        expectFailure(one, "3")
        one = try draft()
        one.normBound = -1
        expectFailure(one, "norm")
        one = try draft()
        one.features = 0
        expectFailure(one, "0")
    }
}
