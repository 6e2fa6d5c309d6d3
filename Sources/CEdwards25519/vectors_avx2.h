// Moves between memory, where the words of a lane lie in a row, and vectors, which hold the same word of four rows.
#ifndef CAIRN_VECTORS_AVX2_H
#define CAIRN_VECTORS_AVX2_H

#include <stddef.h>

#include "field_avx2.h"

// Four rows of four words to four vectors, or back.
CAIRN_INLINE void transpose(vector out[4], vector a, vector b, vector c, vector d) {
    // Words 0 and 2 of rows 0, 1 and of rows 2, 3; words 1 and 3 likewise.
    const vector even01 = _mm256_unpacklo_epi64(a, b), odd01 = _mm256_unpackhi_epi64(a, b);
    const vector even23 = _mm256_unpacklo_epi64(c, d), odd23 = _mm256_unpackhi_epi64(c, d);
    out[0] = _mm256_permute2x128_si256(even01, even23, 0x20);
    out[1] = _mm256_permute2x128_si256(odd01, odd23, 0x20);
    out[2] = _mm256_permute2x128_si256(even01, even23, 0x31);
    out[3] = _mm256_permute2x128_si256(odd01, odd23, 0x31);
}

CAIRN_INLINE vector load_row(const uint64_t *row) { return _mm256_loadu_si256((const __m256i *)row); }

// Four words of each row, from `offset` on.
CAIRN_INLINE void load_four(vector words[4], const uint64_t *const rows[LANES], size_t offset) {
    transpose(
        words, load_row(rows[0] + offset), load_row(rows[1] + offset), load_row(rows[2] + offset),
        load_row(rows[3] + offset));
}

CAIRN_INLINE void store_four(uint64_t *const rows[LANES], size_t offset, const vector words[4]) {
    vector row[4];
    transpose(row, words[0], words[1], words[2], words[3]);
    for (int lane = 0; lane < LANES; lane++) _mm256_storeu_si256((__m256i *)(rows[lane] + offset), row[lane]);
}

// A word from each address.
CAIRN_INLINE vector load_words(const uint64_t *const rows[LANES]) {
    return _mm256_setr_epi64x(
        (long long)*rows[0], (long long)*rows[1], (long long)*rows[2], (long long)*rows[3]);
}

// The digits of the lanes.
CAIRN_INLINE __m128i load_digits(const int16_t *digits) { return _mm_loadl_epi64((const __m128i *)digits); }

CAIRN_INLINE choice are_negative(__m128i digits) {
    return _mm256_cmpgt_epi64(_mm256_setzero_si256(), _mm256_cvtepi16_epi64(digits));
}

// The addresses of the lanes' buckets for their digits, where the lanes' first buckets are `stride` bytes apart.
CAIRN_INLINE void find_buckets(
    uint64_t *rows[LANES], const uint64_t *buckets, size_t stride, size_t size, __m128i digits) {
    const vector lanes = _mm256_mul_epu32(_mm256_setr_epi64x(0, 1, 2, 3), all_lanes(stride));
    const vector first = vector_add(lanes, all_lanes((uintptr_t)buckets));
    const vector magnitudes = _mm256_cvtepu16_epi64(_mm_abs_epi16(digits));
    _mm256_storeu_si256((__m256i *)rows, vector_add(first, _mm256_mul_epu32(magnitudes, all_lanes(size))));
}

#endif
