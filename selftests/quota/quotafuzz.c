// SPDX-License-Identifier: GPL-2.0
/*
 * quotafuzz PATH - as root of a container: every quotactl(2) that a container has no
 * business with, and a hundred thousand made-up ones; and to leave its project.
 * Prints what went through, or "nothing went through".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/quota.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

static int fd, bad;
static char buf[4096];

static long ctl(unsigned int cmd, unsigned int type, uint32_t id, void *addr)
{
	return syscall(SYS_quotactl_fd, fd, QCMD(cmd, type), id, addr);
}

static void refused(const char *what, unsigned int cmd, unsigned int type, uint32_t id)
{
	memset(buf, 0, sizeof(buf));
	if (ctl(cmd, type, id, buf) == 0) {
		printf("WENT THROUGH: %s, type %u, id %u\n", what, type, id);
		bad = 1;
	}
}

/* a project is changed from the host's user namespace only */
static void projects(void)
{
	struct fsxattr x, y;
	char name[64];
	int i, f, flags;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0 || !x.fsx_projid || !(x.fsx_xflags & FS_XFLAG_PROJINHERIT)) {
		printf("WENT THROUGH: not in a project to begin with\n");
		bad = 1;
		return;
	}
	for (i = 0; i < 3; i++) {
		y = x;
		if (i == 0)
			y.fsx_projid = 0;
		else if (i == 1)
			y.fsx_projid = 999;
		else
			y.fsx_xflags &= ~FS_XFLAG_PROJINHERIT;
		if (ioctl(fd, FS_IOC_FSSETXATTR, &y) == 0) {
			printf("WENT THROUGH: project, way %d\n", i);
			bad = 1;
			ioctl(fd, FS_IOC_FSSETXATTR, &x);
		}
	}
	/* the same flag by the older way to it */
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && flags & FS_PROJINHERIT_FL) {
		flags &= ~FS_PROJINHERIT_FL;
		ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	if (ioctl(fd, FS_IOC_FSGETXATTR, &y) < 0 || y.fsx_projid != x.fsx_projid ||
	    !(y.fsx_xflags & FS_XFLAG_PROJINHERIT)) {
		printf("WENT THROUGH: flags of the project\n");
		bad = 1;
	}
	/* what has no name at first */
	f = openat(fd, ".", O_TMPFILE | O_RDWR, 0600);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", f);
	unlinkat(fd, "quotafuzz.tmp", 0);
	if (f < 0 || linkat(AT_FDCWD, name, fd, "quotafuzz.tmp", AT_SYMLINK_FOLLOW) < 0 ||
	    ioctl(f, FS_IOC_FSGETXATTR, &y) < 0 || y.fsx_projid != x.fsx_projid) {
		printf("WENT THROUGH: O_TMPFILE\n");
		bad = 1;
	}
	unlinkat(fd, "quotafuzz.tmp", 0);
}

