// Keccak-p[1600, 12] on four states in 256-bit registers, for whatever processor the including file compiles it for.
//
// Before inclusion: CAIRN_TARGET, an attribute that names the instruction set; CAIRN_PERMUTE4, the function's name; and
// ROTATE(a, n), the rotation of four lanes to the left by a constant. Every 256-bit value holds the same lane of each
// state.
#include <immintrin.h>

#define LANE __m256i
#define XOR(a, b) _mm256_xor_si256(a, b)
#define ANDNOT(a, b) _mm256_andnot_si256(a, b)
#define CONSTANT(c) _mm256_set1_epi64x((long long)(c))
#include "keccak_round.h"

CAIRN_TARGET static void permute4(__m256i *state) {
#define DECLARE(i) __m256i a##i = _mm256_loadu_si256(state + i), e##i;
    CAIRN_FOR_ALL_LANES(DECLARE)
    CAIRN_TWELVE_ROUNDS
#define STORE(i) _mm256_storeu_si256(state + i, a##i);
    CAIRN_FOR_ALL_LANES(STORE)
}

// Four rows of four words become four columns.
CAIRN_TARGET static inline void transpose(__m256i rows[4]) {
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
CAIRN_TARGET static void absorb4(__m256i *state, const uint8_t *const input[4], size_t offset) {
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

CAIRN_TARGET static void squeeze4(const __m256i *state, uint8_t *const output[4], size_t offset) {
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

CAIRN_TARGET void CAIRN_PERMUTE4(
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
