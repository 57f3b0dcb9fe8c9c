// SPDX-License-Identifier: GPL-2.0
/*
 * The container's cgroup: vz/CTID in the cgroup v2 hierarchy.
 *
 * Its files belong to the host's root but for those that cgroup delegation
 * names, so the container arranges what is below it and cannot touch its own
 * limits.  Everything here goes through directory descriptors.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "cpu.h"
#include "io.h"
#include "lifeint.h"
#include "log.h"
#include "params.h"
#include "quota.h"
#include "ubc.h"
#include "util.h"

#define VZ_CGROUP	"vz"
/* a container that makes cgroups without end must not slow down its removal */
#define MAX_DEPTH	32
#define MAX_DESCENDANTS	4096

static const char *const state_names[] = { "stopped", "starting", "running", "stopping" };
static const char *const reason_names[] = { "none", "halt", "reboot", "killed", "oom", "exit" };

static int put(int dirfd, const char *file, const char *value)
{
	return vz_write_file_at(dirfd, file, value, strlen(value));
}

/* a small file into @buf without its last newline */
static int get(int dirfd, const char *file, char *buf, size_t size)
{
	_cleanup_close_ int fd = openat(dirfd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		return -errno;
	if (n && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

/* ---- the hierarchy --------------------------------------------------------- */

static int open_root(int *ret_fd, struct vz_error *e)
{
	static const char *const paths[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *path = vz_path("%s", paths[i]);
		_cleanup_close_ int fd = -EBADF;
		struct statfs fs;

		if (!path)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) {
			*ret_fd = fd;
			fd = -EBADF;
			return 0;
		}
	}
	return vz_err(e, VZ_BAD_KERNEL, ENOSYS,
		      "No cgroup v2 hierarchy at /sys/fs/cgroup; mount it (systemd.unified_cgroup_hierarchy=1)");
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += len) {
		if ((p == list || p[-1] == ' ') && (p[len] == '\0' || p[len] == ' '))
			return true;
	}
	return false;
}

static const char *const controllers[] = { "ve", "memory", "pids", "cpu", "cpuset", "io" };

static bool has_controllers(const char *on)
{
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (!has_word(on, controllers[i]))
			return false;
	}
	return true;
}

/* controllers for the children of @dirfd; `ve` is a must, the others as they are there */
static int enable_controllers(int dirfd, struct vz_error *e)
{
	char have[256], on[256];

	if (get(dirfd, "cgroup.subtree_control", on, sizeof(on)) < 0)
		on[0] = '\0';
	if (get(dirfd, "cgroup.controllers", have, sizeof(have)) < 0)
		have[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		char word[16];
		int r;

		if (has_word(on, controllers[i]) || (i && !has_word(have, controllers[i])))
			continue;
		snprintf(word, sizeof(word), "+%s", controllers[i]);
		r = put(dirfd, "cgroup.subtree_control", word);
		if (r < 0 && i == 0)
			return vz_err(e, VZ_BAD_KERNEL, -r,
				      "This kernel has no containers: the cgroup controller ve cannot be enabled (%m); boot the vz kernel");
	}
	return 0;
}

/*
 * What the host itself runs is in cgroups next to the one of all containers. That weighs what the
 * containers weigh which have something to run, so all are like siblings.
 */
static int put_host_units(int root, const char *value)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0, r;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		r = -errno;
		vz_close(fd);
		return r;
	}
	for (struct dirent *d; (d = readdir(dir));) {
		_cleanup_free_ char *file = vz_asprintf("%s/ve.cpuunits", d->d_name);

		if (d->d_type != DT_DIR || d->d_name[0] == '.' || strcmp(d->d_name, VZ_CGROUP) == 0)
			continue;
		r = file ? put(root, file, value) : -ENOMEM;
		/* it may have gone, or be one of SCHED_IDLE */
		if (r < 0 && r != -ENOENT && r != -EINVAL && ret == 0)
			ret = r;
	}
	closedir(dir);
	return ret;
}

