// Elements are five digits of 27 bits in 64-bit words, 135 bits for numbers of 128: sums need no carries and no
// reductions for as many stages as a transform of 1,024 values has. Bounds that hold before every stage:
//
//   digits below 2^32, which is what the multiplication instruction takes;
//   values below 2^135.
//
// A product is reduced by Montgomery's method with R = 2^135 to a value below 2^129.6 with digits 0 to 3 below 2^27 and
// digit 4 below 2^22. A stage then adds to a digit less than 2^27 (a + t) or 2^28 (a + bias - t), and to a value less
// than 2^131; after ten stages digits are below 2^27 + 10 * 2^28 < 2^32 and values below 2^128 + 10 * 2^131 < 2^135.
#include "CField128.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define CAIRN_AVX2 __attribute__((target("avx2")))
#define ADD(a, b) _mm256_add_epi64(a, b)
#define SUB(a, b) _mm256_sub_epi64(a, b)
#define MUL(a, b) _mm256_mul_epu32(a, b)
#define AND(a, b) _mm256_and_si256(a, b)
#define OR(a, b) _mm256_or_si256(a, b)
#define SHL(a, n) _mm256_slli_epi64(a, n)
#define SHR(a, n) _mm256_srli_epi64(a, n)
#define ALL(c) _mm256_set1_epi64x((long long)(c))

typedef struct {
    __m256i d0, d1, d2, d3, d4;
} digits;

#define DIGIT_MASK ((1ULL << 27) - 1)

// A multiple of p, 8p, whose digits 0 to 3 are at least 2^27 and digit 4 at least 2^22: added before a subtraction.
// 8p = 2^131 - 224 * 2^64 + 8 has the digits (8, 0, -224 * 2^10, 0, 2^23); units are borrowed from each for the next.
#define BIAS0 (8 + (1ULL << 27))
#define BIAS1 ((1ULL << 28) - 1)
#define BIAS2 ((1ULL << 28) - 2 - 224 * 1024)
#define BIAS3 ((1ULL << 28) - 2)
#define BIAS4 ((1ULL << 23) - 2)

CAIRN_AVX2 static inline digits load_digits(const __m256i *from) {
    return (digits){from[0], from[1], from[2], from[3], from[4]};
}

CAIRN_AVX2 static inline void store_digits(__m256i *to, digits a) {
    to[0] = a.d0, to[1] = a.d1, to[2] = a.d2, to[3] = a.d3, to[4] = a.d4;
}

CAIRN_AVX2 static inline digits add(digits a, digits b) {
    return (digits){ADD(a.d0, b.d0), ADD(a.d1, b.d1), ADD(a.d2, b.d2), ADD(a.d3, b.d3), ADD(a.d4, b.d4)};
}

CAIRN_AVX2 static inline digits subtract(digits a, digits b) {
    return (digits){
        SUB(ADD(a.d0, ALL(BIAS0)), b.d0), SUB(ADD(a.d1, ALL(BIAS1)), b.d1), SUB(ADD(a.d2, ALL(BIAS2)), b.d2),
        SUB(ADD(a.d3, ALL(BIAS3)), b.d3), SUB(ADD(a.d4, ALL(BIAS4)), b.d4)};
}

// Adds what makes digit `low` zero, a multiple of p = 1 - 28672 * 2^54 + 2^20 * 2^108, in digits: (1, 0, -28672, 0, 2^20).
#define ELIMINATE(low, next, second, fourth) \
    { \
        const __m256i m = AND(low, mask); \
        next = ADD(next, SHR(low, 27)); \
        second = ADD(second, MUL(m, ALL(28672))); \
        fourth = SUB(fourth, SHL(m, 20)); \
    }

// What keeps digits 4 to 8 above zero while up to 2^47 is subtracted from each: about 2^48 per digit, together a
// multiple of p.
#define LIFT4 0xFFFFF8000002ULL
#define LIFT5 0xFFFFFFE00003ULL
#define LIFT6 0xFFFFFFDF2000ULL
#define LIFT7 0xFFFFFFDF2000ULL
#define LIFT8 0x1000000000000ULL

