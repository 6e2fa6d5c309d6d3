// Sums of subsets of points, by secret bits.
//
// The points are cut into blocks of three for every lane. A block has a table of the sums of its seven subsets, and
// every row of bits adds one of them, or nothing, to its own total. In the end the rows' totals are joined by
// doublings. A point costs a third of an addition a bit and 4/3 of one for the table, whatever it is multiplied by, and
// no doublings.
#ifndef CAIRN_SUBSETS_H
#define CAIRN_SUBSETS_H

#include "kernel.h"
#include "point.h"

#define MEMBERS 3
#define SUBSETS 7

// The point of a prepared one, with all coordinates times 4.
CAIRN_INLINE point lift(prepared_point p) {
    const field two_x = carry(subtract(p.plus, p.minus)), two_y = carry(add(p.plus, p.minus));
    const field two_plus = add(p.plus, p.plus), two_minus = add(p.minus, p.minus);
    return (point){
        carry(add(two_plus, two_plus)), carry(add(two_minus, two_minus)), constant(4, 0, 0, 0, 0),
        multiply(two_x, two_y)};
}

CAIRN_INLINE cached_point cache_prepared(prepared_point p) {
    return (cached_point){p.plus, p.minus, constant(1, 0, 0, 0, 0), p.t};
}

// The sums of the subsets of three points, in the order of the subsets' numbers in binary from 1 on.
CAIRN_INLINE void fill(cached_point table[SUBSETS], const prepared_point points[MEMBERS]) {
    const point first = lift(points[0]), second = lift(points[1]), both = add_all_prepared(first, points[1]);
    table[0] = cache_prepared(points[0]);
    table[1] = cache_prepared(points[1]);
    table[2] = cache(both);
    table[3] = cache_prepared(points[2]);
    table[4] = cache(add_all_prepared(first, points[2]));
    table[5] = cache(add_all_prepared(second, points[2]));
    table[6] = cache(add_all_prepared(both, points[2]));
}

// The entry of a subset, or of none, in every lane; all entries are read.
CAIRN_INLINE cached_point choose(const cached_point table[SUBSETS], vector subset) {
    const point none = identity();
    cached_point r = {none.plus, none.minus, none.z, none.t};
    for (int entry = 0; entry < SUBSETS; entry++) {
        const choice lanes = vector_equal(subset, all_lanes((uint64_t)entry + 1));
        r.plus = replace_in(lanes, r.plus, table[entry].plus);
        r.minus = replace_in(lanes, r.minus, table[entry].minus);
        r.z = replace_in(lanes, r.z, table[entry].z);
        r.t = replace_in(lanes, r.t, table[entry].t);
    }
    return r;
}

CAIRN_TARGET void CAIRN_KERNEL(subsets_sum)(
    const uint64_t *points, size_t count, const uint64_t *words, size_t stride, unsigned bits, uint64_t *rows,
    uint64_t *sums) {
    static const uint64_t no_point[CAIRN_PREPARED_WORDS] = {1, 0, 0, 0, 0, 1}, no_word = 0;
    point *totals = (point *)rows;
    for (unsigned bit = 0; bit < bits; bit++) totals[bit] = identity();
    for (size_t start = 0; start < count; start += MEMBERS * LANES) {
        prepared_point members[MEMBERS];
        for (size_t member = 0; member < MEMBERS; member++) {
            const uint64_t *sources[LANES];
            for (size_t lane = 0; lane < LANES; lane++) {
                const size_t index = start + LANES * member + lane;
                sources[lane] = index < count ? points + CAIRN_PREPARED_WORDS * index : no_point;
            }
            members[member] = load_prepared(sources);
        }
        cached_point table[SUBSETS];
        fill(table, members);
        vector word[MEMBERS];
        for (unsigned bit = 0; bit < bits; bit++) {
            if (bit % 64 == 0) {
                for (size_t member = 0; member < MEMBERS; member++) {
                    const uint64_t *sources[LANES];
                    for (size_t lane = 0; lane < LANES; lane++) {
                        const size_t index = start + LANES * member + lane;
                        sources[lane] = index < count ? words + stride * index + bit / 64 : &no_word;
                    }
                    word[member] = load_words(sources);
                }
            }
            vector subset = all_lanes(0);
            for (size_t member = 0; member < MEMBERS; member++) {
                const vector is_in = vector_and(vector_shift(word[member], bit % 64), all_lanes(1));
                for (size_t times = 0; times < (size_t)1 << member; times++) subset = vector_add(subset, is_in);
            }
            const cached_point chosen = choose(table, subset);
            totals[bit] = add_cached(totals[bit], &chosen, 0, 1);
        }
    }
    point sum = totals[bits - 1];
    for (unsigned bit = bits - 1; bit > 0; bit--) sum = add_points(twice(sum, 1), totals[bit - 1]);
    store_sums(sums, sum);
}

#endif
