// Moves between memory, where the words of a lane lie in a row, and vectors, which hold the same word of eight rows.
#ifndef CAIRN_LANES_IFMA_H
#define CAIRN_LANES_IFMA_H

#include <stddef.h>

#include "field_ifma.h"

CAIRN_INLINE __m512i load_halves(const uint64_t *low, const uint64_t *high) {
    const __m512i half = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)low));
    return _mm512_inserti64x4(half, _mm256_loadu_si256((const __m256i *)high), 1);
}

CAIRN_INLINE void store_halves(uint64_t *low, uint64_t *high, __m512i value) {
    _mm256_storeu_si256((__m256i *)low, _mm512_castsi512_si256(value));
    _mm256_storeu_si256((__m256i *)high, _mm512_extracti64x4_epi64(value, 1));
}

// Four words of each row, from `offset` on.
CAIRN_INLINE void load_four(__m512i words[4], const uint64_t *const rows[8], size_t offset) {
    const __m512i r02 = load_halves(rows[0] + offset, rows[2] + offset);
    const __m512i r13 = load_halves(rows[1] + offset, rows[3] + offset);
    const __m512i r46 = load_halves(rows[4] + offset, rows[6] + offset);
    const __m512i r57 = load_halves(rows[5] + offset, rows[7] + offset);
    // The even words of these are words 0 and 2 of rows 0, 1, then of rows 2, 3; the odd words are words 1 and 3.
    const __m512i even0 = _mm512_unpacklo_epi64(r02, r13), odd0 = _mm512_unpackhi_epi64(r02, r13);
    const __m512i even4 = _mm512_unpacklo_epi64(r46, r57), odd4 = _mm512_unpackhi_epi64(r46, r57);
    words[0] = _mm512_shuffle_i64x2(even0, even4, 0x88);
    words[1] = _mm512_shuffle_i64x2(odd0, odd4, 0x88);
    words[2] = _mm512_shuffle_i64x2(even0, even4, 0xDD);
    words[3] = _mm512_shuffle_i64x2(odd0, odd4, 0xDD);
}

CAIRN_INLINE void store_four(uint64_t *const rows[8], size_t offset, const __m512i words[4]) {
    // Pairs of words of rows 0, 2, 4, 6, and of rows 1, 3, 5, 7.
    const __m512i even01 = _mm512_unpacklo_epi64(words[0], words[1]), odd01 = _mm512_unpackhi_epi64(words[0], words[1]);
    const __m512i even23 = _mm512_unpacklo_epi64(words[2], words[3]), odd23 = _mm512_unpackhi_epi64(words[2], words[3]);
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i high = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    store_halves(rows[0] + offset, rows[2] + offset, _mm512_permutex2var_epi64(even01, low, even23));
    store_halves(rows[1] + offset, rows[3] + offset, _mm512_permutex2var_epi64(odd01, low, odd23));
    store_halves(rows[4] + offset, rows[6] + offset, _mm512_permutex2var_epi64(even01, high, even23));
    store_halves(rows[5] + offset, rows[7] + offset, _mm512_permutex2var_epi64(odd01, high, odd23));
}

// Eight elements of five words each, back to back.
CAIRN_INLINE field load_field(const uint64_t words[40]) {
    field a;
    const __m512i rows = _mm512_setr_epi64(0, 5, 10, 15, 20, 25, 30, 35);
    for (int k = 0; k < 5; k++) a.limb[k] = _mm512_i64gather_epi64(rows, words + k, 8);
    return a;
}

CAIRN_INLINE void store_field(uint64_t words[40], field a) {
    const __m512i rows = _mm512_setr_epi64(0, 5, 10, 15, 20, 25, 30, 35);
    for (int k = 0; k < 5; k++) _mm512_i64scatter_epi64(words + k, rows, a.limb[k], 8);
}

#endif
