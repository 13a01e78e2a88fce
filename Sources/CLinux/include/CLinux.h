#pragma once
// System calls and macros that Swift does not import by itself: glibc shows them under _GNU_SOURCE only, which the
// Swift overlay is built without.
#include <malloc.h>
#include <spawn.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>

static inline unsigned int varve_major(dev_t device) { return major(device); }
static inline unsigned int varve_minor(dev_t device) { return minor(device); }
static inline dev_t varve_makedev(unsigned int major_, unsigned int minor_) { return makedev(major_, minor_); }

// Flags of open(2), lseek(2), utimensat(2) and renameat2(2).
extern const int varve_O_PATH;
extern const int varve_O_NOATIME;
extern const int varve_SEEK_DATA;
extern const int varve_SEEK_HOLE;
extern const long varve_UTIME_OMIT;

// renameat2(2) with RENAME_NOREPLACE.
int varve_rename_without_replacing(int from_directory, const char *from, int to_directory, const char *to);
// pipe2(2) with O_CLOEXEC: ends[0] is read, ends[1] is written.
int varve_pipe(int ends[2]);
// Gives a pipe room for about `bytes`; where it is none, or more than the system allows, nothing changes.
void varve_enlarge_pipe(int descriptor, int bytes);
// strerrordesc_np(3) and sigabbrev_np(3): constant text, or NULL for an unknown number; safe on any thread.
const char *varve_error_description(int number);
const char *varve_signal_abbreviation(int number);
// Adds the closing of every descriptor from `first` on to what a spawned process does.
int varve_spawn_close_from(posix_spawn_file_actions_t *actions, int first);

/// Names the calling thread, as `top -H` shows it; 15 bytes at most.
void varve_name_thread(const char *name);
// The flag by which a spawned process leads a session of its own.
extern const short varve_POSIX_SPAWN_SETSID;
// Undoes an ignored SIGCHLD, under which the kernel keeps no exit status of a child.
void varve_keep_exit_statuses(void);
