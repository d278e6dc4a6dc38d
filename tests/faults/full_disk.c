/* While the file FULL_DISK_FLAG exists, writes to files whose path contains its text fail with ENOSPC. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_full(int fd) {
    const char *flag = getenv("FULL_DISK_FLAG");
    char wanted[64] = "", link[40], path[4096] = "";
    int before = errno, opened = flag ? open(flag, O_RDONLY | O_CLOEXEC) : -1;
    if (opened >= 0) {
        ssize_t length = read(opened, wanted, sizeof wanted - 1);
        close(opened);
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (length > 0 && readlink(link, path, sizeof path - 1) > 0 && strstr(path, wanted)) {
            errno = ENOSPC;
            return 1;
        }
    }
    errno = before;
    return 0;
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *data, size_t size) {
    return is_full(fd) ? -1 : REAL("write", ssize_t (*)(int, const void *, size_t))(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return is_full(fd) ? -1 : REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t))(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return is_full(fd) ? -1
                       : REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t))(fd, data, size, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    return is_full(fd) ? -1
                       : REAL("pwritev", ssize_t (*)(int, const struct iovec *, int, off_t))(fd, parts, count, at);
}

int posix_fallocate(int fd, off_t at, off_t length) {
    return is_full(fd) ? ENOSPC : REAL("posix_fallocate", int (*)(int, off_t, off_t))(fd, at, length);
}