CAIRN_AVX2 static inline digits multiply(digits a, const uint64_t *factor, const __m256i *lift) {
    const __m256i mask = ALL(DIGIT_MASK);
    const __m256i f0 = ALL(factor[0]), f1 = ALL(factor[1]), f2 = ALL(factor[2]), f3 = ALL(factor[3]),
                  f4 = ALL(factor[4]);
    __m256i c0 = MUL(a.d0, f0);
    __m256i c1 = ADD(MUL(a.d0, f1), MUL(a.d1, f0));
    __m256i c2 = ADD(ADD(MUL(a.d0, f2), MUL(a.d1, f1)), MUL(a.d2, f0));
    __m256i c3 = ADD(ADD(MUL(a.d0, f3), MUL(a.d1, f2)), ADD(MUL(a.d2, f1), MUL(a.d3, f0)));
    __m256i c4 = ADD(
        ADD(ADD(MUL(a.d0, f4), MUL(a.d1, f3)), ADD(MUL(a.d2, f2), MUL(a.d3, f1))), ADD(MUL(a.d4, f0), lift[0]));
    __m256i c5 = ADD(
        ADD(ADD(MUL(a.d1, f4), MUL(a.d2, f3)), ADD(MUL(a.d3, f2), MUL(a.d4, f1))), lift[1]);
    __m256i c6 = ADD(ADD(MUL(a.d2, f4), MUL(a.d3, f3)), ADD(MUL(a.d4, f2), lift[2]));
    __m256i c7 = ADD(ADD(MUL(a.d3, f4), MUL(a.d4, f3)), lift[3]);
    __m256i c8 = ADD(MUL(a.d4, f4), lift[4]);
    ELIMINATE(c0, c1, c2, c4)
    ELIMINATE(c1, c2, c3, c5)
    ELIMINATE(c2, c3, c4, c6)
    ELIMINATE(c3, c4, c5, c7)
    ELIMINATE(c4, c5, c6, c8)
    c6 = ADD(c6, SHR(c5, 27));
    c7 = ADD(c7, SHR(c6, 27));
    c8 = ADD(c8, SHR(c7, 27));
    return (digits){AND(c5, mask), AND(c6, mask), AND(c7, mask), AND(c8, mask), SHR(c8, 27)};
}

// Cooley-Tukey: bit-reversed order in, natural order out.
CAIRN_AVX2 static void decimate_in_time(
    __m256i *values, size_t n, const uint64_t *twiddles, const __m256i *lift) {
    for (size_t row = 0; row < n; row += 2) {
        const digits a = load_digits(values + 5 * row), b = load_digits(values + 5 * row + 5);
        store_digits(values + 5 * row, add(a, b));
        store_digits(values + 5 * row + 5, subtract(a, b));
    }
    for (size_t half = 2; half < n; half *= 2) {
        for (size_t start = 0; start < n; start += 2 * half) {
            __m256i *upper = values + 5 * start, *lower = upper + 5 * half;
            const uint64_t *twiddle = twiddles + 5 * half;
            for (size_t j = 0; j < half; j++) {
                const digits a = load_digits(upper), t = multiply(load_digits(lower), twiddle, lift);
                store_digits(upper, add(a, t));
                store_digits(lower, subtract(a, t));
                upper += 5, lower += 5, twiddle += 5;
            }
        }
    }
}

// The two words of each of four elements to digits. Lanes come out in another order, in which `pack` expects them.
CAIRN_AVX2 static inline digits unpack(const uint64_t *from) {
    const __m256i mask = ALL(DIGIT_MASK);
    const __m256i first = _mm256_loadu_si256((const __m256i *)from);
    const __m256i second = _mm256_loadu_si256((const __m256i *)(from + 4));
    const __m256i low = _mm256_unpacklo_epi64(first, second), high = _mm256_unpackhi_epi64(first, second);
    return (digits){
        AND(low, mask), AND(SHR(low, 27), mask), AND(OR(SHR(low, 54), SHL(high, 10)), mask),
        AND(SHR(high, 17), mask), SHR(high, 44)};
}