/* of CT0, where it is not the usual one; no container fails to start for it */
static void setup_host_units(const struct vz_conf *global)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_close_ int root = -EBADF;
	_cleanup_free_ char *v = NULL;
	uint32_t n;
	int r;

	r = vz_conf_cpuunits(0, global, &v, &e);
	if (r == 0 && v && (vz_parse_u32(v, &n) < 0 || n != VZ_CPUUNITS))
		r = open_root(&root, &e) < 0 ? -EIO : put_host_units(root, v);
	if (r < 0)
		vz_warn("WARNING: Unable to set the CPU units of the host (CT0)%s%s", e.msg ? ": " : "", e.msg ? e.msg : "");
}

int vz_cgroup_base(bool create, int *ret_fd, struct vz_error *e)
{
	_cleanup_close_ int root = -EBADF, fd = -EBADF;
	char on[256];
	int r;

	r = open_root(&root, e);
	if (r < 0)
		return r;
	fd = openat(root, VZ_CGROUP, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno != ENOENT)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to open the cgroup " VZ_CGROUP ": %m");
	if (fd < 0 && !create)
		return -ENOENT;
	if (fd < 0) {
		r = enable_controllers(root, e);
		if (r < 0)
			return r;
		if (mkdirat(root, VZ_CGROUP, 0755) < 0 && errno != EEXIST)
			return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to make the cgroup " VZ_CGROUP ": %m");
		fd = openat(root, VZ_CGROUP, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to open the cgroup " VZ_CGROUP ": %m");
	}
	if (create && (get(fd, "cgroup.subtree_control", on, sizeof(on)) < 0 || !has_controllers(on))) {
		r = enable_controllers(root, e);
		if (r == 0)
			r = enable_controllers(fd, e);
		if (r < 0)
			return r;
		put(fd, "ve.cpuunits", "sum");
	}
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

int vz_cgroup_open(uint32_t id, int *ret_fd, struct vz_error *e)
{
	_cleanup_close_ int root = -EBADF;
	char path[32];
	int r;

	r = open_root(&root, e);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), VZ_CGROUP "/%u", id);
	r = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (r < 0)
		return errno == ENOENT ? -ENOENT :
			vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to open the cgroup %s: %m", path);
	*ret_fd = r;
	return 0;
}

/* ---- limits ----------------------------------------------------------------- */

/* a pages:bytes limit into a memory file */
static int put_bytes(int cgfd, const char *file, unsigned long pages)
{
	char buf[24];

	if (pages >= (unsigned long)LONG_MAX / 4096)
		return put(cgfd, file, "max");
	snprintf(buf, sizeof(buf), "%lu", pages * 4096);
	return put(cgfd, file, buf);
}

/* MiB of RAM that a container uses, rounded up; 0: not known */
static unsigned long used_mib(int cgfd)
{
	char buf[24];
	uint64_t bytes;

	if (get(cgfd, "memory.current", buf, sizeof(buf)) < 0 || vz_parse_u64(buf, &bytes) < 0)
		return 0;
	return (unsigned long)((bytes + (1 << 20) - 1) >> 20);
}

/*
 * Without NUMPROC the machine must survive a fork bomb all the same: one task
 * for each 256 KiB of memory, at most 8192.
 */
static unsigned long default_pids(void)
{
	struct sysinfo si;
	uint64_t n;

	if (sysinfo(&si) < 0)
		return 1024;
	n = (uint64_t)si.totalram * si.mem_unit >> 18;
	return n > 8192 ? 8192 : n < 256 ? 256 : (unsigned long)n;
}

/* a beancounter of the kernel: -EOPNOTSUPP for one that it does not charge, -ENOENT without any */
static int put_ubc(int cgfd, const char *name, unsigned long barrier, unsigned long limit)
{
	char buf[80];

	snprintf(buf, sizeof(buf), "%s %lu %lu", name, barrier, limit);
	return put(cgfd, "ve.ubc", buf);
}

static int put_numproc(int cgfd, unsigned long barrier, unsigned long limit)
{
	int r = put_ubc(cgfd, "numproc", barrier, limit);
	char buf[24] = "max";

	if (r < 0 && r != -ENOENT)
		return r;
	if (barrier >= LONG_MAX)
		barrier = default_pids();
	else if (r == 0)
		barrier = 0;		/* the beancounter is enough */
	if (barrier)
		snprintf(buf, sizeof(buf), "%lu", barrier);
	return put(cgfd, "pids.max", buf);
}

