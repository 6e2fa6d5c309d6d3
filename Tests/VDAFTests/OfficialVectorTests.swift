import Testing
import VDAF
import VectorCheck

/// Other people's vectors, the negative ones included: the standard's own, those of the L1 bound draft, and the one of
/// libprio-rs for its XOF.
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
        "Prio3MultihotCountVec_0", "Prio3MultihotCountVec_1", "Prio3MultihotCountVec_2",
        "Prio3L1BoundSum_0",
        "Prio3HigherDegree_0",
        "Poplar1_0", "Poplar1_1", "Poplar1_2", "Poplar1_3", "Poplar1_4", "Poplar1_5", "Poplar1_bad_corr_inner",
        "IdpfBBCGGI21_0",
        "XofTurboShake128", "XofFixedKeyAes128", "XofHmacSha256Aes128",
    ]

    @Test(arguments: expected)
    func everyOperationOfTheVectorAgrees(name: String) throws {
        let json = try VectorFolder.bytes("vdaf/\(name).json")
        #expect(VectorChecker().check(fileName: "\(name).json", json: json) == .ok)
    }

    @Test func noVectorIsLeftOut() throws {
        let files = try VectorFolder.vdafFiles().map { String($0.dropLast(".json".count)) }
        #expect(Set(files) == Set(Self.expected))
    }
}
