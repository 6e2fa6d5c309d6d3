// The transforms of Field128, p = 2^128 - 28 * 2^64 + 1, on four vectors at once in the 256-bit registers of AVX2.
//
// Must be called only when `cairn_keccak_has_avx2` says so; on processors other than x86-64 it does nothing. Runs in
// constant time.
#ifndef CAIRN_FIELD128_H
#define CAIRN_FIELD128_H

#include <stddef.h>
#include <stdint.h>

// Words of scratch space for vectors of n elements.
#define CAIRN_FIELD128_SCRATCH_WORDS(n) (20 * (n))

// Replaces values of four polynomials at the powers of an n-th root of unity by their values on a coset.
//
// An element is two little-endian words, canonical. Row i has the four polynomials' i-th values in eight consecutive
// words; rows are `source_stride` and `target_stride` words apart. n = 2^order_log2 with 1 <= order_log2 <= 10.
//
// Tables have n entries of five words, the 27-bit digits of x * 2^135 mod p, from the lowest up. In
// `inverse_twiddles` and `forward_twiddles` entry m + j, j < m, is x = w^j for w of order 2m, the inverse root's or
// the root's power; entry i of `factors` is x = shift^i / n. `scratch` must be aligned to 32 bytes.
void cairn_field128_move_to_coset_avx2(
    const uint64_t *source, size_t source_stride, uint64_t *target, size_t target_stride, unsigned order_log2,
    const uint64_t *inverse_twiddles, const uint64_t *factors, const uint64_t *forward_twiddles, uint64_t *scratch);

#endif
