#include "app/fixture_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

void fixture_file_free(struct fixture_file *file)
{
    free(file->name);
    free(file->at);
    free(file);
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static struct fixture_file *make_file(const char *name, size_t len)
{
    struct fixture_file *file = MEMORY_NEW(struct fixture_file);
    file->name = memory_string(name);
    file->at = memory_alloc(len + 1);
    file->len = len;
    return file;
}

static loft_err too_large(const char *name)
{
    return err_say(LOFT_ERR_LIMIT, "%s: more than %u bytes", name,
                   FIXTURE_FILE_BYTES_MAX);
}

static loft_err visit_file(const char *path, fixture_visit *visit,
                           void *context)
{
    struct stat about;
    FILE *stream = fopen(path, "rb");
    if (!stream || fstat(fileno(stream), &about) != 0) {
        if (stream)
            fclose(stream);
        return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    }
    if (about.st_size > FIXTURE_FILE_BYTES_MAX) {
        fclose(stream);
        return too_large(path);
    }
    struct fixture_file *file = make_file(path, (size_t)about.st_size);
    size_t got = fread(file->at, 1, file->len, stream);
    fclose(stream);
    if (got != file->len) {
        fixture_file_free(file);
        return err_say(LOFT_ERR_IO, "%s: cannot be read whole", path);
    }
    visit(context, file);
    return LOFT_OK;
}

static loft_err visit_path(const char *path, fixture_visit *visit,
                           void *context);

static loft_err visit_folder(const char *path, fixture_visit *visit,
                             void *context)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    loft_err err = LOFT_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t room = strlen(path) + strlen(name) + 2;
        char *below = memory_alloc(room);
        snprintf(below, room, "%s/%s", path, name);
        struct stat about;
        bool wanted = name[0] != '.' && stat(below, &about) == 0 &&
                      (S_ISDIR(about.st_mode) || ends_with(name, ".json"));
        if (err == LOFT_OK && wanted)
            err = visit_path(below, visit, context);
        free(below);
        free(entries[i]);
    }
    free(entries);
    return err;
}

static loft_err read_entry(struct archive *archive, struct archive_entry *entry,
                           fixture_visit *visit, void *context)
{
    const char *name = archive_entry_pathname(entry);
    int64_t size = archive_entry_size(entry);
    if (size < 0 || size > FIXTURE_FILE_BYTES_MAX)
        return too_large(name);
    struct fixture_file *file = make_file(name, (size_t)size);
    ssize_t got = archive_read_data(archive, file->at, file->len);
    if (got < 0 || (size_t)got != file->len) {
        fixture_file_free(file);
        return err_say(LOFT_ERR_FORMAT, "%s: damaged in the archive", name);
    }
    visit(context, file);
    return LOFT_OK;
}

static loft_err read_archive(struct archive *archive, const char *path,
                             fixture_visit *visit, void *context)
{
    if (archive_read_open_filename(archive, path, 1 << 16) != ARCHIVE_OK)
        return err_say(LOFT_ERR_FORMAT, "%s: %s", path,
                       archive_error_string(archive));
    for (;;) {
        struct archive_entry *entry;
        int status = archive_read_next_header(archive, &entry);
        if (status == ARCHIVE_EOF)
            return LOFT_OK;
        if (status != ARCHIVE_OK)
            return err_say(LOFT_ERR_FORMAT, "%s: %s", path,
                           archive_error_string(archive));
        const char *name = archive_entry_pathname(entry);
        if (name && ends_with(name, ".json") &&
            archive_entry_filetype(entry) == AE_IFREG)
            TRY(read_entry(archive, entry, visit, context));
    }
}

static loft_err visit_archive(const char *path, fixture_visit *visit,
                              void *context)
{
    struct archive *archive = archive_read_new();
    archive_read_support_filter_all(archive);
    archive_read_support_format_tar(archive);
    loft_err err = read_archive(archive, path, visit, context);
    archive_read_free(archive);
    return err;
}

static loft_err visit_path(const char *path, fixture_visit *visit,
                           void *context)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return err_say(LOFT_ERR_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return visit_folder(path, visit, context);
    if (ends_with(path, ".json"))
        return visit_file(path, visit, context);
    return visit_archive(path, visit, context);
}

loft_err fixture_files(const char *path, fixture_visit *visit, void *context)
{
    return visit_path(path, visit, context);
}
