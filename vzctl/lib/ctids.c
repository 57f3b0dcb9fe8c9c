// SPDX-License-Identifier: GPL-2.0
/*
 * Other host ids for a container; contract in ctids.h.
 *
 * CTID.conf says how far it is:
 *
 *	LOCAL_UID=old				as it was, or done
 *	LOCAL_UID=old NEW_LOCAL_UID=new		files may belong to either
 *
 * With the second both ranges are taken, for whoever looks for a free one reads
 * both lines.  Then, each time from the beginning after something cut it short:
 *
 *	1. the limits of users and groups into STATE_DIR/CTID.ids, once: what is
 *	   left of the old owners loses its grace times
 *	2. all files; the ranges have nothing in common, so an id says what was done
 *	3. the limits to the new ids, away from the old ones
 *	4. the file of 1 goes, the configuration says the new ids
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "ctids.h"
#include "error.h"
#include "lock.h"
#include "log.h"
#include "quota.h"
#include "util.h"
#include "verb.h"

enum { UID = VZ_QUOTA_USER, GID = VZ_QUOTA_GROUP };

static const char *const keys[] = { [UID] = "LOCAL_UID", [GID] = "LOCAL_GID" };
static const char *const new_keys[] = { [UID] = "NEW_LOCAL_UID", [GID] = "NEW_LOCAL_GID" };

struct move {
	uint32_t old[2], new[2];
};

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

/* what the host calls @id of a container from now on; others are left alone */
static uint32_t moved(const struct move *m, int type, uint32_t id)
{
	uint32_t n = id - m->old[type];

	return n < VZ_ID_RANGE ? m->new[type] + n : id;
}

/* ---- files ------------------------------------------------------------------------ */

