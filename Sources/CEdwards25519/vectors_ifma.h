// Moves between memory, where the words of a lane lie in a row, and vectors, which hold the same word of eight rows.
#ifndef CAIRN_VECTORS_IFMA_H
#define CAIRN_VECTORS_IFMA_H

#include <stddef.h>

#include "field_ifma.h"

CAIRN_INLINE vector load_halves(const uint64_t *low, const uint64_t *high) {
    const vector half = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)low));
    return _mm512_inserti64x4(half, _mm256_loadu_si256((const __m256i *)high), 1);
}

CAIRN_INLINE void store_halves(uint64_t *low, uint64_t *high, vector value) {
    _mm256_storeu_si256((__m256i *)low, _mm512_castsi512_si256(value));
    _mm256_storeu_si256((__m256i *)high, _mm512_extracti64x4_epi64(value, 1));
}

// Four words of each row, from `offset` on.
CAIRN_INLINE void load_four(vector words[4], const uint64_t *const rows[LANES], size_t offset) {
    const vector r02 = load_halves(rows[0] + offset, rows[2] + offset);
    const vector r13 = load_halves(rows[1] + offset, rows[3] + offset);
    const vector r46 = load_halves(rows[4] + offset, rows[6] + offset);
    const vector r57 = load_halves(rows[5] + offset, rows[7] + offset);
    // The even words of these are words 0 and 2 of rows 0, 1, then of rows 2, 3; the odd words are words 1 and 3.
    const vector even0 = _mm512_unpacklo_epi64(r02, r13), odd0 = _mm512_unpackhi_epi64(r02, r13);
    const vector even4 = _mm512_unpacklo_epi64(r46, r57), odd4 = _mm512_unpackhi_epi64(r46, r57);
    words[0] = _mm512_shuffle_i64x2(even0, even4, 0x88);
    words[1] = _mm512_shuffle_i64x2(odd0, odd4, 0x88);
    words[2] = _mm512_shuffle_i64x2(even0, even4, 0xDD);
    words[3] = _mm512_shuffle_i64x2(odd0, odd4, 0xDD);
}

CAIRN_INLINE void store_four(uint64_t *const rows[LANES], size_t offset, const vector words[4]) {
    // Pairs of words of rows 0, 2, 4, 6, and of rows 1, 3, 5, 7.
    const vector even01 = _mm512_unpacklo_epi64(words[0], words[1]), odd01 = _mm512_unpackhi_epi64(words[0], words[1]);
    const vector even23 = _mm512_unpacklo_epi64(words[2], words[3]), odd23 = _mm512_unpackhi_epi64(words[2], words[3]);
    const vector low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const vector high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    store_halves(rows[0] + offset, rows[2] + offset, _mm512_permutex2var_epi64(even01, low, even23));
    store_halves(rows[1] + offset, rows[3] + offset, _mm512_permutex2var_epi64(odd01, low, odd23));
    store_halves(rows[4] + offset, rows[6] + offset, _mm512_permutex2var_epi64(even01, high, even23));
    store_halves(rows[5] + offset, rows[7] + offset, _mm512_permutex2var_epi64(odd01, high, odd23));
}

// A word from each address.
CAIRN_INLINE vector load_words(const uint64_t *const rows[LANES]) {
    return _mm512_i64gather_epi64(_mm512_loadu_si512(rows), NULL, 1);
}

// The digits of the lanes.
CAIRN_INLINE __m128i load_digits(const int16_t *digits) { return _mm_loadu_si128((const __m128i *)digits); }

CAIRN_INLINE choice are_negative(__m128i digits) { return _mm_movepi16_mask(digits); }

// The addresses of the lanes' buckets for their digits, where the lanes' first buckets are `stride` bytes apart.
CAIRN_INLINE void find_buckets(
    uint64_t *rows[LANES], const uint64_t *buckets, size_t stride, size_t size, __m128i digits) {
    const vector lanes = _mm512_mullo_epi64(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), all_lanes(stride));
    const vector first = vector_add(lanes, all_lanes((uintptr_t)buckets));
    const vector magnitudes = _mm512_cvtepu16_epi64(_mm_abs_epi16(digits));
    _mm512_storeu_si512(rows, vector_add(first, _mm512_mullo_epi64(magnitudes, all_lanes(size))));
}

#endif
