#include "app/receipt.h"

#include "app/output.h"

#define POLL_MS_FIRST 2
#define POLL_MS_MOST 500

static const struct field receipt_fields[] = {
    {"transactionHash", "hash", FIELD_TEXT},
    {"status", "status", FIELD_STATUS},
    {"blockNumber", "block", FIELD_NUMBER},
    {"from", "from", FIELD_TEXT},
    {"to", "to", FIELD_TEXT},
    {"contractAddress", "contract", FIELD_TEXT},
    {"gasUsed", "gas used", FIELD_NUMBER},
    {"effectiveGasPrice", "gas price", FIELD_WEI},
    {"logs", "logs", FIELD_COUNT},
};

loft_err receipt_wait(struct node_client *node, const struct json **receipt,
                      const char *hash)
{
    unsigned pause = POLL_MS_FIRST;
    for (;;) {
        struct json_writer *params = node_begin(node,
                                                "eth_getTransactionReceipt");
        json_put_text(params, hash);
        TRY(node_end(node, receipt));
        if (!json_absent(*receipt))
            return LOFT_OK;
        loft_err code = node_wait(node, pause);
        if (code != LOFT_OK)
            return err_say(code, "%s is not in a block yet", hash);
        pause = pause * 2 < POLL_MS_MOST ? pause * 2 : POLL_MS_MOST;
    }
}

loft_err receipt_show(struct node_client *node, const struct json *receipt)
{
    u256 status;
    if (output_is_json(node->line))
        output_value(receipt);
    else
        output_fields(node->arena, receipt, receipt_fields,
                      ARRAY_LEN(receipt_fields));
    if (json_read_quantity(&status, json_get(receipt, "status")) == LOFT_OK &&
        u256_is_zero(status))
        return err_say(LOFT_ERR_REFUSED, "the transaction failed");
    return LOFT_OK;
}
