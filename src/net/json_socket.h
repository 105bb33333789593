#pragma once
/* A socket that carries a stream of JSON values both ways, as the Unix sockets
 * of Ethereum nodes do: nothing needs to separate what comes, a newline ends
 * what is sent.
 *
 * Limits   struct text_link_options.
 * Threads  the loop's.
 */
#include "net/text_link.h"

MUST_USE text_link_open json_socket_open;
