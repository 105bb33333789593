#pragma once
/* What the receiving and the sending half of a Yamux session share. */
#include "p2p/yamux_session.h"

/* Makes it a channel of the session. */
void yamux_attach(struct yamux_session *session, struct yamux_channel *channel,
                  uint32_t id, bool is_ours);

/* Puts the channel among those that take turns if it has something to send,
 * and wakes the user. */
void yamux_take_turns(struct yamux_channel *channel);

/* Takes note of what the channel's queues have grown or shrunk by. */
void yamux_count_queues(struct yamux_channel *channel);

/* Has yamux_session_work() look at the channel. */
void yamux_look_at(struct yamux_channel *channel);

/* Takes a stream that is over out of the table; what is left is for its
 * reader. */
void yamux_retire(struct yamux_channel *channel);

/* A frame of no bytes, ahead of all streams' data. */
void yamux_answer(struct yamux_session *session,
                  const struct yamux_header *header);

/* Whether half of the window, or more, can be given to the other side. */
bool yamux_owes_credit(const struct yamux_channel *channel);