static int move_acl(int fd, const char *name, const struct move *m)
{
	union {
		struct posix_acl_xattr_header head;
		char raw[65536];
	} acl;
	struct posix_acl_xattr_entry *entry = (void *)(&acl.head + 1);
	ssize_t len = fgetxattr(fd, name, &acl, sizeof(acl));
	bool any = false;

	if (len < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
	for (; (char *)(entry + 1) <= acl.raw + len; entry++) {
		uint16_t tag = le16toh(entry->e_tag);
		uint32_t id = le32toh(entry->e_id), to = id;

		if (tag == ACL_USER)
			to = moved(m, UID, id);
		else if (tag == ACL_GROUP)
			to = moved(m, GID, id);
		any = any || to != id;
		entry->e_id = htole32(to);
	}
	return any && fsetxattr(fd, name, &acl, (size_t)len, 0) < 0 ? -errno : 0;
}

/* what a change of the owner takes from a file, kept on it meanwhile; a container sees no trusted.* */
#define KEEP	"trusted.vzctl.ids"
struct keep {
	uint32_t mode;
	uint32_t len;		/* of caps, 0 for none */
	struct vfs_ns_cap_data caps;
};

static int move_caps(int fd, const struct move *m, struct keep *k)
{
	ssize_t len = fgetxattr(fd, XATTR_NAME_CAPS, &k->caps, sizeof(k->caps));

	if (len < 0)
		return errno == ENODATA || errno == EOPNOTSUPP ? 0 : -errno;
	k->len = (uint32_t)len;
	/* capabilities count below the user namespace whose root this is */
	if (len == sizeof(k->caps) && (le32toh(k->caps.magic_etc) & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_3)
		k->caps.rootid = htole32(moved(m, UID, le32toh(k->caps.rootid)));
	return 0;
}

static int move_file(int fd, const struct move *m)
{
	struct keep k = { 0 };
	struct stat st;
	uint32_t uid, gid;
	bool kept;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	uid = moved(m, UID, st.st_uid);
	gid = moved(m, GID, st.st_gid);
	kept = S_ISREG(st.st_mode) && fgetxattr(fd, KEEP, &k, sizeof(k)) == sizeof(k);
	if (!kept && uid == st.st_uid && gid == st.st_gid)
		return 0;
	if (S_ISREG(st.st_mode) && !kept) {
		k = (struct keep){ .mode = st.st_mode & 07777 };
		r = move_caps(fd, m, &k);
		if (r < 0)
			return r;
		kept = k.len || k.mode & (S_ISUID | S_ISGID);
		if (kept && fsetxattr(fd, KEEP, &k, sizeof(k), 0) < 0)
			return -errno;
	}
	if (fchown(fd, uid, gid) < 0)
		return -errno;
	if (!kept)
		return 0;
	vz_fault("ids-owned");
	if (fchmod(fd, k.mode) < 0 ||
	    (k.len && fsetxattr(fd, XATTR_NAME_CAPS, &k.caps, k.len, 0) < 0) || fremovexattr(fd, KEEP) < 0)
		return -errno;
	return 0;
}

static int move_one(const FTSENT *f, void *arg)
{
	const struct move *m = arg;
	const struct stat *st = f->fts_statp;
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (f->fts_level == 2)
		vz_fault("ids-half");
	if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode)) {
		uint32_t uid = moved(m, UID, st->st_uid), gid = moved(m, GID, st->st_gid);

		if (uid == st->st_uid && gid == st->st_gid)
			return 0;
		return lchown(f->fts_accpath, uid, gid) < 0 ? -errno : 0;
	}
	fd = open(f->fts_accpath, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = move_acl(fd, "system.posix_acl_access", m);
	if (r == 0 && S_ISDIR(st->st_mode))
		r = move_acl(fd, "system.posix_acl_default", m);
	return r < 0 ? r : move_file(fd, m);
}

/* ---- limits ------------------------------------------------------------------------ */

#define HEAD	"ids %u %u to %u %u\n"

struct limits {
	const struct move *m;
	char *text;		/* NULL: no memory */
};

static void keep_limits(int type, uint32_t ugid, const struct vz_quota *q, void *arg)
{
	struct limits *l = arg;
	char *more;

	if (!l->text || !vz_quota_limited(q))
		return;
	more = vz_asprintf("%s%d %u %lu %lu %lld %lu %lu %lld\n", l->text, type, ugid,
			   q->soft[0], q->hard[0], (long long)q->end[0],
			   q->soft[1], q->hard[1], (long long)q->end[1]);
	free(l->text);
	l->text = more;
}

/* are the old ids this container's only?  A copy from another host may have come with a neighbour's. */
static int alone(const struct vz_ct *ct, const struct move *m, bool *ret, struct vz_error *e)
{
	int r = 0;

	*ret = true;
	for (int t = UID; t <= GID && r == 0 && *ret; t++)
		r = vz_ct_ids_free(ct->id, m->old[t], ret, e);
	return r;
}

/* the limits as they were before the first file has moved, in @path and *@ret */
static int limits_before(const struct vz_ct *ct, const struct move *m, int dirfd, const char *path, char **ret,
			 struct vz_error *e)
{
	_cleanup_free_ char *head = vz_asprintf(HEAD, m->old[UID], m->old[GID], m->new[UID], m->new[GID]);
	_cleanup_free_ char *dir = vz_path("%s", VZ_QUOTA_STATE_DIR);
	struct limits l = { .m = m };
	bool own;
	int r;

	if (!head || !dir)
		return nomem(e);
	r = vz_read_file_at(AT_FDCWD, path, 64u << 20, ret, NULL);
	if (r == 0 && strncmp(*ret, head, strlen(head)) == 0)
		return 0;
	/* of an earlier change, which has come to its end */
	free(*ret);
	*ret = NULL;
	r = alone(ct, m, &own, e);
	if (r < 0)
		return r;
	if (!own)
		vz_warn("%s=%u is another container's as well; limits of users and groups stay with that one",
			keys[UID], m->old[UID]);
	l.text = strdup(head);
	for (int t = UID; t <= GID && r == 0 && own; t++)
		r = vz_quota_each(dirfd, t, m->old[t], keep_limits, &l);
	if (r == 0 && !l.text)
		r = -ENOMEM;
	if (r == 0)
		r = vz_mkdir_p(dir, 0755);
	if (r == 0)
		r = vz_replace_file(path, l.text, strlen(l.text), 0644);
	if (r < 0) {
		free(l.text);
		return vz_err(e, VZ_DQ_UGID, -r, "Unable to keep the limits of users and groups in %s: %m", path);
	}
	*ret = l.text;
	return 0;
}

/* @text is what limits_before() has written, and is taken apart */
static int move_limits(const struct move *m, int dirfd, char *text, struct vz_error *e)
{
	char *save = NULL;

	strtok_r(text, "\n", &save);
	for (char *l = strtok_r(NULL, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		struct vz_quota q = { 0 };
		long long end[2];
		uint32_t ugid;
		int type, r;

		if (sscanf(l, "%d %u %lu %lu %lld %lu %lu %lld", &type, &ugid, &q.soft[0], &q.hard[0], &end[0],
			   &q.soft[1], &q.hard[1], &end[1]) != 8 || type < UID || type > GID || ugid >= VZ_ID_RANGE)
			return vz_err(e, VZ_DQ_UGID, EINVAL, "Unable to set limits: \"%s\" makes no sense", l);
		q.end[0] = end[0];
		q.end[1] = end[1];
		r = vz_quota_restore(dirfd, type, m->new[type] + ugid, &q);
		if (r == 0)
			r = vz_quota_set(dirfd, type, m->old[type] + ugid, &vz_quota_none);
		if (r < 0)
			return vz_err(e, VZ_DQ_UGID, -r, "Unable to set the limits of %s %u: %m",
				      type == UID ? "user" : "group", ugid);
		vz_fault("ids-limits");
	}
	return 0;
}

/* ---- the configuration ---------------------------------------------------------------- */

/* 1 when a change is under way, 0 when not */
static int plan(const struct vz_ct *ct, struct move *m, struct vz_error *e)
{
	*m = (struct move){ .old = { ct->uid_base, ct->gid_base } };
	for (int t = UID; t <= GID; t++) {
		const char *v = ct->conf ? vz_conf_get(ct->conf, new_keys[t]) : NULL;

		if (!v)
			return 0;
		if (vz_parse_u32(v, &m->new[t]) < 0 || !m->new[t] || m->new[t] > UINT32_MAX - VZ_ID_RANGE || !m->old[t])
			return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "%s, line %d, %s: \"%s\" is not a host id",
				      ct->conf_path, vz_conf_line(ct->conf, new_keys[t]), new_keys[t], v);
	}
	return 1;
}

static int put_id(struct vz_ct *ct, const char *key, uint32_t id)
{
	char num[16];

	snprintf(num, sizeof(num), "%u", id);
	return vz_conf_set(ct->conf, key, num);
}

static int done(struct vz_ct *ct, const struct move *m, struct vz_error *e)
{
	int r = 0;

	for (int t = UID; t <= GID && r == 0; t++) {
		r = put_id(ct, keys[t], m->new[t]);
		if (r == 0)
			r = vz_conf_set(ct->conf, new_keys[t], NULL);
	}
	if (r < 0)
		return nomem(e);
	r = vz_conf_save(ct->conf, ct->conf_path, e);
	return r < 0 ? r : vz_ct_reload(ct, e);
}

/* its private area, or what something is mounted on later that is not there now? */
static int open_private(const struct vz_ct *ct, const struct move *m, int *ret_fd, struct vz_error *e)
{
	_cleanup_close_ int fd = open(ct->private_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return vz_err(e, VZ_FS_NOPRVT, errno, "Container private area %s: %m", ct->private_dir);
	if (st.st_uid - m->old[UID] >= VZ_ID_RANGE && st.st_uid - m->new[UID] >= VZ_ID_RANGE)
		return vz_err(e, VZ_INVALID_CONFIG, EPERM,
			      "%s belongs to uid %u, which is not of the range of the container (LOCAL_UID=%u)",
			      ct->private_dir, st.st_uid, m->old[UID]);
	*ret_fd = fd;
	fd = -EBADF;
	return 0;
}

int vz_ct_ids_finish(struct vz_ct *ct, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path(VZ_QUOTA_STATE_DIR "/%u.ids", ct->id), *text = NULL;
	_cleanup_close_ int fd = -EBADF;
	struct move m;
	int r;

	r = plan(ct, &m, e);
	if (r <= 0)
		return r;
	if (!path)
		return nomem(e);
	r = open_private(ct, &m, &fd, e);
	if (r < 0)
		return r;
	vz_info("Changing host ids ...");
	r = limits_before(ct, &m, fd, path, &text, e);
	if (r < 0)
		return r;
	vz_fault("ids-limits-kept");
	r = vz_tree_walk(ct->private_dir, move_one, &m, e);
	if (r == 0) {
		vz_fault("ids-walked");
		r = move_limits(&m, fd, text, e);
	}
	if (r < 0) {
		vz_err_ctx(e, "Host ids of the container are changed in part; mount or start goes on with it");
		return r;
	}
	if (unlink(path) < 0 && errno != ENOENT)
		return vz_err(e, VZ_SYSTEM_ERROR, errno, "Unable to remove %s: %m", path);
	vz_fault("ids-before-conf");
	return done(ct, &m, e);
}

/* @base is nobody's but this container's, and none of those that it has now */
static int check_new(const struct vz_ct *ct, int type, uint32_t old, uint32_t base, struct vz_error *e)
{
	bool ok;
	int r;

	if (base == old)
		return 0;
	if (base - old < VZ_ID_RANGE || old - base < VZ_ID_RANGE)
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
			      "Host ids from %s=%u on are in part those that the container has; %u or more must be between",
			      keys[type], base, VZ_ID_RANGE);
	r = vz_ct_ids_free(ct->id, base, &ok, e);
	if (r == 0 && !ok)
		r = vz_err(e, VZ_INVALID_PARAMETER_VALUE, EEXIST,
			   "Host ids from %s=%u on are used by another container; auto chooses a free range",
			   keys[type], base);
	return r;
}

/* choose, and reserve by saving */
static int begin(struct vz_ct *ct, uid_t uid, gid_t gid, struct vz_error *e)
{
	_cleanup_lock_ struct vz_lock *ids = NULL;
	const uint32_t old[] = { ct->uid_base, ct->gid_base };
	uint32_t new[] = { uid, gid };
	int r;

	r = vz_lock_named(ct->global, "ids", &ids, e);
	if (r == 0 && !uid) {
		r = vz_ct_alloc_ids(&new[UID], e);
		new[GID] = new[UID];
	}
	for (int t = UID; t <= GID && r == 0; t++)
		r = check_new(ct, t, old[t], new[t], e);
	if (r < 0)
		return r;
	if (new[UID] == old[UID] && new[GID] == old[GID])
		return 0;
	for (int t = UID; t <= GID; t++) {
		if (put_id(ct, new_keys[t], new[t]) < 0)
			return nomem(e);
	}
	return vz_conf_save(ct->conf, ct->conf_path, e);
}

int vz_ct_ids_change(struct vz_ct *ct, uid_t uid, gid_t gid, struct vz_error *e)
{
	_cleanup_close_ int fd = -EBADF;
	struct move m;
	int r;

	if (!ct->uid_base || !ct->gid_base)
		return vz_err(e, VZ_INVALID_CONFIG, EINVAL, "LOCAL_UID and LOCAL_GID are not set in %s", ct->conf_path);
	if (!ct->private_dir)
		return vz_err(e, VZ_VE_PRIVATE_NOTSET, EINVAL, "VE_PRIVATE is not set; set it in %s or vz.conf", ct->conf_path);
	/* what was begun before has files in both its ranges */
	r = vz_ct_ids_finish(ct, e);
	m = (struct move){ .old = { ct->uid_base }, .new = { ct->uid_base } };
	if (r == 0)
		r = open_private(ct, &m, &fd, e);
	if (r == 0)
		r = begin(ct, uid, gid, e);
	if (r < 0)
		return r;
	vz_fault("ids-planned");
	return vz_ct_ids_finish(ct, e);
}
