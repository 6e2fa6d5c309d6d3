// Four states with AVX2.
#include "CKeccak.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define CAIRN_TARGET __attribute__((target("avx2")))

// The operating system must save the wide registers (OSXSAVE, and bits 1 and 2 of XCR0) for AVX2 to be usable.
int cairn_keccak_has_avx2(void) {
    unsigned a, b, c, d;
    if (!cairn_kernels_allow("avx2") || !__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 5));
}

CAIRN_TARGET static inline __m256i rotate8(__m256i a) {
    return _mm256_shuffle_epi8(
        a, _mm256_set_epi8(
               14, 13, 12, 11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7,
               14, 13, 12, 11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7));
}

CAIRN_TARGET static inline __m256i rotate56(__m256i a) {
    return _mm256_shuffle_epi8(
        a, _mm256_set_epi8(
               8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1,
               8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1));
}

// A rotation takes three instructions, except by whole bytes.
#define ROTATE(a, n) \
    ((n) == 8 ? rotate8(a) \
              : (n) == 56 ? rotate56(a) : _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - (n))))
#define CAIRN_PERMUTE4 cairn_keccak_permute4_avx2
#include "keccak_four.h"

#else

int cairn_keccak_has_avx2(void) { return 0; }

void cairn_keccak_permute4_avx2(
    uint64_t *state, const uint8_t *const input[4], uint8_t *const output[4], size_t blocks) {
    (void)state, (void)input, (void)output, (void)blocks;
}

#endif
