#pragma once
/* What a Solidity compiler leaves: ABI and bytecode in a JSON file, as
 * Hardhat, Foundry and solc write it. */
#include "app/command.h"

struct artifact {
    bytes bytecode;          /* init code, without constructor's arguments */
    const char *constructor; /* "(address,uint256)", "()" for none */
};

/* A path that ends in .json; anything else is read as bytes
 * (command_read_bytes()) and has no constructor. LOFT_ERR_REFUSED: the code
 * is not linked. */
MUST_USE loft_err artifact_read(struct arena *arena, struct artifact *out,
                                const char *operand);

/* The types of a parameter list of an ABI, as a signature has them:
 * "(address,(uint256,bytes)[])". */
struct json;
MUST_USE loft_err artifact_types(struct arena *arena, const char **out,
                                 const struct json *parameters);
