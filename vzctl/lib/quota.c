// SPDX-License-Identifier: GPL-2.0
/* Project quota and what is told of it; contract in quota.h. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/quota.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ct.h"
#include "error.h"
#include "quota.h"
#include "util.h"
#include "verb.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

const struct vz_quota vz_quota_none = {
	.soft = { LONG_MAX, LONG_MAX }, .hard = { LONG_MAX, LONG_MAX },
};

/* ---- the file system ------------------------------------------------------------ */

static int ctl(int dirfd, int cmd, int type, uint32_t id, void *addr)
{
	return syscall(SYS_quotactl_fd, dirfd, QCMD(cmd, type), id, addr) < 0 ? -errno : 0;
}

/* "\040" and the like of mountinfo */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/* The shortest place, for containers' roots are bind mounts of the same file system. */
void vz_quota_where(int dirfd, struct vz_quota_fs *fs)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	struct stat sb;

	snprintf(fs->type, sizeof(fs->type), "?");
	if (fstat(dirfd, &sb) < 0 ||
	    vz_read_file_at(AT_FDCWD, "/proc/self/mountinfo", 64u << 20, &text, NULL) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char root[PATH_MAX], mnt[PATH_MAX], type[64], src[PATH_MAX];
		unsigned int maj, min;
		char *dash = strstr(line, " - ");

		if (!dash || sscanf(line, "%*u %*u %u:%u %4095s %4095s", &maj, &min, root, mnt) != 4 ||
		    sscanf(dash, " - %63s %4095s", type, src) != 2 || makedev(maj, min) != sb.st_dev)
			continue;
		unescape(mnt);
		unescape(src);
		if (fs->mnt && strlen(fs->mnt) <= strlen(mnt))
			continue;
		free(fs->mnt);
		free(fs->dev);
		fs->mnt = strdup(mnt);
		fs->dev = strdup(src);
		snprintf(fs->type, sizeof(fs->type), "%.15s", type);
	}
}

