// SPDX-License-Identifier: GPL-2.0
/* A container as its configuration describes it; contract in ct.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "util.h"

#define IDS_FIRST	100000u
#define IDS_LAST	(UINT32_MAX - 1 - VZ_ID_RANGE)	/* (uid_t)-1 is no id */

int vz_global_load(struct vz_conf **ret, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path("/etc/vz/vz.conf");
	int r;

	if (!path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	r = vz_conf_load(path, VZ_GLOBAL_CONFIG_NOT_FOUND, ret, e);
	if (r == -ENOENT)
		vz_err_ctx(e, "Global configuration file is missing");
	return r;
}

char *vz_expand_veid(const char *text, uint32_t id)
{
	char num[12], *s, *p;
	size_t numlen = (size_t)snprintf(num, sizeof(num), "%u", id);

	/* "$VEID" is 5 characters and becomes 10 at most */
	s = malloc(strlen(text) * 2 + 1);
	if (!s)
		return NULL;
	for (p = s; *text; ) {
		size_t skip = 0;

		if (strncmp(text, "${VEID}", 7) == 0)
			skip = 7;
		else if (strncmp(text, "$VEID", 5) == 0)
			skip = 5;
		if (skip) {
			memcpy(p, num, numlen);
			p += numlen;
			text += skip;
		} else {
			*p++ = *text++;
		}
	}
	*p = '\0';
	return s;
}

const char *vz_ct_get(const struct vz_ct *ct, const char *key)
{
	const char *v = ct->conf ? vz_conf_get(ct->conf, key) : NULL;

	return v ? v : vz_conf_get(ct->global, key);
}

bool vz_ct_get_bool(const struct vz_ct *ct, const char *key, bool def)
{
	const char *v = vz_ct_get(ct, key);

	if (!v)
		return def;
	if (strcmp(v, "yes") == 0 || strcmp(v, "on") == 0 || strcmp(v, "1") == 0)
		return true;
	if (strcmp(v, "no") == 0 || strcmp(v, "off") == 0 || strcmp(v, "0") == 0)
		return false;
	return def;
}

char *vz_ct_get_path(const struct vz_ct *ct, const char *key)
{
	const char *v = vz_ct_get(ct, key);

	return v && *v ? vz_expand_veid(v, ct->id) : NULL;
}

/* a host path of the configuration into *@ret; NULL where it is not set */
static int ct_path(const struct vz_ct *ct, const char *key, char **ret, struct vz_error *e)
{
	_cleanup_free_ char *v = vz_ct_get_path(ct, key);
	size_t len;

	free(*ret);
	*ret = NULL;
	if (!v)
		return 0;
	if (*v != '/')
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s, line %d, %s: \"%s\" is not an absolute path",
			      ct->conf && vz_conf_get(ct->conf, key) ? ct->conf_path : "/etc/vz/vz.conf",
			      vz_conf_line(ct->conf && vz_conf_get(ct->conf, key) ? ct->conf : ct->global, key),
			      key, v);
	for (len = strlen(v); len > 1 && v[len - 1] == '/'; len--)
		v[len - 1] = '\0';
	*ret = vz_path("%s", v);
	return *ret ? 0 : vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

/* host ids of the container; a range that reaches past the end is as bad as no number */
static int ct_ids(const struct vz_ct *ct, const char *key, uint32_t *ret, struct vz_error *e)
{
	const char *v = ct->conf ? vz_conf_get(ct->conf, key) : NULL;
	uint32_t id = 0;

	if (v && (vz_parse_u32(v, &id) < 0 || id > IDS_LAST))
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s, line %d, %s: \"%s\" is not a host id",
			      ct->conf_path, vz_conf_line(ct->conf, key), key, v);
	*ret = id;
	return 0;
}

/* fields that follow from the configuration */
static int ct_derive(struct vz_ct *ct, struct vz_error *e)
{
	const char *name = ct->conf ? vz_conf_get(ct->conf, "NAME") : NULL;
	int r;

	free(ct->name);
	ct->name = NULL;
	if (name && *name) {
		ct->name = strdup(name);
		if (!ct->name)
			return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	}
	r = ct_path(ct, "VE_ROOT", &ct->root, e);
	if (r == 0)
		r = ct_path(ct, "VE_PRIVATE", &ct->private_dir, e);
	if (r == 0)
		r = ct_ids(ct, "LOCAL_UID", &ct->uid_base, e);
	if (r == 0)
		r = ct_ids(ct, "LOCAL_GID", &ct->gid_base, e);
	return r;
}

