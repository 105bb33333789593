#include "node/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* proc(5): statm has sizes in pages, the second one is what is resident, the
 * third what of that has a file behind it. */
static void read_memory(struct usage *out)
{
    unsigned long total, resident, shared;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    if (fscanf(file, "%lu %lu %lu", &total, &resident, &shared) == 3) {
        out->memory_bytes = resident * page;
        out->private_bytes = (resident - shared) * page;
    }
    fclose(file);
}

/* The blocks that are there: the chain's file has holes. stat(2) counts
 * blocks of 512 bytes, whatever the disk's are. */
static uint64_t files_bytes(const char *dir)
{
    uint64_t total = 0;
    DIR *folder = opendir(dir);
    if (!folder)
        return 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat info;
        if (fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) ==
                0 &&
            S_ISREG(info.st_mode))
            total += (uint64_t)info.st_blocks * 512;
    }
    closedir(folder);
    return total;
}

static uint64_t free_bytes(const char *dir)
{
    struct statvfs info;
    return statvfs(dir, &info) == 0
               ? (uint64_t)info.f_bavail * (uint64_t)info.f_frsize
               : 0;
}

void usage_read(struct usage *out, const char *dir)
{
    *out = (struct usage){
        .disk_bytes = files_bytes(dir),
        .disk_free_bytes = free_bytes(dir),
    };
    read_memory(out);
}
