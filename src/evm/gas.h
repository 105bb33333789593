#pragma once
/* Prices, in gas, that are not an instruction's own (instructions.def) nor a
 * precompile's (precompile.c).
 *
 * Source   Yellow Paper appendix G, and the EIPs named.
 */

#define GAS_WARM 100          /* EIP-2929 */
#define GAS_COLD_ACCOUNT 2600 /* EIP-2929 */
#define GAS_COLD_SLOT 2100    /* EIP-2929 */

#define GAS_COPY_WORD 3
#define GAS_KECCAK_WORD 6
#define GAS_LOG_BYTE 8

#define GAS_CALL_VALUE 9000
#define GAS_CALL_STIPEND 2300
#define GAS_NEW_ACCOUNT 25000

#define GAS_INITCODE_WORD 2 /* EIP-3860 */
#define GAS_CODE_BYTE 200

#define GAS_SELFDESTRUCT_REFUND 24000 /* until EIP-3529 */

#define EVM_CODE_BYTES_MAX 0x6000     /* EIP-170 */
#define EVM_INITCODE_BYTES_MAX 0xc000 /* EIP-3860 */
