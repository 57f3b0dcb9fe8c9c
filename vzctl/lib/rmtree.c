// SPDX-License-Identifier: GPL-2.0
/* Removing the files of containers; contract in rmtree.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "rmtree.h"
#include "util.h"

#define TRASH_DIR	"vztmp"
#define TRASH_PREFIX	"vzctl-rm-me."
#define MAX_DEPTH	512

/* a directory to read, never through a link or onto another mount */
static int open_plain_dir(int dirfd, const char *name)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
}

/*
 * A tree deeper than MAX_DEPTH is flattened: what lies below goes up beside
 * the tree's own top under a number, and is removed from there.
 */
struct rm {
	DIR *top;
	unsigned int moved;
	int finish;
};

static int rm_dir(struct rm *rm, int at, const char *name, unsigned int depth)
{
	struct dirent *de;
	int fd, r = 0;
	DIR *d;

	fd = open_plain_dir(at, name);
	if (fd < 0)
		return errno == EXDEV ? -EBUSY : -errno;
	d = fdopendir(fd);
	if (!d) {
		r = -errno;
		close(fd);
		return r;
	}
	if (!rm->top)
		rm->top = d;
again:
	while (r == 0 && (de = readdir(d))) {
		const char *n = de->d_name;

		if (n[0] == '.' && (!n[1] || (n[1] == '.' && !n[2])))
			continue;
		if (vz_interrupted && !rm->finish) {
			r = -EINTR;
			break;
		}
		/* unlinking a directory is EISDIR, and tells what the type is */
		if (de->d_type != DT_DIR && unlinkat(dirfd(d), n, 0) == 0)
			continue;
		if (de->d_type != DT_DIR && errno == ENOENT)
			continue;
		if (de->d_type != DT_DIR && errno != EISDIR) {
			r = -errno;
		} else if (depth < MAX_DEPTH) {
			r = rm_dir(rm, dirfd(d), n, depth + 1);
		} else {
			char up[32];

			snprintf(up, sizeof(up), ".vzctl-rm-%u", rm->moved++);
			if (renameat(dirfd(d), n, dirfd(rm->top), up) < 0)
				r = -errno;
		}
	}
	if (r == 0 && rm->top == d && rm->moved) {
		rm->moved = 0;
		rewinddir(d);
		goto again;
	}
	if (rm->top == d)
		rm->top = NULL;
	closedir(d);
	if (r == 0 && unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r;
}

int vz_rmtree(int dirfd, const char *name, int finish)
{
	struct rm rm = { .finish = finish };
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dirfd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	return rm_dir(&rm, dirfd, name, 0);
}

/*
 * The parent of @path as a descriptor and its last part; the parent may lie
 * behind a link that the administrator made (/vz -> /srv/vz).
 */
static int open_parent(const char *path, const char **ret_base)
{
	const char *base = strrchr(path, '/');
	_cleanup_free_ char *dir = NULL;
	int fd;

	if (!base || !base[1])
		return -EINVAL;
	dir = strndup(path, base == path ? 1 : (size_t)(base - path));
	if (!dir)
		return -ENOMEM;
	*ret_base = base + 1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* FS/vztmp for @path, made where it is missing (0700, root's); descriptor or -errno */
static int open_trash(const char *path, bool create)
{
	_cleanup_free_ char *p = strdup(path);
	_cleanup_close_ int top = -EBADF;
	char *slash;
	struct stat st, up;
	int fd;

	if (!p)
		return -ENOMEM;
	/* the file system that the directory @path is in */
	slash = strrchr(p, '/');
	if (!slash || slash == p)
		return -EXDEV;
	*slash = '\0';
	if (stat(p, &st) < 0)
		return -errno;
	for (;;) {
		slash = strrchr(p, '/');
		if (!slash || slash == p)
			break;
		*slash = '\0';
		if (stat(p, &up) < 0 || up.st_dev != st.st_dev) {
			*slash = '/';
			break;
		}
	}
	top = open(p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -errno;
	if (create && mkdirat(top, TRASH_DIR, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open_plain_dir(top, TRASH_DIR);
	if (fd < 0)
		return -errno;
	/* somebody else's directory could be turned against us */
	if (fstat(fd, &st) < 0 || st.st_uid != geteuid()) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

int vz_trash(const char *path, struct vz_error *e)
{
	_cleanup_close_ int parent = -EBADF, trash = -EBADF;
	const char *base;
	int r;

	parent = open_parent(path, &base);
	if (parent < 0)
		return vz_err(e, VZ_FS_DEL_PRVT, -parent, "Unable to open the directory of %s: %m", path);
	trash = open_trash(path, true);
	for (int try = 0; trash >= 0 && try < 100; try++) {
		char name[64];

		/* like mkdtemp's, but a name that is made by the rename itself */
		snprintf(name, sizeof(name), TRASH_PREFIX "%06x",
			 ((unsigned int)getpid() * 2654435761u + (unsigned int)try * 40503u) & 0xffffff);
		if (renameat2(parent, base, trash, name, RENAME_NOREPLACE) == 0) {
			fsync(parent);
			return 0;
		}
		if (errno == ENOENT)
			return 0;
		if (errno == EBUSY)
			return vz_err(e, VZ_FS_DEL_PRVT, EBUSY,
				      "Unable to delete %s: something is mounted on it", path);
		if (errno != EEXIST)
			break;
	}
	/* another file system, or one that cannot rename like this */
	r = vz_rmtree(parent, base, 0);
	if (r < 0)
		return vz_err(e, VZ_FS_DEL_PRVT, -r, "Unable to delete %s: %m", path);
	return 0;
}

/* remove one entry unless another process is at it */
static void trash_one(int trash, const char *name)
{
	_cleanup_close_ int fd = open_plain_dir(trash, name);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	vz_rmtree(trash, name, 1);
}

void vz_trash_empty(const char *path)
{
	_cleanup_close_ int trash = open_trash(path, false);
	struct dirent *de;
	bool any = false;
	DIR *d;
	int fd;

	if (trash < 0)
		return;
	fd = dup(trash);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return;
	while (!any && (de = readdir(d)))
		any = strncmp(de->d_name, TRASH_PREFIX, strlen(TRASH_PREFIX)) == 0;
	if (!any || fork() != 0) {
		closedir(d);
		return;
	}

	/* a process of its own: no terminal, no pipe and no lock of the caller is kept */
	setsid();
	fd = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	fd = dup2(trash, 3);
	close_range(4, ~0u, 0);
	if (chdir("/") == 0)
		setpriority(PRIO_PROCESS, 0, 10);
	d = fdopendir(fd);
	if (d)
		rewinddir(d);
	while (d && (de = readdir(d))) {
		if (strncmp(de->d_name, TRASH_PREFIX, strlen(TRASH_PREFIX)) == 0)
			trash_one(3, de->d_name);
	}
	_exit(0);
}
