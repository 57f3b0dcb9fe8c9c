// SPDX-License-Identifier: GPL-2.0
/*
 * What a fresh tree needs before its first start; contract in create.h.
 *
 * The usual work is done here, by descriptor, because the tree may be hostile
 * and because starting a shell costs more than unpacking a small template.  A
 * distribution that brings a POST_CREATE script of its own has it run in the
 * tree, as the container's root, in namespaces that see nothing of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ct.h"
#include "create.h"
#include "error.h"
#include "log.h"
#include "util.h"

#define FILE_MAX	(1 << 20)
#define SCRIPT_SECONDS	120

/* a regular file of the tree for reading and writing; -errno for anything else */
static int open_file(int dirfd, const char *path)
{
	const struct open_how how = {
		.flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	struct stat st;
	int fd;

	/* opening a device may do something: look first, and again after */
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return -EINVAL;
	fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

/* the whole text of @fd with @extra bytes to spare; NULL without memory */
static char *slurp(int fd, size_t extra, size_t *ret_len)
{
	size_t len = 0, size = FILE_MAX + 1;
	struct stat st;
	char *buf;
	ssize_t n;

	if (fstat(fd, &st) == 0 && st.st_size < FILE_MAX)
		size = (size_t)st.st_size;
	buf = malloc(size + extra + 1);
	while (buf && len < size && (n = pread(fd, buf + len, size - len, (off_t)len)) > 0)
		len += (size_t)n;
	if (buf)
		buf[len] = '\0';
	*ret_len = len;
	return buf;
}

static int put_back(int fd, const char *buf, size_t len, const char *name, struct vz_error *e)
{
	if (pwrite(fd, buf, len, 0) != (ssize_t)len || ftruncate(fd, (off_t)len) < 0)
		return vz_err(e, errno == ENOSPC || errno == EDQUOT ? VZ_FS_NO_DISK_SPACE : VZ_SYSTEM_ERROR,
			      errno, "Unable to write %s of the new container: %m", name);
	return 0;
}

/* "root::…" lets everybody in: make it "root:!:…" */
static int lock_root(int dirfd, struct vz_error *e)
{
	_cleanup_close_ int fd = open_file(dirfd, "etc/shadow");
	_cleanup_free_ char *buf = NULL;
	size_t len;
	char *p;

	if (fd < 0)
		return 0;
	buf = slurp(fd, 1, &len);
	if (!buf)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	for (p = buf; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (strncmp(p, "root::", 6) != 0)
			continue;
		p += 5;
		memmove(p + 1, p, len - (size_t)(p - buf) + 1);
		*p = '!';
		return put_back(fd, buf, len + 1, "/etc/shadow", e);
	}
	return 0;
}

/*
 * Minutes of /etc/crontab's daily, weekly and hourly jobs, which would run in all
 * containers of a farm at once: neighbours get minutes far from each other.
 */
static int spread_cron(int dirfd, uint32_t id, struct vz_error *e)
{
	_cleanup_close_ int fd = open_file(dirfd, "etc/crontab");
	_cleanup_free_ char *buf = NULL, *out = NULL;
	unsigned int minute = id * 37 % 60;
	size_t len, olen = 0;
	bool changed = false;

	if (fd < 0)
		return 0;
	buf = slurp(fd, 0, &len);
	out = malloc(len * 2 + 1);
	if (!buf || !out)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	for (char *p = buf, *eol; *p; p = eol) {
		size_t digits = strspn(p, "0123456789");

		eol = p + strcspn(p, "\n");
		eol += *eol == '\n';
		if ((digits == 1 || digits == 2) && (p[digits] == ' ' || p[digits] == '\t') &&
		    (memmem(p, (size_t)(eol - p), "run-parts", 9) ||
		     memmem(p, (size_t)(eol - p), "/etc/cron.", 10))) {
			olen += (size_t)sprintf(out + olen, "%u", minute);
			minute = (minute + 7) % 60;
			p += digits;
			changed = true;
		}
		memcpy(out + olen, p, (size_t)(eol - p));
		olen += (size_t)(eol - p);
	}
	return changed ? put_back(fd, out, olen, "/etc/crontab", e) : 0;
}

static int write_map(pid_t pid, const char *file, uint32_t base)
{
	char path[64], text[64];
	int n = snprintf(text, sizeof(text), "0 %u %u\n", base, VZ_ID_RANGE);

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return vz_write_file_at(AT_FDCWD, path, text, (size_t)n);
}

static void script_child(const char *path, int script, int go, int ready)
{
	static const struct rlimit nproc = { 512, 512 }, core = { 0, 0 };
	char *const envp[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"VE_ROOT=/", (char *)"VE_STATE=stopped", (char *)"HOME=/",
		(char *)"TERM=linux", NULL
	};
	char *const argv[] = { (char *)"sh", NULL };
	int status, null;
	char c;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* the tree becomes the root, and nothing of the host is left */
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(path, path, NULL, MS_BIND, NULL) < 0 || chdir(path) < 0 ||
	    mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_NODEV | MS_NOSUID, NULL) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 ||
	    chdir("/") < 0)
		_exit(125);
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
		    CLONE_NEWCGROUP) < 0 ||
	    write(ready, "", 1) != 1 || read(go, &c, 1) != 1)
		_exit(125);
	setrlimit(RLIMIT_NPROC, &nproc);
	setrlimit(RLIMIT_CORE, &core);
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		_exit(125);
	pid = fork();
	if (pid == 0) {
		setsid();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		null = open("/dev/null", O_RDWR);
		if (dup2(script, 0) < 0)
			_exit(125);
		if (null < 0) {		/* the tree has none: no output then */
			close(1);
			close(2);
		} else {
			dup2(null, 1);
			dup2(null, 2);
		}
		close_range(3, ~0u, 0);
		execve("/bin/bash", argv, envp);
		execve("/bin/sh", argv, envp);
		_exit(126);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			_exit(125);
	}
	_exit(pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

static int run_script(const struct vz_ct *ct, int dirfd, const char *script, struct vz_error *e)
{
	_cleanup_close_ int text = -EBADF, go_r = -EBADF, go_w = -EBADF, ready_r = -EBADF,
		ready_w = -EBADF;
	char self[32], path[4096];
	int go[2], ready[2], status = 0, waited = 0;
	ssize_t n;
	pid_t pid;
	char c;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", dirfd);
	n = readlink(self, path, sizeof(path) - 1);
	if (n <= 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "readlink: %m");
	path[n] = '\0';
	text = memfd_create("script", MFD_CLOEXEC);
	if (text < 0 || vz_write_all(text, script, strlen(script)) < 0 ||
	    lseek(text, 0, SEEK_SET) < 0 || pipe2(go, O_CLOEXEC) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to prepare POST_CREATE: %m");
	go_r = go[0];
	go_w = go[1];
	if (pipe2(ready, O_CLOEXEC) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "pipe: %m");
	ready_r = ready[0];
	ready_w = ready[1];
	pid = fork();
	if (pid < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "fork: %m");
	if (pid == 0) {
		close(ready_r);
		close(go_w);
		script_child(path, text, go_r, ready_w);
	}
	ready_w = vz_close(ready_w);
	if (read(ready_r, &c, 1) == 1 && write_map(pid, "uid_map", ct->uid_base) == 0 &&
	    write_map(pid, "gid_map", ct->gid_base) == 0)
		(void)!write(go_w, "", 1);
	go_w = vz_close(go_w);
	for (;;) {
		pid_t r = waitpid(pid, &status, WNOHANG);

		if (r == pid)
			break;
		if (vz_interrupted || waited++ > SCRIPT_SECONDS * 20)
			kill(pid, SIGKILL);
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	if (vz_interrupted)
		return vz_err(e, VZ_SYSTEM_ERROR, EINTR, "Interrupted");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) != 125)
		return vz_err(e, VZ_ACTIONSCRIPT_ERROR, EIO,
			      "The POST_CREATE script of the distribution returned %d", WEXITSTATUS(status));
	return vz_err(e, VZ_ACTIONSCRIPT_ERROR, EIO,
		      "The POST_CREATE script of the distribution could not be run or took more than %d s",
		      SCRIPT_SECONDS);
}

int vz_postcreate(const struct vz_ct *ct, int dirfd, const char *script, struct vz_error *e)
{
	int r;

	r = lock_root(dirfd, e);
	if (r == 0)
		r = spread_cron(dirfd, ct->id, e);
	if (r == 0 && script)
		r = run_script(ct, dirfd, script, e);
	return r;
}
