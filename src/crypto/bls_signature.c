#include "crypto/bls_signature.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "crypto/bls12_constants.h"
#include "crypto/bls12_curve.h"
#include "crypto/bls12_map.h"
#include "crypto/bls12_pairing.h"
#include "crypto/bls12_secret.h"

static const char sign_tag[] = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
static const char proof_tag[] = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

bool bls_secret_is_valid(const secret32 *secret)
{
    fp256 number;
    bool below_order = fp256_from_bytes(&BLS12_381_FR, &number, secret->at);
    bool valid = below_order & !fp256_is_zero(&number);
    secret_reveal(&valid, sizeof valid);
    memory_wipe(&number, sizeof number);
    return valid;
}

void bls_public_key(bls_key *out, const secret32 *secret)
{
    g1_affine point;
    ASSERT(bls_secret_is_valid(secret));
    g1_mul_secret(&point, &BLS12_G1, secret);
    secret_reveal(&point, sizeof point);
    g1_store_compressed(out->at, &point);
}

static void hash_message(g2_affine *out, bytes message, const char *tag)
{
    g2 point;
    g2_hash(&point, message, bytes_str(tag));
    g2_to_affine(out, &point);
}

static void sign(bls_signature *out, const secret32 *secret, bytes message,
                 const char *tag)
{
    g2_affine point;
    ASSERT(bls_secret_is_valid(secret));
    hash_message(&point, message, tag);
    g2_mul_secret(&point, &point, secret);
    secret_reveal(&point, sizeof point);
    g2_store_compressed(out->at, &point);
}

void bls_sign(bls_signature *out, const secret32 *secret, bytes message)
{
    sign(out, secret, message, sign_tag);
}

void bls_prove(bls_signature *out, const secret32 *secret)
{
    bls_key key;
    bls_public_key(&key, secret);
    sign(out, secret, bytes_of(key.at, sizeof key.at), proof_tag);
}

/* KeyValidate: a point of the subgroup other than infinity. */
static bool load_key(g1_affine *out, const bls_key *key)
{
    return g1_load_compressed(out, key->at) && !g1_affine_is_infinity(out);
}

bool bls_key_is_valid(const bls_key *key)
{
    g1_affine point;
    return load_key(&point, key);
}

/* e(key, H(message)) = e(G1, signature), over one side; keys[count] and
 * hashes[count] are room for the signature's pair. */
static bool pairs_match(g1_affine *keys, g2_affine *hashes, size_t count,
                        const bls_signature *signature)
{
    if (!g2_load_compressed(&hashes[count], signature->at))
        return false;
    g1_affine_neg(&keys[count], &BLS12_G1);
    return bls12_pairing_is_one(keys, hashes, count + 1);
}

/* The specification's CoreVerify asks that the key be valid, a sum of keys
 * too: it may be infinite. */
static bool verify(const g1_affine *key, bytes message, const char *tag,
                   const bls_signature *signature)
{
    g1_affine keys[2] = {*key};
    g2_affine hashes[2];
    if (g1_affine_is_infinity(key))
        return false;
    hash_message(&hashes[0], message, tag);
    return pairs_match(keys, hashes, 1, signature);
}

bool bls_verify(const bls_key *key, bytes message,
                const bls_signature *signature)
{
    g1_affine point;
    return load_key(&point, key) &&
           verify(&point, message, sign_tag, signature);
}

bool bls_verify_proof(const bls_key *key, const bls_signature *proof)
{
    g1_affine point;
    return load_key(&point, key) &&
           verify(&point, bytes_of(key->at, sizeof key->at), proof_tag, proof);
}

bool bls_aggregate(bls_signature *out, const bls_signature *many, size_t count)
{
    g2 sum = {0};
    g2_affine point;
    for (size_t i = 0; i < count; i++) {
        if (!g2_load_compressed(&point, many[i].at))
            return false;
        g2_add_affine(&sum, &sum, &point);
    }
    g2_to_affine(&point, &sum);
    g2_store_compressed(out->at, &point);
    return count > 0;
}

static bool verify_each(g1_affine *points, g2_affine *hashes,
                        const bls_key *keys, const bytes *messages,
                        size_t count, const bls_signature *signature)
{
    for (size_t i = 0; i < count; i++) {
        if (!load_key(&points[i], &keys[i]))
            return false;
        hash_message(&hashes[i], messages[i], sign_tag);
    }
    return pairs_match(points, hashes, count, signature);
}

bool bls_aggregate_verify(const bls_key *keys, const bytes *messages,
                          size_t count, const bls_signature *signature)
{
    if (count == 0)
        return false;
    g1_affine *points = memory_alloc((count + 1) * sizeof *points);
    g2_affine *hashes = memory_alloc((count + 1) * sizeof *hashes);
    bool good = verify_each(points, hashes, keys, messages, count, signature);
    free(points);
    free(hashes);
    return good;
}

bool bls_fast_aggregate_verify(const bls_key *keys, size_t count, bytes message,
                               const bls_signature *signature)
{
    g1 sum = {0};
    g1_affine point;
    for (size_t i = 0; i < count; i++) {
        if (!load_key(&point, &keys[i]))
            return false;
        g1_add_affine(&sum, &sum, &point);
    }
    g1_to_affine(&point, &sum);
    return count > 0 && verify(&point, message, sign_tag, signature);
}
