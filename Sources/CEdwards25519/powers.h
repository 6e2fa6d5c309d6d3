// Powers of field elements, and the arithmetic under all this for tests.
#ifndef CAIRN_POWERS_H
#define CAIRN_POWERS_H

#include "kernel.h"
#include "field.h"

// Elements of five words each, back to back. The last words come with the one before the last four.
CAIRN_INLINE field load_field(const uint64_t *words) {
    const uint64_t *rows[LANES];
    for (size_t lane = 0; lane < LANES; lane++) rows[lane] = words + 5 * lane;
    vector low[4], high[4];
    load_four(low, rows, 0);
    load_four(high, rows, 1);
    return (field){{low[0], low[1], low[2], low[3], high[3]}};
}

CAIRN_INLINE void store_field(uint64_t *words, field a) {
    uint64_t *rows[LANES];
    for (size_t lane = 0; lane < LANES; lane++) rows[lane] = words + 5 * lane;
    store_four(rows, 0, a.limb);
    store_four(rows, 1, a.limb + 1);
}

CAIRN_TARGET void CAIRN_KERNEL(field_combine)(
    const uint64_t *a, const uint64_t *b, const uint64_t *c, const uint64_t *d, uint64_t *sum, uint64_t *difference) {
    const field ab = multiply_raw(load_field(a), load_field(b)), cd = multiply_raw(load_field(c), load_field(d));
    store_field(sum, carry(add(ab, cd)));
    store_field(difference, carry(subtract(ab, cd)));
}

CAIRN_INLINE field square_times(field a, int count) {
    for (int i = 0; i < count; i++) a = square(a);
    return a;
}

// The chain of `Field25519.powerChain`; `ones_n` is the power to 2^n - 1.
CAIRN_TARGET void CAIRN_KERNEL(field_root_powers)(const uint64_t *elements, uint64_t *powers) {
    const field one = load_field(elements);
    const field two = square(one);
    const field nine = multiply(square_times(two, 2), one);
    const field ones_5 = multiply(square(multiply(nine, two)), nine);
    const field ones_10 = multiply(square_times(ones_5, 5), ones_5);
    const field ones_20 = multiply(square_times(ones_10, 10), ones_10);
    const field ones_40 = multiply(square_times(ones_20, 20), ones_20);
    const field ones_50 = multiply(square_times(ones_40, 10), ones_10);
    const field ones_100 = multiply(square_times(ones_50, 50), ones_50);
    const field ones_200 = multiply(square_times(ones_100, 100), ones_100);
    const field ones_250 = multiply(square_times(ones_200, 50), ones_50);
    store_field(powers, multiply(square_times(ones_250, 2), one));
}

#endif