/* what /proc/meminfo shows while RAM is not limited */
static int put_meminfo(const struct vz_ct *ct, int cgfd, const char *value)
{
	uint64_t pages;
	char buf[24];

	if (vz_param_meminfo(value, vz_ct_get(ct, "PRIVVMPAGES"), &pages) < 0)
		return -EINVAL;
	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)pages);
	return put(cgfd, "ve.meminfo", pages ? buf : "none");
}

/* percent of one CPU, maybe with a '%'; 0 is no limit */
static int put_cpulimit(int cgfd, const char *value)
{
	char buf[12];

	snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(value, "%"), value);
	return put(cgfd, "ve.cpulimit", buf);
}

/*
 * cpuset.cpus or cpuset.mems; "" is no restriction.  While there are tasks the kernel does
 * not let go of a list: then all that the machine may ever have are the same.
 */
static int put_list(int cgfd, const char *file, const char *list)
{
	_cleanup_free_ char *path = NULL, *all = NULL;
	int r = put(cgfd, file, *list ? list : "\n");

	if (r != -ENOSPC || *list)
		return r;
	path = vz_path("/sys/devices/system/%s/possible", strstr(file, "mems") ? "node" : "cpu");
	if (!path)
		return -ENOMEM;
	r = vz_read_file_at(AT_FDCWD, path, 65536, &all, NULL);
	if (r < 0)
		return r == -ENOENT ? put(cgfd, file, "0") : r;
	return put(cgfd, file, all);
}

/* both or, with NULL, one of the two; a failure leaves them as they were */
static int put_cpuset(int cgfd, const char *cpus, const char *mems)
{
	_cleanup_free_ char *old = NULL;
	int r = 0;

	if (mems) {
		r = vz_read_file_at(cgfd, "cpuset.mems", 65536, &old, NULL);
		if (r == 0)
			r = put_list(cgfd, "cpuset.mems", mems);
	}
	if (r == 0 && cpus) {
		r = put_list(cgfd, "cpuset.cpus", cpus);
		if (r < 0 && old) {
			old[strcspn(old, "\n")] = '\0';
			put_list(cgfd, "cpuset.mems", old);
		}
	}
	return r;
}

static int apply_cpuset(int cgfd, const char *cpus, const char *mems, struct vz_error *e)
{
	int r = put_cpuset(cgfd, cpus, mems);

	if (r == -ENOENT)
		return -EOPNOTSUPP;
	return r < 0 ? vz_err(e, VZ_SETFSHD_ERROR, -r, "Unable to set the CPUs \"%s\" and memory nodes \"%s\": %m",
			      cpus ? cpus : "", mems ? mems : "") : 0;
}

int vz_apply_cpuset(struct vz_ct *ct, const char *cpus, const char *mems, bool *ret_applied,
		    struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF;
	int r = vz_cgroup_open(ct->id, &cgfd, e);

	if (r == 0)
		r = apply_cpuset(cgfd, cpus, mems, e);
	*ret_applied = r == 0;
	return r == -ENOENT || r == -EOPNOTSUPP ? 0 : r;
}

/*
 * IOLIMIT and IOPSLIMIT, of the disk that carries the private area.  1 when there is none;
 * a note says so once.
 */
static int put_iolimit(const struct vz_ct *ct, int cgfd, enum vz_io_what what, const char *value)
{
	static bool told;
	char disk[VZ_IO_DEV];
	uint64_t n;
	int r;

	if ((what == VZ_IO_BYTES ? vz_param_iolimit(value, &n) : vz_parse_u64(value, &n)) < 0)
		return -EINVAL;
	if (!ct->private_dir)
		return -ENODEV;
	r = vz_io_disk_of(ct->private_dir, disk);
	if (r == -ENODEV && !n)
		return 0;
	if (r == -ENODEV) {
		if (!told)
			vz_warn("NOTE: the file system of %s is on no block device; --iolimit and --iopslimit have no effect",
				ct->private_dir);
		told = true;
		return 1;
	}
	return r < 0 ? r : vz_io_limit_set(cgfd, disk, what, n);
}

