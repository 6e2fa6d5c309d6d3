#include "kernel.h"

#if defined(__x86_64__)

#define CAIRN_KERNEL CAIRN_NAME_IFMA

#include "vectors_ifma.h"

#include "buckets.h"
#include "columns.h"
#include "powers.h"
#include "subsets.h"

#endif
