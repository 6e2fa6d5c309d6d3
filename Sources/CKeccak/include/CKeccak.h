// Keccak-p[1600, 12] for processors that the Swift implementation does not use fully: one state with the
// and-not and rotate instructions of BMI, and four states at once in 256-bit registers, with AVX2 or AVX-512.
//
// Every function exists only on x86-64 and must be called only when the matching `cairn_keccak_has_…` says so; on
// other processors those answer 0. All functions run in constant time.
#ifndef CAIRN_KECCAK_H
#define CAIRN_KECCAK_H

#include <stddef.h>
#include <stdint.h>

// Nonzero unless the environment variable CAIRN_KERNELS asks for less than `kernel`, "bmi", "avx2" or "avx512": its
// values are `avx2`, which allows all but AVX-512, and `portable`, which like any other allows none. It is there for
// comparison.
int cairn_kernels_allow(const char *kernel);

// The following answer 0 also where the environment does not allow the kernel.

// Nonzero if this processor has BMI1 and BMI2.
int cairn_keccak_has_bmi(void);

// Nonzero if this processor and its operating system have AVX2.
int cairn_keccak_has_avx2(void);

// Nonzero if this processor and its operating system have AVX-512F and AVX-512VL.
int cairn_keccak_has_avx512(void);

// Permutes the 25 lanes at `state`. Needs BMI.
void cairn_keccak_permute_bmi(uint64_t *state);

// Keccak-f[1600], all 24 rounds, on the 25 lanes at `state`. Needs BMI.
void cairn_keccak_f1600_bmi(uint64_t *state);

// Permutes four states at once, `blocks` times. Needs AVX2.
//
// `state` has 100 words: lane i of state s is word 4 * i + s. Before each permutation, every s with `input[s]` not
// NULL adds the next 168 bytes there to its first 21 lanes (absorbing); after it, every s with `output[s]` not NULL
// writes its first 21 lanes as the next 168 bytes there (squeezing). Pointers need no alignment.
void cairn_keccak_permute4_avx2(
    uint64_t *state, const uint8_t *const input[4], uint8_t *const output[4], size_t blocks);

// The same. Needs AVX-512F and AVX-512VL.
void cairn_keccak_permute4_avx512(
    uint64_t *state, const uint8_t *const input[4], uint8_t *const output[4], size_t blocks);

#endif