int vz_quota_fs(int dirfd, struct vz_quota_fs *ret, struct vz_error *e)
{
	struct vz_quota_fs fs = { .state = VZ_QUOTA_NEVER };
	struct fs_quota_statv st = { .qs_version = FS_QSTATV_VERSION1 };
	struct statfs sfs;
	int r;

	if (fstatfs(dirfd, &sfs) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to look at the file system: %m");
	if (sfs.f_type == EXT4_SUPER_MAGIC || sfs.f_type == XFS_SUPER_MAGIC) {
		const unsigned int both = FS_QUOTA_UDQ_ENFD | FS_QUOTA_GDQ_ENFD;

		r = ctl(dirfd, Q_XGETQSTATV, PRJQUOTA, 0, &st);
		if (r == 0 && st.qs_flags & FS_QUOTA_PDQ_ENFD)
			fs.state = VZ_QUOTA_ON;
		else if (r == 0 && st.qs_flags & FS_QUOTA_PDQ_ACCT)
			fs.state = VZ_QUOTA_COUNTS;
		else
			fs.state = VZ_QUOTA_OFF;
		fs.level2 = r == 0 && (st.qs_flags & both) == both;
	}
	*ret = fs;
	return 0;
}

void vz_quota_fs_reset(struct vz_quota_fs *fs)
{
	free(fs->dev);
	free(fs->mnt);
	*fs = (struct vz_quota_fs){ 0 };
}

char *vz_quota_remedy(const struct vz_quota_fs *fs)
{
	const char *dev = fs->dev ? fs->dev : "DEVICE", *mnt = fs->mnt ? fs->mnt : "/vz";

	switch (fs->state) {
	case VZ_QUOTA_ON:
		return strdup("");
	case VZ_QUOTA_COUNTS:
		if (strcmp(fs->type, "xfs") == 0)
			break;
		return vz_asprintf("quotaon -P %s (and prjquota in /etc/fstab)", mnt);
	case VZ_QUOTA_OFF:
		if (strcmp(fs->type, "xfs") == 0)
			break;
		return vz_asprintf("umount %s && tune2fs -O project,quota -Q usrquota,grpquota,prjquota %s && "
				   "mount -o usrquota,grpquota,prjquota %s %s", mnt, dev, dev, mnt);
	case VZ_QUOTA_NEVER:
		return vz_asprintf("an ext4 or XFS file system for %s", mnt);
	}
	return vz_asprintf("umount %s && mount -o usrquota,grpquota,prjquota %s %s", mnt, dev, mnt);
}

/* ---- one id ----------------------------------------------------------------------- */

static unsigned long from_limit(uint64_t v)
{
	return !v || v >= LONG_MAX ? LONG_MAX : (unsigned long)v;
}

static void from_dqblk(const struct if_dqblk *b, struct vz_quota *q)
{
	*q = (struct vz_quota){
		/* blocks of quotactl(2) are 1 KiB, the usage is in bytes */
		.used = { (b->dqb_curspace + 1023) / 1024, b->dqb_curinodes },
		.soft = { from_limit(b->dqb_bsoftlimit), from_limit(b->dqb_isoftlimit) },
		.hard = { from_limit(b->dqb_bhardlimit), from_limit(b->dqb_ihardlimit) },
		.end = { (int64_t)b->dqb_btime, (int64_t)b->dqb_itime },
	};
}

int vz_quota_get(int dirfd, int type, uint32_t id, struct vz_quota *ret)
{
	struct if_dqblk b = { 0 };
	int r = ctl(dirfd, Q_GETQUOTA, type, id, &b);

	if (r == 0)
		from_dqblk(&b, ret);
	return r;
}

int vz_quota_next(int dirfd, int type, uint32_t *id, struct vz_quota *ret)
{
	struct if_nextdqblk b = { 0 };
	int r = ctl(dirfd, Q_GETNEXTQUOTA, type, *id, &b);

	if (r < 0)
		return r;
	from_dqblk((const struct if_dqblk *)&b, ret);
	*id = b.dqb_id;
	return 0;
}

bool vz_quota_limited(const struct vz_quota *q)
{
	return q->soft[0] != LONG_MAX || q->hard[0] != LONG_MAX || q->soft[1] != LONG_MAX || q->hard[1] != LONG_MAX;
}

int vz_quota_each(int dirfd, int type, uint32_t base,
		  void (*fn)(int type, uint32_t ugid, const struct vz_quota *q, void *arg), void *arg)
{
	uint32_t at = base;
	struct vz_quota q;
	int r;

	while ((r = vz_quota_next(dirfd, type, &at, &q)) == 0 && at - base < VZ_ID_RANGE) {
		fn(type, at - base, &q, arg);
		if (++at == 0)
			break;
	}
	/* no user quota here, or no more of it */
	return r == 0 || r == -ENOENT || r == -ESRCH || r == -ENOSYS ? 0 : r;
}

/* 0 is no limit for the kernel, and the least that one can have for us */
static uint64_t to_limit(unsigned long v)
{
	return v >= LONG_MAX ? 0 : v ? v : 1;
}

static int set(int dirfd, int type, uint32_t id, const struct vz_quota *q, bool end)
{
	struct if_dqblk b = {
		.dqb_bsoftlimit = to_limit(q->soft[0]), .dqb_bhardlimit = to_limit(q->hard[0]),
		.dqb_isoftlimit = to_limit(q->soft[1]), .dqb_ihardlimit = to_limit(q->hard[1]),
		.dqb_btime = (uint64_t)q->end[0], .dqb_itime = (uint64_t)q->end[1],
		.dqb_valid = QIF_LIMITS,
	};

	if (end && q->end[0])
		b.dqb_valid |= QIF_BTIME;
	if (end && q->end[1])
		b.dqb_valid |= QIF_ITIME;
	return ctl(dirfd, Q_SETQUOTA, type, id, &b);
}

int vz_quota_set(int dirfd, int type, uint32_t id, const struct vz_quota *q)
{
	return set(dirfd, type, id, q, false);
}

int vz_quota_restore(int dirfd, int type, uint32_t id, const struct vz_quota *q)
{
	return set(dirfd, type, id, q, true);
}

/* ---- projects ----------------------------------------------------------------------- */

int vz_project_get(int fd, uint32_t *ret)
{
	struct fsxattr x;
	struct stat st;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0 || fstat(fd, &st) < 0)
		return -errno;
	*ret = S_ISDIR(st.st_mode) && !(x.fsx_xflags & FS_XFLAG_PROJINHERIT) ? 0 : x.fsx_projid;
	return 0;
}

