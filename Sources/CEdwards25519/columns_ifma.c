#include "CEdwards25519.h"

#if defined(__x86_64__)

#include "point_ifma.h"

// A point prepared for being added in projective coordinates: Y + X, Y - X, Z, 2d * T; tight.
typedef struct {
    field plus, minus, z, t;
} cached_point;

_Static_assert(sizeof(cached_point) == sizeof(uint64_t) * CAIRN_COLUMN_ENTRY_WORDS, "entries are cached points");

CAIRN_INLINE cached_point cache(point p) {
    const field two_d =
        constant(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff);
    return (cached_point){p.plus, p.minus, p.z, multiply(p.t, two_d)};
}

// The point of the factors X = e * f, Y = g * h, Z = f * g, T = e * h. T is left out where only doublings follow.
CAIRN_INLINE point complete(field e, field f, field g, field h, int needs_t) {
    const field x = multiply_raw(e, f), y = multiply_raw(g, h);
    return (point){
        carry(add(y, x)), carry(subtract(y, x)), multiply(f, g), needs_t ? multiply(e, h) : constant(0, 0, 0, 0, 0)};
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

// 2a, from (Y + X)^2, (Y - X)^2, their root's product and Z^2: all four factors are twice those of `EdwardsPoint`.
CAIRN_INLINE point twice(point a, int needs_t) {
    const field plus = square(a.plus), minus = square(a.minus), zz = square(a.z);
    const field product = multiply_raw(a.plus, a.minus), two_zz = add(zz, zz);
    const field g = carry(add(product, product));
    const field f = carry(subtract(add(two_zz, two_zz), g));
    return complete(carry(subtract(plus, minus)), f, g, carry(add(plus, minus)), needs_t);
}

CAIRN_IFMA void cairn_columns_sum_ifma(
    uint64_t *table, const uint64_t *const *points, size_t blocks, const cairn_column_step *steps, size_t count,
    uint64_t *sums) {
    cached_point *entries = (cached_point *)table;
    for (size_t block = 1; block < blocks; block++) {
        point multiple = add_prepared(IDENTITY, load_prepared(points + CAIRN_LANES * block), 0);
        const cached_point two = cache(twice(multiple, 1));
        cached_point *row = entries + CAIRN_COLUMN_ENTRIES * (block - 1);
        row[0] = cache(multiple);
        for (int entry = 1; entry < CAIRN_COLUMN_ENTRIES; entry++) {
            multiple = add_cached(multiple, &two, 0, 1);
            row[entry] = cache(multiple);
        }
    }
    point sum = IDENTITY;
    for (size_t i = 0; i < count; i++) {
        const cairn_column_step step = steps[i];
        const cached_point *entry = entries + step.entry;
        if (step.doublings == 0) {
            sum = add_cached(sum, entry, step.negative, 1);
            continue;
        }
        sum = add_cached(sum, entry, step.negative, 0);
        for (uint32_t doubling = 1; doubling < step.doublings; doubling++) sum = twice(sum, 0);
        sum = twice(sum, 1);
    }
    sum = add_prepared(sum, load_prepared(points), 0);
    uint64_t *rows[CAIRN_LANES];
    for (size_t lane = 0; lane < CAIRN_LANES; lane++) rows[lane] = sums + CAIRN_BUCKET_WORDS * lane;
    store_point(rows, sum);
}

#else

void cairn_columns_sum_ifma(
    uint64_t *table, const uint64_t *const *points, size_t blocks, const cairn_column_step *steps, size_t count,
    uint64_t *sums) {
    (void)table, (void)points, (void)blocks, (void)steps, (void)count, (void)sums;
}

#endif