/* words "NAME:on NAME:off" as "NAME -NAME" */
static int put_features(int cgfd, const char *value)
{
	_cleanup_strv_ char **v = vz_strv_split(value, " \t,"), **out = NULL;
	_cleanup_free_ char *text = NULL;

	if (!v)
		return -ENOMEM;
	for (char **p = v; *p; p++) {
		char *colon = strchr(*p, ':'), word[64];
		bool off = colon && strcmp(colon, ":off") == 0;

		if (colon)
			*colon = '\0';
		snprintf(word, sizeof(word), "%s%s", off ? "-" : "", *p);
		if (vz_strv_add(&out, word) < 0)
			return -ENOMEM;
	}
	text = vz_strv_join(out, " ");
	return text ? put(cgfd, "ve.features", text) : -ENOMEM;
}

/* one device rule to the kernel; @perm "none" or "" takes it away */
static int put_device(int cgfd, char type, const char *dev, const char *perm)
{
	char buf[64], rwm[4] = "";
	size_t n = 0;
	int r;

	for (const char *p = perm; *p; p++) {
		if ((*p == 'r' || *p == 'w') && n < 2 && !strchr(rwm, *p))
			rwm[n++] = *p;
	}
	if (strcmp(perm, "none") == 0 || !n)
		snprintf(buf, sizeof(buf), "-%c %s", type, dev);
	else
		snprintf(buf, sizeof(buf), "%c %s %s", type, dev, rwm);
	r = put(cgfd, "ve.devices", buf);
	return *buf == '-' && r == -ENOENT ? 0 : r;	/* it was not there */
}

/* DEVICES="c:10:229:rw b:8:0:rwq" */
static int put_devices(int cgfd, const char *value)
{
	_cleanup_strv_ char **v = vz_strv_split(value, " \t");

	if (!v)
		return -ENOMEM;
	for (char **p = v; *p; p++) {
		_cleanup_strv_ char **f = vz_strv_split(*p, ":");
		size_t n = vz_strv_len(f);
		char dev[40];
		int r;

		if (n < 3 || (f[0][0] != 'b' && f[0][0] != 'c'))
			return -EINVAL;
		if (strcmp(f[2], "all") == 0)
			snprintf(dev, sizeof(dev), "%.16s:*", f[1]);
		else
			snprintf(dev, sizeof(dev), "%.16s:%.16s", f[1], f[2]);
		r = put_device(cgfd, f[0][0], dev, n > 3 ? f[3] : "");
		if (r < 0)
			return r;
	}
	return 0;
}