static int project_set(int fd, uint32_t id, bool dir)
{
	struct fsxattr x;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0)
		return -errno;
	if (x.fsx_projid == id && (!dir || x.fsx_xflags & FS_XFLAG_PROJINHERIT))
		return 0;
	x.fsx_projid = id;
	if (dir)
		x.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	return ioctl(fd, FS_IOC_FSSETXATTR, &x) < 0 ? -errno : 0;
}

int vz_project_set(int dirfd, uint32_t id)
{
	return project_set(dirfd, id, true);
}

/* on the top of a tree while it is being adopted; a container sees no trusted.* */
#define ADOPTING	"trusted.vzquota.adopting"

int vz_project_whole(int dirfd, uint32_t id)
{
	uint32_t have;
	int r = vz_project_get(dirfd, &have);

	if (r < 0 || have != id)
		return r < 0 ? r : 0;
	if (fgetxattr(dirfd, ADOPTING, NULL, 0) >= 0)
		return 0;
	return errno == ENODATA || errno == EOPNOTSUPP ? 1 : -errno;
}

static int copy_xattrs(const char *from, const char *to)
{
	char names[4096], value[65536];
	ssize_t n = llistxattr(from, names, sizeof(names));

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	for (char *p = names; p < names + n; p += strlen(p) + 1) {
		ssize_t len = lgetxattr(from, p, value, sizeof(value));

		if (len < 0 || lsetxattr(to, p, value, (size_t)len, 0) < 0)
			return -errno;
	}
	return 0;
}

static const char tmp[] = ".vzquota-adopt";

/*
 * A link or special file @name of the current directory, which is in the project
 * already: what is made in it is in the project, too.
 */
static int remake(const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	ssize_t n;
	int r;

	if (unlink(tmp) < 0 && errno != ENOENT)
		return -errno;
	if (S_ISLNK(st->st_mode)) {
		n = readlink(name, target, sizeof(target) - 1);
		if (n < 0)
			return -errno;
		target[n] = '\0';
		r = symlink(target, tmp);
	} else {
		r = mknod(tmp, st->st_mode, st->st_rdev);
	}
	if (r < 0)
		return -errno;
	r = lchown(tmp, st->st_uid, st->st_gid) < 0 ? -errno : 0;
	if (r == 0 && !S_ISLNK(st->st_mode) && chmod(tmp, st->st_mode & 07777) < 0)
		r = -errno;
	if (r == 0)
		r = copy_xattrs(name, tmp);
	vz_fault("quota-adopt-link");
	if (r == 0 && (utimensat(AT_FDCWD, tmp, times, AT_SYMLINK_NOFOLLOW) < 0 || rename(tmp, name) < 0))
		r = -errno;
	if (r < 0)
		unlink(tmp);
	return r;
}

int vz_tree_walk(const char *path, int (*fn)(const FTSENT *f, void *arg), void *arg, struct vz_error *e)
{
	_cleanup_close_ int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* the path itself may be a link, to a disk with more room */
	_cleanup_free_ char *top = realpath(path, NULL);
	char *const paths[] = { top, NULL };
	FTS *fts = top ? fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL) : NULL;
	FTSENT *f;
	dev_t dev = 0;
	int r = 0;

	if (!fts)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to read %s: %m", path);
	while (r == 0 && (errno = 0, f = fts_read(fts))) {
		if (vz_interrupted) {
			r = vz_err(e, VZ_SYSTEM_ERROR, EINTR, "Interrupted");
		} else if (f->fts_info == FTS_DNR || f->fts_info == FTS_ERR || f->fts_info == FTS_NS) {
			/* what is gone meanwhile is gone */
			r = f->fts_errno == ENOENT ? 0 :
			    vz_err(e, VZ_SYSTEM_ERROR, f->fts_errno, "Unable to read %s: %m", f->fts_path);
		} else if (f->fts_info != FTS_DP && f->fts_info != FTS_DC) {
			if (f->fts_level == 0)
				dev = f->fts_statp->st_dev;
			/* fts does not go into what is mounted below, and shows its top all the same */
			if (f->fts_statp->st_dev == dev)
				r = fn(f, arg);
		}
		if (r < 0 && e && !e->msg)
			vz_err(e, VZ_SYSTEM_ERROR, -r, "%s: %m", f->fts_path);
	}
	if (r == 0 && errno)
		r = vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to read %s: %m", path);
	fts_close(fts);
	if (cwd >= 0 && fchdir(cwd) < 0 && r == 0)
		r = vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to come back from %s: %m", path);
	return r;
}

