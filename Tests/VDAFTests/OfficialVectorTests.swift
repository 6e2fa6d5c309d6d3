import Testing
import VDAF
import VectorCheck

/// The standard's own vectors, the negative ones included.
@Suite struct OfficialVectorTests {
    static let expected = [
        "Prio3Count_0", "Prio3Count_1", "Prio3Count_2",
        "Prio3Count_bad_gadget_poly", "Prio3Count_bad_helper_seed", "Prio3Count_bad_meas_share",
        "Prio3Count_bad_wire_seed",
        "Prio3Sum_0", "Prio3Sum_1", "Prio3Sum_2",
        "Prio3SumVec_0", "Prio3SumVec_1",
        "Prio3SumVecWithMultiproof_0", "Prio3SumVecWithMultiproof_1",
        "Prio3Histogram_0", "Prio3Histogram_1", "Prio3Histogram_2",
        "Prio3Histogram_bad_helper_jr_blind", "Prio3Histogram_bad_leader_jr_blind",
        "Prio3Histogram_bad_public_share", "Prio3Histogram_bad_verifier_message",
        "Prio3HigherDegree_0",
        "XofTurboShake128",
    ]

    @Test(arguments: expected)
    func everyOperationOfTheVectorAgrees(name: String) throws {
        let json = try VectorFolder.bytes("vdaf/\(name).json")
        #expect(VectorChecker().check(fileName: "\(name).json", json: json) == .ok)
    }

    @Test func noVectorOfAKnownTypeIsLeftOut() throws {
        let known = Set(Self.expected.map { $0.prefix { $0 != "_" } })
        let files = try VectorFolder.vdafFiles().map { $0.dropLast(".json".count) }
        let ofKnownTypes = files.filter { file in known.contains(file.prefix { $0 != "_" }) }
        #expect(Set(ofKnownTypes.map(String.init)) == Set(Self.expected))
    }
}
