#include "base/spelling.h"

#include <stdint.h>

static size_t least_of(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t spelling_distance(bytes a, bytes b)
{
    size_t row[SPELLING_LEN_MAX + 1];
    if (a.len > SPELLING_LEN_MAX || b.len > SPELLING_LEN_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t changed = diagonal + (a.at[i - 1] != b.at[j - 1]);
            diagonal = row[j];
            row[j] = least_of(changed, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[b.len];
}

bool spelling_is_nearer(struct spelling *spelling, bytes written, bytes name)
{
    size_t found = spelling_distance(written, name);
    if (written.len < 2 || found >= spelling->least || found >= written.len)
        return false;
    spelling->least = found;
    return true;
}
