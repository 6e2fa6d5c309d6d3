#include "CEdwards25519.h"

#if defined(__x86_64__)

#include "lanes_ifma.h"

CAIRN_IFMA void cairn_field25519_combine_ifma(
    const uint64_t a[40], const uint64_t b[40], const uint64_t c[40], const uint64_t d[40], uint64_t sum[40],
    uint64_t difference[40]) {
    const field ab = multiply_raw(load_field(a), load_field(b)), cd = multiply_raw(load_field(c), load_field(d));
    store_field(sum, carry(add(ab, cd)));
    store_field(difference, carry(subtract(ab, cd)));
}

CAIRN_INLINE field square_times(field a, int count) {
    for (int i = 0; i < count; i++) a = square(a);
    return a;
}

// The chain of `Field25519.powerChain`; `ones_n` is the power to 2^n - 1.
CAIRN_IFMA void cairn_field25519_root_powers_ifma(const uint64_t elements[40], uint64_t powers[40]) {
    const field one = load_field(elements);
    const field two = square(one);
    const field nine = multiply(square_times(two, 2), one);
    const field ones_5 = multiply(square(multiply(nine, two)), nine);
    const field ones_10 = multiply(square_times(ones_5, 5), ones_5);
    const field ones_20 = multiply(square_times(ones_10, 10), ones_10);
    const field ones_40 = multiply(square_times(ones_20, 20), ones_20);
    const field ones_50 = multiply(square_times(ones_40, 10), ones_10);
    const field ones_100 = multiply(square_times(ones_50, 50), ones_50);
    const field ones_200 = multiply(square_times(ones_100, 100), ones_100);
    const field ones_250 = multiply(square_times(ones_200, 50), ones_50);
    store_field(powers, multiply(square_times(ones_250, 2), one));
}

#else

void cairn_field25519_root_powers_ifma(const uint64_t elements[40], uint64_t powers[40]) {
    (void)elements, (void)powers;
}

void cairn_field25519_combine_ifma(
    const uint64_t a[40], const uint64_t b[40], const uint64_t c[40], const uint64_t d[40], uint64_t sum[40],
    uint64_t difference[40]) {
    (void)a, (void)b, (void)c, (void)d, (void)sum, (void)difference;
}

#endif
