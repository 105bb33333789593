#pragma once
/* The manual pages, made from the tables of options and commands, in the
 * language of man(7). */
#include <stdio.h>

void manual_of_loftd(FILE *to);
void manual_of_loft(FILE *to);
