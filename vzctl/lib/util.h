/* SPDX-License-Identifier: GPL-2.0 */
/* Small helpers: cleanup attributes, whole-file I/O, string lists, paths. */
#ifndef VZ_UTIL_H
#define VZ_UTIL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

struct vz_error;

void vz_closep(int *fd);
void vz_freep(void *p);
#define _cleanup_close_ __attribute__((cleanup(vz_closep)))
#define _cleanup_free_ __attribute__((cleanup(vz_freep)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* close @fd if it is one, keep errno; returns -EBADF for assignment */
int vz_close(int fd);
/* asprintf that returns NULL on failure */
char *vz_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* read a whole small file (at most @max bytes, -EFBIG beyond) below @dirfd; NUL-terminated */
int vz_read_file_at(int dirfd, const char *path, size_t max, char **ret_buf, size_t *ret_len);
/* is the program @path a 32-bit one? */
bool vz_is_elf32(const char *path);
/* write @len bytes (retrying) to an existing file in one write(2); -EIO for a short one */
int vz_write_file_at(int dirfd, const char *path, const char *buf, size_t len);
int vz_write_all(int fd, const void *buf, size_t len);
/* temporary file beside @path, write, fsync, rename, fsync of the directory */
int vz_replace_file(const char *path, const char *buf, size_t len, mode_t mode);
/* mkdir -p with @mode for new components; 0 when it exists already as a directory */
int vz_mkdir_p(const char *path, mode_t mode);
/* whole-string decimal; -EINVAL, -ERANGE */
int vz_parse_u32(const char *s, uint32_t *ret);
int vz_parse_u64(const char *s, uint64_t *ret);
/* the host path, with VZ_ROOT_PREFIX in front in unit tests; allocated */
char *vz_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* what follows "KEY:" and blanks in the first line of @text that begins so, or NULL */
const char *vz_line_value(const char *text, const char *key);

/*
 * vz_safe_text - make @s, which somebody else wrote, fit for a terminal
 * Control characters, those that change the direction of text, and what is not
 * UTF-8 become '?'.  Returns @s.
 */
char *vz_safe_text(char *s);

/* milliseconds of the monotonic clock, for deadlines */
int64_t vz_now_ms(void);

/* effective uid 0, or a unit test with VZ_ROOT_PREFIX */
bool vz_is_root(void);

/*
 * Set by SIGINT and SIGTERM once main() has called vz_catch_signals(); blocking
 * calls then return EINTR.  Long loops look at it and leave through their error
 * path, which undoes what was done.  The second signal kills.
 */
extern volatile sig_atomic_t vz_interrupted;
void vz_catch_signals(void);
/*
 * wait for a child, and send it the signal that interrupts us meanwhile, so that
 * it does not keep us from leaving; 0 and its wait status, or -errno
 */
int vz_wait_child(pid_t pid, int *ret_status);

/* NULL-terminated string lists */
void vz_strv_free(char **v);
void vz_strv_freep(char ***v);
#define _cleanup_strv_ __attribute__((cleanup(vz_strv_freep)))
char **vz_strv_split(const char *s, const char *separators);
int vz_strv_add(char ***v, const char *s);		/* copies */
bool vz_strv_has(char *const *v, const char *s);
char *vz_strv_join(char *const *v, const char *sep);
size_t vz_strv_len(char *const *v);

#endif /* VZ_UTIL_H */
