// What keeps compilers from undoing constant-time code.
#ifndef CAIRN_CONSTANT_TIME_H
#define CAIRN_CONSTANT_TIME_H

#include <stdint.h>

// `value`, of which the optimizer knows nothing any more.
//
// A mask of all zeros or all ones that stems from a carry is, to an optimizer, a condition, and it may compile what is
// done with the mask to a branch on that condition; in loops it often does. A mask that went through here stays data.
// It costs no instruction.
static inline uint64_t cairn_opaque(uint64_t value) {
    __asm__("" : "+r"(value));
    return value;
}

#endif