/* DEVNODES="fuse:rw net/tun:rw": the node of the host says which device it is */
static int put_devnodes(int cgfd, const char *value)
{
	_cleanup_strv_ char **v = vz_strv_split(value, " \t");
	int missing = 0;

	if (!v)
		return -ENOMEM;
	for (char **p = v; *p; p++) {
		_cleanup_free_ char *path = NULL;
		char *colon = strrchr(*p, ':'), dev[40];
		struct stat st;
		int r;

		if (!colon)
			return -EINVAL;
		*colon = '\0';
		path = vz_path("/dev/%s", *p);
		if (!path)
			return -ENOMEM;
		/* the others are set all the same; dev_extra() in env.c leaves it out as well */
		if (stat(path, &st) < 0) {
			missing = -errno;
			continue;
		}
		if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
			return -ENODEV;
		snprintf(dev, sizeof(dev), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
		r = put_device(cgfd, S_ISCHR(st.st_mode) ? 'c' : 'b', dev, colon + 1);
		if (r < 0)
			return r;
	}
	return missing;
}

int vz_cgroup_apply(struct vz_ct *ct, int cgfd, const char *key, const char *value,
		    struct vz_error *e)
{
	unsigned long bar = LONG_MAX, lim = LONG_MAX;
	bool optional = true;		/* a kernel may be without that file */
	int code = VZ_SETUBC_ERROR;
	int r;

	if (strcmp(key, "DEVICES") == 0 || strcmp(key, "DEVNODES") == 0) {
		r = key[3] == 'I' ? put_devices(cgfd, value) : put_devnodes(cgfd, value);
		code = VZ_SET_DEVICES;
		optional = false;
	} else if (strcmp(key, "FEATURES") == 0) {
		r = put_features(cgfd, value);
		code = VZ_ENVCREATE_ERROR;
		optional = false;
	} else if (strcmp(key, "CPUUNITS") == 0) {
		r = put(cgfd, "ve.cpuunits", value);
		code = VZ_SETFSHD_ERROR;
	} else if (strcmp(key, "CPULIMIT") == 0) {
		r = put_cpulimit(cgfd, value);
		code = VZ_SETFSHD_ERROR;
	} else if (strcmp(key, "CPUS") == 0) {
		r = put(cgfd, "ve.cpus", value);
		code = VZ_SETFSHD_ERROR;
	} else if (strcmp(key, "IOPRIO") == 0) {
		uint32_t n;

		r = vz_parse_u32(value, &n) < 0 ? -EINVAL : vz_ioprio_set(cgfd, n);
		code = VZ_SET_IO;
	} else if (strcmp(key, "IOLIMIT") == 0 || strcmp(key, "IOPSLIMIT") == 0) {
		r = put_iolimit(ct, cgfd, key[2] == 'L' ? VZ_IO_BYTES : VZ_IO_OPS, value);
		code = VZ_SET_IO;
	} else if (strcmp(key, "MEMINFO") == 0) {
		r = put_meminfo(ct, cgfd, value);
		code = VZ_SET_MEMINFO_ERROR;
	} else if (strcmp(key, "QUOTATIME") == 0 || strcmp(key, "QUOTAUGIDLIMIT") == 0) {
		char line[64];

		snprintf(line, sizeof(line), key[5] == 'T' ? "project %s %s" : "ids %s", value, value);
		r = put(cgfd, "ve.quota", line);
		code = VZ_DQ_SET;
	} else {
		const char *name = vz_ubc_name(key);

		if (!name)
			return -EOPNOTSUPP;
		r = value ? vz_param_ubc(key, value, &bar, &lim) : 0;
		/* nothing is promised to whom nothing was sold */
		if (!value && (strcmp(key, "VMGUARPAGES") == 0 || strcmp(key, "OOMGUARPAGES") == 0))
			bar = 0;
		if (r < 0)
			;
		else if (strcmp(key, "NUMPROC") == 0)
			r = put_numproc(cgfd, bar, lim);
		else if (strcmp(key, "PHYSPAGES") == 0)
			r = put_bytes(cgfd, "memory.max", lim);
		else if (strcmp(key, "SWAPPAGES") == 0)
			r = put_bytes(cgfd, "memory.swap.max", lim);
		else
			r = put_ubc(cgfd, name, bar, lim);
	}
	if ((r == -ENOENT || r == -EOPNOTSUPP) && optional)
		return -EOPNOTSUPP;
	if (r == -EBUSY && strcmp(key, "PHYSPAGES") == 0)
		return vz_err(e, code, EBUSY,
			      "Unable to set %s=\"%s\": the container uses %lu MiB of RAM that cannot be reclaimed; "
			      "end something in it first",
			      key, value, used_mib(cgfd));
	if (r < 0)
		return vz_err(e, code, -r, "Unable to set %s=\"%s\": %m", key, value ? value : "");
	return r;
}

static int apply_host_units(const char *value, bool *ret_applied, struct vz_error *e)
{
	_cleanup_close_ int base = -EBADF, root = -EBADF;
	int r;

	r = vz_cgroup_base(true, &base, e);
	if (r == 0)
		r = open_root(&root, e);
	if (r < 0)
		return r;
	r = put_host_units(root, value);
	*ret_applied = r == 0;
	return r < 0 ? vz_err(e, VZ_SETFSHD_ERROR, -r, "Unable to set CPUUNITS=\"%s\" of the host: %m", value) : 0;
}

int vz_apply_param(struct vz_ct *ct, const char *key, const char *value, bool *ret_applied,
		   struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF;
	int r;

	if (ct->id == 0 && strcmp(key, "CPUUNITS") == 0)
		return apply_host_units(value, ret_applied, e);
	if (strcmp(key, "VENET_ROUTE") == 0) {
		*ret_applied = true;
		return vz_net_route(ct->id, value, e);
	}
	if (strcmp(key, "DISKSPACE") == 0 || strcmp(key, "DISKINODES") == 0) {
		*ret_applied = true;
		return vz_ct_quota_change(ct, key, value, e);
	}
	r = vz_cgroup_open(ct->id, &cgfd, e);
	if (r == -ENOENT) {
		*ret_applied = false;
		return 0;
	}
	if (r < 0)
		return r;
	r = vz_cgroup_apply(ct, cgfd, key, value, e);
	*ret_applied = r != -EOPNOTSUPP;
	return r == -EOPNOTSUPP ? 0 : r;
}

/* ---- making and removing ------------------------------------------------------ */

static const char *get_param(const void *ct, const char *key)
{
	return vz_ct_get(ct, key);
}

/* all beancounters; those that this kernel does not count are left out */
static int setup_ubc(struct vz_ct *ct, int cgfd, struct vz_error *e)
{
	for (int i = 0; i < VZ_NR_UBC; i++) {
		_cleanup_free_ char *v = NULL;
		const char *key;
		int r;

		r = vz_ubc_value((enum vz_ubc_res)i, get_param, ct, &key, &v);
		if (r < 0)
			return vz_err(e, VZ_SETUBC_ERROR, -r, "%m");
		if (!v && i != VZ_NUMPROC)	/* that one is never without a limit */
			continue;
		r = vz_cgroup_apply(ct, cgfd, key ? key : vz_ubc_info[i].key, v, e);
		if (r < 0 && r != -EOPNOTSUPP)
			return r;
	}
	return 0;
}

static int setup_cpuset(struct vz_ct *ct, int cgfd, struct vz_error *e)
{
	const char *cpumask = vz_ct_get(ct, "CPUMASK"), *nodemask = vz_ct_get(ct, "NODEMASK");
	_cleanup_free_ char *cpus = NULL, *mems = NULL;
	int r;

	if (!(cpumask && *cpumask) && !(nodemask && *nodemask))
		return 0;
	r = vz_cpumask_resolve(cpumask, nodemask, false, &cpus, &mems, e);
	if (r == 0)
		r = apply_cpuset(cgfd, cpus, mems, e);
	if (r == 0 && cpumask && *cpumask)
		vz_param_say("CPUMASK", cpumask);
	return r == -EOPNOTSUPP ? 0 : r;
}

int vz_cgroup_setup(struct vz_ct *ct, int *ret_fd, struct vz_error *e)
{
	static const char *const delegate[] = {
		"cgroup.procs", "cgroup.threads", "cgroup.subtree_control",
	};
	static const char *const keys[] = {
		"MEMINFO", "CPUUNITS", "CPULIMIT", "CPUS", "IOPRIO", "IOLIMIT", "IOPSLIMIT",
		"FEATURES", "DEVICES", "DEVNODES",
	};
	_cleanup_close_ int base = -EBADF, fd = -EBADF;
	char name[12], buf[32], ioprio[12];
	uint32_t id = 0;
	int r;

	r = vz_cgroup_base(true, &base, e);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%u", ct->id);
	if (mkdirat(base, name, 0755) < 0 && errno != EEXIST)
		return vz_err(e, VZ_RESOURCE_ERROR, errno, "Unable to make the cgroup " VZ_CGROUP "/%s: %m", name);
	fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to open the cgroup " VZ_CGROUP "/%s: %m", name);

	r = get(fd, "ve.id", buf, sizeof(buf));
	if (r == 0)
		r = vz_parse_u32(buf, &id);
	if (r == 0 && id != ct->id)
		r = put(fd, "ve.id", name);
	if (r < 0)
		return vz_err(e, r == -ENOENT ? VZ_BAD_KERNEL : VZ_ENVCREATE_ERROR, -r,
			      "Unable to set the id of the container: %m");

	put(fd, "cgroup.max.depth", "32");
	snprintf(buf, sizeof(buf), "%u", MAX_DESCENDANTS);
	put(fd, "cgroup.max.descendants", buf);
	r = setup_ubc(ct, fd, e);
	if (r < 0)
		return r;
	setup_host_units(ct->global);
	r = setup_cpuset(ct, fd, e);
	if (r < 0)
		return r;
	/* without one it would weigh much less than those that have the usual one */
	snprintf(ioprio, sizeof(ioprio), "%u", VZ_IOPRIO);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *v = vz_ct_get(ct, keys[i]);

		if ((!v || !*v) && strcmp(keys[i], "IOPRIO") == 0)
			v = ioprio;
		if (!v || !*v)
			continue;
		r = vz_cgroup_apply(ct, fd, keys[i], v, e);
		if (r == -ENOENT && strcmp(keys[i], "DEVNODES") == 0) {
			vz_warn("WARNING: %s", e && e->msg ? e->msg : keys[i]);
			vz_error_reset(e);
			continue;
		}
		if (r < 0 && r != -EOPNOTSUPP)
			return r;
		if (r == 0)
			vz_param_say(keys[i], v);
	}
	r = vz_ct_quota_cgroup(ct, fd, e);
	if (r < 0)
		return r;
	if (fchown(fd, ct->uid_base, ct->gid_base) < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to delegate the cgroup: %m");
	for (size_t i = 0; i < ARRAY_SIZE(delegate); i++) {
		if (fchownat(fd, delegate[i], ct->uid_base, ct->gid_base, 0) < 0)
			return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to delegate %s: %m", delegate[i]);
	}
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

/* cgroups below @dirfd, deepest first; the container is not there to add more */
static int remove_below(int dirfd, int depth)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	if (!d) {
		vz_close(fd);
		return -errno;
	}
	while ((de = readdir(d))) {
		_cleanup_close_ int sub = -EBADF;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		if (unlinkat(fd, de->d_name, AT_REMOVEDIR) == 0 || depth > MAX_DEPTH)
			continue;
		sub = openat(fd, de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (sub >= 0) {
			remove_below(sub, depth + 1);
			unlinkat(fd, de->d_name, AT_REMOVEDIR);
		}
	}
	closedir(d);
	return 0;
}

int vz_cgroup_remove(uint32_t id, struct vz_error *e)
{
	_cleanup_close_ int base = -EBADF;
	char name[12];
	int r;

	r = vz_cgroup_base(false, &base, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	snprintf(name, sizeof(name), "%u", id);
	for (int try = 0; ; try++) {
		_cleanup_close_ int fd = -EBADF;

		if (unlinkat(base, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || try == 50)
			return vz_err(e, VZ_SYSTEM_ERROR, errno,
				      "Unable to remove the cgroup " VZ_CGROUP "/%s: %m", name);
		fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0)
			remove_below(fd, 0);
		/* an exiting task is counted until it is released */
		if (try)
			nanosleep(&(struct timespec){ .tv_nsec = try * 1000000L }, NULL);
	}
}

/* ---- state --------------------------------------------------------------------- */

static int name_index(const char *const *names, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], word) == 0)
			return (int)i;
	}
	return -1;
}