int vz_ct_open(struct vz_conf *global, const char *ident, unsigned int flags,
	       struct vz_ct **ret, struct vz_error *e)
{
	_cleanup_ct_ struct vz_ct *ct = calloc(1, sizeof(*ct));
	bool by_name = false;
	uint32_t id;
	int r;

	if (!ct) {
		vz_conf_free(global);
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	}
	ct->global = global;

	r = vz_parse_u32(ident, &id);
	if (r == -EINVAL && vz_name_valid(ident)) {
		by_name = true;
		r = vz_name_lookup(ident, &id);
		if (r < 0)
			return vz_err(e, VZ_INVALID_PARAMETER_VALUE, ENOENT,
				      "Bad CT ID %s: no container has this name (see vzlist -a -o ctid,name)",
				      ident);
	}
	if (r == 0 && id == 0 && !(flags & VZ_CT_ALLOW_0))
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
			      "Only set actions are allowed for CT0");
	if (r < 0 || id > VZ_CTID_MAX)
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
			      "Bad CT ID %s: give a number from 1 to %u or a container's name",
			      ident, VZ_CTID_MAX);
	ct->id = id;
	ct->conf_path = vz_path("/etc/vz/conf/%u.conf", id);
	if (!ct->conf_path)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");

	r = vz_conf_load(ct->conf_path, VZ_CONFIG_NOT_FOUND, &ct->conf, e);
	if (r == -ENOENT) {
		if (flags & VZ_CT_NEED_CONF)
			return vz_err(e, VZ_CONFIG_NOT_FOUND, ENOENT,
				      "Container config file does not exist (%s)", ct->conf_path);
		vz_error_reset(e);
	}
	if (r >= 0 || r == -ENOENT)
		r = ct_derive(ct, e);
	if (r < 0 && flags & VZ_CT_BROKEN) {
		/* whatever it says, the container must be stoppable */
		_cleanup_error_ struct vz_error first = e ? *e : (struct vz_error){ 0 };

		if (e)
			*e = (struct vz_error){ 0 };
		ct->broken = strdup(first.msg ? first.msg : ct->conf_path);
		vz_conf_free(ct->conf);
		ct->conf = NULL;
		r = ct_derive(ct, e);
	}
	if (r < 0)
		return r;
	if (by_name && !ct->broken && (!ct->name || strcmp(ct->name, ident) != 0))
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, ENOENT,
			      "Bad CT ID %s: the link of this name is stale, container %u has %s%s",
			      ident, id, ct->name ? "the name " : "no name", ct->name ? ct->name : "");
	*ret = ct;
	ct = NULL;
	return 0;
}

int vz_ct_reload(struct vz_ct *ct, struct vz_error *e)
{
	struct vz_conf *c;
	int r;

	r = vz_conf_load(ct->conf_path, VZ_CONFIG_NOT_FOUND, &c, e);
	if (r < 0)
		return r;
	vz_conf_free(ct->conf);
	ct->conf = c;
	return ct_derive(ct, e);
}

void vz_ct_free(struct vz_ct *ct)
{
	if (!ct)
		return;
	vz_conf_free(ct->global);
	vz_conf_free(ct->conf);
	free(ct->name);
	free(ct->conf_path);
	free(ct->root);
	free(ct->private_dir);
	free(ct->broken);
	free(ct);
}

void vz_ct_freep(struct vz_ct **ct)
{
	vz_ct_free(*ct);
}

