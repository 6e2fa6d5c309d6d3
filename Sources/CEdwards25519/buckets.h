// Running totals of points, one set of buckets for each lane.
#ifndef CAIRN_BUCKETS_H
#define CAIRN_BUCKETS_H

#include "kernel.h"
#include "point.h"

#define BUCKET_SIZE (CAIRN_POINT_WORDS * sizeof(uint64_t))

CAIRN_TARGET void CAIRN_KERNEL(buckets_clear)(uint64_t *buckets, unsigned width) {
    for (size_t bucket = 0; bucket < LANES * CAIRN_BUCKETS(width); bucket++) {
        for (size_t word = 0; word < CAIRN_POINT_WORDS; word++) {
            *buckets++ = word == 0 || word == 5 || word == 10;
        }
    }
}

CAIRN_TARGET void CAIRN_KERNEL(buckets_add)(
    uint64_t *buckets, unsigned width, const uint64_t *const *points, const int16_t *digits, size_t count) {
    if (count == 0) return;
    const size_t stride = CAIRN_BUCKETS(width) * BUCKET_SIZE;
    __m128i next = load_digits(digits);
    for (size_t i = 0; i < count; i++) {
        const __m128i current = next;
        uint64_t *rows[LANES];
        find_buckets(rows, buckets, stride, BUCKET_SIZE, current);
        if (i + 1 < count) {
            // Buckets exceed the first-level cache, and no hardware foresees which comes next.
            next = load_digits(digits + LANES * (i + 1));
            uint64_t *next_rows[LANES];
            find_buckets(next_rows, buckets, stride, BUCKET_SIZE, next);
            for (int lane = 0; lane < LANES; lane++) {
                for (size_t word = 0; word < CAIRN_POINT_WORDS; word += 8) __builtin_prefetch(next_rows[lane] + word);
            }
        }
        const uint64_t *sources[LANES];
        for (int lane = 0; lane < LANES; lane++) sources[lane] = points[lane] + CAIRN_PREPARED_WORDS * i;
        const point sum = add_prepared(
            load_point((const uint64_t *const *)rows), load_prepared(sources), are_negative(current));
        store_point(rows, sum);
    }
}

CAIRN_TARGET void CAIRN_KERNEL(buckets_sum)(const uint64_t *buckets, unsigned width, uint64_t *sums) {
    const size_t count = CAIRN_BUCKETS(width);
    point running = identity(), total = identity();
    for (size_t digit = count - 1; digit > 0; digit--) {
        const uint64_t *rows[LANES];
        for (size_t lane = 0; lane < LANES; lane++) rows[lane] = buckets + CAIRN_POINT_WORDS * (lane * count + digit);
        running = add_points(running, load_point(rows));
        total = add_points(total, running);
    }
    store_sums(sums, total);
}

#endif
