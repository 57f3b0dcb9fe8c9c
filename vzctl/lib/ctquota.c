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
#include "lifeint.h"
#include "log.h"
#include "params.h"
#include "quota.h"
#include "sizes.h"
#include "util.h"

#define STATE_DIR	VZ_QUOTA_STATE_DIR

static int open_private(const struct vz_ct *ct, int *ret_fd, struct vz_error *e)
{
	int fd = open(ct->private_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return vz_err(e, VZ_DQ_ON, errno, "Unable to open %s: %m", ct->private_dir);
	*ret_fd = fd;
	return 0;
}

static uint32_t number(const struct vz_ct *ct, const char *key)
{
	const char *v = vz_ct_get(ct, key);
	uint32_t n = 0;

	return v && vz_parse_u32(v, &n) == 0 ? n : 0;
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
	vz_quota_where(dirfd, &fs);
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
	int r;

	r = open_private(ct, &fd, e);
	if (r == 0)
		r = has_quota(ct, fd, true, e);
	if (r <= 0)
		return r;
	r = vz_project_whole(fd, ct->id);
	if (r < 0)
		return vz_err(e, VZ_DQ_ON, -r, "Unable to read the project of %s: %m", ct->private_dir);
	if (all || !r) {
		vz_info("Initializing quota ...");
		r = vz_project_adopt(ct->private_dir, ct->id, &left, e);
		if (r < 0) {
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

struct off_ids {
	const struct vz_ct *ct;
	int fd;
	uint32_t base;
	bool asked, own;
};

static void off_id(int type, uint32_t ugid, const struct vz_quota *q, void *arg)
{
	struct off_ids *o = arg;

	if (!vz_quota_limited(q))
		return;
	/* it reads all configurations, and few containers have limits */
	if (!o->asked) {
		_cleanup_error_ struct vz_error ignored = { 0 };

		o->asked = true;
		if (vz_ct_ids_free(o->ct->id, o->base, &o->own, &ignored) < 0)
			o->own = false;
	}
	if (o->own)
		vz_quota_set(o->fd, type, o->base + ugid, &vz_quota_none);
}

void vz_ct_quota_off_ids(const struct vz_ct *ct)
{
	/* the second of each: a change of its ids was cut short */
	static const char *const keys[][2] = {
		[VZ_QUOTA_USER] = { "LOCAL_UID", "NEW_LOCAL_UID" },
		[VZ_QUOTA_GROUP] = { "LOCAL_GID", "NEW_LOCAL_GID" },
	};
	_cleanup_close_ int fd = open(ct->private_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	for (int i = 0; i < 4 && fd >= 0; i++) {
		struct off_ids ids = { .ct = ct, .fd = fd, .base = number(ct, keys[i / 2][i % 2]) };

		if (ids.base)
			vz_quota_each(fd, i / 2, ids.base, off_id, &ids);
	}
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

/* five short lines, and the path of the private area */
#define VE_QUOTA_MAX	8192

static const char *const type_names[] = {
	[VZ_QUOTA_USER] = "user", [VZ_QUOTA_GROUP] = "group", [VZ_QUOTA_PROJECT] = "project",
};

static int put(int cgfd, const char *line)
{
	return vz_write_file_at(cgfd, "ve.quota", line, strlen(line));
}

/* -ENOENT: nothing is kept */
static int read_state(const struct vz_ct *ct, char **ret)
{
	_cleanup_free_ char *path = vz_path(STATE_DIR "/%u", ct->id);

	return path ? vz_read_file_at(AT_FDCWD, path, VE_QUOTA_MAX, ret, NULL) : -ENOMEM;
}

static int write_state(const struct vz_ct *ct, const char *text)
{
	_cleanup_free_ char *path = vz_path(STATE_DIR "/%u", ct->id), *dir = vz_path(STATE_DIR);
	int r;

	if (!path || !dir)
		return -ENOMEM;
	if (!*text)
		return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
	r = vz_mkdir_p(dir, 0755);
	return r < 0 ? r : vz_replace_file(path, text, strlen(text), 0644);
}

/* is @line the grace times of this type? */
static bool is_of(const char *line, int type)
{
	size_t len = strlen(type_names[type]);

	return strncmp(line, type_names[type], len) == 0 && line[len] == ' ';
}

int vz_ct_quota_cgroup(const struct vz_ct *ct, int cgfd, struct vz_error *e)
{
	const char *time = vz_ct_get(ct, "QUOTATIME");
	_cleanup_free_ char *text = NULL, *path = NULL;
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
	/* for /proc/vz/vzquota to show */
	path = vz_asprintf("path %s", ct->private_dir);
	if (path)
		put(cgfd, path);
	/* written by us, and worth no failure */
	if (read_state(ct, &text) == 0) {
		for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			put(cgfd, l);
	}
	return 0;
}

/* append to an allocated text; NULL, which stays NULL, without memory */
static char *add_line(char *text, const char *line)
{
	char *more = text ? vz_asprintf("%s%s\n", text, line) : NULL;

	free(text);
	return more;
}

void vz_ct_quota_keep(const struct vz_ct *ct, int cgfd)
{
	_cleanup_free_ char *text = NULL, *out = strdup("");
	char *save = NULL;

	if (vz_read_file_at(cgfd, "ve.quota", VE_QUOTA_MAX, &text, NULL) < 0)
		return;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if ((is_of(l, VZ_QUOTA_USER) || is_of(l, VZ_QUOTA_GROUP)) && !strstr(l, " - -"))
			out = add_line(out, l);
	}
	/* a start that was cut short has told the kernel nothing yet: keep what is kept */
	if (!out || (*out && write_state(ct, out) < 0))
		vz_warn("Unable to keep the grace times of the container's users in " STATE_DIR "/%u", ct->id);
}

/* ve.quota while there is a cgroup, what is kept of it otherwise; "" for nothing */
static int current_text(const struct vz_ct *ct, char **ret, struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF;
	int r = vz_cgroup_open(ct->id, &cgfd, e);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0)
		r = vz_read_file_at(cgfd, "ve.quota", VE_QUOTA_MAX, ret, NULL);
	if (r == -ENOENT)
		r = read_state(ct, ret);
	if (r == -ENOENT) {
		*ret = strdup("");
		r = *ret ? 0 : -ENOMEM;
	}
	return r < 0 ? vz_err(e, VZ_GET_QUOTA_USAGE, -r, "Unable to read the grace times: %m") : 0;
}

int vz_ct_quota_grace(const struct vz_ct *ct, int type, int32_t ret[2], struct vz_error *e)
{
	int32_t grace[2] = { VZ_GRACE_FS, VZ_GRACE_FS };
	const char *time = vz_ct_get(ct, "QUOTATIME");
	_cleanup_free_ char *text = NULL;
	char *save = NULL;
	int r = current_text(ct, &text, e);

	if (r < 0)
		return r;
	/* what a start will say */
	if (type == VZ_QUOTA_PROJECT && time && *time)
		grace[0] = grace[1] = (int32_t)number(ct, "QUOTATIME");
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char v[2][16];
		uint32_t n;

		if (!is_of(l, type) || sscanf(l, "%*s %15s %15s", v[0], v[1]) != 2)
			continue;
		for (int i = 0; i < 2; i++)
			grace[i] = vz_parse_u32(v[i], &n) == 0 && n <= INT32_MAX ? (int32_t)n : VZ_GRACE_FS;
	}
	ret[0] = grace[0];
	ret[1] = grace[1];
	return 0;
}

/* for the next life; a stop of this one keeps what is set now */
static int change_state(const struct vz_ct *ct, int type, const char *line)
{
	_cleanup_free_ char *text = NULL, *out = strdup("");
	char *save = NULL;
	int r = read_state(ct, &text);

	if (r < 0 && r != -ENOENT)
		return r;
	for (char *l = text ? strtok_r(text, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save)) {
		if (!is_of(l, type))
			out = add_line(out, l);
	}
	if (!strstr(line, " - -"))
		out = add_line(out, line);
	return out ? write_state(ct, out) : -ENOMEM;
}

int vz_ct_quota_set_grace(const struct vz_ct *ct, int type, const int32_t grace[2], struct vz_error *e)
{
	_cleanup_close_ int cgfd = -EBADF;
	char v[2][16], line[48];
	int r = vz_cgroup_open(ct->id, &cgfd, e);

	if (r < 0 && r != -ENOENT)
		return r;
	for (int i = 0; i < 2; i++)
		snprintf(v[i], sizeof(v[i]), grace[i] == VZ_GRACE_FS ? "-" : "%d", grace[i]);
	snprintf(line, sizeof(line), "%s %s %s", type_names[type], v[0], v[1]);
	r = change_state(ct, type, line);
	/* a kernel without CONFIG_VE_QUOTA has none */
	if (r == 0 && cgfd >= 0 && faccessat(cgfd, "ve.quota", F_OK, 0) == 0)
		r = put(cgfd, line);
	return r < 0 ? vz_err(e, VZ_DQ_SET, -r, "Unable to set the grace times \"%s\": %m", line) : 0;
}

void vz_ct_quota_forget(uint32_t id)
{
	_cleanup_free_ char *path = vz_path(STATE_DIR "/%u", id), *ids = vz_path(STATE_DIR "/%u.ids", id);

	if (path)
		unlink(path);
	if (ids)
		unlink(ids);
}
