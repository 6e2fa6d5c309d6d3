import SharedModel
import Testing

@Suite struct FeatureScalingTests {
    @Test func valuesOutsideTheBoundsAreCounted() throws {
        let rows = Dataset(
            featureCount: 2, classNames: ["a", "b"], features: [0, 150, 1, 180, 1.5, 2], labels: [0, 1, 0])
        #expect(try FeatureScaling(lower: 0, upper: 1).countsOutside(in: rows) == [1, 3])
        #expect(try FeatureScaling(lower: [0, 2], upper: [2, 180]).countsOutside(in: rows) == [0, 0])
    }

    private let rows = Dataset(
        featureCount: 2, classNames: ["a", "b"], features: [0, 5, 8, 5, 16, 5, 99, -7], labels: [0, 1, 0, 1])

    @Test func onePairScalesAndClampsAllFeatures() throws {
        let scaled = try FeatureScaling(lower: 0, upper: 16).applied(to: rows)
        #expect(scaled.features == [-1, -0.375, 0, -0.375, 1, -0.375, 1, -1])
        #expect(scaled.labels == rows.labels && scaled.classNames == rows.classNames)
    }

    @Test func everyFeatureCanHaveItsOwnBounds() throws {
        let scaled = try FeatureScaling(lower: [0, 5], upper: [8, 5]).applied(to: rows)
        #expect(scaled.features == [-1, 0, 1, 0, 1, 0, 1, 0])
    }

    @Test func publicRowsGiveTheirOwnRange() throws {
        let scaling = try FeatureScaling.fitted(toPublicRows: rows)
        #expect(scaling.lower == [0, -7] && scaling.upper == [99, 5])
        let scaled = try scaling.applied(to: rows)
        #expect(scaled.features.min() == -1 && scaled.features.max() == 1)
        #expect(throws: FeatureScalingError.noBounds) { try FeatureScaling.fitted(toPublicRows: rows.subset([])) }
    }

    @Test func boundsSurviveTheirText() throws {
        #expect(try FeatureScaling(argument: "0:16") == FeatureScaling(lower: 0, upper: 16))
        let odd = try FeatureScaling(lower: [-0.1, 1e-300], upper: [1 / 3, 5e22])
        #expect(try FeatureScaling(argument: odd.description) == odd)
    }

    @Test func senselessBoundsAreRefused() {
        #expect(throws: FeatureScalingError.reversed(feature: 0)) { try FeatureScaling(lower: 1, upper: 0) }
        #expect(throws: FeatureScalingError.notFinite(feature: 0)) { try FeatureScaling(lower: .nan, upper: 0) }
        #expect(throws: FeatureScalingError.notFinite(feature: 0)) { try FeatureScaling(lower: -1e308, upper: 1e308) }
        #expect(throws: FeatureScalingError.featureCountMismatch(bounds: 3, features: 2)) {
            try FeatureScaling(lower: [0, 0, 0], upper: [1, 1, 1]).applied(to: rows)
        }
        for text in ["", "1", "1:2:3", "a:b", "1:2,", "nan:1", "0:inf"] {
            #expect(throws: FeatureScalingError.self, "\(text)") { try FeatureScaling(argument: text) }
        }
    }

    @Test func boundsThatAPersonGivesMustBeOfUse() throws {
        #expect(throws: FeatureScalingError.equal(feature: 1)) {
            try FeatureScaling(argument: "0:1,5:5").requireUsable(features: 2)
        }
        #expect(throws: FeatureScalingError.featureCountMismatch(bounds: 3, features: 2)) {
            try FeatureScaling(argument: "0:1,0:1,0:1").requireUsable(features: 2)
        }
        try FeatureScaling(argument: "-1:1").requireUsable(features: 9)
    }

    @Test func classesMustBeDistinct() {
        for names in [["a"], [], ["a", "a"], ["a", ""], ["1", "1.0"], ["a", " b"]] {
            #expect(ClassList.problem(with: names) != nil, "\(names)")
        }
        #expect(ClassList.problem(with: ["1", "2", "ten"]) == nil)
        #expect(ClassList(["1", "2", "ten"]).index(of: "2.0") == 1)
    }
}
