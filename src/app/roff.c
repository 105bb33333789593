#include "app/roff.h"

#include <ctype.h>
#include <string.h>

/* What roff would read as its own is written so that it does not. */
void roff_put_bytes(FILE *to, const char *text, size_t len)
{
    if (len && (text[0] == '.' || text[0] == '\''))
        fputs("\\&", to);
    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '\\':
            fputs("\\e", to);
            break;
        case '-':
            fputs("\\-", to);
            break;
        case '\'':
            fputs("\\(aq", to);
            break;
        case '~':
            fputs("\\(ti", to);
            break;
        case '^':
            fputs("\\(ha", to);
            break;
        default:
            fputc(text[i], to);
        }
    }
}

void roff_put(FILE *to, const char *text)
{
    roff_put_bytes(to, text, strlen(text));
}

static void put_capitals(FILE *to, const char *text)
{
    for (; *text; text++)
        fputc(toupper((unsigned char)*text), to);
}

void roff_put_title(FILE *to, const char *name, const char *what)
{
    fputs(".TH ", to);
    put_capitals(to, name);
    fputs(" 1 \"\" \"Loft " LOFT_VERSION "\" \"User Commands\"\n"
          ".SH NAME\n",
          to);
    fprintf(to, "%s \\- %s\n", name, what);
}

void roff_put_section(FILE *to, const char *title, const char *text)
{
    fprintf(to, ".SH %s\n", title);
    fputs(text, to);
}

/* Text as it is, a line a line. */
void roff_put_lines(FILE *to, const char *text)
{
    fputs(".nf\n", to);
    while (*text) {
        size_t len = strcspn(text, "\n");
        roff_put_bytes(to, text, len);
        fputc('\n', to);
        text += len + (text[len] == '\n');
    }
    fputs(".fi\n", to);
}

void roff_put_sentence(FILE *to, const char *text)
{
    fputc(toupper((unsigned char)*text), to);
    roff_put(to, text + 1);
}

void roff_put_exit_status(FILE *to)
{
    roff_put_section(to, "EXIT STATUS",
                     ".TP\n0\nIt went well; of loftd: it was told to stop.\n"
                     ".TP\n1\nRefused, or failed.\n"
                     ".TP\n2\nThe node cannot be reached.\n"
                     ".TP\n3\nWrong usage.\n"
                     ".TP\n4\nTimed out.\n");
}
