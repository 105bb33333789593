#pragma once
/* The words that mnemonic.c reads.
 *
 * Source   BIP-39, english.txt.
 */
#define MNEMONIC_WORDS 2048
#define MNEMONIC_WORD_ROOM 9 /* the longest has 8 letters */

extern const char mnemonic_words[MNEMONIC_WORDS][MNEMONIC_WORD_ROOM];
