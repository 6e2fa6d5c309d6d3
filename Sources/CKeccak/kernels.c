#include "CKeccak.h"

#include <stdlib.h>
#include <string.h>

int cairn_kernels_allow(const char *kernel) {
    const char *limit = getenv("CAIRN_KERNELS");
    if (!limit) return 1;
    if (!strcmp(limit, "portable")) return 0;
    return strcmp(limit, "avx2") || strcmp(kernel, "avx512");
}
