#include "chain/block.h"
#include "chain/field.h"
#include "codec/rlp.h"

/* Type byte (EIP-2718; none for legacy), then
 * [root or status, cumulative gas used, bloom, [[emitter, topics, data] ..]].
 * The status is 1 or nothing (EIP-658), the root has 32 bytes. */
enum {
    LOG_LEAST = 24, /* header, emitter, no topics, no data */
    LOG_TOPICS_MAX = 4,
};

static loft_err read_log(struct arena *arena, struct log_entry *out,
                         bytes *rest)
{
    bytes fields;
    TRY(field_list(&fields, "log", rest));
    TRY(field_exact(out->emitter.at, sizeof out->emitter.at, "log's address",
                    &fields));
    TRY(field_hashes(arena, &out->topics, &out->topic_count, "log's topics",
                     &fields));
    if (out->topic_count > LOG_TOPICS_MAX)
        return err_say(LOFT_ERR_FORMAT, "log of %zu topics", out->topic_count);
    TRY(field_bytes(&out->data, "log's data", &fields));
    return rlp_read_end(fields);
}

static loft_err read_logs(struct arena *arena, struct receipt *out, bytes *rest)
{
    bytes items;
    TRY(field_list(&items, "logs", rest));
    TRY(field_count(&out->log_count, LOG_LEAST, "logs", items));
    struct log_entry *logs = ARENA_ARRAY(arena, struct log_entry,
                                         out->log_count);
    for (size_t i = 0; i < out->log_count; i++)
        TRY(read_log(arena, &logs[i], &items));
    out->logs = logs;
    return LOFT_OK;
}

static loft_err read_outcome(struct receipt *out, bytes *rest)
{
    bytes outcome;
    TRY(field_bytes(&outcome, "status", rest));
    if (outcome.len == sizeof out->root.at) {
        out->has_root = true;
        memcpy(out->root.at, outcome.at, outcome.len);
        return LOFT_OK;
    }
    out->succeeded = outcome.len == 1 && outcome.at[0] == 1;
    if (outcome.len && !out->succeeded)
        return err_say(LOFT_ERR_FORMAT, "status is neither 0, 1 nor a root");
    return LOFT_OK;
}

static loft_err read_fields(struct arena *arena, struct receipt *out,
                            bytes fields)
{
    TRY(read_outcome(out, &fields));
    TRY(field_u64(&out->cumulative_gas_used, "cumulative gas used", &fields));
    TRY(field_exact(out->logs_bloom.at, sizeof out->logs_bloom.at, "logs bloom",
                    &fields));
    TRY(read_logs(arena, out, &fields));
    return rlp_read_end(fields);
}

loft_err receipt_decode(struct arena *arena, struct receipt *out, bytes from)
{
    struct receipt receipt = {.type = TX_LEGACY};
    bytes fields;
    if (from.len && from.at[0] >= TX_ACCESS_LIST && from.at[0] <= TX_SET_CODE) {
        receipt.type = (enum transaction_type)from.at[0];
        from = bytes_of(from.at + 1, from.len - 1);
    }
    TRY(field_list(&fields, "receipt", &from));
    TRY(rlp_read_end(from));
    TRY(read_fields(arena, &receipt, fields));
    *out = receipt;
    return LOFT_OK;
}

static void put_log(struct buffer *out, const struct log_entry *log)
{
    size_t opened = rlp_open(out);
    rlp_put_address(out, &log->emitter);
    field_put_hashes(out, log->topics, log->topic_count);
    rlp_put_bytes(out, log->data);
    rlp_close(out, opened);
}

void receipt_encode(struct buffer *out, const struct receipt *receipt)
{
    if (receipt->type != TX_LEGACY)
        buffer_put_byte(out, (uint8_t)receipt->type);
    size_t opened = rlp_open(out);
    if (receipt->has_root)
        rlp_put_hash(out, &receipt->root);
    else
        rlp_put_u64(out, receipt->succeeded);
    rlp_put_u64(out, receipt->cumulative_gas_used);
    rlp_put_bytes(
        out, bytes_of(receipt->logs_bloom.at, sizeof receipt->logs_bloom.at));
    size_t logs = rlp_open(out);
    for (size_t i = 0; i < receipt->log_count; i++)
        put_log(out, &receipt->logs[i]);
    rlp_close(out, logs);
    rlp_close(out, opened);
}
