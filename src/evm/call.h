#pragma once
/* Messages: how one begins and how it ends, from the outside and from the
 * instructions that make calls and creations.
 *
 * Source   execution-specs vm/interpreter.py and vm/instructions/system.py of
 *          each fork.
 */
#include "evm/frame.h"

enum call_exit {
    CALL_FAILED,  /* frame->why says how */
    CALL_ENDED,   /* the result is at frame->answer */
    CALL_ENTERED, /* the frame above runs; its end puts it there */
};

/* Begins a message. True: evm->frames[message->depth] is to run. False: it
 * has ended already, and that frame says how. */
bool call_begin(struct evm *evm, const struct evm_message *message);

/* Ends the message of a frame that has stopped: deposits code, undoes what
 * failed, keeps its output as return data. */
void call_end(struct frame *frame);

/* Gives what has ended to the frame below it. */
void call_deliver(struct frame *frame);

/* CALL, CALLCODE, DELEGATECALL and STATICCALL; then CREATE and CREATE2. sp is
 * the top item; frame->answer is where the result goes. */
enum call_exit call_from(struct frame *frame, const u256 *sp,
                         enum evm_kind kind);
enum call_exit call_create_from(struct frame *frame, const u256 *sp,
                                enum evm_kind kind);

/* The charges of these instructions alone, but for the gas given along. */
bool call_pay(struct frame *frame, const u256 *sp, enum evm_kind kind);
enum evm_exception call_create_pay(struct frame *frame, const u256 *sp,
                                   enum evm_kind kind);

/* Takes the gas that goes along: at most all but one 64th (EIP-150); before
 * that, what was asked for. False: there is not so much. */
bool call_take_gas(struct frame *frame, const u256 *asked, int64_t *given);
