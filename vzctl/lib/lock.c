// SPDX-License-Identifier: GPL-2.0
/*
 * Lock files; contract in lock.h.
 *
 * Who holds the OFD lock holds the lock.  The file is removed when it is
 * released, by the holder, while it still holds it; therefore who gets the
 * OFD lock checks that the name still leads to the file it locked.
 *
 * Two cases need the text:
 *  - Another program wrote "PID\nSTATUS\n" without an OFD lock (older tools do):
 *    held while that process lives, unless the file is older than the boot.
 *  - The recorded holder is dead, yet a child of it still has the file open:
 *    wait a moment for the child to notice, then take a new file.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "lock.h"
#include "util.h"

#define POLL_MS		20
#define ORPHAN_MS	3000	/* for children of a dead holder */
#define NAMELESS_MS	2000	/* for who has just taken it to say who that is */
#define EVENT_MS	60000	/* for who cleans up after a container that stopped */

struct vz_lock {
	char *path;
	int fd;
	bool stale;
};

struct holder {
	struct stat file;	/* the lock file that says so */
	pid_t pid;		/* 0: not known */
	char status[32];
	uint64_t start;		/* 0: not recorded */
};

static int64_t now_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* field 22 of /proc/PID/stat, ticks since boot; 0 when there is no such process */
static uint64_t start_time(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	uint64_t v = 0;
	char path[32], *p;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (vz_read_file_at(AT_FDCWD, path, 4096, &text, &len) < 0)
		return 0;
	p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		if (p)
			p++;
	}
	for (; p && *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	return v;
}

static void read_holder(int fd, struct holder *h)
{
	char buf[128], *status, *start;
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
	uint32_t pid;

	*h = (struct holder){ 0 };
	if (fstat(fd, &h->file) < 0 || n <= 0)
		return;
	buf[n] = '\0';
	status = strchr(buf, '\n');
	if (status)
		*status++ = '\0';
	if (vz_parse_u32(buf, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		return;
	h->pid = (pid_t)pid;
	if (!status)
		return;
	start = strchr(status, '\n');
	if (start) {
		*start++ = '\0';
		start[strcspn(start, "\n")] = '\0';
		if (vz_parse_u64(start, &h->start) < 0)
			h->start = 0;
	}
	snprintf(h->status, sizeof(h->status), "%s", status);
}

static bool holder_alive(const struct holder *h)
{
	uint64_t start;

	if (!h->pid)
		return false;
	start = start_time(h->pid);
	return start && (!h->start || h->start == start);
}

/* "PID\nSTATUS\n" of a program that does not lock the file itself */
static bool foreign_lock(int fd, const struct holder *h)
{
	struct stat st;

	if (h->start || !holder_alive(h) || h->pid == getpid() || fstat(fd, &st) < 0)
		return false;
	return (int64_t)st.st_mtim.tv_sec * 1000 + 1000 >=
	       now_ms(CLOCK_REALTIME) - now_ms(CLOCK_BOOTTIME);
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int ofd_lock(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &fl) < 0 ? -errno : 0;
}

/*
 * One try.  0: *@ret_fd is ours.  -EAGAIN: lost a race, try again at once.
 * -EBUSY: *@h has it.
 */
static int try_lock(const char *path, struct holder *h, bool *stale, int *ret_fd)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	r = ofd_lock(fd);
	if (r == -EAGAIN || r == -EACCES) {
		read_holder(fd, h);
		return -EBUSY;
	}
	if (r < 0)
		return r;
	if (!same_file(fd, path))
		return -EAGAIN;
	read_holder(fd, h);
	if (foreign_lock(fd, h))
		return -EBUSY;
	if (h->pid)
		*stale = true;
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

/* what follows --userpasswd in the words of a command line; the text goes into logs */
static void mask_password(char *cmdline, size_t len)
{
	static const char opt[] = "--userp";	/* a unique beginning will do */
	bool next = false;

	for (char *p = cmdline; p < cmdline + len; p += strlen(p) + 1) {
		char *value = next ? p : NULL;

		next = strncmp(p, opt, sizeof(opt) - 1) == 0;
		if (next && (value = strchr(p, '='))) {
			value++;
			next = false;
		}
		if (value)
			memset(value, '*', strlen(value));
	}
}

/*
 * Take a lock file of a dead holder away, once: among those who wait for it only
 * one unlinks, and nobody unlinks what another has made in its place.
 */
static void unlink_orphan(const char *path, const struct holder *h)
{
	_cleanup_free_ char *dir = strdup(path);
	_cleanup_close_ int fd = -EBADF;
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct stat st;

	if (!slash)
		return;
	*slash = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return;
	if (stat(path, &st) == 0 && st.st_dev == h->file.st_dev && st.st_ino == h->file.st_ino)
		unlink(path);
}

static int locked_by(struct vz_error *e, const struct holder *h)
{
	_cleanup_free_ char *cmdline = NULL;
	char path[40];
	size_t len = 0;

	if (!h->pid)
		return vz_err(e, VZ_LOCKED, EBUSY, "Container already locked");
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)h->pid);
	if (vz_read_file_at(AT_FDCWD, path, 1 << 20, &cmdline, &len) == 0) {
		mask_password(cmdline, len);
		for (size_t i = 0; i + 1 < len; i++) {
			unsigned char c = (unsigned char)cmdline[i];

			if (c < ' ' || c == 127)
				cmdline[i] = ' ';
		}
	}
	return vz_err(e, VZ_LOCKED, EBUSY,
		      "Container already locked%s%s%s\nLocked by: pid %d, cmdline %.200s",
		      *h->status ? " (" : "", h->status, *h->status ? ")" : "",
		      (int)h->pid, cmdline ? cmdline : "?");
}

