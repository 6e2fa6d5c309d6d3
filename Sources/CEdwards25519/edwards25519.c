#include "kernel.h"

#if defined(__x86_64__)

#include <cpuid.h>

#include "CKeccak.h"

// What `cairn_keccak_has_…` answer they have asked the operating system, the processor and the environment.
int cairn_edwards25519_has_lanes(unsigned lanes) {
    unsigned a, b, c, d;
    if (lanes == 8) {
        const unsigned dq = 1u << 17, ifma = 1u << 21, bw = 1u << 30;
        return cairn_keccak_has_avx512() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & dq) && (b & ifma)
            && (b & bw);
    }
    const unsigned fma = 1u << 12;
    return lanes == 4 && cairn_keccak_has_avx2() && __get_cpuid(1, &a, &b, &c, &d) && (c & fma);
}

#define CHOOSE(name, ...) \
    if (lanes == 8) { \
        CAIRN_NAME_IFMA(name)(__VA_ARGS__); \
    } else { \
        CAIRN_NAME_AVX2(name)(__VA_ARGS__); \
    }

#else

int cairn_edwards25519_has_lanes(unsigned lanes) { return (void)lanes, 0; }

// Nobody calls what no processor has.
#define CHOOSE(name, ...) __builtin_trap();

#endif

void cairn_buckets_clear(unsigned lanes, uint64_t *buckets, unsigned width) { CHOOSE(buckets_clear, buckets, width) }

void cairn_buckets_add(
    unsigned lanes, uint64_t *buckets, unsigned width, const uint64_t *const *points, const int16_t *digits,
    size_t count) {
    CHOOSE(buckets_add, buckets, width, points, digits, count)
}

void cairn_buckets_sum(unsigned lanes, const uint64_t *buckets, unsigned width, uint64_t *sums) {
    CHOOSE(buckets_sum, buckets, width, sums)
}

void cairn_columns_sum(
    unsigned lanes, uint64_t *table, const uint64_t *const *points, size_t blocks, const cairn_column_step *steps,
    size_t count, uint64_t *sums) {
    CHOOSE(columns_sum, table, points, blocks, steps, count, sums)
}

void cairn_subsets_sum(
    unsigned lanes, const uint64_t *points, size_t count, const uint64_t *words, size_t stride, unsigned bits,
    uint64_t *rows, uint64_t *sums) {
    CHOOSE(subsets_sum, points, count, words, stride, bits, rows, sums)
}

void cairn_field25519_root_powers(unsigned lanes, const uint64_t *elements, uint64_t *powers) {
    CHOOSE(field_root_powers, elements, powers)
}

void cairn_field25519_combine(
    unsigned lanes, const uint64_t *a, const uint64_t *b, const uint64_t *c, const uint64_t *d, uint64_t *sum,
    uint64_t *difference) {
    CHOOSE(field_combine, a, b, c, d, sum, difference)
}
