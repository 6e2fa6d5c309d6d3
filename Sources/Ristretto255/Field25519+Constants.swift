/// Constants of the curve -x² + y² = 1 + d·x²·y² and of the ristretto encoding (RFC 9496 §4.1).
///
/// The two square roots are the signs that the RFC lists. The vectors of its appendix A exercise every constant.
extension Field25519 {
    /// d = -121665 / 121666.
    static let d = Field25519(
        0x3_4dca_1359_78a3, 0x1_a828_3b15_6ebd, 0x5_e7a2_6001_c029, 0x7_39c6_63a0_3cbb, 0x5_2036_cee2_b6ff)

    /// 2d, the factor that points carry in their cached form.
    static let twoD = Field25519(
        0x6_9b94_26b2_f159, 0x3_5050_762a_dd7a, 0x3_cf44_c003_8052, 0x6_738c_c740_7977, 0x2_406d_9dc5_6dff)

    /// √-1, the non-negative root.
    static let squareRootOfMinusOne = Field25519(
        0x6_1b27_4a0e_a0b0, 0x0_d5a5_fc8f_189d, 0x7_ef5e_9cbd_0c60, 0x7_8595_a680_4c9e, 0x2_b832_4804_fc1d)

    /// √(a·d - 1) with a = -1.
    static let squareRootOfADMinusOne = Field25519(
        0x7_f6a0_497b_2e1b, 0x1_836f_0a97_afd2, 0x7_d747_f6be_7638, 0x4_5607_9e7e_6498, 0x3_7693_1bf2_b834)

    /// 1 / √(a - d) with a = -1.
    static let inverseSquareRootOfAMinusD = Field25519(
        0x0_fdaa_805d_40ea, 0x2_eb48_2e57_d339, 0x0_0761_0274_bc58, 0x6_510b_613d_c8ff, 0x7_86c8_905c_faff)

    /// 1 - d².
    static let oneMinusDSquared = Field25519(
        0x4_09c1_945f_c176, 0x7_19ab_c6a1_fc4f, 0x1_c37f_90b2_0684, 0x0_6bcc_ca55_eedf, 0x2907_2a8b_2b3e)

    /// (d - 1)².
    static let dMinusOneSquared = Field25519(
        0x5_5aaa_44ed_4d20, 0x5_9603_c333_2635, 0x2_6d3b_af4a_7928, 0x1_20a6_6e69_97a9, 0x5_968b_37af_66c2)

    /// 1 / 2.
    static let oneHalf = Field25519(
        0x7_ffff_ffff_fff7, 0x7_ffff_ffff_ffff, 0x7_ffff_ffff_ffff, 0x7_ffff_ffff_ffff, 0x3_ffff_ffff_ffff)
}
