// SPDX-License-Identifier: GPL-2.0
/*
 * quotasame DEVICE PATH ID - as root of a container: quotactl(2) by DEVICE and
 * quotactl_fd(2) by a descriptor of PATH do the same, neither with the help of a tool.
 * Sets and removes limits of user and group ID.  Prints what differs, or "the same".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/quota.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

static const char *dev;
static int fd, bad, xfs;

/* 0 or -errno; @way: 0 by device, 1 by descriptor */
static long ctl(int way, unsigned int cmd, unsigned int type, uint32_t id, void *addr)
{
	long r = way ? syscall(SYS_quotactl_fd, fd, QCMD(cmd, type), id, addr) :
		       syscall(SYS_quotactl, QCMD(cmd, type), dev, id, addr);

	return r < 0 ? -errno : r;
}

static void differ(const char *what, unsigned int type, uint32_t id, long a, long b)
{
	printf("DIFFERENT: %s, type %u, id %u: %ld by device, %ld by descriptor\n", what, type, id, a, b);
	bad = 1;
}

/* both ways give this answer, the same bytes with it */
static void ask(const char *what, unsigned int cmd, unsigned int type, uint32_t id, long want)
{
	char a[256] = { 0 }, b[256] = { 0 };
	long ra = ctl(0, cmd, type, id, a), rb = ctl(1, cmd, type, id, b);

	if (ra != rb || ra != want || memcmp(a, b, sizeof(a)))
		differ(what, type, id, ra, rb);
}

/* what one way sets both ways show */
static void set(int way, unsigned int type, uint32_t id, uint64_t hard)
{
	struct if_dqblk d = { .dqb_bhardlimit = hard, .dqb_ihardlimit = hard, .dqb_valid = QIF_LIMITS };
	long r = ctl(way, Q_SETQUOTA, type, id, &d);

	if (r)
		differ("set", type, id, way ? 0 : r, way ? r : 0);
	for (int i = 0; i < 2; i++) {
		memset(&d, 0xff, sizeof(d));
		r = ctl(i, Q_GETQUOTA, type, id, &d);
		/* XFS does not know of who neither uses nor may anything */
		if (xfs && !hard && r == -ENOENT)
			continue;
		if (r || d.dqb_bhardlimit != hard || d.dqb_ihardlimit != hard || d.dqb_bsoftlimit)
			differ("get what was set", type, id, r, (long)d.dqb_bhardlimit);
	}
}

int main(int argc, char **argv)
{
	struct if_nextdqblk next;
	struct statfs sfs;
	uint32_t id;

	if (argc != 4)
		return 2;
	dev = argv[1];
	id = (uint32_t)strtoul(argv[3], NULL, 10);
	fd = open(argv[2], O_RDONLY | O_DIRECTORY);
	if (fd < 0) {
		perror(argv[2]);
		return 2;
	}
	xfs = fstatfs(fd, &sfs) == 0 && sfs.f_type == XFS_SUPER_MAGIC;
	for (unsigned int type = 0; type < 2; type++) {
		ask("format", Q_GETFMT, type, 0, xfs ? -ESRCH : 0);
		ask("grace times", Q_GETINFO, type, 0, 0);
		ask("usage of root", Q_GETQUOTA, type, 0, 0);
		ask("next id", Q_GETNEXTQUOTA, type, 0, 0);
		ask("an id that is nobody's", Q_GETQUOTA, type, 70000, -EINVAL);
		for (int way = 0; way < 2; way++) {
			/* XFS rounds to blocks */
			const uint64_t hard = 100 + 4 * (uint64_t)way;

			set(way, type, id, hard);
			/* the walk begins with the id that it is given */
			if (ctl(way, Q_GETNEXTQUOTA, type, id, &next) || next.dqb_id != id ||
			    next.dqb_bhardlimit != hard)
				differ("next is what was set", type, id, next.dqb_id, (long)next.dqb_bhardlimit);
			set(way, type, id, 0);
		}
	}
	if (!bad)
		puts("the same");
	return bad;
}
