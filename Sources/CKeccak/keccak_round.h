// One round of Keccak-p[1600] and its two halves of twelve, over whatever type of lane the including file defines.
//
// Before inclusion: LANE, the type of a lane; XOR(a, b); ANDNOT(a, b) = ~a & b; ROTATE(a, n) to the left by a
// constant; CONSTANT(c), a round constant in every state.
//
// Lane (x, y) is a<x + 5 * y>. The names of locals follow FIPS 202, section 3.2: theta takes the parity of two
// columns into every lane, rho rotates lanes, pi moves them, chi is the nonlinear step, iota adds the constant.

#define CAIRN_CHI_ROW(r0, r1, r2, r3, r4, b0, b1, b2, b3, b4) \
    r0 = XOR(b0, ANDNOT(b1, b2)); \
    r1 = XOR(b1, ANDNOT(b2, b3)); \
    r2 = XOR(b2, ANDNOT(b3, b4)); \
    r3 = XOR(b3, ANDNOT(b4, b0)); \
    r4 = XOR(b4, ANDNOT(b0, b1));

#define CAIRN_PARITY(a, b, c, d, e) XOR(XOR(XOR(a, b), XOR(c, d)), e)

// Round c reads lanes named a… and writes lanes named e…; the next round swaps the two.
#define CAIRN_ROUND(a, e, constant) \
    { \
        const LANE c0 = CAIRN_PARITY(a##0, a##5, a##10, a##15, a##20); \
        const LANE c1 = CAIRN_PARITY(a##1, a##6, a##11, a##16, a##21); \
        const LANE c2 = CAIRN_PARITY(a##2, a##7, a##12, a##17, a##22); \
        const LANE c3 = CAIRN_PARITY(a##3, a##8, a##13, a##18, a##23); \
        const LANE c4 = CAIRN_PARITY(a##4, a##9, a##14, a##19, a##24); \
        const LANE d0 = XOR(c4, ROTATE(c1, 1)); \
        const LANE d1 = XOR(c0, ROTATE(c2, 1)); \
        const LANE d2 = XOR(c1, ROTATE(c3, 1)); \
        const LANE d3 = XOR(c2, ROTATE(c4, 1)); \
        const LANE d4 = XOR(c3, ROTATE(c0, 1)); \
        { \
            const LANE b0 = XOR(a##0, d0); \
            const LANE b1 = ROTATE(XOR(a##6, d1), 44); \
            const LANE b2 = ROTATE(XOR(a##12, d2), 43); \
            const LANE b3 = ROTATE(XOR(a##18, d3), 21); \
            const LANE b4 = ROTATE(XOR(a##24, d4), 14); \
            CAIRN_CHI_ROW(e##0, e##1, e##2, e##3, e##4, b0, b1, b2, b3, b4) \
            e##0 = XOR(e##0, CONSTANT(constant)); \
        } \
        { \
            const LANE b0 = ROTATE(XOR(a##3, d3), 28); \
            const LANE b1 = ROTATE(XOR(a##9, d4), 20); \
            const LANE b2 = ROTATE(XOR(a##10, d0), 3); \
            const LANE b3 = ROTATE(XOR(a##16, d1), 45); \
            const LANE b4 = ROTATE(XOR(a##22, d2), 61); \
            CAIRN_CHI_ROW(e##5, e##6, e##7, e##8, e##9, b0, b1, b2, b3, b4) \
        } \
        { \
            const LANE b0 = ROTATE(XOR(a##1, d1), 1); \
            const LANE b1 = ROTATE(XOR(a##7, d2), 6); \
            const LANE b2 = ROTATE(XOR(a##13, d3), 25); \
            const LANE b3 = ROTATE(XOR(a##19, d4), 8); \
            const LANE b4 = ROTATE(XOR(a##20, d0), 18); \
            CAIRN_CHI_ROW(e##10, e##11, e##12, e##13, e##14, b0, b1, b2, b3, b4) \
        } \
        { \
            const LANE b0 = ROTATE(XOR(a##4, d4), 27); \
            const LANE b1 = ROTATE(XOR(a##5, d0), 36); \
            const LANE b2 = ROTATE(XOR(a##11, d1), 10); \
            const LANE b3 = ROTATE(XOR(a##17, d2), 15); \
            const LANE b4 = ROTATE(XOR(a##23, d3), 56); \
            CAIRN_CHI_ROW(e##15, e##16, e##17, e##18, e##19, b0, b1, b2, b3, b4) \
        } \
        { \
            const LANE b0 = ROTATE(XOR(a##2, d2), 62); \
            const LANE b1 = ROTATE(XOR(a##8, d3), 55); \
            const LANE b2 = ROTATE(XOR(a##14, d4), 39); \
            const LANE b3 = ROTATE(XOR(a##15, d0), 41); \
            const LANE b4 = ROTATE(XOR(a##21, d1), 2); \
            CAIRN_CHI_ROW(e##20, e##21, e##22, e##23, e##24, b0, b1, b2, b3, b4) \
        } \
    }

// Rounds 0 to 11 of Keccak-f[1600], on lanes a0 … a24, with e0 … e24 as scratch.
#define CAIRN_FIRST_TWELVE_ROUNDS \
    CAIRN_ROUND(a, e, 0x0000000000000001ULL) \
    CAIRN_ROUND(e, a, 0x0000000000008082ULL) \
    CAIRN_ROUND(a, e, 0x800000000000808AULL) \
    CAIRN_ROUND(e, a, 0x8000000080008000ULL) \
    CAIRN_ROUND(a, e, 0x000000000000808BULL) \
    CAIRN_ROUND(e, a, 0x0000000080000001ULL) \
    CAIRN_ROUND(a, e, 0x8000000080008081ULL) \
    CAIRN_ROUND(e, a, 0x8000000000008009ULL) \
    CAIRN_ROUND(a, e, 0x000000000000008AULL) \
    CAIRN_ROUND(e, a, 0x0000000000000088ULL) \
    CAIRN_ROUND(a, e, 0x0000000080008009ULL) \
    CAIRN_ROUND(e, a, 0x000000008000000AULL)

// Rounds 12 to 23, which are Keccak-p[1600, 12].
#define CAIRN_TWELVE_ROUNDS \
    CAIRN_ROUND(a, e, 0x000000008000808BULL) \
    CAIRN_ROUND(e, a, 0x800000000000008BULL) \
    CAIRN_ROUND(a, e, 0x8000000000008089ULL) \
    CAIRN_ROUND(e, a, 0x8000000000008003ULL) \
    CAIRN_ROUND(a, e, 0x8000000000008002ULL) \
    CAIRN_ROUND(e, a, 0x8000000000000080ULL) \
    CAIRN_ROUND(a, e, 0x000000000000800AULL) \
    CAIRN_ROUND(e, a, 0x800000008000000AULL) \
    CAIRN_ROUND(a, e, 0x8000000080008081ULL) \
    CAIRN_ROUND(e, a, 0x8000000000008080ULL) \
    CAIRN_ROUND(a, e, 0x0000000080000001ULL) \
    CAIRN_ROUND(e, a, 0x8000000080008008ULL)

#define CAIRN_FOR_ALL_LANES(DO) \
    DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) \
    DO(13) DO(14) DO(15) DO(16) DO(17) DO(18) DO(19) DO(20) DO(21) DO(22) DO(23) DO(24)
