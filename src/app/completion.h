#pragma once
/* Completion for shells, made from the tables of options and commands. */
#include <stdbool.h>
#include <stdio.h>

/* shell is "bash", "zsh" or "fish". False: another; said on stderr. */
bool completion_of_loftd(FILE *to, const char *shell);
bool completion_of_loft(FILE *to, const char *shell);

/* What both have in common: one function a shell, in that order. */
typedef void completion_writer(FILE *to);
bool completion_write(FILE *to, const char *shell,
                      completion_writer *const writers[3]);

/* Is an argument of this name a file's? */
bool completion_is_path(const char *argument);

/* Text inside single quotes of fish. */
void completion_put_fish(FILE *to, const char *text);
