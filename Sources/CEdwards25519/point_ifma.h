// Points of edwards25519 in eight lanes: the formulas of `EdwardsPoint`, in other coordinates.
#ifndef CAIRN_POINT_IFMA_H
#define CAIRN_POINT_IFMA_H

#include "CEdwards25519.h"
#include "lanes_ifma.h"

// Y + X, Y - X, Z, T; tight.
typedef struct {
    field plus, minus, z, t;
} point;

// y + x, y - x, 2d * x * y; tight.
typedef struct {
    field plus, minus, t;
} prepared_point;

#define IDENTITY \
    (point){constant(1, 0, 0, 0, 0), constant(1, 0, 0, 0, 0), constant(1, 0, 0, 0, 0), constant(0, 0, 0, 0, 0)}

CAIRN_INLINE point load_point(const uint64_t *const rows[8]) {
    __m512i w[CAIRN_BUCKET_WORDS];
    for (int k = 0; k < CAIRN_BUCKET_WORDS; k += 4) load_four(w + k, rows, k);
    return (point){
        {{w[0], w[1], w[2], w[3], w[4]}}, {{w[5], w[6], w[7], w[8], w[9]}},
        {{w[10], w[11], w[12], w[13], w[14]}}, {{w[15], w[16], w[17], w[18], w[19]}}};
}

CAIRN_INLINE void store_point(uint64_t *const rows[8], point p) {
    const __m512i w[CAIRN_BUCKET_WORDS] = {
        p.plus.limb[0], p.plus.limb[1], p.plus.limb[2], p.plus.limb[3], p.plus.limb[4],
        p.minus.limb[0], p.minus.limb[1], p.minus.limb[2], p.minus.limb[3], p.minus.limb[4],
        p.z.limb[0], p.z.limb[1], p.z.limb[2], p.z.limb[3], p.z.limb[4],
        p.t.limb[0], p.t.limb[1], p.t.limb[2], p.t.limb[3], p.t.limb[4]};
    for (int k = 0; k < CAIRN_BUCKET_WORDS; k += 4) store_four(rows, k, w + k);
}

CAIRN_INLINE prepared_point load_prepared(const uint64_t *const rows[8]) {
    __m512i w[CAIRN_PREPARED_WORDS + 1];
    for (int k = 0; k < 12; k += 4) load_four(w + k, rows, k);
    // The last three words and, so that nothing behind the row is read, once more the one before them.
    load_four(w + 12, rows, 11);
    return (prepared_point){
        {{w[0], w[1], w[2], w[3], w[4]}}, {{w[5], w[6], w[7], w[8], w[9]}},
        {{w[10], w[11], w[13], w[14], w[15]}}};
}

// How all additions end, for the raw products (Y + X)(Y' + X'), (Y - X)(Y' - X'), 2ZZ' and 2dTT'. Of the last two, one
// may be tight or twice a product, and the other negated.
CAIRN_INLINE point combine(field plus, field minus, field z, field t) {
    const field e = carry(subtract(plus, minus)), h = carry(add(plus, minus));
    const field f = carry(subtract(z, t)), g = carry(add(z, t));
    const field x = multiply_raw(e, f), y = multiply_raw(g, h);
    return (point){carry(add(y, x)), carry(subtract(y, x)), multiply(f, g), multiply(e, h)};
}

// a + b, or a - b in the lanes of the mask: the negative of a point swaps y + x with y - x and changes the sign of T.
CAIRN_INLINE point add_prepared(point a, prepared_point b, __mmask8 negative) {
    const field plus = multiply_raw(a.plus, replace_in(negative, b.plus, b.minus));
    const field minus = multiply_raw(a.minus, replace_in(negative, b.minus, b.plus));
    return combine(plus, minus, add(a.z, a.z), negate_in(negative, multiply_raw(a.t, b.t)));
}

// a + b.
CAIRN_INLINE point add_points(point a, point b) {
    const field two_d =
        constant(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff);
    const field z = multiply_raw(a.z, b.z);
    return combine(
        multiply_raw(a.plus, b.plus), multiply_raw(a.minus, b.minus), add(z, z),
        multiply_raw(a.t, multiply(b.t, two_d)));
}

#endif
