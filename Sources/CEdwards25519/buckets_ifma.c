#include "CEdwards25519.h"

#if defined(__x86_64__)

#include "point_ifma.h"

#define BUCKET_SIZE (CAIRN_BUCKET_WORDS * sizeof(uint64_t))

CAIRN_IFMA void cairn_buckets_clear_ifma(uint64_t *buckets, unsigned width) {
    for (size_t bucket = 0; bucket < CAIRN_LANES * CAIRN_BUCKETS(width); bucket++) {
        for (size_t word = 0; word < CAIRN_BUCKET_WORDS; word++) {
            *buckets++ = word == 0 || word == 5 || word == 10;
        }
    }
}

// The addresses of eight lanes' buckets for their digits.
CAIRN_INLINE void find(uint64_t *rows[8], __m512i first, __m128i digits) {
    const __m512i magnitudes = _mm512_cvtepu16_epi64(_mm_abs_epi16(digits));
    const __m512i offsets = _mm512_mullo_epi64(magnitudes, all_lanes(BUCKET_SIZE));
    _mm512_storeu_si512(rows, _mm512_add_epi64(first, offsets));
}

CAIRN_IFMA void cairn_buckets_add_ifma(
    uint64_t *buckets, unsigned width, const uint64_t *const points[CAIRN_LANES], const int16_t *digits, size_t count) {
    if (count == 0) return;
    const __m512i lanes = _mm512_mullo_epi64(
        _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), all_lanes(CAIRN_BUCKETS(width) * BUCKET_SIZE));
    const __m512i first = _mm512_add_epi64(lanes, all_lanes((uintptr_t)buckets));
    __m128i next = _mm_loadu_si128((const __m128i *)digits);
    for (size_t i = 0; i < count; i++) {
        const __m128i current = next;
        uint64_t *rows[8];
        find(rows, first, current);
        if (i + 1 < count) {
            // Buckets exceed the first-level cache, and no hardware foresees which comes next.
            next = _mm_loadu_si128((const __m128i *)(digits + 8 * (i + 1)));
            uint64_t *next_rows[8];
            find(next_rows, first, next);
            for (int lane = 0; lane < 8; lane++) {
                for (size_t word = 0; word < CAIRN_BUCKET_WORDS; word += 8) __builtin_prefetch(next_rows[lane] + word);
            }
        }
        const uint64_t *sources[8];
        for (int lane = 0; lane < 8; lane++) sources[lane] = points[lane] + CAIRN_PREPARED_WORDS * i;
        const point sum = add_prepared(
            load_point((const uint64_t *const *)rows), load_prepared(sources), _mm_movepi16_mask(current));
        store_point(rows, sum);
    }
}

CAIRN_IFMA void cairn_buckets_sum_ifma(const uint64_t *buckets, unsigned width, uint64_t *sums) {
    const size_t count = CAIRN_BUCKETS(width);
    point running = IDENTITY, total = IDENTITY;
    for (size_t digit = count - 1; digit > 0; digit--) {
        const uint64_t *rows[8];
        for (size_t lane = 0; lane < 8; lane++) rows[lane] = buckets + CAIRN_BUCKET_WORDS * (lane * count + digit);
        running = add_points(running, load_point(rows));
        total = add_points(total, running);
    }
    uint64_t *rows[8];
    for (size_t lane = 0; lane < 8; lane++) rows[lane] = sums + CAIRN_BUCKET_WORDS * lane;
    store_point(rows, total);
}

#else

void cairn_buckets_clear_ifma(uint64_t *buckets, unsigned width) { (void)buckets, (void)width; }

void cairn_buckets_add_ifma(
    uint64_t *buckets, unsigned width, const uint64_t *const points[CAIRN_LANES], const int16_t *digits, size_t count) {
    (void)buckets, (void)width, (void)points, (void)digits, (void)count;
}

void cairn_buckets_sum_ifma(const uint64_t *buckets, unsigned width, uint64_t *sums) {
    (void)buckets, (void)width, (void)sums;
}

#endif
