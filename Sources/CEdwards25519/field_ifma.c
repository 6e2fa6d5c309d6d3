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

#else

void cairn_field25519_combine_ifma(
    const uint64_t a[40], const uint64_t b[40], const uint64_t c[40], const uint64_t d[40], uint64_t sum[40],
    uint64_t difference[40]) {
    (void)a, (void)b, (void)c, (void)d, (void)sum, (void)difference;
}

#endif
