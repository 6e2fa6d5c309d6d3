// GF(2^255 - 19), eight elements at a time, with the 52-bit multiply-add instructions of AVX-512 IFMA.
//
// An element is five limbs of 51 bits, as in `Field25519`; a vector element is five vectors, and limb k of element i is
// lane i of vector k. Two bounds on limbs make all formulas safe, here and with AVX2:
//
//   tight:  below 2^51 + 2^18. Factors must be tight, for the instructions read 52 bits of a factor.
//   raw:    below 2^59 - 2^13. Products are raw. They are added and subtracted as such and carried afterwards, which
//           needs fewer carries than carrying first: of seven products in an addition, three are never carried.
//
// IFMA gives the low and the high 52 bits of a 104-bit product. The high part has weight 2^52 = 2 * 2^51, so it counts
// twice in the next column; columns 5 to 9 return to columns 0 to 4 times 19. With tight factors a low part is below
// 2^52 and a high part below 2^50.1. The largest column is the lowest: one low part, and 19 times four low and five
// doubled high ones, below 2^52 * (1 + 19 * (4 + 5 * 0.5001)) < 124.6 * 2^52 < 2^59 - 2^13.
#ifndef CAIRN_FIELD_IFMA_H
#define CAIRN_FIELD_IFMA_H

#include <immintrin.h>
#include <stdint.h>

#define CAIRN_TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512ifma")))
#define CAIRN_INLINE CAIRN_TARGET static inline __attribute__((always_inline))

// How many lanes there are, a word of each, and a choice of lanes.
#define LANES 8
typedef __m512i vector;
typedef __mmask8 choice;

typedef struct {
    vector limb[5];
} field;

CAIRN_INLINE vector all_lanes(uint64_t word) { return _mm512_set1_epi64((long long)word); }

CAIRN_INLINE vector vector_add(vector a, vector b) { return _mm512_add_epi64(a, b); }

CAIRN_INLINE vector vector_subtract(vector a, vector b) { return _mm512_sub_epi64(a, b); }

CAIRN_INLINE vector vector_and(vector a, vector b) { return _mm512_and_si512(a, b); }

// Words shifted to the right.
CAIRN_INLINE vector vector_shift(vector a, unsigned count) {
    return _mm512_srl_epi64(a, _mm_cvtsi32_si128((int)count));
}

// Lanes where the words are equal.
CAIRN_INLINE choice vector_equal(vector a, vector b) { return _mm512_cmpeq_epi64_mask(a, b); }

// `b` in the lanes that are chosen and `a` in the others.
CAIRN_INLINE vector vector_replace(choice lanes, vector a, vector b) { return _mm512_mask_mov_epi64(a, lanes, b); }

// The carries of five limbs below 2^62, each into the next, and of the top limb times 19 into the bottom one.
CAIRN_INLINE field carry(field a) {
    const vector mask = all_lanes((1ULL << 51) - 1);
    field r;
    const vector top = _mm512_srli_epi64(a.limb[4], 51);
    r.limb[0] = _mm512_madd52lo_epu64(vector_and(a.limb[0], mask), top, all_lanes(19));
    for (int k = 1; k < 5; k++) {
        r.limb[k] = vector_add(vector_and(a.limb[k], mask), _mm512_srli_epi64(a.limb[k - 1], 51));
    }
    return r;
}

// Columns 5 to 9 to where they belong.
CAIRN_INLINE field fold(const vector column[10]) {
    field r;
    for (int k = 0; k < 5; k++) r.limb[k] = vector_add(column[k], _mm512_mullo_epi64(column[k + 5], all_lanes(19)));
    return r;
}

// The product of tight elements; raw.
CAIRN_INLINE field multiply_raw(field a, field b) {
    vector column[10];
    for (int k = 0; k < 10; k++) column[k] = _mm512_setzero_si512();
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            column[i + j + 1] = _mm512_madd52hi_epu64(column[i + j + 1], a.limb[i], b.limb[j]);
        }
    }
    for (int k = 1; k < 10; k++) column[k] = vector_add(column[k], column[k]);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) column[i + j] = _mm512_madd52lo_epu64(column[i + j], a.limb[i], b.limb[j]);
    }
    return fold(column);
}

// The square of a tight element; tight. A product of two different limbs stands for two.
CAIRN_INLINE field square(field a) {
    vector high[10], low[10];
    for (int k = 0; k < 10; k++) high[k] = low[k] = _mm512_setzero_si512();
    for (int i = 0; i < 5; i++) {
        for (int j = i + 1; j < 5; j++) {
            high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.limb[i], a.limb[j]);
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.limb[i], a.limb[j]);
        }
    }
    vector column[10];
    for (int k = 0; k < 10; k++) {
        const vector once = vector_add(low[k], vector_add(high[k], high[k]));
        column[k] = vector_add(once, once);
    }
    for (int k = 0; k < 5; k++) {
        const vector upper = _mm512_madd52hi_epu64(_mm512_setzero_si512(), a.limb[k], a.limb[k]);
        column[2 * k] = _mm512_madd52lo_epu64(column[2 * k], a.limb[k], a.limb[k]);
        column[2 * k + 1] = vector_add(column[2 * k + 1], vector_add(upper, upper));
    }
    return carry(fold(column));
}

#endif
