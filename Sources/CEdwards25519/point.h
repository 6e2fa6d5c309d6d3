// Points of edwards25519 in lanes: the formulas of `EdwardsPoint`, in other coordinates.
#ifndef CAIRN_POINT_H
#define CAIRN_POINT_H

#include "CEdwards25519.h"
#include "field.h"

// Y + X, Y - X, Z, T; tight.
typedef struct {
    field plus, minus, z, t;
} point;

// y + x, y - x, 2d * x * y; tight.
typedef struct {
    field plus, minus, t;
} prepared_point;

// A point prepared for being added in projective coordinates: Y + X, Y - X, Z, 2d * T; tight.
typedef struct {
    field plus, minus, z, t;
} cached_point;

_Static_assert(sizeof(point) == LANES * sizeof(uint64_t) * CAIRN_POINT_WORDS, "a point is so many vectors");
_Static_assert(sizeof(cached_point) == sizeof(point), "and so is a cached one");

CAIRN_INLINE point identity(void) {
    const field zero = constant(0, 0, 0, 0, 0), one = constant(1, 0, 0, 0, 0);
    return (point){one, one, one, zero};
}

CAIRN_INLINE point load_point(const uint64_t *const rows[LANES]) {
    vector w[CAIRN_POINT_WORDS];
    for (int k = 0; k < CAIRN_POINT_WORDS; k += 4) load_four(w + k, rows, k);
    return (point){
        {{w[0], w[1], w[2], w[3], w[4]}}, {{w[5], w[6], w[7], w[8], w[9]}},
        {{w[10], w[11], w[12], w[13], w[14]}}, {{w[15], w[16], w[17], w[18], w[19]}}};
}

CAIRN_INLINE void store_point(uint64_t *const rows[LANES], point p) {
    const vector w[CAIRN_POINT_WORDS] = {
        p.plus.limb[0], p.plus.limb[1], p.plus.limb[2], p.plus.limb[3], p.plus.limb[4],
        p.minus.limb[0], p.minus.limb[1], p.minus.limb[2], p.minus.limb[3], p.minus.limb[4],
        p.z.limb[0], p.z.limb[1], p.z.limb[2], p.z.limb[3], p.z.limb[4],
        p.t.limb[0], p.t.limb[1], p.t.limb[2], p.t.limb[3], p.t.limb[4]};
    for (int k = 0; k < CAIRN_POINT_WORDS; k += 4) store_four(rows, k, w + k);
}

// One point of every lane, back to back.
CAIRN_INLINE void store_sums(uint64_t *sums, point p) {
    uint64_t *rows[LANES];
    for (size_t lane = 0; lane < LANES; lane++) rows[lane] = sums + CAIRN_POINT_WORDS * lane;
    store_point(rows, p);
}

CAIRN_INLINE prepared_point load_prepared(const uint64_t *const rows[LANES]) {
    vector w[CAIRN_PREPARED_WORDS + 1];
    for (int k = 0; k < 12; k += 4) load_four(w + k, rows, k);
    // The last three words and, so that nothing behind the row is read, once more the one before them.
    load_four(w + 12, rows, 11);
    return (prepared_point){
        {{w[0], w[1], w[2], w[3], w[4]}}, {{w[5], w[6], w[7], w[8], w[9]}},
        {{w[10], w[11], w[13], w[14], w[15]}}};
}

CAIRN_INLINE field two_d(void) {
    return constant(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff);
}

CAIRN_INLINE cached_point cache(point p) { return (cached_point){p.plus, p.minus, p.z, multiply(p.t, two_d())}; }

// The point of the factors X = e * f, Y = g * h, Z = f * g, T = e * h. T is left out where only doublings follow.
CAIRN_INLINE point complete(field e, field f, field g, field h, int needs_t) {
    const field x = multiply_raw(e, f), y = multiply_raw(g, h);
    return (point){
        carry(add(y, x)), carry(subtract(y, x)), multiply(f, g), needs_t ? multiply(e, h) : constant(0, 0, 0, 0, 0)};
}

// How all additions end, for the raw products (Y + X)(Y' + X'), (Y - X)(Y' - X'), 2ZZ' and 2dTT'. Of the last two, one
// may be tight or twice a product, and the other negated.
CAIRN_INLINE point combine(field plus, field minus, field z, field t, int needs_t) {
    return complete(
        carry(subtract(plus, minus)), carry(subtract(z, t)), carry(add(z, t)), carry(add(plus, minus)), needs_t);
}

// a + b, or a - b in the lanes that are chosen: the negative of a point swaps y + x with y - x and changes the sign of
// T.
CAIRN_INLINE point add_prepared(point a, prepared_point b, choice negative) {
    const field plus = multiply_raw(a.plus, replace_in(negative, b.plus, b.minus));
    const field minus = multiply_raw(a.minus, replace_in(negative, b.minus, b.plus));
    return combine(plus, minus, add(a.z, a.z), negate_in(negative, multiply_raw(a.t, b.t)), 1);
}

// a + b, in all lanes.
CAIRN_INLINE point add_all_prepared(point a, prepared_point b) {
    const field plus = multiply_raw(a.plus, b.plus), minus = multiply_raw(a.minus, b.minus);
    return combine(plus, minus, add(a.z, a.z), multiply_raw(a.t, b.t), 1);
}

// a + b, or a - b, in all lanes.
CAIRN_INLINE point add_cached(point a, const cached_point *b, int negative, int needs_t) {
    const field plus = multiply_raw(a.plus, negative ? b->minus : b->plus);
    const field minus = multiply_raw(a.minus, negative ? b->plus : b->minus);
    const field zz = multiply_raw(a.z, b->z), z = add(zz, zz), t = multiply_raw(a.t, b->t);
    const field difference = carry(subtract(z, t)), sum = carry(add(z, t));
    return complete(
        carry(subtract(plus, minus)), negative ? sum : difference, negative ? difference : sum, carry(add(plus, minus)),
        needs_t);
}

// a + b.
CAIRN_INLINE point add_points(point a, point b) {
    const cached_point cached = cache(b);
    return add_cached(a, &cached, 0, 1);
}

// 2a, from (Y + X)^2, (Y - X)^2, their root's product and Z^2: all four factors are twice those of `EdwardsPoint`.
CAIRN_INLINE point twice(point a, int needs_t) {
    const field plus = square(a.plus), minus = square(a.minus), zz = square(a.z);
    const field product = multiply_raw(a.plus, a.minus), two_zz = add(zz, zz);
    const field g = carry(add(product, product));
    const field f = carry(subtract(add(two_zz, two_zz), g));
    return complete(carry(subtract(plus, minus)), f, g, carry(add(plus, minus)), needs_t);
}

#endif
