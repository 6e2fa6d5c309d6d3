// GF(2^255 - 19), eight elements at a time, with the 52-bit multiply-add instructions of AVX-512 IFMA.
//
// An element is five limbs of 51 bits, as in `Field25519`; a vector element is five vectors, and limb k of element i is
// lane i of vector k. Two bounds on limbs make all formulas safe:
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

#define CAIRN_IFMA __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512ifma")))
#define CAIRN_INLINE CAIRN_IFMA static inline __attribute__((always_inline))

typedef struct {
    __m512i limb[5];
} field;

CAIRN_INLINE __m512i all_lanes(uint64_t word) { return _mm512_set1_epi64((long long)word); }

// The same element in all lanes.
CAIRN_INLINE field constant(uint64_t l0, uint64_t l1, uint64_t l2, uint64_t l3, uint64_t l4) {
    return (field){{all_lanes(l0), all_lanes(l1), all_lanes(l2), all_lanes(l3), all_lanes(l4)}};
}

// The limbwise sum.
CAIRN_INLINE field add(field a, field b) {
    for (int k = 0; k < 5; k++) a.limb[k] = _mm512_add_epi64(a.limb[k], b.limb[k]);
    return a;
}

// Limbs of 2^8 * p: no raw limb is above them.
#define BIAS0 ((1ULL << 59) - 19 * 256)
#define BIAS ((1ULL << 59) - 256)

// a - b + 2^8 * p for raw b: limbs grow by less than 2^59.
CAIRN_INLINE field subtract(field a, field b) {
    for (int k = 0; k < 5; k++) {
        const __m512i lifted = _mm512_add_epi64(a.limb[k], all_lanes(k == 0 ? BIAS0 : BIAS));
        a.limb[k] = _mm512_sub_epi64(lifted, b.limb[k]);
    }
    return a;
}

// The negative of raw `a` in the lanes of the mask, with limbs of at most 2^59 - 2^8.
CAIRN_INLINE field negate_in(__mmask8 lanes, field a) {
    for (int k = 0; k < 5; k++) {
        a.limb[k] = _mm512_mask_sub_epi64(a.limb[k], lanes, all_lanes(k == 0 ? BIAS0 : BIAS), a.limb[k]);
    }
    return a;
}

// `b` in the lanes of the mask and `a` in the others.
CAIRN_INLINE field replace_in(__mmask8 lanes, field a, field b) {
    for (int k = 0; k < 5; k++) a.limb[k] = _mm512_mask_mov_epi64(a.limb[k], lanes, b.limb[k]);
    return a;
}

// The same element, tight, for limbs below 2^62: a carry is below 2^11 and 19 times that below 2^16.
CAIRN_INLINE field carry(field a) {
    const __m512i mask = all_lanes((1ULL << 51) - 1);
    field r;
    const __m512i top = _mm512_srli_epi64(a.limb[4], 51);
    r.limb[0] = _mm512_madd52lo_epu64(_mm512_and_si512(a.limb[0], mask), top, all_lanes(19));
    for (int k = 1; k < 5; k++) {
        r.limb[k] = _mm512_add_epi64(_mm512_and_si512(a.limb[k], mask), _mm512_srli_epi64(a.limb[k - 1], 51));
    }
    return r;
}

// Columns 5 to 9 to where they belong.
CAIRN_INLINE field fold(const __m512i column[10]) {
    field r;
    for (int k = 0; k < 5; k++) {
        r.limb[k] = _mm512_add_epi64(column[k], _mm512_mullo_epi64(column[k + 5], all_lanes(19)));
    }
    return r;
}

// The product of tight elements; raw.
CAIRN_INLINE field multiply_raw(field a, field b) {
    __m512i column[10];
    for (int k = 0; k < 10; k++) column[k] = _mm512_setzero_si512();
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            column[i + j + 1] = _mm512_madd52hi_epu64(column[i + j + 1], a.limb[i], b.limb[j]);
        }
    }
    for (int k = 1; k < 10; k++) column[k] = _mm512_add_epi64(column[k], column[k]);
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) column[i + j] = _mm512_madd52lo_epu64(column[i + j], a.limb[i], b.limb[j]);
    }
    return fold(column);
}

// The square of a tight element; tight. A product of two different limbs stands for two.
CAIRN_INLINE field square(field a) {
    __m512i high[10], low[10];
    for (int k = 0; k < 10; k++) high[k] = low[k] = _mm512_setzero_si512();
    for (int i = 0; i < 5; i++) {
        for (int j = i + 1; j < 5; j++) {
            high[i + j + 1] = _mm512_madd52hi_epu64(high[i + j + 1], a.limb[i], a.limb[j]);
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a.limb[i], a.limb[j]);
        }
    }
    __m512i column[10];
    for (int k = 0; k < 10; k++) {
        const __m512i once = _mm512_add_epi64(low[k], _mm512_add_epi64(high[k], high[k]));
        column[k] = _mm512_add_epi64(once, once);
    }
    for (int k = 0; k < 5; k++) {
        const __m512i upper = _mm512_madd52hi_epu64(_mm512_setzero_si512(), a.limb[k], a.limb[k]);
        column[2 * k] = _mm512_madd52lo_epu64(column[2 * k], a.limb[k], a.limb[k]);
        column[2 * k + 1] = _mm512_add_epi64(column[2 * k + 1], _mm512_add_epi64(upper, upper));
    }
    return carry(fold(column));
}

// The product of tight elements; tight.
CAIRN_INLINE field multiply(field a, field b) { return carry(multiply_raw(a, b)); }

#endif
