#include "app/password.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"

/* Byte by byte: what follows the line is not ours, and no buffer of a library
 * keeps a copy. */
static loft_err read_line(struct password *out, int fd)
{
    out->len = 0;
    for (;;) {
        uint8_t byte;
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_say(LOFT_ERR_IO, "the password cannot be read: %s",
                           strerror(errno));
        if (got == 0 || byte == '\n')
            return LOFT_OK;
        if (out->len == sizeof out->at)
            return err_say(LOFT_ERR_LIMIT, "a password of more than %d bytes",
                           PASSWORD_BYTES_MAX);
        out->at[out->len++] = byte;
    }
}

static void say(int terminal, const char *text)
{
    ssize_t ignored = write(terminal, text, strlen(text));
    (void)ignored; /* the answer is read all the same */
}

static loft_err ask(struct password *out, int terminal, const char *prompt)
{
    struct termios shown, hidden;
    bool is_terminal = tcgetattr(terminal, &shown) == 0;
    say(terminal, prompt);
    if (is_terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(terminal, TCSAFLUSH, &hidden);
    }
    loft_err err = read_line(out, terminal);
    if (is_terminal) {
        tcsetattr(terminal, TCSAFLUSH, &shown);
        say(terminal, "\n");
    }
    return err;
}

static loft_err ask_twice(struct password *out, int terminal)
{
    struct password again;
    TRY(ask(out, terminal, "New password: "));
    loft_err err = ask(&again, terminal, "The same again: ");
    if (err == LOFT_OK &&
        !bytes_equal(password_bytes(out), password_bytes(&again)))
        err = err_say(LOFT_ERR_REFUSED, "the two passwords differ");
    password_fini(&again);
    return err;
}

static loft_err read_from(struct password *out, const char *path, bool is_new)
{
    bool is_stdin = path && strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO
                      : open(path ? path : "/dev/tty",
                             (path ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0)
        return err_say(LOFT_ERR_IO, "%s: %s",
                       path ? path : "no terminal to ask for the password",
                       strerror(errno));
    loft_err err;
    if (path)
        err = read_line(out, fd);
    else if (is_new)
        err = ask_twice(out, fd);
    else
        err = ask(out, fd, "Password: ");
    if (!is_stdin)
        close(fd);
    return err;
}

loft_err password_read(struct password *out, const char *file, bool is_new)
{
    loft_err err = read_from(out, file, is_new);
    if (err != LOFT_OK)
        password_fini(out);
    return err;
}

void password_fini(struct password *password)
{
    memory_wipe(password, sizeof *password);
}
