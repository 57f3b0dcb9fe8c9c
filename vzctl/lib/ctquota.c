// SPDX-License-Identifier: GPL-2.0
/*
 * The quota of a container through its life; contract in quota.h.
 *
 * Limits and usage live in the file system and need no care of ours.  The kernel's
 * ve.quota holds what a file system does not know: how many users and groups may
 * have limits, and grace times.  Those that the container's root has set are kept in
 * STATE_DIR/CTID over a stop.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ct.h"
#include "error.h"
#include "log.h"
#include "params.h"
#include "quota.h"
#include "sizes.h"
#include "util.h"

#define STATE_DIR	"/var/lib/vzctl/quota"

static int open_private(const struct vz_ct *ct, int *ret_fd, struct vz_error *e)
{
	int fd = open(ct->private_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vz_err(e, VZ_DQ_ON, errno, "Unable to open %s: %m", ct->private_dir);
	*ret_fd = fd;
	return 0;
}

static int pair(const struct vz_ct *ct, const char *key, const char *v, unsigned long ret[2], struct vz_error *e)
{
	int r;

	ret[0] = ret[1] = LONG_MAX;
	if (!v || !*v)
		return 0;
	r = key[4] == 'S' ? vz_param_diskspace(v, &ret[0], &ret[1]) : vz_parse_pair(v, VZ_UNIT_NUM, ret);
	if (r < 0)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s, %s: \"%s\" is not valid", ct->conf_path, key, v);
	return 0;
}

int vz_ct_quota_limits(const struct vz_ct *ct, struct vz_quota *ret, struct vz_error *e)
{
	static const char *const keys[] = { "DISKSPACE", "DISKINODES" };
	bool on = vz_ct_get_bool(ct, "DISK_QUOTA", true);

	*ret = (struct vz_quota){ 0 };
	for (int i = 0; i < 2; i++) {
		unsigned long v[2];
		int r = pair(ct, keys[i], on ? vz_ct_get(ct, keys[i]) : NULL, v, e);

		if (r < 0)
			return r;
		ret->soft[i] = v[0];
		ret->hard[i] = v[1];
	}
	return 0;
}

/* 1 when the file system of @dirfd has project quota, 0 when it has not; @tell: what to do then */
static int has_quota(const struct vz_ct *ct, int dirfd, bool tell, struct vz_error *e)
{
	_cleanup_quota_fs_ struct vz_quota_fs fs = { 0 };
	_cleanup_free_ char *remedy = NULL;
	int r = vz_quota_fs(dirfd, &fs, e);

	if (r < 0)
		return r;
	if (fs.state == VZ_QUOTA_ON)
		return 1;
	if (!tell || !vz_ct_get_bool(ct, "DISK_QUOTA", true))
		return 0;
	remedy = vz_quota_remedy(&fs);
	vz_warn("WARNING: %s has no project quota, so the container's disk is not limited. What enables it: %s",
		fs.mnt ? fs.mnt : ct->private_dir, remedy ? remedy : "vzquota setup");
	return 0;
}

static int set_limits(const struct vz_ct *ct, int dirfd, struct vz_error *e)
{
	struct vz_quota q;
	int r = vz_ct_quota_limits(ct, &q, e);

	if (r == 0) {
		r = vz_quota_set(dirfd, VZ_QUOTA_PROJECT, ct->id, &q);
		if (r < 0)
			vz_err(e, VZ_DQ_SET, -r, "Unable to set the disk quota: %m");
	}
	return r;
}

int vz_ct_quota_begin(struct vz_ct *ct, int dirfd, struct vz_error *e)
{
	int r = has_quota(ct, dirfd, true, e);

	if (r <= 0)
		return r;
	r = vz_project_set(dirfd, ct->id);
	if (r < 0)
		return vz_err(e, VZ_DQ_SET, -r, "Unable to make %s a project of quota: %m", ct->private_dir);
	return set_limits(ct, dirfd, e);
}

static int quota_on(struct vz_ct *ct, bool all, struct vz_error *e)
{
	_cleanup_close_ int fd = -EBADF;
	uint64_t left = 0;
	uint32_t id;
	int r;

	r = open_private(ct, &fd, e);
	if (r == 0)
		r = has_quota(ct, fd, true, e);
	if (r <= 0)
		return r;
	r = vz_project_get(fd, &id);
	if (r < 0)
		return vz_err(e, VZ_DQ_ON, -r, "Unable to read the project of %s: %m", ct->private_dir);
	if (all || id != ct->id) {
		vz_info("Initializing quota ...");
		r = vz_project_adopt(ct->private_dir, ct->id, &left, e);
		if (r < 0) {
			/* its top comes first and would look like all of it */
			vz_project_set(fd, 0);
			vz_err_ctx(e, "Unable to initialize the disk quota");
			e->code = VZ_DQ_INIT;
			return r;
		}
		if (left)
			vz_warn("%llu links and special files with several names are not counted",
				(unsigned long long)left);
	}
	return set_limits(ct, fd, e);
}