static int cmp_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int vz_ct_list(uint32_t **ret_ids, size_t *ret_n, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path("/etc/vz/conf");
	_cleanup_free_ uint32_t *ids = NULL;
	size_t n = 0, size = 0;
	struct dirent *de;
	DIR *d;

	d = path ? opendir(path) : NULL;
	if (!d && errno != ENOENT)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to read /etc/vz/conf: %m");
	while (d && (de = readdir(d))) {
		size_t len = strlen(de->d_name);
		char num[16];
		uint32_t id;

		if (len < 6 || len - 5 >= sizeof(num) || strcmp(de->d_name + len - 5, ".conf") != 0)
			continue;
		memcpy(num, de->d_name, len - 5);
		num[len - 5] = '\0';
		if (num[0] == '0' || vz_parse_u32(num, &id) < 0 || id > VZ_CTID_MAX)
			continue;
		if (n == size) {
			uint32_t *p;

			size = size ? size * 2 : 64;
			p = realloc(ids, size * sizeof(*p));
			if (!p) {
				closedir(d);
				return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
			}
			ids = p;
		}
		ids[n++] = id;
	}
	if (d)
		closedir(d);
	if (n)
		qsort(ids, n, sizeof(*ids), cmp_id);
	*ret_ids = ids;
	ids = NULL;
	*ret_n = n;
	return 0;
}

int vz_ct_others(uint32_t id, const char *key, int (*each)(uint32_t id, const char *value, void *arg),
		 void *arg, struct vz_error *e)
{
	_cleanup_free_ uint32_t *ids = NULL;
	size_t n;
	int r = vz_ct_list(&ids, &n, e);

	for (size_t i = 0; r == 0 && i < n; i++) {
		_cleanup_free_ char *path = vz_path("/etc/vz/conf/%u.conf", ids[i]), *text = NULL;
		_cleanup_conf_ struct vz_conf *conf = NULL;
		const char *value;

		if (ids[i] == id || !path || vz_read_file_at(AT_FDCWD, path, 1 << 20, &text, NULL) < 0 ||
		    !strstr(text, key) || vz_conf_load(path, VZ_CONFIG_NOT_FOUND, &conf, NULL) < 0)
			continue;
		value = vz_conf_get(conf, key);
		if (value && *value)
			r = each(ids[i], value, arg);
	}
	return r;
}

struct range {
	uint64_t start, end;
};

struct ranges {
	struct range *r;
	size_t n, size;
};

static int ranges_add(struct ranges *rs, uint64_t start, uint64_t len)
{
	if (!len)
		return 0;
	if (rs->n == rs->size) {
		size_t size = rs->size ? rs->size * 2 : 64;
		struct range *p = realloc(rs->r, size * sizeof(*p));

		if (!p)
			return -ENOMEM;
		rs->r = p;
		rs->size = size;
	}
	rs->r[rs->n++] = (struct range){ start, start + len };
	return 0;
}

static int cmp_range(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/*
 * The number in LOCAL_UID or LOCAL_GID without a full parse: there may be
 * thousands of files, and this decides only which range is left alone.
 */
static int ranges_from_conf(struct ranges *rs, const char *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = text; (p = strstr(p, key)); ) {
		uint64_t v = 0;
		int r;

		p += len;
		if (*p == '=')
			p++;
		if (*p == '"' || *p == '\'')
			p++;
		if (*p < '0' || *p > '9')
			continue;
		for (; *p >= '0' && *p <= '9' && v <= UINT32_MAX; p++)
			v = v * 10 + (uint64_t)(*p - '0');
		r = ranges_add(rs, v, VZ_ID_RANGE);
		if (r < 0)
			return r;
	}
	return 0;
}

