#pragma once
/* Manual pages, in the language of man(7). */
#include <stddef.h>
#include <stdio.h>

/* Text, so that roff reads nothing in it as its own. */
void roff_put(FILE *to, const char *text);
void roff_put_bytes(FILE *to, const char *text, size_t len);
/* The same with its first letter a capital. */
void roff_put_sentence(FILE *to, const char *text);
/* Lines that stay as they are. */
void roff_put_lines(FILE *to, const char *text);

/* Here `what` and `text` are roff already. */
void roff_put_title(FILE *to, const char *name, const char *what);
void roff_put_section(FILE *to, const char *title, const char *text);

/* What the programs' exit statuses mean. */
void roff_put_exit_status(FILE *to);
