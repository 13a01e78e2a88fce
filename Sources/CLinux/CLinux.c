#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const int varve_O_PATH = O_PATH;
const int varve_O_NOATIME = O_NOATIME;
const int varve_SEEK_DATA = SEEK_DATA;
const int varve_SEEK_HOLE = SEEK_HOLE;
const long varve_UTIME_OMIT = UTIME_OMIT;

const short varve_POSIX_SPAWN_SETSID = POSIX_SPAWN_SETSID;

int varve_rename_without_replacing(int from_directory, const char *from, int to_directory, const char *to) {
    return renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE);
}

int varve_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

void varve_enlarge_pipe(int descriptor, int bytes) { (void)fcntl(descriptor, F_SETPIPE_SZ, bytes); }

const char *varve_error_description(int number) { return strerrordesc_np(number); }

const char *varve_signal_abbreviation(int number) { return sigabbrev_np(number); }

int varve_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

#include <pthread.h>

void varve_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

void varve_keep_exit_statuses(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 &&
        (action.sa_handler == SIG_IGN || (action.sa_flags & SA_NOCLDWAIT) != 0)) {
        signal(SIGCHLD, SIG_DFL);
    }
}
