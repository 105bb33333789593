#include "app/completion.h"

#include <string.h>

#include "base/attributes.h"

bool completion_is_path(const char *argument)
{
    return strcmp(argument, "FILE") == 0 || strcmp(argument, "DIR") == 0;
}

void completion_put_fish(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            fputc('\\', to);
        fputc(*text, to);
    }
}

bool completion_write(FILE *to, const char *shell,
                      completion_writer *const writers[3])
{
    static const char *const names[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; shell && i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], shell) != 0)
            continue;
        writers[i](to);
        return true;
    }
    fputs("--print-completion wants bash, zsh or fish\n", stderr);
    return false;
}