static int parse_events(char *text, struct vz_ve_events *ret)
{
	struct vz_ve_events ev = { 0 };
	bool seen = false;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *v = strchr(line, ' ');
		int i;

		if (!v)
			continue;
		*v++ = '\0';
		if (strcmp(line, "state") == 0) {
			i = name_index(state_names, ARRAY_SIZE(state_names), v);
			if (i < 0)
				return -EBADMSG;
			ev.state = (enum vz_ve_state)i;
			seen = true;
		} else if (strcmp(line, "reason") == 0) {
			i = name_index(reason_names, ARRAY_SIZE(reason_names), v);
			ev.reason = i < 0 ? VZ_REASON_EXIT : (enum vz_stop_reason)i;
		} else if (strcmp(line, "exit_code") == 0) {
			ev.exit_code = atoi(v);
		} else if (strcmp(line, "generation") == 0) {
			ev.generation = (unsigned int)strtoul(v, NULL, 10);
		} else if (strcmp(line, "tasks") == 0) {
			ev.tasks = (unsigned int)strtoul(v, NULL, 10);
		}
	}
	if (!seen)
		return -EBADMSG;
	*ret = ev;
	return 0;
}

int vz_cgroup_events(int cgfd, struct vz_ve_events *ret)
{
	char buf[512];
	int r = get(cgfd, "ve.events", buf, sizeof(buf));

	return r < 0 ? r : parse_events(buf, ret);
}

