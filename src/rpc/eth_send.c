/* eth_: transactions on their way into the pool, and signatures. */
#include <inttypes.h>
#include <stdio.h>

#include "chain/fees.h"
#include "codec/signed_message.h"
#include "codec/typed_data.h"
#include "crypto/keccak.h"
#include "rpc/filters.h"
#include "rpc/lookup.h"
#include "rpc/methods.h"
#include "rpc/params.h"
#include "rpc/rpc_host.h"
#include "rpc/sender_cache.h"
#include "rpc/shapes.h"
#include "rpc/simulation.h"
#include "rpc/subscriptions.h"
#include "rpc/transaction_fill.h"

static bool refuse(struct rpc_call *call, enum transaction_verdict verdict)
{
    return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                    transaction_verdict_text(verdict));
}

static bool check_funds(struct rpc_call *call, const struct transaction *tx,
                        u256 balance)
{
    u256 cost;
    char have[U256_DECIMAL_MAX], want[U256_DECIMAL_MAX], over[U256_DECIMAL_MAX];
    if (!transaction_cost(&cost, tx))
        return refuse(call, TX_INSUFFICIENT_FUNDS);
    if (!u256_less(balance, cost))
        return true;
    u256_decimal(have, balance);
    u256_decimal(want, cost);
    u256_decimal(over, u256_sub(cost, balance));
    return rpc_fail(
        call, RPC_SERVER_ERROR, "%s: balance %s, tx cost %s, overshot %s",
        transaction_verdict_text(TX_INSUFFICIENT_FUNDS), have, want, over);
}

/* What a block on the head would say of it, as far as that is known now. */
static bool check_transaction(struct rpc_call *call,
                              const struct transaction *tx,
                              const struct state_account *account)
{
    const struct rpc_host *host = call->host;
    const struct chain_config *config = chain_config(host->chain);
    enum transaction_verdict verdict = transaction_check(
        tx, rpc_next_rules(call), config->chain_id);
    if (verdict == TX_INITCODE_TOO_LARGE && config->code_bytes_max)
        verdict = TX_OK; /* this chain has a limit of its own */
    if (verdict != TX_OK)
        return refuse(call, verdict);
    if (tx->gas_limit > host->plan.gas_limit)
        return rpc_fail(call, RPC_SERVER_ERROR, "exceeds block gas limit");
    if (tx->nonce < account->nonce)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "%s: next nonce %" PRIu64 ", tx nonce %" PRIu64,
                        transaction_verdict_text(TX_NONCE_TOO_LOW),
                        account->nonce, tx->nonce);
    /* It would wait, and whoever sent it with it. */
    if (host->mining == MINES_AT_ONCE &&
        u256_less(tx->max_fee, rpc_next_base_fee(call)))
        return refuse(call, TX_FEE_TOO_LOW);
    return check_funds(call, tx, account->balance);
}

/* The sender's transactions with these nonces are pending now: one that takes
 * another's place, or one with those that had waited for it. */
static void tell_pending(struct rpc_host *host, const address *sender,
                         uint64_t nonce, uint64_t end)
{
    for (; nonce < end; nonce++) {
        const struct pool_entry *entry = pool_at(host->pool, sender, nonce);
        if (!entry)
            return;
        filters_tell_transaction(host->filters, &entry->hash);
        subscriptions_tell_transaction(host->subscriptions, entry);
    }
}

/* A transaction on its way into the pool. */
struct submission {
    struct transaction tx;
    bytes raw; /* the form that blocks have */
    struct blob_sidecar sidecar;
    address sender;
    hash32 hash;
};

/* EIP-7966: one that would only wait for another is not taken at all. */
static bool check_readiness(struct rpc_call *call, const struct submission *it,
                            uint64_t next)
{
    if (it->tx.nonce <= next)
        return true;
    return rpc_fail_quantity(call, RPC_SYNC_NONCE_GAP, next,
                             "nonce gap: the sender's next one is %" PRIu64,
                             next);
}

