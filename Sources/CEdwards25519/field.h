// GF(2^255 - 19) in lanes: what follows from the products and carries of `field_ifma.h` or `field_avx2.h`.
#ifndef CAIRN_FIELD_H
#define CAIRN_FIELD_H

// The same element in all lanes.
CAIRN_INLINE field constant(uint64_t l0, uint64_t l1, uint64_t l2, uint64_t l3, uint64_t l4) {
    return (field){{all_lanes(l0), all_lanes(l1), all_lanes(l2), all_lanes(l3), all_lanes(l4)}};
}

// The product of tight elements; tight.
CAIRN_INLINE field multiply(field a, field b) { return carry(multiply_raw(a, b)); }

// The limbwise sum.
CAIRN_INLINE field add(field a, field b) {
    for (int k = 0; k < 5; k++) a.limb[k] = vector_add(a.limb[k], b.limb[k]);
    return a;
}

// Limbs of 2^8 * p: no raw limb is above them.
#define BIAS(k) ((1ULL << 59) - ((k) == 0 ? 19 * 256 : 256))

// a - b + 2^8 * p for raw b: limbs grow by less than 2^59.
CAIRN_INLINE field subtract(field a, field b) {
    for (int k = 0; k < 5; k++) a.limb[k] = vector_subtract(vector_add(a.limb[k], all_lanes(BIAS(k))), b.limb[k]);
    return a;
}

// The negative of raw `a` in the lanes that are chosen, with limbs of at most 2^59 - 2^8.
CAIRN_INLINE field negate_in(choice lanes, field a) {
    for (int k = 0; k < 5; k++) {
        a.limb[k] = vector_replace(lanes, a.limb[k], vector_subtract(all_lanes(BIAS(k)), a.limb[k]));
    }
    return a;
}

// `b` in the lanes that are chosen and `a` in the others.
CAIRN_INLINE field replace_in(choice lanes, field a, field b) {
    for (int k = 0; k < 5; k++) a.limb[k] = vector_replace(lanes, a.limb[k], b.limb[k]);
    return a;
}

#endif