int main(int argc, char **argv)
{
	static const unsigned int cmds[] = {
		Q_SYNC, Q_QUOTAON, Q_QUOTAOFF, Q_GETFMT, Q_GETINFO, Q_SETINFO, Q_GETQUOTA,
		Q_SETQUOTA, Q_GETNEXTQUOTA, Q_XQUOTAON, Q_XQUOTAOFF, Q_XGETQUOTA, Q_XSETQLIM,
		Q_XGETQSTAT, Q_XQUOTARM, Q_XQUOTASYNC, Q_XGETQSTATV, Q_XGETNEXTQUOTA,
	};
	/* what may succeed for a container's root */
	static const unsigned int harmless[] = {
		Q_SYNC, Q_GETFMT, Q_GETINFO, Q_XGETQSTAT, Q_XGETQSTATV, Q_XQUOTASYNC,
	};
	struct if_dqblk *d = (struct if_dqblk *)buf;
	struct if_nextdqblk next;
	uint64_t seed = 88172645463325252ULL;
	struct fs_disk_quota *x = (struct fs_disk_quota *)buf;
	struct statfs sfs;
	int i, type, xfs;

	if (argc != 2)
		return 2;
	fd = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	/* tools have commands of their own there, for the same things */
	xfs = fstatfs(fd, &sfs) == 0 && sfs.f_type == XFS_SUPER_MAGIC;
	projects();
	for (type = 0; type < 2; type++) {
		refused("quota off", Q_QUOTAOFF, type, 0);
		refused("quota on", Q_QUOTAON, type, 2);
		refused("XFS quota off", Q_XQUOTAOFF, type, 0);
		refused("XFS remove", Q_XQUOTARM, type, 0);
		refused("XFS limits", Q_XSETQLIM, type, xfs ? 65536 : 1000);
		refused("XFS get", Q_XGETQUOTA, type, xfs ? 65536 : 77);
		refused("XFS next", Q_XGETNEXTQUOTA, type, xfs ? 65536 : 0);
		refused("XFS next after the last", Q_XGETNEXTQUOTA, type, 65535);
		/* neither usage nor limits of a kind that is not counted nor warnings */
		for (i = 0; i < 15; i++) {
			unsigned int mask = 1u << i;

			if (mask & (FS_DQ_ISOFT | FS_DQ_IHARD | FS_DQ_BSOFT | FS_DQ_BHARD | FS_DQ_BTIMER | FS_DQ_ITIMER | FS_DQ_RTBTIMER))
				continue;
			memset(x, 0, sizeof(*x));
			x->d_fieldmask = (uint16_t)mask;
			x->d_rtb_softlimit = x->d_rtb_hardlimit = 8;
			if (ctl(Q_XSETQLIM, type, 1000, x) == 0)
				bad = 1, printf("WENT THROUGH: XFS field %x\n", mask);
		}
		/* ids that are not mapped */
		refused("foreign id", Q_GETQUOTA, type, 65536);
		refused("foreign id", Q_GETQUOTA, type, 100000);
		refused("foreign id", Q_SETQUOTA, type, 165536);
		refused("no id", Q_SETQUOTA, type, UINT32_MAX);
		refused("next after the last", Q_GETNEXTQUOTA, type, 65535);
		/* usage is counted, not told */
		memset(d, 0, sizeof(*d));
		d->dqb_valid = QIF_USAGE;
		if (ctl(Q_SETQUOTA, type, 1000, d) == 0)
			bad = 1, printf("WENT THROUGH: usage\n");
	}
	for (i = 0; i < 3; i++)
		refused("project", i == 0 ? Q_GETQUOTA : i == 1 ? Q_SETQUOTA : Q_SETINFO, PRJQUOTA, 511);
	refused("next project", Q_GETNEXTQUOTA, PRJQUOTA, 0);
	/* the walk ends within the container */
	for (type = 0; type < 2; type++) {
		uint32_t id = 0;

		for (i = 0; i < 100000 && ctl(Q_GETNEXTQUOTA, type, id, &next) == 0; i++) {
			if (next.dqb_id > 65535 || next.dqb_id < id) {
				printf("WENT THROUGH: next says %u\n", next.dqb_id);
				bad = 1;
				break;
			}
			id = next.dqb_id + 1;
		}
	}
	for (i = 0; i < 100000; i++) {
		unsigned int cmd, t, k;
		uint32_t id;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		cmd = i & 1 ? cmds[seed % (sizeof(cmds) / sizeof(*cmds))] : (unsigned int)(seed >> 8) & 0xffffff;
		t = (seed >> 32) % 5;
		id = (seed >> 40) & 1 ? (uint32_t)(seed >> 11) : (uint32_t)(seed >> 11) % 70000;
		memset(buf, (int)(seed >> 16), 256);
		for (k = 0; k < sizeof(harmless) / sizeof(*harmless) && cmd != harmless[k]; k++)
			;
		/* its own ids are its own: setting those is what it may do */
		if (k < sizeof(harmless) / sizeof(*harmless) ||
		    (xfs && t < 2 && (cmd == Q_XGETQUOTA || cmd == Q_XGETNEXTQUOTA || cmd == Q_XSETQLIM)) ||
		    (t < 2 && (cmd == Q_GETQUOTA || cmd == Q_GETNEXTQUOTA || cmd == Q_SETQUOTA || cmd == Q_SETINFO)))
			continue;
		if (ctl(cmd, t, id, buf) == 0) {
			printf("WENT THROUGH: command %x type %u id %u\n", cmd, t, id);
			bad = 1;
		}
	}
	if (!bad)
		puts("nothing went through");
	return bad;
}