int vz_cgroup_init_pid(int cgfd, pid_t *ret)
{
	char buf[24];
	uint32_t pid;
	int r;

	r = get(cgfd, "ve.init", buf, sizeof(buf));
	if (r == 0)
		r = vz_parse_u32(buf, &pid);
	if (r == 0)
		*ret = (pid_t)pid;
	return r;
}

/* limits of I/O off, those of the container's own cgroups too */
static void lift_io(int dirfd, int depth)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;

	vz_io_unlimit(dirfd);
	if (!d) {
		vz_close(fd);
		return;
	}
	while (depth < MAX_DEPTH && (de = readdir(d))) {
		_cleanup_close_ int sub = -EBADF;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		sub = openat(fd, de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (sub >= 0)
			lift_io(sub, depth + 1);
	}
	closedir(d);
}

int vz_cgroup_kill(int cgfd)
{
	int r = put(cgfd, "cgroup.kill", "1");

	/*
	 * A task that waits for the disk cannot die before it is served, which a low limit
	 * may put off for hours.  What it is to write has to be written anyway.
	 */
	lift_io(cgfd, 0);
	return r;
}

int vz_cgroup_wait_stopped(int cgfd, int timeout_ms)
{
	_cleanup_close_ int fd = openat(cgfd, "ve.events", O_RDONLY | O_CLOEXEC);
	int64_t end = timeout_ms < 0 ? 0 : vz_now_ms() + timeout_ms;

	if (fd < 0)
		return -errno;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLPRI };
		struct vz_ve_events ev;
		char buf[512];
		int64_t left = -1;
		ssize_t n;
		int r;

		/* reading arms the poll: a change after this wakes it */
		n = pread(fd, buf, sizeof(buf) - 1, 0);
		if (n < 0)
			return errno == ENODEV ? 0 : -errno;
		buf[n] = '\0';
		r = parse_events(buf, &ev);
		if (r < 0)
			return r;
		if (ev.state == VZ_STATE_STOPPED)
			return 0;
		if (timeout_ms >= 0) {
			left = end - vz_now_ms();
			if (left <= 0)
				return -ETIMEDOUT;
		}
		r = poll(&p, 1, left < 0 ? -1 : (int)left);
		if (r < 0 && errno == EINTR && vz_interrupted)
			return -EINTR;
		if (r < 0 && errno != EINTR)
			return -errno;
	}
}