int vz_ct_quota_on(struct vz_ct *ct, struct vz_error *e)
{
	return quota_on(ct, false, e);
}

int vz_ct_quota_init(struct vz_ct *ct, struct vz_error *e)
{
	return quota_on(ct, true, e);
}

int vz_ct_quota_off(struct vz_ct *ct, struct vz_error *e)
{
	_cleanup_close_ int fd = -EBADF;
	int r = open_private(ct, &fd, e);

	if (r == 0)
		r = has_quota(ct, fd, false, e);
	if (r <= 0)
		return r;
	r = vz_quota_set(fd, VZ_QUOTA_PROJECT, ct->id, &vz_quota_none);
	return r < 0 ? vz_err(e, VZ_DQ_OFF, -r, "Unable to take the disk quota off: %m") : 0;
}

void vz_quota_release(const char *path, uint32_t id)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	uint32_t have;

	if (fd >= 0 && vz_project_get(fd, &have) == 0 && have == id)
		vz_quota_set(fd, VZ_QUOTA_PROJECT, id, &vz_quota_none);
}

int vz_ct_quota_change(struct vz_ct *ct, const char *key, const char *value, struct vz_error *e)
{
	int i = key[4] != 'S';
	_cleanup_close_ int fd = -EBADF;
	unsigned long v[2];
	struct vz_quota q;
	int r;

	if (!vz_ct_get_bool(ct, "DISK_QUOTA", true))
		return 0;
	r = open_private(ct, &fd, e);
	if (r == 0)
		r = has_quota(ct, fd, true, e);
	if (r <= 0)
		return r;
	r = pair(ct, key, value, v, e);
	if (r < 0)
		return r;
	r = vz_quota_get(fd, VZ_QUOTA_PROJECT, ct->id, &q);
	if (r < 0)
		return vz_err(e, VZ_GET_QUOTA_USAGE, -r, "Unable to read the disk quota: %m");
	q.soft[i] = v[0];
	q.hard[i] = v[1];
	r = vz_quota_set(fd, VZ_QUOTA_PROJECT, ct->id, &q);
	return r < 0 ? vz_err(e, VZ_DQ_SET, -r, "Unable to set %s=\"%s\": %m", key, value) : 0;
}

/* ---- ve.quota --------------------------------------------------------------------- */

static int put(int cgfd, const char *line)
{
	return vz_write_file_at(cgfd, "ve.quota", line, strlen(line));
}

static uint32_t number(const struct vz_ct *ct, const char *key)
{
	const char *v = vz_ct_get(ct, key);
	uint32_t n = 0;

	return v && vz_parse_u32(v, &n) == 0 ? n : 0;
}

int vz_ct_quota_cgroup(const struct vz_ct *ct, int cgfd, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path(STATE_DIR "/%u", ct->id), *text = NULL;
	const char *time = vz_ct_get(ct, "QUOTATIME");
	char line[64], *save = NULL;
	int r;

	/* a kernel without CONFIG_VE_QUOTA */
	if (faccessat(cgfd, "ve.quota", F_OK, 0) < 0)
		return 0;
	snprintf(line, sizeof(line), "ids %u",
		 vz_ct_get_bool(ct, "DISK_QUOTA", true) ? number(ct, "QUOTAUGIDLIMIT") : 0);
	r = put(cgfd, line);
	if (r == 0) {
		uint32_t n = number(ct, "QUOTATIME");

		if (time && *time)
			snprintf(line, sizeof(line), "project %u %u", n, n);
		else
			snprintf(line, sizeof(line), "project - -");
		r = put(cgfd, line);
	}
	if (r < 0)
		return vz_err(e, VZ_DQ_SET, -r, "Unable to set \"%s\" of the disk quota: %m", line);
	/* written by us, and worth no failure */
	if (path && vz_read_file_at(AT_FDCWD, path, 4096, &text, NULL) == 0) {
		for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			put(cgfd, l);
	}
	return 0;
}

void vz_ct_quota_keep(const struct vz_ct *ct, int cgfd)
{
	_cleanup_free_ char *path = vz_path(STATE_DIR "/%u", ct->id), *dir = vz_path(STATE_DIR);
	_cleanup_free_ char *text = NULL, *out = NULL;
	char *save = NULL;

	if (!path || !dir || vz_read_file_at(cgfd, "ve.quota", 4096, &text, NULL) < 0)
		return;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *more;

		if ((strncmp(l, "user ", 5) && strncmp(l, "group ", 6)) || strstr(l, " - -"))
			continue;
		more = vz_asprintf("%s%s\n", out ? out : "", l);
		free(out);
		out = more;
	}
	if (!out)
		return;
	if (vz_mkdir_p(dir, 0755) < 0 || vz_replace_file(path, out, strlen(out), 0644) < 0)
		vz_warn("Unable to keep the grace times of the container's users in %s", path);
}

void vz_ct_quota_forget(uint32_t id)
{
	_cleanup_free_ char *path = vz_path(STATE_DIR "/%u", id);

	if (path)
		unlink(path);
}
