/* Two honest sides of a session in any order of events. */
#include "p2p/test/yamux_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len <= 4096)
        yamux_model_run(bytes_of(data, len));
    return 0;
}