static bool check_proofs(struct rpc_call *call,
                         const struct blob_sidecar *sidecar)
{
    return blob_sidecar_check(sidecar) == LOFT_OK ||
           rpc_fail(call, RPC_SERVER_ERROR, "%s", err_sentence());
}

static bool check_proofs_there(struct rpc_call *call)
{
    return check_proofs(call, call->kept) &&
           rpc_go(call, RPC_ON_LOOP, NULL, call->kept);
}

/* Last of all checks, as it takes the longest: a worker's, after which the
 * method begins anew. */
static bool check_sidecar(struct rpc_call *call,
                          const struct blob_sidecar *sidecar)
{
    if (call->place == RPC_ANYWHERE)
        return check_proofs(call, sidecar);
    if (call->kept)
        return true;
    struct blob_sidecar *kept = ARENA_NEW(call->arena, struct blob_sidecar);
    *kept = *sidecar;
    return rpc_go(call, RPC_ON_WORKER, check_proofs_there, kept);
}

/* Checks it and puts it into the pool. */
static bool submit(struct rpc_call *call, struct submission *it, bool is_sync)
{
    struct rpc_host *host = call->host;
    struct state_account account;
    const address *sender = &it->sender;
    it->hash = keccak256(it->raw);
    sender_cache_put(call->senders, &it->hash, sender);
    if (!rpc_newest_account(call, &account, sender) ||
        !check_transaction(call, &it->tx, &account))
        return false;
    uint64_t next = pool_next_nonce(host->pool, sender, account.nonce);
    if (is_sync && !check_readiness(call, it, next))
        return false;
    if (it->sidecar.count && !check_sidecar(call, &it->sidecar))
        return false;
    enum pool_verdict verdict = pool_add(host->pool, &it->tx, it->raw,
                                         &it->hash, sender, account.nonce);
    if (verdict != POOL_OK)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s",
                        pool_verdict_text(verdict));
    if (host->dev.is_on)
        blobs_keep(&host->dev.blobs, &it->hash, &it->tx, &it->sidecar);
    uint64_t end = pool_next_nonce(host->pool, sender, account.nonce);
    tell_pending(host, sender, it->tx.nonce,
                 it->tx.nonce < next ? it->tx.nonce + 1 : end);
    if (it->tx.nonce < end)
        call->waits = host->ops->arrived(host);
    return true;
}

/* The answer is the hash, or, where failures are told, why it failed. */
static bool put_submitted(struct rpc_call *call, const struct submission *it,
                          bool tells_failure)
{
    if (tells_failure)
        call->waits_for = it->hash;
    json_put_hash(call->out, &it->hash);
    return true;
}

/* A signed transaction, as it is sent. */
static bool read_raw(struct rpc_call *call, struct submission *out)
{
    bytes input;
    if (!rpc_param_data(call, &input, 0))
        return false;
    if (transaction_decode_network(call->arena, &out->tx, &out->raw,
                                   &out->sidecar, input) != LOFT_OK)
        return rpc_fail(call, RPC_SERVER_ERROR, "%s", err_sentence());
    if (out->tx.type == TX_BLOB && out->raw.at == input.at)
        return rpc_fail(call, RPC_SERVER_ERROR,
                        "missing sidecar in blob transaction");
    return transaction_sender(&out->sender, &out->tx, rpc_next_rules(call)) ||
           refuse(call, TX_BAD_SIGNATURE);
}

bool eth_send_raw_transaction(struct rpc_call *call)
{
    struct submission it;
    return read_raw(call, &it) && submit(call, &it, false) &&
           put_submitted(call, &it,
                         call->host->failures.told == FAILURES_OF_ALL);
}

