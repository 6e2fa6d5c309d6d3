// Four states: every 256-bit value holds the same lane of each.
#include "CKeccak.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define CAIRN_AVX2 __attribute__((target("avx2")))

// The operating system must save the wide registers (OSXSAVE, and bits 1 and 2 of XCR0) for AVX2 to be usable.
int cairn_keccak_has_avx2(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 6) != 6) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 5));
}

CAIRN_AVX2 static inline __m256i rotate8(__m256i a) {
    return _mm256_shuffle_epi8(
        a, _mm256_set_epi8(
               14, 13, 12, 11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7,
               14, 13, 12, 11, 10, 9, 8, 15, 6, 5, 4, 3, 2, 1, 0, 7));
}

CAIRN_AVX2 static inline __m256i rotate56(__m256i a) {
    return _mm256_shuffle_epi8(
        a, _mm256_set_epi8(
               8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1,
               8, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1));
}

// A rotation takes three instructions, except by whole bytes.
#define LANE __m256i
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ANDNOT(a, b) _mm256_andnot_si256(a, b)
#define ROTATE(a, n) \
    ((n) == 8 ? rotate8(a) \
              : (n) == 56 ? rotate56(a) : _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - (n))))
#define CONSTANT(c) _mm256_set1_epi64x((long long)(c))
#include "keccak_round.h"

CAIRN_AVX2 static void permute4(__m256i *state) {
#define DECLARE(i) __m256i a##i = _mm256_loadu_si256(state + i), e##i;
    CAIRN_FOR_ALL_LANES(DECLARE)
    CAIRN_TWELVE_ROUNDS
#define STORE(i) _mm256_storeu_si256(state + i, a##i);
    CAIRN_FOR_ALL_LANES(STORE)
}

// Four rows of four words become four columns.
CAIRN_AVX2 static inline void transpose(__m256i rows[4]) {
    const __m256i t0 = _mm256_unpacklo_epi64(rows[0], rows[1]);
    const __m256i t1 = _mm256_unpackhi_epi64(rows[0], rows[1]);
    const __m256i t2 = _mm256_unpacklo_epi64(rows[2], rows[3]);
    const __m256i t3 = _mm256_unpackhi_epi64(rows[2], rows[3]);
    rows[0] = _mm256_permute2x128_si256(t0, t2, 0x20);
    rows[1] = _mm256_permute2x128_si256(t1, t3, 0x20);
    rows[2] = _mm256_permute2x128_si256(t0, t2, 0x31);
    rows[3] = _mm256_permute2x128_si256(t1, t3, 0x31);
}

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t word;
    __builtin_memcpy(&word, bytes, 8);
    return word;
}

// 21 words: five groups of four through a transposition, and one more. Streams without input add zeros.
CAIRN_AVX2 static void absorb4(__m256i *state, const uint8_t *const input[4], size_t offset) {
    for (int group = 0; group < 5; group++) {
        __m256i rows[4];
        for (int s = 0; s < 4; s++) {
            rows[s] = input[s] ? _mm256_loadu_si256((const __m256i *)(input[s] + offset + 32 * group))
                               : _mm256_setzero_si256();
        }
        transpose(rows);
        for (int i = 0; i < 4; i++) {
            state[4 * group + i] = _mm256_xor_si256(state[4 * group + i], rows[i]);
        }
    }
    uint64_t *last = (uint64_t *)(state + 20);
    for (int s = 0; s < 4; s++) {
        if (input[s]) last[s] ^= load64(input[s] + offset + 160);
    }
}

CAIRN_AVX2 static void squeeze4(const __m256i *state, uint8_t *const output[4], size_t offset) {
    for (int group = 0; group < 5; group++) {
        __m256i rows[4] = {
            state[4 * group], state[4 * group + 1], state[4 * group + 2], state[4 * group + 3]};
        transpose(rows);
        for (int s = 0; s < 4; s++) {
            if (output[s]) _mm256_storeu_si256((__m256i *)(output[s] + offset + 32 * group), rows[s]);
        }
    }
    const uint64_t *last = (const uint64_t *)(state + 20);
    for (int s = 0; s < 4; s++) {
        if (output[s]) __builtin_memcpy(output[s] + offset + 160, last + s, 8);
    }
}

CAIRN_AVX2 void cairn_keccak_permute4_avx2(
    uint64_t *state, const uint8_t *const input[4], uint8_t *const output[4], size_t blocks) {
    __m256i lanes[25];
    for (int i = 0; i < 25; i++) lanes[i] = _mm256_loadu_si256((const __m256i *)(state + 4 * i));
    const int absorbs = input[0] || input[1] || input[2] || input[3];
    const int squeezes = output[0] || output[1] || output[2] || output[3];
    for (size_t block = 0; block < blocks; block++) {
        if (absorbs) absorb4(lanes, input, 168 * block);
        permute4(lanes);
        if (squeezes) squeeze4(lanes, output, 168 * block);
    }
    for (int i = 0; i < 25; i++) _mm256_storeu_si256((__m256i *)(state + 4 * i), lanes[i]);
}

#else

int cairn_keccak_has_avx2(void) { return 0; }

void cairn_keccak_permute4_avx2(
    uint64_t *state, const uint8_t *const input[4], uint8_t *const output[4], size_t blocks) {
    (void)state, (void)input, (void)output, (void)blocks;
}

#endif
