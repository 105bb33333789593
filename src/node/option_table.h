#pragma once
/* The table of loftd's options, for what is made from it: the command line,
 * the configuration file, help, the manual page, completion. */
#include "node/options.h"

struct option {
    enum option_kind kind;
    size_t offset;       /* in struct options */
    const char *name;    /* "chain-id": --chain-id, chain-id =, and so on */
    const char *others;  /* names with spaces between; one letter has a dash */
    const char *initial; /* the default, as text */
    const char *argument;
    uint64_t least, most;
    const char *help;
    const char *section; /* not NULL: a title, and nothing else */
};

extern const struct option option_table[];
extern const size_t option_count;

#define FOR_EACH_OPTION(option)                          \
    for (const struct option *option = option_table;     \
         option < option_table + option_count; option++) \
        if (!option->section)

/* By any of its names; NULL: no such option. */
const struct option *option_find(bytes name);

/* The option whose name looks most like this; NULL: none does. */
const struct option *option_nearest(bytes name);

/* Sets it as a text says: a switch by "true" and "false". The sentence does
 * not name the option. */
MUST_USE loft_err option_read(struct options *out, const struct option *option,
                              const char *text);

/* The words of a CHOICE: "durable|group|dev", one after the other. False:
 * that was the last one. */
bool option_next_word(bytes *word, const char **rest);
