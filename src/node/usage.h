#pragma once
/* What the process takes of the machine.
 *
 * Units  bytes. What cannot be read is 0. */
#include <stdint.h>

struct usage {
    uint64_t memory_bytes;    /* resident */
    uint64_t private_bytes;   /* of it, what is no page of a file */
    uint64_t disk_bytes;      /* that the files of the chain's folder take */
    uint64_t disk_free_bytes; /* left for them */
};

/* dir is the folder of the chain. */
void usage_read(struct usage *out, const char *dir);