struct adopt {
	uint32_t id;
	uint64_t left;
};

static int adopt_one(const FTSENT *f, void *arg)
{
	struct adopt *a = arg;
	const struct stat *st = f->fts_statp;
	_cleanup_close_ int fd = -EBADF;

	if (f->fts_level == 2)
		vz_fault("quota-adopt-half");
	if (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)) {
		fd = open(f->fts_accpath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		return fd < 0 ? -errno : project_set(fd, a->id, S_ISDIR(st->st_mode));
	}
	/* one that was cut short has left it */
	if (strcmp(f->fts_name, tmp) == 0)
		return unlink(f->fts_accpath) < 0 && errno != ENOENT ? -errno : 0;
	if (st->st_nlink > 1) {
		a->left++;
		return 0;
	}
	return remake(f->fts_accpath, st);
}

int vz_project_adopt(const char *path, uint32_t id, uint64_t *ret_left, struct vz_error *e)
{
	struct adopt a = { .id = id };
	_cleanup_close_ int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (top < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to open %s: %m", path);
	/*
	 * The top goes first: links are made anew in directories that are in the
	 * project, and so is all that anybody makes from now on.  Were it the last
	 * one, what is made beside the walk would be missed.  But a top in the
	 * project says nothing of the rest then.  The mark does: it is there before
	 * anything moves and goes after everything has, and the journal keeps that
	 * order over a power cut.
	 */
	if (fsetxattr(top, ADOPTING, "", 0, 0) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to mark %s as being adopted: %m", path);
	vz_fault("quota-adopt-marked");
	r = vz_tree_walk(path, adopt_one, &a, e);
	vz_fault("quota-adopt-walked");
	if (r == 0 && fremovexattr(top, ADOPTING) < 0)
		r = vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to mark %s as adopted: %m", path);
	if (r == 0)
		*ret_left = a.left;
	return r;
}

struct count {
	struct vz_quota_count n;
	uint32_t id;
	void *seen;		/* inode numbers of those with several names */
};

static int cmp_ino(const void *a, const void *b)
{
	ino_t x = *(const ino_t *)a, y = *(const ino_t *)b;

	return x < y ? -1 : x > y;
}

static int count_one(const FTSENT *f, void *arg)
{
	struct count *c = arg;
	const struct stat *st = f->fts_statp;
	_cleanup_close_ int fd = -EBADF;
	uint32_t id;

	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1) {
		ino_t *ino = malloc(sizeof(*ino)), **node;

		if (!ino)
			return -ENOMEM;
		*ino = st->st_ino;
		node = tsearch(ino, &c->seen, cmp_ino);
		if (!node || *node != ino) {
			free(ino);
			return node ? 0 : -ENOMEM;
		}
	}
	if (c->id && (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode))) {
		fd = open(f->fts_accpath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd < 0)
			return errno == ENOENT ? 0 : -errno;
		if (vz_project_get(fd, &id) < 0 || id != c->id)
			c->n.foreign++;
	}
	c->n.inodes++;
	c->n.space += (uint64_t)st->st_blocks * 512;
	return 0;
}

int vz_quota_count(const char *path, uint32_t id, struct vz_quota_count *ret, struct vz_error *e)
{
	struct count c = { .id = id };
	int r = vz_tree_walk(path, count_one, &c, e);

	tdestroy(c.seen, free);
	*ret = c.n;
	return r;
}
