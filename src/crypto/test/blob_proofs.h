#pragma once
/* A blob whose scalar i is (i + 1)^5: its commitment and proofs, as c-kzg-4844
 * makes them. Each is a compressed point in hexadecimal. */
#include "crypto/kzg_blob.h"

extern const char BLOB_COMMITMENT[];
extern const char BLOB_PROOF[];
extern const char *const BLOB_CELL_PROOFS[KZG_CELLS];
