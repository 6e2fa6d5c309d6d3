#include "kernel.h"

#if defined(__x86_64__)

#define CAIRN_KERNEL CAIRN_NAME_AVX2

#include "vectors_avx2.h"

#include "buckets.h"
#include "columns.h"
#include "powers.h"
#include "subsets.h"

#endif
