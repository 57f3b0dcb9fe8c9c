// SPDX-License-Identifier: GPL-2.0
/* Names of containers: links in /etc/vz/names; contract in ct.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "util.h"

#define NAME_LEN_MAX	32

bool vz_name_valid(const char *name)
{
	bool digits = true;
	size_t len = 0;

	/*
	 * It is a file name and stands in shell variables, tables and logs:
	 * ASCII letters, digits and a few signs.
	 */
	for (const char *p = name; *p; p++, len++) {
		unsigned char c = (unsigned char)*p;

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || strchr("-_.", c)))
			return false;
		if (c < '0' || c > '9')
			digits = false;
	}
	return len && len <= NAME_LEN_MAX && !digits && *name != '-' && *name != '.';
}

int vz_name_lookup(const char *name, uint32_t *ret_id)
{
	_cleanup_free_ char *path = vz_path("/etc/vz/names/%s", name);
	char target[PATH_MAX], *base, *dot;
	ssize_t n;

	if (!path)
		return -ENOMEM;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	dot = strrchr(base, '.');
	if (!dot || strcmp(dot, ".conf") != 0)
		return -EINVAL;
	*dot = '\0';
	return vz_parse_u32(base, ret_id);
}

int vz_ctid(const char *ident, uint32_t *ret_id)
{
	uint32_t id;
	int r = vz_parse_u32(ident, &id);

	if (r < 0)
		r = vz_name_valid(ident) ? vz_name_lookup(ident, &id) : -EINVAL;
	if (r < 0)
		return r;
	if (id > VZ_CTID_MAX)
		return -EINVAL;
	*ret_id = id;
	return 0;
}

/* does CT @id call itself @name? */
static bool name_in_use(uint32_t id, const char *name)
{
	_cleanup_free_ char *path = vz_path("/etc/vz/conf/%u.conf", id);
	_cleanup_conf_ struct vz_conf *c = NULL;
	const char *v;

	if (!path || vz_conf_load(path, 0, &c, NULL) < 0)
		return false;
	v = vz_conf_get(c, "NAME");
	return v && strcmp(v, name) == 0;
}

int vz_name_check(const struct vz_ct *ct, const char *name, struct vz_error *e)
{
	uint32_t id;

	if (!vz_name_valid(name))
		return vz_err(e, VZ_SET_NAME_ERROR, EINVAL,
			      "Bad name \"%s\": use up to %d letters, digits and - _ . with at least one letter",
			      name, NAME_LEN_MAX);
	if (vz_name_lookup(name, &id) == 0 && id != ct->id && name_in_use(id, name))
		return vz_err(e, VZ_SET_NAME_ERROR, EEXIST,
			      "Conflict: name %s already used by container %u", name, id);
	return 0;
}

int vz_name_set(struct vz_ct *ct, const char *name, struct vz_error *e)
{
	_cleanup_free_ char *dir = vz_path("/etc/vz/names"), *path = NULL, *tmp = NULL;
	int r;

	r = vz_name_check(ct, name, e);
	if (r < 0)
		return r;
	if (dir) {
		path = vz_asprintf("%s/%s", dir, name);
		tmp = vz_asprintf("%s/.%u.%ld", dir, ct->id, (long)getpid());
	}
	if (!path || !tmp)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	r = vz_mkdir_p(dir, 0755);
	if (r < 0)
		return vz_err(e, VZ_SET_NAME_ERROR, -r, "Unable to create %s: %m", dir);
	unlink(tmp);
	if (symlink(ct->conf_path, tmp) < 0)
		return vz_err(e, VZ_SET_NAME_ERROR, errno, "Unable to create %s: %m", tmp);
	if (rename(tmp, path) < 0) {
		r = -errno;
		unlink(tmp);
		return vz_err(e, VZ_SET_NAME_ERROR, -r, "Unable to create %s: %m", path);
	}
	return 0;
}

int vz_name_remove(struct vz_ct *ct)
{
	_cleanup_free_ char *path = NULL;
	uint32_t id;

	if (!ct->name || !vz_name_valid(ct->name))
		return 0;
	if (vz_name_lookup(ct->name, &id) < 0 || id != ct->id)
		return 0;
	path = vz_path("/etc/vz/names/%s", ct->name);
	if (!path)
		return -ENOMEM;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
