#include "crypto/secret.h"

#include <errno.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/memory.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(at, len) ((void)(at), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(at, len) ((void)(at), (void)(len))
#endif

void secret_mark(const void *at, size_t len)
{
    VALGRIND_MAKE_MEM_UNDEFINED(at, len);
}

void secret_reveal(const void *at, size_t len)
{
    VALGRIND_MAKE_MEM_DEFINED(at, len);
}

void secret_fini(secret32 *secret)
{
    memory_wipe(secret, sizeof *secret);
}

bool secret_equal(const secret32 *a, const secret32 *b)
{
    /* volatile keeps the compiler from leaving the loop early. */
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < sizeof a->at; i++)
        difference |= a->at[i] ^ b->at[i];
    bool equal = difference == 0;
    secret_reveal(&equal, sizeof equal);
    return equal;
}

void secret_random(secret32 *out)
{
    random_bytes(out->at, sizeof out->at);
}

/* A machine without random numbers cannot be used safely: it ends here. */
void random_bytes(void *out, size_t len)
{
    uint8_t *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        ASSERT(got > 0);
        at += got;
        len -= (size_t)got;
    }
}
