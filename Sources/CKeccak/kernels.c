#include "CKeccak.h"

#include <stdlib.h>
#include <string.h>

int cairn_kernels_allow(const char *kernel) {
    const char *limit = getenv("CAIRN_KERNELS");
    if (!limit) return 1;
    // A word that is none of these is a mistake, which must not measure or test what it meant to leave out.
    return !strcmp(limit, "avx2") && strcmp(kernel, "avx512");
}
