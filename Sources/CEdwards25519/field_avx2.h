// GF(2^255 - 19), four elements at a time, with the multiply-add instructions that AVX2's companion FMA has for
// floating-point numbers. Limbs and their bounds are those of `field_ifma.h`.
//
// AVX2 multiplies integers of 32 bits at most. A number of floating point has 53 bits, and a multiply-add rounds once,
// at its end, which splits a product exactly. For tight factors a and b, as numbers, a * b < 2^103, and
//
//   upper = a * b + 2^103
//
// lies between 2^103 and 2^104, where neighbours are 2^51 apart: it is 2^103 + h * 2^51 for an h next to a * b / 2^51.
// Then
//
//   lower = a * b + ((2^103 + 3 * 2^51) - upper)
//
// is 3 * 2^51 + l with l = a * b - h * 2^51, at most 2^51 in absolute value (half of that in the usual rounding):
// between 2^52 and 2^53, where neighbours are 1 apart. Nothing is rounded but `upper`, whatever the mode of rounding.
// Taken as integers, the bits of `upper` are those of 2^103 plus h, and the bits of `lower` are those of 3 * 2^51 plus
// l; since 2^51 is the weight of a limb, h belongs to the next column. What the constants add up to is subtracted from
// the columns in the end, modulo 2^64.
//
// l can be negative, so products get 80 * p on top, which is enough whatever the mode of rounding: a program that has
// this library in it may have chosen another. In units of 2^50, with 160 on top less a little: rounded up, l > -2^51, and a
// column is at least -154 + 160 > 0; rounded down or to zero, l < 2^51, and it is at most 154 + 190 + 160 = 504, below 2^59;
// to nearest, at most 427.
//
// Constant time: what a multiply-add takes depends on its operands only where one is subnormal or not finite. All of
// these are zero or normal, and so are all results.
#ifndef CAIRN_FIELD_AVX2_H
#define CAIRN_FIELD_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#define CAIRN_TARGET __attribute__((target("avx2,fma")))
#define CAIRN_INLINE CAIRN_TARGET static inline __attribute__((always_inline))

// How many lanes there are, a word of each, and a choice of lanes: all ones in those that are chosen.
#define LANES 4
typedef __m256i vector;
typedef __m256i choice;

typedef struct {
    vector limb[5];
} field;

CAIRN_INLINE vector all_lanes(uint64_t word) { return _mm256_set1_epi64x((long long)word); }

CAIRN_INLINE vector vector_add(vector a, vector b) { return _mm256_add_epi64(a, b); }

CAIRN_INLINE vector vector_subtract(vector a, vector b) { return _mm256_sub_epi64(a, b); }

CAIRN_INLINE vector vector_and(vector a, vector b) { return _mm256_and_si256(a, b); }

// Words shifted to the right.
CAIRN_INLINE vector vector_shift(vector a, unsigned count) {
    return _mm256_srl_epi64(a, _mm_cvtsi32_si128((int)count));
}

// Lanes where the words are equal.
CAIRN_INLINE choice vector_equal(vector a, vector b) { return _mm256_cmpeq_epi64(a, b); }

// `b` in the lanes that are chosen and `a` in the others.
CAIRN_INLINE vector vector_replace(choice lanes, vector a, vector b) { return _mm256_blendv_epi8(a, b, lanes); }

// The carries of five limbs below 2^62, each into the next, and of the top limb times 19 into the bottom one.
CAIRN_INLINE field carry(field a) {
    const vector mask = all_lanes((1ULL << 51) - 1);
    field r;
    const vector top = _mm256_mul_epu32(_mm256_srli_epi64(a.limb[4], 51), all_lanes(19));
    r.limb[0] = vector_add(vector_and(a.limb[0], mask), top);
    for (int k = 1; k < 5; k++) {
        r.limb[k] = vector_add(vector_and(a.limb[k], mask), _mm256_srli_epi64(a.limb[k - 1], 51));
    }
    return r;
}

// The bits of 2^52, 3 * 2^51 and 2^103.
#define BITS_OF_ONE_LIMB ((1023ULL + 52) << 52)
#define BITS_OF_LOWER (BITS_OF_ONE_LIMB + (1ULL << 51))
#define BITS_OF_UPPER ((1023ULL + 103) << 52)

typedef struct {
    __m256d limb[5];
} numbers;

// Words below 2^52 as numbers: with the exponent of 2^52 in front they are 2^52 too large.
CAIRN_INLINE numbers as_numbers(field a) {
    const vector bits = all_lanes(BITS_OF_ONE_LIMB);
    numbers r;
    for (int k = 0; k < 5; k++) {
        r.limb[k] =
            _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(a.limb[k], bits)), _mm256_castsi256_pd(bits));
    }
    return r;
}

// Adds a * b, with what its parts have on top, to its column and the next.
CAIRN_INLINE void add_product(vector column[10], int k, __m256d a, __m256d b) {
    const __m256d upper = _mm256_fmadd_pd(a, b, _mm256_set1_pd(0x1p103));
    const __m256d rest = _mm256_sub_pd(_mm256_set1_pd(0x1p103 + 0x3p51), upper);
    const __m256d lower = _mm256_fmadd_pd(a, b, rest);
    column[k] = vector_add(column[k], _mm256_castpd_si256(lower));
    column[k + 1] = vector_add(column[k + 1], _mm256_castpd_si256(upper));
}

// Lower parts in the column k of a product, and upper parts, which come from the column before.
#define LOWERS(k) ((uint64_t)((k) < 5 ? (k) + 1 : 9 - (k)))
#define UPPERS(k) ((k) == 0 ? 0 : LOWERS((k)-1))

// What the parts in column k have on top.
#define EXCESS(k) (LOWERS(k) * BITS_OF_LOWER + UPPERS(k) * BITS_OF_UPPER)

// Columns 5 to 9 to where they belong, without what their parts have on top and with 80 * p instead.
CAIRN_INLINE field fold(const vector column[10]) {
    field r;
    for (int k = 0; k < 5; k++) {
        const uint64_t bias = 80 * ((1ULL << 51) - (k == 0 ? 19 : 1));
        const vector c = column[k + 5];
        const vector times_19 = vector_add(vector_add(c, _mm256_slli_epi64(c, 1)), _mm256_slli_epi64(c, 4));
        r.limb[k] =
            vector_add(vector_add(column[k], all_lanes(bias - EXCESS(k) - 19 * EXCESS(k + 5))), times_19);
    }
    return r;
}

// The product of tight elements; raw.
CAIRN_INLINE field multiply_raw(field a, field b) {
    const numbers x = as_numbers(a), y = as_numbers(b);
    vector column[10];
    for (int k = 0; k < 10; k++) column[k] = _mm256_setzero_si256();
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) add_product(column, i + j, x.limb[i], y.limb[j]);
    }
    return fold(column);
}

// The square of a tight element; tight. A product of two different limbs stands for two.
CAIRN_INLINE field square(field a) {
    const numbers x = as_numbers(a);
    vector column[10];
    for (int k = 0; k < 10; k++) column[k] = _mm256_setzero_si256();
    for (int i = 0; i < 5; i++) {
        for (int j = i + 1; j < 5; j++) add_product(column, i + j, x.limb[i], x.limb[j]);
    }
    for (int k = 0; k < 10; k++) column[k] = vector_add(column[k], column[k]);
    for (int k = 0; k < 5; k++) add_product(column, 2 * k, x.limb[k], x.limb[k]);
    return carry(fold(column));
}

#endif
