// SPDX-License-Identifier: GPL-2.0
/*
 * The environment of a container: its namespaces, its mounts, its init.
 *
 *	vzctl                            child (pid 1 of the container)
 *	/dev with nodes, clone3
 *	uid and gid maps         ->      cgroup and time namespaces
 *	net.c, netdev.c, netif.c         proc, sysfs; bind, pivot_root, detach the host
 *	                                 become root inside; /dev, /sys/fs/cgroup, …
 *	                                 bounding set
 *	ready                    <-
 *	go                       ->      scripts, START, exec
 *	end of file              <-
 *
 * The child dies with vzctl until it has become init, and pid 1 takes all
 * others along.  What it touches of the container's files it touches as the
 * container's root and after pivot_root: links lead nowhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "lifeint.h"
#include "lock.h"
#include "log.h"
#include "quota.h"
#include "util.h"
#include "verb.h"

#define NS_CLONE (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

/* the child is killed at the end of this time if it does not get ready */
#define READY_MS	60000
/* what the first process may take around the scripts, and to become init */
#define GO_MS		20000

enum report_kind { RP_READY, RP_ERROR, RP_SCRIPT, RP_STATUS };

struct report {
	int kind;
	int err;		/* errno; RP_STATUS: wait status */
	int index;		/* RP_SCRIPT: which */
	char what[128];
};

struct child {
	const struct vz_env_spec *s;
	int go, report, state, dev;
	uint64_t drop;
	int stdio[3];
	const char *root;	/* where VE_ROOT is in the mount namespace that it was cloned from */
};

/* ---- /dev, made by the host -------------------------------------------------------- */

static int dev_node(int dir, const char *name, mode_t mode, dev_t rdev, const struct vz_ct *ct)
{
	if (mknodat(dir, name, mode, rdev) < 0 ||
	    fchownat(dir, name, ct->uid_base, ct->gid_base, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dir, name, mode & 07777, 0) < 0)
		return -errno;
	return 0;
}

