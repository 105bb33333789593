#pragma once
/* The node's signing keys, behind an interface narrow enough to move to a
 * process of its own: digests go in, signatures come out, keys do not.
 *
 * Trust    keys live here alone and are wiped by signer_free(). The one way
 *          out is signer_reveal(), for the published keys of a development
 *          chain.
 * Errors   LOFT_ERR_NOT_FOUND: no such account here.
 */
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/ecdsa.h"
#include "crypto/secret.h"

#define SIGNER_ACCOUNTS_MAX 1000

struct signer;

struct signer *signer_new(void);
void signer_free(struct signer *signer); /* NULL is fine */

/* Takes a copy of the key. LOFT_ERR_LIMIT, LOFT_ERR_REFUSED: a bad key. */
MUST_USE loft_err signer_add(struct signer *signer, const secret32 *key);

/* The accounts, in the order in which they were added; good until the next
 * signer_add(). */
const address *signer_accounts(const struct signer *signer, size_t *count);

MUST_USE loft_err signer_sign(struct signer *signer,
                              struct ecdsa_signature *out, const address *who,
                              const hash32 *digest);

/* The key at `index`. The caller wipes it. */
void signer_reveal(secret32 *out, const struct signer *signer, size_t index);
