// The same linear combination of points in every lane.
#ifndef CAIRN_COLUMNS_H
#define CAIRN_COLUMNS_H

#include "kernel.h"
#include "point.h"

CAIRN_TARGET void CAIRN_KERNEL(columns_sum)(
    uint64_t *table, const uint64_t *const *points, size_t blocks, const cairn_column_step *steps, size_t count,
    uint64_t *sums) {
    cached_point *entries = (cached_point *)table;
    for (size_t block = 1; block < blocks; block++) {
        point multiple = add_all_prepared(identity(), load_prepared(points + LANES * block));
        const cached_point two = cache(twice(multiple, 1));
        cached_point *row = entries + CAIRN_COLUMN_ENTRIES * (block - 1);
        row[0] = cache(multiple);
        for (int entry = 1; entry < CAIRN_COLUMN_ENTRIES; entry++) {
            multiple = add_cached(multiple, &two, 0, 1);
            row[entry] = cache(multiple);
        }
    }
    point sum = identity();
    for (size_t i = 0; i < count; i++) {
        const cairn_column_step step = steps[i];
        const cached_point *entry = entries + step.entry;
        if (step.doublings == 0) {
            sum = add_cached(sum, entry, step.negative, 1);
            continue;
        }
        sum = add_cached(sum, entry, step.negative, 0);
        for (uint32_t doubling = 1; doubling < step.doublings; doubling++) sum = twice(sum, 0);
        sum = twice(sum, 1);
    }
    store_sums(sums, add_all_prepared(sum, load_prepared(points)));
}

#endif
