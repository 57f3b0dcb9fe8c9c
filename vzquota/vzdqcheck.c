// SPDX-License-Identifier: GPL-2.0
/* vzdqcheck: what a directory uses, by a full count; of any file system, and no quota is asked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "util.h"
#include "vzquota.h"

const char vzq_name[] = "vzdqcheck";

static const char usage[] =
"Usage: vzdqcheck [-h] [-V] [-q] [-v] [-b] PATH\n"
"Counts the blocks of 1 KiB and the inodes of PATH and all below it.\n";

int main(int argc, char **argv)
{
	static const struct vzq_syntax syntax = { "", "", 1 };
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_close_ int fd = -EBADF;
	struct vz_quota_count n;
	struct vzq_args a;
	int r;

	if (vzq_start(&syntax, "PATH", usage, argc, argv, &a, &r) < 0)
		return r;
	fd = open(a.arg[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return vzq_fail(VZQ_NOMOUNT, "%s: %s", a.arg[0], strerror(errno));
	/* blocks are given to files when they are written to the disk */
	if (syncfs(fd) < 0)
		return vzq_fail(VZQ_SYSTEM, "Unable to sync the file system of %s: %s", a.arg[0], strerror(errno));
	vz_catch_signals();
	if (vz_quota_count(a.arg[0], 0, &n, &e) < 0)
		return vzq_fail_e(VZQ_SYSTEM, &e);
	vzq_say("%s and all below it on its file system:", a.arg[0]);
	if (!vzq_opt.batch)
		printf("%11s%15s\n", "resource", "usage");
	printf("%11s%15llu\n%11s%15llu\n", "1k-blocks", (unsigned long long)(n.space + 1023) / 1024,
	       "inodes", (unsigned long long)n.inodes);
	return VZQ_OK;
}
