// SPDX-License-Identifier: GPL-2.0
/* I/O limits and weights, against a made-up /sys and cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "check.h"
#include "io.h"
#include "util.h"

static char root[] = "/tmp/vztest.XXXXXX";
static int cg = -EBADF;

static void put(const char *path, const char *text)
{
	_cleanup_free_ char *p = vz_path("%s", path), *dir = strdup(p);

	*strrchr(dir, '/') = '\0';
	CHECK(vz_mkdir_p(dir, 0755) == 0 && vz_replace_file(p, text, strlen(text), 0644) == 0);
}

static void is(const char *file, const char *want)
{
	_cleanup_free_ char *text = NULL;

	CHECK(vz_read_file_at(cg, file, 4096, &text, NULL) == 0);
	CHECK_STR(text, want);
	put("/cg/io.weight", "");
	if (strcmp(file, "io.max") == 0)
		put("/cg/io.max", "");
}

static void test_disk(void)
{
	static const struct { unsigned int maj, min; const char *dir, *disk; } t[] = {
		{ 8, 0, "pci0/block/sda", "8:0" },
		{ 8, 17, "pci0/block/sdb/sdb1", "8:16" },
		{ 259, 300, "pci0/nvme/nvme0n1/nvme0n1p2", "259:0" },
		{ 253, 3, "virtual/block/dm-3", "253:3" },
		{ 9, 127, "virtual/block/md127", "9:127" },
	};
	char disk[VZ_IO_DEV] = "untouched";

	put("/sys/devices/pci0/block/sda/dev", "8:0\n");
	put("/sys/devices/pci0/block/sdb/dev", "8:16\n");
	put("/sys/devices/pci0/block/sdb/sdb1/dev", "8:17\n");
	put("/sys/devices/pci0/block/sdb/sdb1/partition", "1\n");
	put("/sys/devices/pci0/nvme/nvme0n1/dev", "259:0\n");
	put("/sys/devices/pci0/nvme/nvme0n1/nvme0n1p2/dev", "259:300\n");
	put("/sys/devices/pci0/nvme/nvme0n1/nvme0n1p2/partition", "2\n");
	put("/sys/devices/virtual/block/dm-3/dev", "253:3\n");
	put("/sys/devices/virtual/block/md127/dev", "9:127\n");
	put("/sys/dev/block/README", "");
	CHECK(vz_io_disk(makedev(0, 45), disk) == -ENODEV);
	CHECK_STR(disk, "untouched");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_free_ char *link = vz_path("/sys/dev/block/%u:%u", t[i].maj, t[i].min);
		_cleanup_free_ char *to = vz_asprintf("../../devices/%s", t[i].dir);

		CHECK(symlink(to, link) == 0 && vz_io_disk(makedev(t[i].maj, t[i].min), disk) == 0);
		CHECK_STR(disk, t[i].disk);
	}
	CHECK(vz_io_disk_of("/nowhere/at/all", disk) == -ENOENT);
}

static void test_prio(void)
{
	static const unsigned int want[] = { 320, 365, 410, 460, 500, 550, 600, 640 };
	unsigned int p = 99;

	CHECK(vz_ioprio_set(cg, 4) == -EOPNOTSUPP && vz_ioprio_get(cg, &p) == -ENOENT && p == 99);
	put("/cg/io.weight", "default 100\n");
	CHECK(vz_ioprio_get(cg, &p) == -EINVAL && p == 99);
	for (unsigned int i = 0; i < ARRAY_SIZE(want); i++) {
		char text[32];

		CHECK(vz_ioprio_weight(i) == want[i]);
		snprintf(text, sizeof(text), "default %u\n8:0 100\n", want[i]);
		put("/cg/io.weight", text);
		CHECK(vz_ioprio_get(cg, &p) == 0 && p == i);
	}
	CHECK(vz_ioprio_weight(8) == 640);
	put("/cg/io.weight", "");
	CHECK(vz_ioprio_set(cg, 0) == 0);
	is("io.weight", "320");
	put("/cg/io.bfq.weight", "");
	CHECK(vz_ioprio_set(cg, 7) == 0);
	is("io.weight", "640");
	is("io.bfq.weight", "640");
	CHECK(vz_ioprio_get(cg, &p) == 0 && p == 7);
}

static void test_limit(void)
{
	_cleanup_free_ char *text = NULL;
	uint64_t n = 5;

	CHECK(vz_io_limit_set(cg, "8:0", VZ_IO_BYTES, 1000) == -EOPNOTSUPP);
	CHECK(vz_io_limit_set(cg, "8:0", VZ_IO_BYTES, 0) == -EOPNOTSUPP);
	CHECK(vz_io_limit_get(cg, "8:0", VZ_IO_BYTES, &n) == -EOPNOTSUPP && n == 5);
	put("/cg/io.max", "");
	CHECK(vz_io_limit_get(cg, "8:0", VZ_IO_BYTES, &n) == 0 && n == 0);
	CHECK(vz_io_limit_set(cg, "8:0", VZ_IO_BYTES, 1048576) == 0);
	is("io.max", "8:0 rbps=1048576 wbps=1048576");
	CHECK(vz_io_limit_set(cg, "8:0", VZ_IO_OPS, 4294967295) == 0);
	is("io.max", "8:0 riops=4294967295 wiops=4294967295");
	CHECK(vz_io_limit_set(cg, "8:0", VZ_IO_OPS, 1) == 0);
	is("io.max", "8:0 riops=2 wiops=2");
	/* nothing to take off: nothing is written */
	CHECK(vz_io_limit_set(cg, "8:0", VZ_IO_BYTES, 0) == 0);
	is("io.max", "");

	put("/cg/io.max", "8:16 rbps=max wbps=max riops=70 wiops=70\n8:0 rbps=2000 wbps=max riops=max wiops=max\n");
	CHECK(vz_io_limit_get(cg, "8:0", VZ_IO_BYTES, &n) == 0 && n == 2000);
	CHECK(vz_io_limit_get(cg, "8:0", VZ_IO_OPS, &n) == 0 && n == 0);
	CHECK(vz_io_limit_get(cg, "8:16", VZ_IO_OPS, &n) == 0 && n == 70);
	CHECK(vz_io_limit_get(cg, "8:1", VZ_IO_OPS, &n) == 0 && n == 0);
	CHECK(vz_io_limit_set(cg, "8:16", VZ_IO_OPS, 0) == 0);
	CHECK(vz_read_file_at(cg, "io.max", 4096, &text, NULL) == 0);
	CHECK(text && strncmp(text, "8:16 riops=max wiops=max", 24) == 0);

	vz_io_unlimit(-EBADF);
	put("/cg/io.max", "");
	vz_io_unlimit(cg);
	is("io.max", "");
	put("/cg/io.max", "253:3 rbps=max wbps=20 riops=max wiops=max\n");
	vz_io_unlimit(cg);
	is("io.max", "253:3 rbps=max wbps=max riops=max wiops=max");
}

int main(void)
{
	_cleanup_free_ char *rm = NULL, *dir = NULL;

	if (!mkdtemp(root) || setenv("VZ_ROOT_PREFIX", root, 1) < 0)
		return 1;
	dir = vz_path("/cg");
	if (vz_mkdir_p(dir, 0755) < 0 || (cg = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 1;
	test_disk();
	test_prio();
	test_limit();
	vz_close(cg);
	rm = vz_asprintf("rm -rf %s", root);
	if (!rm || system(rm))
		return 1;
	return CHECK_DONE();
}
