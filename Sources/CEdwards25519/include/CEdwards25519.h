// Sums of many points of edwards25519, and powers of field elements, several at a time, for processors with AVX-512
// IFMA (eight) or AVX2 (four).
//
// A vector register holds eight or four 64-bit lanes, and every lane works for itself: it has its own points, its own
// digits and its own set of buckets. What differs between lanes is up to the caller: windows of the same scalars,
// ranges of the points, or both. One step adds a point to a bucket in every lane for little more than one such addition
// costs otherwise.
//
// A field element is five limbs of 51 bits, a 64-bit word each, least significant first, as `Field25519` has it. All
// limbs that go in must be below 2^51 + 2^18; those that come out are.
//
// Every function takes first how many lanes it is to use, 8 or 4, and must be called only when
// `cairn_edwards25519_has_lanes` says that there are so many. Sums by digits and by steps are not constant time: memory
// is accessed by digits. Sums of subsets and powers are.
#ifndef CAIRN_EDWARDS25519_H
#define CAIRN_EDWARDS25519_H

#include <stddef.h>
#include <stdint.h>

// Nonzero if the environment variable CAIRN_KERNELS (see CKeccak.h) does not forbid it, and this processor and its
// operating system have, for 8 lanes, AVX-512 F, VL, DQ, BW and IFMA, or, for 4 lanes, AVX2 and FMA.
int cairn_edwards25519_has_lanes(unsigned lanes);

#define CAIRN_MOST_LANES 8

// Words of a point that is ready for being added: y + x, y - x, 2d * x * y.
#define CAIRN_PREPARED_WORDS 15

// Words of a point in a bucket: Y + X, Y - X, Z, T with x = X / Z, y = Y / Z, T = X * Y / Z. The kernel adds and
// subtracts X and Y in any case, and before it reduces their products that costs no carries.
#define CAIRN_POINT_WORDS 20

// Buckets of a lane for digits from -2^(width - 1) to 2^(width - 1): one for each absolute value. That of zero takes
// what nobody counts, so that a zero is not a case of its own.
#define CAIRN_BUCKETS(width) (((size_t)1 << ((width) - 1)) + 1)

// Fills the buckets of all lanes with the neutral element.
//
// They are lanes * CAIRN_BUCKETS(width) * CAIRN_POINT_WORDS words, those of a lane in a row, and best aligned to 64
// bytes. 2 <= width <= 15.
void cairn_buckets_clear(unsigned lanes, uint64_t *buckets, unsigned width);

// Adds to every lane's buckets `count` points of the lane, each to the bucket of its digit, or its negative to that of
// the digit's negative.
//
// `points[lane]` is the first of the lane's prepared points; lanes may share them. The digits of all lanes for their
// i-th points are those from `digits[lanes * i]` on, of at most 2^(width - 1) in absolute value.
void cairn_buckets_add(
    unsigned lanes, uint64_t *buckets, unsigned width, const uint64_t *const *points, const int16_t *digits,
    size_t count);

// The sum of digit * bucket over the positive digits, for every lane: lanes * CAIRN_POINT_WORDS words.
void cairn_buckets_sum(unsigned lanes, const uint64_t *buckets, unsigned width, uint64_t *sums);

// The odd multiples 1, 3, ..., 15 of a point that a table has.
#define CAIRN_COLUMN_ENTRIES 8

// One addition of a sum of columns, and what follows it.
typedef struct {
    // Multiple m of block b, counted from 0, has the entry CAIRN_COLUMN_ENTRIES * (b - 1) + m / 2.
    uint32_t entry;
    // Nonzero to subtract it.
    uint32_t negative;
    uint32_t doublings;
} cairn_column_step;

// The same combination of points in every lane: the first block's point, and what the steps, one after the other, make
// of the neutral element.
//
// `points[lanes * b + lane]` is the prepared point of block b. `table` has room for CAIRN_COLUMN_ENTRIES entries of
// lanes * CAIRN_POINT_WORDS words for every block but the first, and is aligned to 64 bytes. The sums are
// lanes * CAIRN_POINT_WORDS words.
void cairn_columns_sum(
    unsigned lanes, uint64_t *table, const uint64_t *const *points, size_t blocks, const cairn_column_step *steps,
    size_t count, uint64_t *sums);

// The sum of integer * point over `count` prepared points, as one summand for every lane: lanes * CAIRN_POINT_WORDS
// words.
//
// Integers have `stride` words each, least significant first, back to back, of which the lowest `bits` count, 1 at
// least. `rows` has room for bits * lanes * CAIRN_POINT_WORDS words, and is aligned to 64 bytes. Constant time: what is
// done and what memory is read or written depends on everything but the integers.
void cairn_subsets_sum(
    unsigned lanes, const uint64_t *points, size_t count, const uint64_t *words, size_t stride, unsigned bits,
    uint64_t *rows, uint64_t *sums);

// The powers of field elements to 2^252 - 3, one for every lane, which square roots need. Constant time.
void cairn_field25519_root_powers(unsigned lanes, const uint64_t *elements, uint64_t *powers);

// a * b + c * d and a * b - c * d for one element a lane each: the arithmetic under all this, for tests.
void cairn_field25519_combine(
    unsigned lanes, const uint64_t *a, const uint64_t *b, const uint64_t *c, const uint64_t *d, uint64_t *sum,
    uint64_t *difference);

#endif