static bool mine_now(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    call->waits = false;
    host->ops->close_view(host, *call->view);
    *call->view = NULL;
    loft_err code = host->ops->settle(host);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static bool put_receipt(struct rpc_call *call)
{
    return rpc_put_receipt(call, call->kept);
}

/* EIP-7966: how long a receipt is waited for, unless something else that may
 * be is asked for. */
#define SYNC_TIMEOUT_MS 2000
#define SYNC_TIMEOUT_MS_MAX 30000

struct sync_wait {
    hash32 hash; /* first: put_receipt() */
    uint64_t until_ms;
};

static bool fail_late(struct rpc_call *call, const hash32 *hash)
{
    return rpc_fail_data(call, RPC_SYNC_TIMEOUT, bytes_hash(hash),
                         "The transaction was added to the transaction pool "
                         "but wasn't processed in time");
}

/* Asleep until there is a block with it, or it is too late. */
static bool await_block(struct rpc_call *call)
{
    struct rpc_host *host = call->host;
    struct sync_wait *wait = call->kept;
    struct chain_view *view;
    uint64_t number, now = host->ops->clock_ms(host);
    uint32_t index;
    if (!rpc_view(call, &view))
        return false;
    loft_err code = chain_view_transaction(view, &number, &index, &wait->hash);
    if (code == LOFT_OK)
        return rpc_go(call, RPC_ON_WORKER, put_receipt, wait);
    if (code != LOFT_ERR_NOT_FOUND)
        return rpc_fail_err(call, code);
    if (now >= wait->until_ms)
        return fail_late(call, &wait->hash);
    host->ops->wake_in(host, wait->until_ms - now);
    return rpc_go(call, RPC_WHEN_WOKEN, await_block, wait);
}

/* "If the timeout is invalid, the handler function MUST use the default" */
static uint64_t sync_timeout_ms(const struct rpc_call *call)
{
    uint64_t ms;
    return json_read_any_u64(&ms, call->params[1]) == LOFT_OK && ms &&
                   ms <= SYNC_TIMEOUT_MS_MAX
               ? ms
               : SYNC_TIMEOUT_MS;
}

static bool submit_sync(struct rpc_call *call, struct submission *it)
{
    struct rpc_host *host = call->host;
    struct sync_wait *wait = ARENA_NEW(call->arena, struct sync_wait);
    if (!submit(call, it, true))
        return false;
    wait->hash = it->hash;
    if (call->waits)
        return mine_now(call) && rpc_go(call, RPC_ON_WORKER, put_receipt, wait);
    if (call->place == RPC_ANYWHERE)
        return fail_late(call, &it->hash);
    wait->until_ms = host->ops->clock_ms(host) + sync_timeout_ms(call);
    call->kept = wait;
    return await_block(call);
}

bool eth_send_raw_transaction_sync(struct rpc_call *call)
{
    struct submission it;
    return read_raw(call, &it) && submit_sync(call, &it);
}

static bool is_own(struct rpc_call *call, const address *who)
{
    size_t count;
    const address *accounts = call->host->ops->accounts(call->host, &count);
    for (size_t i = 0; i < count; i++)
        if (address_equal(&accounts[i], who))
            return true;
    return false;
}

static bool is_impersonated(struct rpc_call *call, const address *who)
{
    const struct development *dev = &call->host->dev;
    return dev->is_on && development_impersonates(dev, who);
}

static bool check_sender(struct rpc_call *call, const address *who)
{
    return is_own(call, who) || is_impersonated(call, who) ||
           rpc_fail(call, RPC_SERVER_ERROR, "unknown account");
}

/* Accounts of this node sign, those that are impersonated need not. */
static bool sign(struct rpc_call *call, struct transaction_args *args)
{
    struct rpc_host *host = call->host;
    if (!is_own(call, &args->from)) {
        transaction_impersonate(&args->tx, &args->from);
        return true;
    }
    hash32 digest = transaction_signing_hash(&args->tx);
    loft_err code = host->ops->sign(host, &args->tx.signature, &args->from,
                                    &digest);
    return code == LOFT_OK || rpc_fail_err(call, code);
}

static bytes encode(struct rpc_call *call, const struct transaction *tx)
{
    struct buffer out = {0};
    transaction_encode(&out, tx);
    bytes raw = arena_copy(call->arena, buffer_bytes(&out));
    buffer_free(&out);
    return raw;
}

/* What parameter 0 asks for, filled in and signed. `anyone`: from accounts that
 * are neither this node's nor impersonated, too. */
static bool make_signed(struct rpc_call *call, struct submission *out,
                        bool anyone)
{
    struct transaction_args args;
    if (!rpc_param_transaction(call, &args, 0) ||
        (!anyone && !check_sender(call, &args.from)) ||
        !transaction_fill(call, &args) || !sign(call, &args))
        return false;
    out->tx = args.tx;
    out->raw = encode(call, &args.tx);
    out->sender = args.from;
    out->sidecar = (struct blob_sidecar){0};
    return true;
}

bool eth_send_transaction(struct rpc_call *call)
{
    struct submission it;
    return make_signed(call, &it, false) && submit(call, &it, false) &&
           put_submitted(call, &it, true);
}

/* anvil's: the same with the receipt as its answer. */
bool eth_send_transaction_sync(struct rpc_call *call)
{
    struct submission it;
    return make_signed(call, &it, false) && submit_sync(call, &it);
}

/* anvil's: from any account, as if it were impersonated. */
bool eth_send_unsigned_transaction(struct rpc_call *call)
{
    struct submission it;
    if (!call->host->dev.is_on)
        return rpc_fail(call, RPC_METHOD_NOT_FOUND,
                        "this is no development chain");
    return make_signed(call, &it, true) && submit(call, &it, false) &&
           put_submitted(call, &it, true);
}

bool eth_sign_transaction(struct rpc_call *call)
{
    struct submission it;
    if (!make_signed(call, &it, false))
        return false;
    json_put_data(call->out, it.raw);
    return true;
}

static bool sign_digest(struct rpc_call *call, const address *who,
                        const hash32 *digest)
{
    struct ecdsa_signature signature;
    uint8_t out[65];
    loft_err code = call->host->ops->sign(call->host, &signature, who, digest);
    if (code != LOFT_OK)
        return rpc_fail_err(call, code);
    u256_store_be(out, signature.r);
    u256_store_be(out + 32, signature.s);
    out[64] = (uint8_t)(27 + signature.parity);
    json_put_data(call->out, bytes_of(out, sizeof out));
    return true;
}

static bool sign_message(struct rpc_call *call, unsigned who_at,
                         unsigned message_at)
{
    address who;
    bytes message;
    if (!rpc_param_address(call, &who, who_at) ||
        !rpc_param_data(call, &message, message_at))
        return false;
    hash32 digest = signed_message_digest(message);
    return sign_digest(call, &who, &digest);
}

bool eth_sign(struct rpc_call *call)
{
    return sign_message(call, 0, 1);
}

bool personal_sign(struct rpc_call *call)
{
    return sign_message(call, 1, 0);
}

/* Wallets' libraries send the data as a text of JSON, or as JSON itself. */
static loft_err read_typed_data(struct rpc_call *call, hash32 *digest)
{
    const struct json *data = call->params[1];
    bytes text;
    if (json_kind(data) == JSON_IS_STRING) {
        TRY(json_read_string(&text, data));
        TRY(json_parse(&data, call->arena, text, &JSON_FROM_PEER));
    }
    return typed_data_digest(digest, call->arena, data);
}

struct typed {
    address who;
    hash32 digest;
};

static bool sign_typed(struct rpc_call *call)
{
    const struct typed *typed = call->kept;
    return sign_digest(call, &typed->who, &typed->digest);
}

static bool hash_typed(struct rpc_call *call)
{
    struct typed *typed = call->kept;
    return read_typed_data(call, &typed->digest) == LOFT_OK
               ? rpc_go(call, RPC_ON_LOOP, sign_typed, typed)
               : rpc_param_wrong(call, 1);
}

/* Large data takes long to hash, not to sign. */
bool eth_sign_typed_data_v4(struct rpc_call *call)
{
    struct typed *typed = ARENA_NEW(call->arena, struct typed);
    return rpc_param_address(call, &typed->who, 0) &&
           rpc_go(call, RPC_ON_WORKER, hash_typed, typed);
}