/* NAME:START:COUNT lines: ids that users of the host may use (subuid(5)) */
static int ranges_from_subid(struct ranges *rs, const char *file)
{
	_cleanup_free_ char *path = vz_path("/etc/%s", file), *text = NULL;
	_cleanup_strv_ char **lines = NULL;

	if (!path || vz_read_file_at(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
		return 0;
	lines = vz_strv_split(text, "\n");
	for (char **l = lines; l && *l; l++) {
		_cleanup_strv_ char **f = vz_strv_split(*l, ":");
		uint64_t start, count;
		int r;

		if (vz_strv_len(f) != 3 || vz_parse_u64(f[1], &start) < 0 ||
		    vz_parse_u64(f[2], &count) < 0 || start > UINT32_MAX)
			continue;
		r = ranges_add(rs, start, count);
		if (r < 0)
			return r;
	}
	return 0;
}

/* CTID.conf.creating: what `create` has reserved and not published yet */
static int ranges_from_creating(struct ranges *rs, const char *dir)
{
	static const char suffix[] = ".conf.creating";
	struct dirent *de;
	int r = 0;
	DIR *d;

	d = dir ? opendir(dir) : NULL;
	while (d && r == 0 && (de = readdir(d))) {
		_cleanup_free_ char *text = NULL;
		size_t len = strlen(de->d_name);

		if (len < sizeof(suffix) || strcmp(de->d_name + len - sizeof(suffix) + 1, suffix) != 0 ||
		    vz_read_file_at(dirfd(d), de->d_name, 1 << 20, &text, NULL) < 0)
			continue;
		r = ranges_from_conf(rs, text, "LOCAL_UID");
		if (r == 0)
			r = ranges_from_conf(rs, text, "LOCAL_GID");
	}
	if (d)
		closedir(d);
	return r;
}

/* the ranges of all CTID.conf but that of @but, and of what is being made; @dir is /etc/vz/conf */
static int ranges_of_cts(struct ranges *rs, const char *dir, uint32_t but, struct vz_error *e)
{
	_cleanup_free_ uint32_t *ids = NULL;
	_cleanup_close_ int dirfd = -EBADF;
	size_t n;
	int r;

	r = vz_ct_list(&ids, &n, e);
	if (r < 0)
		return r;
	if (dir)
		dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < n && r == 0; i++) {
		_cleanup_free_ char *text = NULL;
		char name[24];

		if (ids[i] == but)
			continue;
		snprintf(name, sizeof(name), "%u.conf", ids[i]);
		r = vz_read_file_at(dirfd, name, 1 << 20, &text, NULL);
		if (r == -ENOENT) {	/* destroyed meanwhile */
			r = 0;
			continue;
		}
		if (r < 0)
			return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read /etc/vz/conf/%s: %m", name);
		r = ranges_from_conf(rs, text, "LOCAL_UID");
		if (r == 0)
			r = ranges_from_conf(rs, text, "LOCAL_GID");
	}
	if (r == 0)
		r = ranges_from_creating(rs, dir);
	return r < 0 ? vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to look for host ids: %m") : 0;
}

int vz_ct_ids_free(uint32_t id, uid_t base, bool *ret, struct vz_error *e)
{
	_cleanup_free_ char *dir = vz_path("/etc/vz/conf");
	struct ranges rs = { 0 };
	int r;

	r = ranges_of_cts(&rs, dir, id, e);
	*ret = r == 0;
	for (size_t i = 0; i < rs.n; i++) {
		if (rs.r[i].start < (uint64_t)base + VZ_ID_RANGE && base < rs.r[i].end)
			*ret = false;
	}
	free(rs.r);
	return r;
}

int vz_ct_alloc_ids(uid_t *ret_base, struct vz_error *e)
{
	_cleanup_free_ char *dir = vz_path("/etc/vz/conf");
	struct ranges rs = { 0 };
	uint64_t base = IDS_FIRST;
	int r;

	r = ranges_of_cts(&rs, dir, 0, e);
	if (r < 0) {
		free(rs.r);
		return r;
	}
	r = ranges_from_subid(&rs, "subuid");
	if (r == 0)
		r = ranges_from_subid(&rs, "subgid");
	if (r < 0) {
		free(rs.r);
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to choose host ids: %m");
	}

	if (rs.n)
		qsort(rs.r, rs.n, sizeof(*rs.r), cmp_range);
	for (size_t i = 0; i < rs.n; i++) {
		if (rs.r[i].end <= base)
			continue;
		if (rs.r[i].start >= base + VZ_ID_RANGE)
			break;
		base += (rs.r[i].end - base + VZ_ID_RANGE - 1) / VZ_ID_RANGE * VZ_ID_RANGE;
	}
	free(rs.r);
	if (base > IDS_LAST)
		return vz_err(e, VZ_RESOURCE_ERROR, ENOSPC,
			      "No free range of %u host ids is left; destroy a container or set --local_uid and --local_gid",
			      VZ_ID_RANGE);
	*ret_base = (uid_t)base;
	return 0;
}
