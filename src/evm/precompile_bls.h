#pragma once
/* Precompiles 0x0a to 0x11, on the curve BLS12-381: what they cost and the
 * form of their input. Whatever is malformed fails the call.
 *
 * Source   EIP-4844 for 0x0a, EIP-2537 for the others.
 */
#include "base/vec.h"
#include "evm/rules.h"

uint64_t point_evaluation_price(enum evm_rules rules, bytes input);
bool point_evaluation_run(bytes input, struct buffer *output);

uint64_t bls_g1_add_price(enum evm_rules rules, bytes input);
bool bls_g1_add_run(bytes input, struct buffer *output);
uint64_t bls_g1_msm_price(enum evm_rules rules, bytes input);
bool bls_g1_msm_run(bytes input, struct buffer *output);
uint64_t bls_g2_add_price(enum evm_rules rules, bytes input);
bool bls_g2_add_run(bytes input, struct buffer *output);
uint64_t bls_g2_msm_price(enum evm_rules rules, bytes input);
bool bls_g2_msm_run(bytes input, struct buffer *output);
uint64_t bls_pairing_price(enum evm_rules rules, bytes input);
bool bls_pairing_run(bytes input, struct buffer *output);
uint64_t bls_map_fp_price(enum evm_rules rules, bytes input);
bool bls_map_fp_run(bytes input, struct buffer *output);
uint64_t bls_map_fp2_price(enum evm_rules rules, bytes input);
bool bls_map_fp2_run(bytes input, struct buffer *output);
