#include "CEdwards25519.h"
#include "CKeccak.h"

#if defined(__x86_64__)

#include <cpuid.h>

// `cairn_keccak_has_avx512` has asked the operating system for the wide registers, the processor for F and VL, and the
// environment.
int cairn_edwards25519_has_ifma(void) {
    unsigned a, b, c, d;
    const unsigned dq = 1u << 17, ifma = 1u << 21, bw = 1u << 30;
    return cairn_keccak_has_avx512() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & dq) && (b & ifma) && (b & bw);
}

#else

int cairn_edwards25519_has_ifma(void) { return 0; }

#endif