static int lock_file(const char *path, const char *status, int timeout_ms,
		     struct vz_lock **ret, struct vz_error *e)
{
	int64_t begin = now_ms(CLOCK_MONOTONIC), orphan = 0;
	_cleanup_close_ int fd = -EBADF;
	struct vz_lock *l;
	bool stale = false;
	char text[96];
	int len;

	for (;;) {
		struct holder h = { 0 };
		int64_t now;
		int r;

		r = try_lock(path, &h, &stale, &fd);
		if (r == 0)
			break;
		if (r == -EAGAIN)
			continue;
		if (r != -EBUSY)
			return vz_err(e, r == -ENOENT ? VZ_VE_LCKDIR_NOTSET : VZ_SYSTEM_ERROR, -r,
				      "Unable to create the lock file %s: %m", path);
		now = now_ms(CLOCK_MONOTONIC);
		if (h.pid && !holder_alive(&h)) {
			if (!orphan)
				orphan = now;
			if (now - orphan >= ORPHAN_MS) {
				unlink_orphan(path, &h);
				stale = true;
				continue;
			}
		} else {
			int patience = timeout_ms;

			/* nobody asked for that one, and it does not take long */
			if (strcmp(h.status, VZ_LOCK_EVENT) == 0 && patience < EVENT_MS)
				patience = EVENT_MS;
			if (!h.pid && patience < NAMELESS_MS)
				patience = NAMELESS_MS;

			orphan = 0;
			if (timeout_ms >= 0 && now - begin >= patience)
				return locked_by(e, &h);
		}
		if (vz_interrupted)
			return vz_err(e, VZ_LOCKED, EINTR, "Interrupted while waiting for %s", path);
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
	}

	len = snprintf(text, sizeof(text), "%d\n%.32s\n%llu\n", (int)getpid(), status,
		       (unsigned long long)start_time(getpid()));
	l = calloc(1, sizeof(*l));
	if (l)
		l->path = strdup(path);
	/* who holds it is only told: a full disk must not keep anybody from making room */
	if (!l || !l->path || ftruncate(fd, 0) < 0 ||
	    (pwrite(fd, text, (size_t)len, 0) != len && errno != ENOSPC && errno != EDQUOT)) {
		int err = errno;

		unlink(path);
		free(l ? l->path : NULL);
		free(l);
		return vz_err(e, VZ_SYSTEM_ERROR, err, "Unable to write the lock file %s: %m", path);
	}
	l->fd = fd;
	l->stale = stale;
	fd = -EBADF;
	*ret = l;
	return 0;
}

/* LOCKDIR from @global, made when it is missing */
static int lock_dir(const struct vz_conf *global, char **ret, struct vz_error *e)
{
	const char *v = vz_conf_get(global, "LOCKDIR");
	_cleanup_free_ char *dir = NULL;
	int r;

	if (!v || *v != '/')
		return vz_err(e, VZ_VE_LCKDIR_NOTSET, EINVAL,
			      "LOCKDIR is not set in /etc/vz/vz.conf; set LOCKDIR=\"/vz/lock\"");
	dir = vz_path("%s", v);
	if (!dir)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	r = vz_mkdir_p(dir, 0755);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to create the lock directory %s: %m", dir);
	*ret = dir;
	dir = NULL;
	return 0;
}

int vz_lock_wait(const struct vz_ct *ct, const char *status, int timeout_ms,
		 struct vz_lock **ret, struct vz_error *e)
{
	_cleanup_free_ char *dir = NULL, *path = NULL;
	int r;

	r = lock_dir(ct->global, &dir, e);
	if (r < 0)
		return r;
	path = vz_asprintf("%s/%u.lck", dir, ct->id);
	if (!path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	return lock_file(path, status, timeout_ms, ret, e);
}

int vz_lock(const struct vz_ct *ct, const char *status, struct vz_lock **ret, struct vz_error *e)
{
	return vz_lock_wait(ct, status, 0, ret, e);
}

int vz_lock_named(struct vz_conf *global, const char *name, struct vz_lock **ret, struct vz_error *e)
{
	_cleanup_free_ char *dir = NULL, *path = NULL;
	int r;

	r = lock_dir(global, &dir, e);
	if (r < 0)
		return r;
	path = vz_asprintf("%s/.%s.lck", dir, name);
	if (!path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	return lock_file(path, name, -1, ret, e);
}

bool vz_lock_was_stale(const struct vz_lock *l)
{
	return l->stale;
}

void vz_unlock(struct vz_lock *l)
{
	if (!l)
		return;
	if (same_file(l->fd, l->path))
		unlink(l->path);
	vz_close(l->fd);
	free(l->path);
	free(l);
}

void vz_unlockp(struct vz_lock **l)
{
	vz_unlock(*l);
	*l = NULL;
}
