// Sums of many points of edwards25519 by the bucket method, eight buckets at a time, and eight powers of field elements
// at a time, for processors with AVX-512 IFMA.
//
// A vector register holds eight 64-bit lanes, and every lane works for itself: it has its own points, its own digits and
// its own set of buckets. What differs between lanes is up to the caller: windows of the same scalars, ranges of the
// points, or both. One step adds eight points to eight buckets for little more than one such addition costs otherwise.
//
// A field element is five limbs of 51 bits, a 64-bit word each, least significant first, as `Field25519` has it. All
// limbs that go in must be below 2^51 + 2^18; those that come out are.
//
// Every function must be called only when `cairn_edwards25519_has_ifma` says so; on processors other than x86-64 they do
// nothing. Sums are not constant time: memory is accessed by digits.
#ifndef CAIRN_EDWARDS25519_H
#define CAIRN_EDWARDS25519_H

#include <stddef.h>
#include <stdint.h>

// Nonzero if this processor and its operating system have AVX-512 F, VL, DQ, BW and IFMA, and the environment variable
// CAIRN_KERNELS does not forbid them (see CKeccak.h).
int cairn_edwards25519_has_ifma(void);

#define CAIRN_LANES 8

// Words of a point that is ready for being added: y + x, y - x, 2d * x * y.
#define CAIRN_PREPARED_WORDS 15

// Words of a point in a bucket: Y + X, Y - X, Z, T with x = X / Z, y = Y / Z, T = X * Y / Z. The kernel adds and
// subtracts X and Y in any case, and before it reduces their products that costs no carries.
#define CAIRN_BUCKET_WORDS 20

// Buckets of a lane for digits from -2^(width - 1) to 2^(width - 1): one for each absolute value. That of zero takes what
// nobody counts, so that a zero is not a case of its own.
#define CAIRN_BUCKETS(width) (((size_t)1 << ((width) - 1)) + 1)

// Fills the buckets of all lanes with the neutral element.
//
// They are CAIRN_LANES * CAIRN_BUCKETS(width) * CAIRN_BUCKET_WORDS words, those of a lane in a row, and best aligned to
// 64 bytes. 2 <= width <= 15.
void cairn_buckets_clear_ifma(uint64_t *buckets, unsigned width);

// Adds to every lane's buckets `count` points of the lane, each to the bucket of its digit, or its negative to that of
// the digit's negative.
//
// `points[lane]` is the first of the lane's prepared points; lanes may share them. The digits of all lanes for their
// i-th points are the eight from `digits[8 * i]` on, of at most 2^(width - 1) in absolute value.
void cairn_buckets_add_ifma(
    uint64_t *buckets, unsigned width, const uint64_t *const points[CAIRN_LANES], const int16_t *digits, size_t count);

// The sum of digit * bucket over the positive digits, for every lane: CAIRN_LANES * CAIRN_BUCKET_WORDS words.
void cairn_buckets_sum_ifma(const uint64_t *buckets, unsigned width, uint64_t *sums);

// The odd multiples 1, 3, ..., 15 of a point that a table has, and the words of one of them, for eight lanes.
#define CAIRN_COLUMN_ENTRIES 8
#define CAIRN_COLUMN_ENTRY_WORDS 160

// One addition of a sum of columns, and what follows it.
typedef struct {
    // Multiple m of block b, counted from 0, has the entry CAIRN_COLUMN_ENTRIES * (b - 1) + m / 2.
    uint32_t entry;
    // Nonzero to subtract it.
    uint32_t negative;
    uint32_t doublings;
} cairn_column_step;

// The same combination of points in eight lanes: the first block's point, and what the steps, one after the other, make of
// the neutral element.
//
// `points[8 * b + lane]` is the prepared point of block b. `table` has room for CAIRN_COLUMN_ENTRIES entries for every
// block but the first, and is aligned to 64 bytes. The sums are CAIRN_LANES * CAIRN_BUCKET_WORDS words.
void cairn_columns_sum_ifma(
    uint64_t *table, const uint64_t *const *points, size_t blocks, const cairn_column_step *steps, size_t count,
    uint64_t *sums);

// The powers of eight field elements to 2^252 - 3, which square roots need. Constant time.
void cairn_field25519_root_powers_ifma(const uint64_t elements[40], uint64_t powers[40]);

// a * b + c * d and a * b - c * d for eight field elements each: the arithmetic under all this, for tests.
void cairn_field25519_combine_ifma(
    const uint64_t a[40], const uint64_t b[40], const uint64_t c[40], const uint64_t d[40], uint64_t sum[40],
    uint64_t difference[40]);

#endif
