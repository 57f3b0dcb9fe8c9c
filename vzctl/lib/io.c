// SPDX-License-Identifier: GPL-2.0
/* Limits and weights of disk I/O; contract in io.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "io.h"
#include "util.h"

/* 1 : 2 from the lowest to the highest, as they always were */
static const unsigned int weights[VZ_IOPRIO_MAX + 1] = {
	320, 365, 410, 460, 500, 550, 600, 640,
};

/* BFQ's, for disks with that scheduler, and iocost's, for all others */
static const char *const weight_files[] = { "io.bfq.weight", "io.weight" };

unsigned int vz_ioprio_weight(unsigned int prio)
{
	return weights[prio > VZ_IOPRIO_MAX ? VZ_IOPRIO_MAX : prio];
}

int vz_ioprio_set(int cgfd, unsigned int prio)
{
	char buf[12];
	int any = -EOPNOTSUPP;

	snprintf(buf, sizeof(buf), "%u", vz_ioprio_weight(prio));
	for (size_t i = 0; i < ARRAY_SIZE(weight_files); i++) {
		int r = vz_write_file_at(cgfd, weight_files[i], buf, strlen(buf));

		if (r < 0 && r != -ENOENT && r != -EOPNOTSUPP)
			return r;
		if (r >= 0)
			any = 0;
	}
	return any;
}

int vz_ioprio_get(int cgfd, unsigned int *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(weight_files); i++) {
		_cleanup_free_ char *text = NULL;
		unsigned int w;

		/* "default N", then lines of single disks; or N alone */
		if (vz_read_file_at(cgfd, weight_files[i], 4096, &text, NULL) < 0)
			continue;
		if (sscanf(text, "default %u", &w) != 1 && sscanf(text, "%u", &w) != 1)
			return -EINVAL;
		for (unsigned int p = 0; p < ARRAY_SIZE(weights); p++) {
			if (weights[p] == w) {
				*ret = p;
				return 0;
			}
		}
		return -EINVAL;
	}
	return -ENOENT;
}

int vz_io_disk(dev_t dev, char ret[VZ_IO_DEV])
{
	_cleanup_free_ char *link = vz_path("/sys/dev/block/%u:%u", major(dev), minor(dev));
	_cleanup_free_ char *dir = link ? realpath(link, NULL) : NULL;
	_cleanup_free_ char *part = NULL, *file = NULL, *text = NULL;
	unsigned int maj, min;
	int r;

	if (!link)
		return -ENOMEM;
	if (!dir)
		return errno == ENOENT ? -ENODEV : -errno;
	/* a partition is a directory of its disk's */
	part = vz_asprintf("%s/partition", dir);
	if (!part)
		return -ENOMEM;
	file = vz_asprintf(access(part, F_OK) == 0 ? "%s/../dev" : "%s/dev", dir);
	if (!file)
		return -ENOMEM;
	r = vz_read_file_at(AT_FDCWD, file, 64, &text, NULL);
	if (r < 0)
		return r;
	if (sscanf(text, "%u:%u", &maj, &min) != 2)
		return -EINVAL;
	snprintf(ret, VZ_IO_DEV, "%u:%u", maj, min);
	return 0;
}

int vz_io_disk_of(const char *path, char ret[VZ_IO_DEV])
{
	struct stat st;

	return stat(path, &st) < 0 ? -errno : vz_io_disk(st.st_dev, ret);
}

static const char *const limit_keys[][2] = {
	[VZ_IO_BYTES] = { "rbps", "wbps" },
	[VZ_IO_OPS] = { "riops", "wiops" },
};

/* @ret is 0 when there is no limit, which is when @disk has no line, too */
int vz_io_limit_get(int cgfd, const char *disk, enum vz_io_what what, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;
	int r = vz_read_file_at(cgfd, "io.max", 65536, &text, NULL);

	if (r < 0)
		return r == -ENOENT ? -EOPNOTSUPP : r;
	lines = vz_strv_split(text, "\n");
	if (!lines)
		return -ENOMEM;
	*ret = 0;
	for (char **l = lines; *l; l++) {
		_cleanup_strv_ char **w = vz_strv_split(*l, " ");
		size_t len = strlen(limit_keys[what][0]);

		if (!w)
			return -ENOMEM;
		if (!w[0] || strcmp(w[0], disk) != 0)
			continue;
		for (char **f = w + 1; *f; f++) {
			if (strncmp(*f, limit_keys[what][0], len) == 0 && (*f)[len] == '=' &&
			    vz_parse_u64(*f + len + 1, ret) < 0)
				*ret = 0;		/* max */
		}
	}
	return 0;
}

int vz_io_limit_set(int cgfd, const char *disk, enum vz_io_what what, uint64_t limit)
{
	char value[24] = "max", buf[96];
	uint64_t now;
	int r;

	if (limit) {
		/* the kernel takes no 1 */
		snprintf(value, sizeof(value), "%llu", (unsigned long long)(limit > 1 ? limit : 2));
	} else {
		/* the first write for a disk makes the kernel keep accounts for it */
		r = vz_io_limit_get(cgfd, disk, what, &now);
		if (r < 0 || !now)
			return r;
	}
	snprintf(buf, sizeof(buf), "%s %s=%s %s=%s", disk, limit_keys[what][0], value,
		 limit_keys[what][1], value);
	r = vz_write_file_at(cgfd, "io.max", buf, strlen(buf));
	return r == -ENOENT ? -EOPNOTSUPP : r;
}

void vz_io_unlimit(int cgfd)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_strv_ char **lines = NULL;

	if (vz_read_file_at(cgfd, "io.max", 65536, &text, NULL) < 0)
		return;
	lines = vz_strv_split(text, "\n");
	for (char **l = lines; l && *l; l++) {
		char buf[96];

		snprintf(buf, sizeof(buf), "%.*s rbps=max wbps=max riops=max wiops=max",
			 (int)strcspn(*l, " "), *l);
		vz_write_file_at(cgfd, "io.max", buf, strlen(buf));
	}
}
