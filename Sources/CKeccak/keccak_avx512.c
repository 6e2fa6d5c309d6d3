// Four states with the 256-bit instructions of AVX-512: a rotation is one instruction instead of three, three operands
// are combined by one instead of two, and there are registers for all 25 lanes.
#include "CKeccak.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define CAIRN_TARGET __attribute__((target("avx512f,avx512vl")))

// The operating system must save the mask registers and all 32 wide ones too (bits 5 to 7 of XCR0).
int cairn_keccak_has_avx512(void) {
    if (!cairn_keccak_has_avx2() || !cairn_kernels_allow("avx512")) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0xE6) != 0xE6) return 0;
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 16)) && (b & (1u << 31));
}

#define ROTATE(a, n) _mm256_rol_epi64(a, n)
#define CAIRN_PERMUTE4 cairn_keccak_permute4_avx512
#include "keccak_four.h"

#else

int cairn_keccak_has_avx512(void) { return 0; }

void cairn_keccak_permute4_avx512(
    uint64_t *state, const uint8_t *const input[4], uint8_t *const output[4], size_t blocks) {
    (void)state, (void)input, (void)output, (void)blocks;
}

#endif