// Canonical elements of digits within the bounds above. What is at 2^128 and above is folded, as 28 * 2^64 - 1 each;
// that leaves at most one p too much.
CAIRN_AVX2 static inline void pack(uint64_t *to, digits a) {
    const __m256i mask = ALL(DIGIT_MASK);
    a.d1 = ADD(a.d1, SHR(a.d0, 27));
    a.d2 = ADD(a.d2, SHR(a.d1, 27));
    a.d3 = ADD(a.d3, SHR(a.d2, 27));
    a.d4 = ADD(a.d4, SHR(a.d3, 27));
    a.d0 = AND(a.d0, mask), a.d1 = AND(a.d1, mask), a.d2 = AND(a.d2, mask), a.d3 = AND(a.d3, mask);
    uint64_t low[4], high[4], top[4];
    _mm256_storeu_si256((__m256i *)low, OR(OR(a.d0, SHL(a.d1, 27)), SHL(a.d2, 54)));
    _mm256_storeu_si256((__m256i *)high, OR(OR(SHR(a.d2, 10), SHL(a.d3, 17)), SHL(a.d4, 44)));
    _mm256_storeu_si256((__m256i *)top, SHR(a.d4, 20));
    static const int lane[4] = {0, 2, 1, 3};
    const unsigned __int128 p = (unsigned __int128)0xFFFFFFFFFFFFFFE4ULL << 64 | 1;
    for (int i = 0; i < 4; i++) {
        const int from = lane[i];
        const unsigned __int128 value = (unsigned __int128)high[from] << 64 | low[from];
        const unsigned __int128 extra = ((unsigned __int128)(28 * top[from]) << 64) - top[from];
        // value - (p - extra), and p again if that borrows.
        const unsigned __int128 complement = p - extra;
        const unsigned __int128 borrow = -(unsigned __int128)(value < complement);
        const unsigned __int128 result = value - complement + (p & borrow);
        to[2 * i] = (uint64_t)result;
        to[2 * i + 1] = (uint64_t)(result >> 64);
    }
}

static inline size_t reversed(size_t index, unsigned bits) {
    size_t x = index;
    x = (x & 0x5555) << 1 | (x >> 1 & 0x5555);
    x = (x & 0x3333) << 2 | (x >> 2 & 0x3333);
    x = (x & 0x0F0F) << 4 | (x >> 4 & 0x0F0F);
    x = (x & 0x00FF) << 8 | (x >> 8 & 0x00FF);
    return x >> (16 - bits);
}

CAIRN_AVX2 void cairn_field128_move_to_coset_avx2(
    const uint64_t *source, size_t source_stride, uint64_t *target, size_t target_stride, unsigned order_log2,
    const uint64_t *inverse_twiddles, const uint64_t *factors, const uint64_t *forward_twiddles, uint64_t *scratch) {
    const size_t n = (size_t)1 << order_log2;
    __m256i *values = (__m256i *)scratch;
    const __m256i lift[5] = {ALL(LIFT4), ALL(LIFT5), ALL(LIFT6), ALL(LIFT7), ALL(LIFT8)};

    for (size_t row = 0; row < n; row++) {
        store_digits(values + 5 * reversed(row, order_log2), unpack(source + row * source_stride));
    }
    decimate_in_time(values, n, inverse_twiddles, lift);
    for (size_t row = 0; row < n; row++) {
        const size_t other = reversed(row, order_log2);
        if (other < row) continue;
        const digits a = multiply(load_digits(values + 5 * row), factors + 5 * row, lift);
        if (other > row) {
            store_digits(values + 5 * row, multiply(load_digits(values + 5 * other), factors + 5 * other, lift));
        }
        store_digits(values + 5 * other, a);
    }
    decimate_in_time(values, n, forward_twiddles, lift);
    for (size_t row = 0; row < n; row++) {
        pack(target + row * target_stride, load_digits(values + 5 * row));
    }
}

#else

void cairn_field128_move_to_coset_avx2(
    const uint64_t *source, size_t source_stride, uint64_t *target, size_t target_stride, unsigned order_log2,
    const uint64_t *inverse_twiddles, const uint64_t *factors, const uint64_t *forward_twiddles, uint64_t *scratch) {
    (void)source, (void)source_stride, (void)target, (void)target_stride, (void)order_log2;
    (void)inverse_twiddles, (void)factors, (void)forward_twiddles, (void)scratch;
}

#endif
