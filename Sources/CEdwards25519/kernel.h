// The functions of `CEdwards25519.h` for one kind of processor each.
//
// `kernel_ifma.c` and `kernel_avx2.c` compile the same formulas (`point.h`, `buckets.h`, `columns.h`, `subsets.h`,
// `powers.h`) over their own fields and vectors; `edwards25519.c` chooses.
#ifndef CAIRN_KERNEL_H
#define CAIRN_KERNEL_H

#include "CEdwards25519.h"

#define CAIRN_KERNEL_FUNCTIONS(name) \
    void name(buckets_clear)(uint64_t *buckets, unsigned width); \
    void name(buckets_add)( \
        uint64_t *buckets, unsigned width, const uint64_t *const *points, const int16_t *digits, size_t count); \
    void name(buckets_sum)(const uint64_t *buckets, unsigned width, uint64_t *sums); \
    void name(columns_sum)( \
        uint64_t *table, const uint64_t *const *points, size_t blocks, const cairn_column_step *steps, size_t count, \
        uint64_t *sums); \
    void name(subsets_sum)( \
        const uint64_t *points, size_t count, const uint64_t *words, size_t stride, unsigned bits, uint64_t *rows, \
        uint64_t *sums); \
    void name(field_root_powers)(const uint64_t *elements, uint64_t *powers); \
    void name(field_combine)( \
        const uint64_t *a, const uint64_t *b, const uint64_t *c, const uint64_t *d, uint64_t *sum, \
        uint64_t *difference);

#define CAIRN_NAME_IFMA(name) cairn_edwards25519_##name##_ifma
#define CAIRN_NAME_AVX2(name) cairn_edwards25519_##name##_avx2

CAIRN_KERNEL_FUNCTIONS(CAIRN_NAME_IFMA)
CAIRN_KERNEL_FUNCTIONS(CAIRN_NAME_AVX2)

#endif