static int dev_dir(int dir, const char *name, const struct vz_ct *ct)
{
	if ((mkdirat(dir, name, 0755) < 0 && errno != EEXIST) ||
	    fchownat(dir, name, ct->uid_base, ct->gid_base, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

/* DEVNODES="fuse:rw net/tun:rw": the nodes that the host has under these names */
static int dev_extra(int dir, const struct vz_ct *ct)
{
	const char *value = vz_ct_get(ct, "DEVNODES");
	_cleanup_strv_ char **v = value ? vz_strv_split(value, " \t") : NULL;

	for (char **p = v; p && *p; p++) {
		_cleanup_free_ char *path = NULL;
		char *colon = strrchr(*p, ':');
		struct stat st;
		int r;

		if (!colon || strcmp(colon, ":none") == 0 || strstr(*p, ".."))
			continue;
		*colon = '\0';
		path = vz_path("/dev/%s", *p);
		if (!path)
			return -ENOMEM;
		if (stat(path, &st) < 0 || !(S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
			continue;
		for (char *slash = strchr(*p, '/'); slash; slash = strchr(slash + 1, '/')) {
			*slash = '\0';
			r = dev_dir(dir, *p, ct);
			*slash = '/';
			if (r < 0)
				return r;
		}
		r = dev_node(dir, *p, (st.st_mode & S_IFMT) | 0660, st.st_rdev, ct);
		if (r < 0 && r != -EEXIST)
			return r;
	}
	return 0;
}

/*
 * The device that /proc/mounts names for the root: quotactl(2) goes by its name.  It
 * is good for nothing else, for the container may open no disk (ve.devices).
 */
static int dev_quota(int dir, const struct vz_ct *ct)
{
	_cleanup_quota_fs_ struct vz_quota_fs fs = { 0 };
	const char *limit = vz_ct_get(ct, "QUOTAUGIDLIMIT");
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	char *name;
	int r;

	if (!limit || strcmp(limit, "0") == 0)
		return 0;
	fd = open(ct->private_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	r = vz_quota_fs(fd, &fs, NULL);
	if (r < 0)
		return r;
	vz_quota_where(fd, &fs);
	if (!fs.level2)
		vz_warn("WARNING: %s has no quota of users and groups, so QUOTAUGIDLIMIT has no effect (vzquota setup %s enables it)",
			fs.mnt ? fs.mnt : "the file system", fs.mnt ? fs.mnt : "/vz");
	if (!major(st.st_dev) || !fs.dev || strncmp(fs.dev, "/dev/", 5) != 0 || strstr(fs.dev, ".."))
		return 0;
	name = fs.dev + 5;
	for (char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = dev_dir(dir, name, ct);
		*slash = '/';
		if (r < 0)
			return r;
	}
	r = dev_node(dir, name, S_IFBLK, st.st_dev, ct);
	return r == -EEXIST ? 0 : r;
}

static int config(int fs, const char *key, const char *value)
{
	return fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

/*
 * A tmpfs of the host's user namespace, because device nodes work on no other,
 * not attached anywhere.  Small: the container owns it and could fill it.
 */
static int make_dev(const struct vz_ct *ct, int *ret_fd, struct vz_error *e)
{
	static const struct {
		const char *name;
		unsigned int maj, min;
	} nodes[] = {
		{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 },
		{ "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "fd" }, { "/proc/self/fd/0", "stdin" },
		{ "/proc/self/fd/1", "stdout" }, { "/proc/self/fd/2", "stderr" },
		{ "pts/ptmx", "ptmx" },
	};
	_cleanup_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), fd = -EBADF;
	char uid[16], gid[16];
	mode_t mask;
	int r = 0;

	snprintf(uid, sizeof(uid), "%u", ct->uid_base);
	snprintf(gid, sizeof(gid), "%u", ct->gid_base);
	if (fs < 0 || config(fs, "source", "dev") < 0 || config(fs, "mode", "0755") < 0 ||
	    config(fs, "uid", uid) < 0 || config(fs, "gid", gid) < 0 ||
	    config(fs, "size", "256k") < 0 || config(fs, "nr_inodes", "512") < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return vz_err(e, VZ_RESOURCE_ERROR, errno, "Unable to make the container's /dev: %m");
	fd = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		return vz_err(e, VZ_RESOURCE_ERROR, errno, "Unable to mount the container's /dev: %m");
	mask = umask(0);
	for (size_t i = 0; i < ARRAY_SIZE(nodes) && r == 0; i++)
		r = dev_node(fd, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].maj, nodes[i].min), ct);
	for (size_t i = 0; i < ARRAY_SIZE(links) && r == 0; i++) {
		if (symlinkat(links[i][0], fd, links[i][1]) < 0 ||
		    fchownat(fd, links[i][1], ct->uid_base, ct->gid_base, AT_SYMLINK_NOFOLLOW) < 0)
			r = -errno;
	}
	if (r == 0)
		r = dev_dir(fd, "pts", ct);
	if (r == 0)
		r = dev_dir(fd, "shm", ct);
	if (r == 0)
		r = dev_extra(fd, ct);
	if (r == 0)
		r = dev_quota(fd, ct);
	umask(mask);
	if (r < 0)
		return vz_err(e, VZ_SET_DEVICES, -r, "Unable to make the container's device nodes: %m");
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

/* ---- the child --------------------------------------------------------------------- */

static _Noreturn void fail(const struct child *c, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static _Noreturn void fail(const struct child *c, int err, const char *fmt, ...)
{
	struct report r = { .kind = RP_ERROR, .err = err };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r.what, sizeof(r.what), fmt, ap);
	va_end(ap);
	if (write(c->report, &r, sizeof(r)) != sizeof(r))
		_exit(2);
	_exit(1);
}

/* the parent's next byte; its death ends us */
static void wait_byte(const struct child *c, char want)
{
	char b;
	ssize_t n;

	do {
		n = read(c->go, &b, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1 || b != want)
		_exit(3);
}

/* boottime and monotonic clocks start at 0 with the container */
static void time_namespace(const struct child *c)
{
	_cleanup_close_ int fd = -EBADF;
	struct timespec mono, boot;
	char buf[128];
	int len;

	if (unshare(CLONE_NEWTIME) < 0)
		fail(c, errno, "make the time namespace");
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	/* the nanoseconds must be positive: -1.2 s is -2 s and 0.8 s */
	len = snprintf(buf, sizeof(buf), "monotonic -%lld %ld\nboottime -%lld %ld\n",
		       (long long)mono.tv_sec + (mono.tv_nsec ? 1 : 0),
		       mono.tv_nsec ? 1000000000L - mono.tv_nsec : 0,
		       (long long)boot.tv_sec + (boot.tv_nsec ? 1 : 0),
		       boot.tv_nsec ? 1000000000L - boot.tv_nsec : 0);
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, buf, (size_t)len) != len)
		fail(c, errno, "set the clocks of the container");
}

/* a new file system of @type, not attached yet */
static int new_fs(const struct child *c, const char *type, unsigned int attr,
		  const char *const *options)
{
	_cleanup_close_ int fs = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		fail(c, errno, "open the file system %s", type);
	config(fs, "source", type);
	for (; options && *options; options += 2) {
		if (config(fs, options[0], options[1]) < 0)
			fail(c, errno, "set %s=%s of %s", options[0], options[1], type);
	}
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fail(c, errno, "make the file system %s", type);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	if (fd < 0)
		fail(c, errno, "mount the file system %s", type);
	return fd;
}

/* @fd on @path, which is a real directory of the container or is made */
static void attach(const struct child *c, int fd, const char *path)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), dir = -EBADF;

	dir = vz_open_beneath(root, path + 1, O_PATH | O_DIRECTORY);
	if (dir == -ENOENT && mkdir(path, 0755) == 0)
		dir = vz_open_beneath(root, path + 1, O_PATH | O_DIRECTORY);
	if (dir < 0)
		fail(c, -dir, "open %s in the container (it must be a directory, not a link)", path);
	if (move_mount(fd, "", dir, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		fail(c, errno, "mount on %s in the container", path);
	close(fd);
}

static void set_hostname(const struct child *c)
{
	const char *name = vz_ct_get(c->s->ct, "HOSTNAME");

	if (!name || !*name)
		name = "localhost";
	if (sethostname(name, strlen(name)) < 0)
		fail(c, errno, "set the host name \"%s\"", name);
}

/* everything up to "ready" */
static void set_up(struct child *c)
{
	static const char *const pts[] = {
		"gid", "5", "mode", "0620", "ptmxmode", "0666", NULL
	};
	static const char *const shm[] = { "mode", "1777", NULL };
	const unsigned int safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	const char *root = c->root;
	int proc, sys, cg, r;

	if (unshare(CLONE_NEWCGROUP) < 0)
		fail(c, errno, "make the cgroup namespace");
	time_namespace(c);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail(c, errno, "make the mounts private");
	/* made while the host's are in sight: the kernel wants to see one before it gives one */
	proc = new_fs(c, "proc", safe, NULL);
	sys = new_fs(c, "sysfs", safe | MOUNT_ATTR_RDONLY, NULL);
	cg = new_fs(c, "cgroup2", safe, NULL);

	/* still with the host's user id, which may walk to VE_ROOT */
	if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(root) < 0)
		fail(c, errno, "bind %s", root);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		fail(c, errno, "change the root to %s", root);
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		fail(c, errno, "leave the host's mounts");
	setsid();
	umask(022);

	r = vz_become_root();
	if (r < 0)
		fail(c, -r, "become root of the container");
	prctl(PR_SET_DUMPABLE, 0);
	/* after the change of ids, which resets it; the pipe tells if vzctl is dead already */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		fail(c, errno, "tie the container to vzctl");

	attach(c, proc, "/proc");
	attach(c, sys, "/sys");
	attach(c, cg, "/sys/fs/cgroup");
	attach(c, c->dev, "/dev");
	c->dev = -EBADF;
	attach(c, new_fs(c, "devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, pts), "/dev/pts");
	attach(c, new_fs(c, "tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, shm), "/dev/shm");
	set_hostname(c);

	for (int i = 0; i < 3; i++) {
		int fd = c->stdio[i] >= 0 ? dup2(c->stdio[i], i) : -1;

		if (fd < 0) {
			int null = open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);

			fd = null < 0 ? -1 : dup2(null, i);
			vz_close(null);
		}
		if (fd < 0)
			fail(c, errno, "open /dev/null in the container");
	}
	vz_reset_signals();
	r = vz_confine(c->drop);
	if (r < 0)
		fail(c, -r, "drop capabilities");
}

/*
 * fork, exec, wait; everything else that dies meanwhile is reaped as init would.
 * @seconds: SIGKILL for it after that time, 0 for none.  *@late says that it came to that.
 */
static int run_child(const struct child *c, char *const argv[], char *const alt[],
		     char *const envv[], int stdin_fd, unsigned int seconds, bool *late)
{
	int64_t end = vz_now_ms() + seconds * 1000LL;
	sigset_t chld, old;
	pid_t pid, w;
	int status = 0;

	*late = false;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	pid = fork();
	if (pid < 0)
		fail(c, errno, "start %s in the container", argv[0]);
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		prctl(PR_SET_PDEATHSIG, 0);
		setsid();
		if (stdin_fd >= 0 && dup2(stdin_fd, 0) < 0)
			_exit(126);
		execvpe(argv[0], argv, envv);
		if (alt && errno == ENOENT)
			execvpe(alt[0], alt, envv);
		_exit(127);
	}
	while ((w = waitpid(-1, &status, WNOHANG)) != pid) {
		int64_t left = seconds ? end - vz_now_ms() : 3600000;

		if (w > 0 || (w < 0 && errno == EINTR))
			continue;
		if (left > 0) {
			const struct timespec ts = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

			sigtimedwait(&chld, NULL, &ts);
			continue;
		}
		*late = true;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		break;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}

static void run_scripts(const struct child *c)
{
	static char *const bash[] = { "/bin/bash", NULL }, *const sh[] = { "/bin/sh", NULL };
	bool late = false;

	for (size_t i = 0; i < c->s->n_scripts; i++) {
		const struct vz_env_script *s = &c->s->scripts[i];
		_cleanup_close_ int fd = memfd_create("vz-script", MFD_CLOEXEC);
		struct report r = { .kind = RP_SCRIPT, .index = (int)i };

		/* a shell that hangs once would hang again */
		if (late && s->ignore)
			continue;
		if (fd < 0 || vz_write_all(fd, s->text, strlen(s->text)) < 0 ||
		    lseek(fd, 0, SEEK_SET) < 0)
			fail(c, errno, "pass a script to the container");
		/* the container's files may be FIFOs: a start must not hang on them */
		r.err = run_child(c, bash, sh, s->envv, fd, s->seconds, &late);
		if (r.err && write(c->report, &r, sizeof(r)) != sizeof(r))
			_exit(2);
		if (r.err && !s->ignore)
			_exit(1);
	}
}

static _Noreturn void become_init(const struct child *c)
{
	static const char *const inits[] = { "/sbin/init", "/etc/init", "/bin/init" };
	char *argv[] = { "init", "-z", NULL };
	char *envv[] = { "HOME=/", "TERM=linux", "container=openvz", NULL };
	const char *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(inits) && !found; i++) {
		if (access(inits[i], X_OK) == 0)
			found = inits[i];
	}
	if (found && vz_is_elf32(found))
		personality(PER_LINUX32);
	if (!found)
		fail(c, ENOENT, "find an init in the container (/sbin/init, /etc/init, /bin/init)");
	if (write(c->state, "START", 5) != 5)
		fail(c, errno, "start the container");
	prctl(PR_SET_PDEATHSIG, 0);
	execve(found, argv, envv);
	fail(c, errno, "run %s in the container", found);
}

static _Noreturn void env_child(struct child *c)
{
	struct report ready = { .kind = RP_READY };
	int fds[7], n = 4;

	fds[0] = c->go;
	fds[1] = c->report;
	fds[2] = c->state;
	fds[3] = c->dev;
	for (int i = 0; i < 3; i++) {
		if (c->s->stdio[i] >= 0)
			fds[n++] = c->s->stdio[i];
	}
	if (vz_fds_keep(fds, (size_t)n) < 0)
		_exit(2);
	c->go = fds[0];
	c->report = fds[1];
	c->state = fds[2];
	c->dev = fds[3];
	n = 4;
	for (int i = 0; i < 3; i++)
		c->stdio[i] = c->s->stdio[i] >= 0 ? fds[n++] : -EBADF;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	wait_byte(c, 'm');
	set_up(c);
	if (write(c->report, &ready, sizeof(ready)) != sizeof(ready))
		_exit(2);
	wait_byte(c, 'g');
	run_scripts(c);
	if (c->s->argv) {
		struct report r = { .kind = RP_STATUS };
		bool late;

		r.err = run_child(c, c->s->argv, NULL, c->s->envv, -EBADF, c->s->argv_seconds, &late);
		if (write(c->report, &r, sizeof(r)) != sizeof(r))
			_exit(2);
		_exit(0);
	}
	become_init(c);
}

/* ---- the small mount namespace ----------------------------------------------------- */

/*
 * A container's mounts begin as a copy of those of whoever clones it, and the
 * host has one for each container.  So that the five hundredth starts as fast
 * as the first, the clone is made from a namespace with nothing but a tmpfs,
 * proc and sysfs, which the first start makes and a bind mount at SMALL_NS keeps;
 * there VE_ROOT is SMALL_ROOT.
 */
#define SMALL_DIR	"/run/vzctl"
#define SMALL_NS	SMALL_DIR "/mnt"
#define SMALL_ROOT	"/ct"

struct small {
	int own, cwd;
};

static void small_leave(struct small *s)
{
	if (s->own < 0)
		return;
	/* there is nothing to go on with elsewhere */
	if (setns(s->own, CLONE_NEWNS) < 0 || fchdir(s->cwd) < 0)
		_exit(VZ_SYSTEM_ERROR);
	s->own = vz_close(s->own);
	s->cwd = vz_close(s->cwd);
}

static int small_save(struct small *s)
{
	s->cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (s->cwd >= 0 && s->own >= 0)
		return 0;
	s->own = vz_close(s->own);
	s->cwd = vz_close(s->cwd);
	return -errno;
}

static bool is_mount(const char *path)
{
	struct statx stx;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &stx) == 0 &&
	       stx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* leave the caller in a new namespace that has what the children need, and nothing else */
static int small_fill(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("vz", SMALL_DIR, "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,nr_inodes=16,mode=0755") < 0 ||
	    chdir(SMALL_DIR) < 0 || mkdir("proc", 0755) < 0 || mkdir("sys", 0755) < 0 ||
	    mkdir("ct", 0755) < 0 ||
	    mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
	    mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	return 0;
}

static int small_make(const struct vz_ct *ct)
{
	_cleanup_lock_ struct vz_lock *lock = NULL;
	struct small s = { .own = -EBADF, .cwd = -EBADF };
	_cleanup_close_ int file = -EBADF, ns = -EBADF;
	char path[32];
	int r;

	r = vz_lock_named(ct->global, "mounts", &lock, NULL);
	if (r < 0 || is_mount(SMALL_NS))
		return r;
	r = vz_mkdir_p(SMALL_DIR, 0755);
	if (r < 0)
		return r;
	/* the file of a mount namespace can be bound on a private mount only */
	if (!is_mount(SMALL_DIR) && (mount(SMALL_DIR, SMALL_DIR, NULL, MS_BIND, NULL) < 0 ||
				     mount(NULL, SMALL_DIR, NULL, MS_PRIVATE, NULL) < 0))
		return -errno;
	file = open(SMALL_NS, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (file < 0)
		return -errno;
	r = small_save(&s);
	if (r < 0)
		return r;
	r = small_fill();
	if (r == 0) {
		ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
		if (ns < 0)
			r = -errno;
	}
	small_leave(&s);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ns);
	return mount(path, SMALL_NS, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

/* SMALL_ROOT, or NULL where the host's namespace must do */
static const char *small_enter(struct small *s, const struct vz_env_spec *spec)
{
	const struct vz_ct *ct = spec->ct;
	_cleanup_close_ int ns = -EBADF, tree = -EBADF;

	*s = (struct small){ .own = -EBADF, .cwd = -EBADF };
	if (!is_mount(SMALL_NS) && small_make(ct) < 0)
		return NULL;
	ns = open(SMALL_NS, O_RDONLY | O_CLOEXEC);
	if (spec->root >= 0)
		tree = fcntl(spec->root, F_DUPFD_CLOEXEC, 3);
	else
		tree = open_tree(AT_FDCWD, ct->root, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (ns < 0 || tree < 0 || small_save(s) < 0)
		return NULL;
	if (setns(ns, CLONE_NEWNS) == 0) {
		/* a copy of our own: others start containers at the same time */
		if (unshare(CLONE_NEWNS) == 0 &&
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		    move_mount(tree, "", AT_FDCWD, SMALL_ROOT, MOVE_MOUNT_F_EMPTY_PATH) == 0)
			return SMALL_ROOT;
	}
	small_leave(s);
	return NULL;
}

/* ---- the parent -------------------------------------------------------------------- */

/**
 * struct owner - who we were before owner_enter()
 * @bits: securebits, -1: nothing has changed
 * @dumpable: PR_GET_DUMPABLE
 */
struct owner {
	int bits;
	int dumpable;
};

/* Who changes ids is not dumpable any more, and the files in its /proc/PID are not its own. */
static void owner_set(const struct owner *o, uint32_t uid)
{
	if (syscall(SYS_setresuid, -1, uid, -1) < 0)
		vz_debug(1, "Unable to become user %u: %m", uid);
	if (o->dumpable == 1)
		prctl(PR_SET_DUMPABLE, 1);
}

/*
 * The kernel counts inotify instances, queued signals, locked memory and the like of a user
 * namespace for whoever made it as well, up to one limit, which would be one for all containers and
 * root of the host.  So root of the container makes it: the host's id that it has,
 * with all capabilities of ours.  Only this thread changes.
 *
 * Where that does not work the container is made as root, and can be made all the same.
 */
static void owner_enter(struct owner *o, uint32_t uid)
{
	o->dumpable = prctl(PR_GET_DUMPABLE);
	o->bits = prctl(PR_GET_SECUREBITS);
	if (o->bits >= 0 && prctl(PR_SET_SECUREBITS, o->bits | SECBIT_NO_SETUID_FIXUP) == 0)
		owner_set(o, uid);
	else
		o->bits = -1;
}

static void owner_leave(const struct owner *o)
{
	if (o->bits < 0)
		return;
	owner_set(o, 0);
	prctl(PR_SET_SECUREBITS, o->bits);
}

static int write_map(pid_t pid, const char *file, uint32_t base)
{
	char path[48], buf[48];
	int len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	len = snprintf(buf, sizeof(buf), "0 %u %u\n", base, VZ_ID_RANGE);
	return vz_write_file_at(AT_FDCWD, path, buf, (size_t)len);
}

static int send_byte(const struct vz_env *env, char b)
{
	return vz_write_all(env->go, &b, 1);
}

/*
 * The next report.  0 with *@ret, 1 at end of file (exec or death), -errno.
 */
static int get_report(const struct vz_env *env, int timeout_ms, struct report *ret)
{
	ssize_t n;

	for (;;) {
		struct pollfd p = { .fd = env->status, .events = POLLIN };
		int r = poll(&p, 1, timeout_ms);

		if (r == 0)
			return -ETIMEDOUT;
		if (r < 0 && errno == EINTR && !vz_interrupted)
			continue;
		if (r < 0)
			return -errno;
		break;
	}
	n = read(env->status, ret, sizeof(*ret));
	if (n == 0)
		return 1;
	if (n != sizeof(*ret))
		return -EPROTO;
	ret->what[sizeof(ret->what) - 1] = '\0';
	return 0;
}

static int died(struct vz_env *env, struct vz_error *e)
{
	int status;

	if (vz_pidfd_wait(env->pidfd, &status) < 0)
		return vz_err(e, VZ_ENVCREATE_ERROR, ECHILD, "The first process of the container died");
	env->pidfd = vz_close(env->pidfd);
	return vz_err(e, VZ_ENVCREATE_ERROR, ECHILD, "The first process of the container died: %s %d",
		      WIFSIGNALED(status) ? "signal" : "exit status",
		      WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

void vz_env_close(struct vz_env *env)
{
	env->go = vz_close(env->go);
	env->status = vz_close(env->status);
	env->pidfd = vz_close(env->pidfd);
}

void vz_env_abort(struct vz_env *env, int cgroup_fd)
{
	int status;

	if (env->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, env->pidfd, SIGKILL, NULL, 0);
	vz_cgroup_kill(cgroup_fd);
	if (env->pidfd >= 0)
		vz_pidfd_wait(env->pidfd, &status);
	vz_env_close(env);
	vz_cgroup_wait_stopped(cgroup_fd, 10000);
}

int vz_env_create(const struct vz_env_spec *s, struct vz_env *ret, struct vz_error *e)
{
	_cleanup_close_ int dev = -EBADF, state = -EBADF, go = -EBADF, report = -EBADF;
	struct vz_env env = { .pidfd = -EBADF, .go = -EBADF, .status = -EBADF };
	struct child c = { .s = s };
	struct owner owner;
	struct small small;
	struct report rep;
	int p[2], r;

	if (!s->ct->uid_base || !s->ct->gid_base)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL,
			      "LOCAL_UID and LOCAL_GID are not set in %s; a container has host ids of its own", s->ct->conf_path);
	r = vz_caps_parse(vz_ct_get(s->ct, "CAPABILITY"), &c.drop, e);
	if (r == 0)
		r = make_dev(s->ct, &dev, e);
	if (r < 0)
		return r;
	state = openat(s->cgroup_fd, "ve.state", O_WRONLY | O_CLOEXEC);
	if (state < 0)
		return vz_err(e, VZ_BAD_KERNEL, errno, "Unable to open ve.state: %m");
	if (pipe2(p, O_CLOEXEC) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to make a pipe: %m");
	go = p[0];
	env.go = p[1];
	if (pipe2(p, O_CLOEXEC) < 0) {
		r = vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to make a pipe: %m");
		vz_env_close(&env);
		return r;
	}
	env.status = p[0];
	report = p[1];

	vz_fault("start-before-clone");
	c.root = small_enter(&small, s);
	if (!c.root) {
		c.root = s->ct->root;
		r = s->root < 0 ? 0 : vz_root_attach(s->ct, s->root, e);
		if (r < 0) {
			vz_env_close(&env);
			return r;
		}
	}
	owner_enter(&owner, s->ct->uid_base);
	env.pid = vz_clone(NS_CLONE, s->cgroup_fd, &env.pidfd);
	if (env.pid == 0) {
		c.go = go;
		c.report = report;
		c.state = state;
		c.dev = dev;
		env_child(&c);
	}
	owner_leave(&owner);
	small_leave(&small);
	if (env.pid < 0) {
		r = vz_err(e, env.pid == -ENOSPC || env.pid == -EAGAIN ? VZ_RESOURCE_ERROR : VZ_ENVCREATE_ERROR,
			   -env.pid, "Unable to make the namespaces of the container: %m");
		vz_env_close(&env);
		return r;
	}
	vz_fault("start-cloned");
	go = vz_close(go);
	report = vz_close(report);

	vz_sane_rlimits(env.pid);
	r = write_map(env.pid, "uid_map", s->ct->uid_base);
	if (r == 0)
		r = write_map(env.pid, "gid_map", s->ct->gid_base);
	if (r == 0)
		r = send_byte(&env, 'm');
	if (r < 0) {
		vz_err(e, VZ_ENVCREATE_ERROR, -r, "Unable to set the id map of the container: %m");
		goto err_abort;
	}
	vz_fault("start-mapped");
	r = get_report(&env, READY_MS, &rep);
	if (r == 1) {
		r = died(&env, e);
		goto err_abort;
	}
	if (r == 0 && rep.kind == RP_ERROR) {
		r = vz_err(e, VZ_ENVCREATE_ERROR, rep.err, "Unable to %s: %m", rep.what);
		goto err_abort;
	}
	if (r < 0 || rep.kind != RP_READY) {
		r = vz_err(e, VZ_ENVCREATE_ERROR, r < 0 ? -r : EPROTO, "The container did not get ready: %m");
		goto err_abort;
	}
	vz_fault("start-ready");
	*ret = env;
	return 0;

err_abort:
	vz_env_abort(&env, s->cgroup_fd);
	return r;
}

/* by then all of @s is done, or it will not be; -1: there is no such time */
static int64_t last_moment(const struct vz_env_spec *s)
{
	int64_t ms = GO_MS;

	if (s->argv && !s->argv_seconds)
		return -1;
	for (size_t i = 0; i < s->n_scripts; i++)
		ms += s->scripts[i].seconds * 1000LL;
	return vz_now_ms() + ms + s->argv_seconds * 1000LL;
}

/*
 * Handle reports until the end of file.  *@ret_status is the wait status of
 * the program of @s->argv.
 */
static int go_on(const struct vz_env_spec *s, struct vz_env *env, int *ret_status, struct vz_error *e)
{
	int64_t end = last_moment(s);
	bool seen = false;

	if (send_byte(env, 'g') < 0)
		return died(env, e);
	for (;;) {
		const struct vz_env_script *sc;
		struct report rep;
		int64_t left = end < 0 ? -1 : end - vz_now_ms();
		int r = get_report(env, end < 0 ? -1 : left > 0 ? (int)left : 0, &rep);

		if (r == 1) {
			if (!s->argv || seen)
				return 0;
			return died(env, e);
		}
		if (r == -ETIMEDOUT)
			return vz_err(e, s->argv ? VZ_EXEC_TIMEOUT : VZ_ENVCREATE_ERROR, ETIMEDOUT,
				      "What runs in the container before its init does not end");
		if (r < 0)
			return vz_err(e, VZ_ENVCREATE_ERROR, -r, "Interrupted: %m");
		switch (rep.kind) {
		case RP_STATUS:
			*ret_status = rep.err;
			seen = true;
			break;
		case RP_SCRIPT:
			if (rep.index < 0 || (size_t)rep.index >= s->n_scripts)
				return vz_err(e, VZ_ENVCREATE_ERROR, EPROTO, "%m");
			sc = &s->scripts[rep.index];
			if (sc->ignore) {
				env->script_failed = true;
				vz_warn("%s failed: %s %d", sc->what, WIFEXITED(rep.err) ? "exit status" : "signal",
					WIFEXITED(rep.err) ? WEXITSTATUS(rep.err) : WTERMSIG(rep.err));
				break;
			}
			return vz_err(e, sc->fail_code, EIO, "%s failed: %s %d", sc->what,
				      WIFEXITED(rep.err) ? "exit status" : "signal",
				      WIFEXITED(rep.err) ? WEXITSTATUS(rep.err) : WTERMSIG(rep.err));
		default:
			return vz_err(e, VZ_ENVCREATE_ERROR, rep.err, "Unable to %s: %m", rep.what);
		}
	}
}

int vz_env_go(const struct vz_env_spec *s, struct vz_env *env, struct vz_error *e)
{
	struct vz_ve_events ev;
	int status, r;

	r = go_on(s, env, &status, e);
	if (r < 0)
		return r;
	/* end of file: it has become init, or something killed it */
	r = vz_cgroup_events(s->cgroup_fd, &ev);
	if (r < 0 || ev.state == VZ_STATE_STOPPED || ev.state == VZ_STATE_STARTING)
		return died(env, e);
	return 0;
}

int vz_env_run_stopped(struct vz_ct *ct, char *const argv[], char *const envv[],
		       const char *stdin_text, unsigned int seconds, int *ret_status,
		       struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF, in = -EBADF, root = -EBADF;
	_cleanup_error_ struct vz_error e2 = { 0 };
	_cleanup_strv_ char **env_def = NULL;
	struct vz_env_spec s = { .ct = ct, .root = -EBADF, .argv = argv, .envv = envv, .argv_seconds = seconds };
	struct vz_env env;
	bool mounted = false;
	int r;

	if (!envv) {
		env_def = vz_default_env();
		if (!env_def)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		s.envv = env_def;
	}
	in = memfd_create("vz-stdin", MFD_CLOEXEC);
	if (in < 0 || (stdin_text && vz_write_all(in, stdin_text, strlen(stdin_text)) < 0) ||
	    lseek(in, 0, SEEK_SET) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "%m");
	s.stdio[0] = in;
	s.stdio[1] = isatty(1) ? -EBADF : 1;
	s.stdio[2] = isatty(2) ? -EBADF : 2;

	r = vz_ct_cleanup(ct, true, e);
	if (r < 0)
		return r;
	r = vz_root_take(ct, &root, &mounted, e);
	if (r < 0)
		return r;
	s.root = root;
	r = vz_cgroup_setup(ct, &cgfd, e);
	if (r == 0) {
		s.cgroup_fd = cgfd;
		r = vz_env_create(&s, &env, e);
	}
	if (r == 0) {
		r = go_on(&s, &env, ret_status, e);
		vz_env_abort(&env, cgfd);
	}
	cgfd = vz_close(cgfd);
	if (vz_ct_cleanup(ct, !mounted, &e2) < 0 && r == 0) {
		*e = e2;
		e2 = (struct vz_error){ 0 };
		r = -e->err;
	}
	return r;
}
