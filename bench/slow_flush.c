// Preloaded into a PostgreSQL server, makes each flush take at least STOCKD_FLUSH_US longer, as on an ordinary cloud disk.
//   LD_PRELOAD=libslow_flush.so STOCKD_FLUSH_US=1000 postgres ...
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_as_a_disk_does(void) {
    const char *text = getenv("STOCKD_FLUSH_US");
    long us = text == NULL ? 0 : atol(text);
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&pause, &pause) != 0) {
    }
}

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_as_a_disk_does();
    return real(fd);
}