int vz_cgroup_of_init(uint32_t id, int cgfd, pid_t init, int *ret_fd, struct vz_error *e)
{
	char path[32], buf[PATH_MAX + 64], want[32], *p, *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)init);
	if (get(AT_FDCWD, path, buf, sizeof(buf)) < 0)
		goto gone;
	/* "0::/vz/101/init.scope", maybe after lines of old hierarchies */
	p = strncmp(buf, "0::", 3) == 0 ? buf : strstr(buf, "\n0::");
	if (!p)
		goto gone;
	p += *p == '\n' ? 4 : 3;
	end = strchr(p, '\n');
	if (end)
		*end = '\0';
	snprintf(want, sizeof(want), "/" VZ_CGROUP "/%u", id);
	if (strncmp(p, want, strlen(want)) != 0)
		goto gone;
	p += strlen(want);
	if (*p == '\0') {
		fd = openat(cgfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else if (*p == '/') {
		fd = vz_open_beneath(cgfd, p + 1, O_RDONLY | O_DIRECTORY);
	} else {
		goto gone;
	}
	if (fd < 0)
		goto gone;
	*ret_fd = fd;
	return 0;
gone:
	return vz_err(e, VZ_VE_NOT_RUNNING, ESRCH, "Container is not running");
}

int vz_init_pidfd(const struct vz_ct *ct, int *ret_pidfd, struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF, pidfd = -EBADF;
	pid_t pid = 0, again = 0;
	int r;

	r = vz_cgroup_open(ct->id, &cgfd, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0 || vz_cgroup_init_pid(cgfd, &pid) < 0 || !pid)
		return vz_err(e, VZ_VE_NOT_RUNNING, ESRCH, "Container is not running");
	pidfd = vz_pidfd_open(pid);
	if (pidfd < 0 || vz_cgroup_init_pid(cgfd, &again) < 0 || again != pid)
		return vz_err(e, VZ_VE_NOT_RUNNING, ESRCH, "Container is not running");
	*ret_pidfd = pidfd;
	pidfd = -EBADF;
	return 0;
}
