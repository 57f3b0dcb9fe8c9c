// SPDX-License-Identifier: GPL-2.0
/*
 * vzquota: the disk quota of containers by hand, with the commands, options,
 * output and exit codes of OpenVZ's tool.
 *
 * Counts and limits are the file system's (project quota, id QUOTAID), so much of what
 * the commands once did is done already: `init` scans nothing, `on` loads nothing, a
 * crash costs nothing.  -v says so.  What is kept in QUOTA_DIR/quota.ID is where
 * the directory is and what the limits are while the quota is off.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <jansson.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "quota.h"
#include "sizes.h"
#include "util.h"
#include "vzquota.h"

#define QUOTA_DIR	"/var/vzquota"

static struct {
	bool batch, quiet, json;
	int verbose;
} opt;

/* ---- messages ------------------------------------------------------------------- */

int vzq_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "vzquota : ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	return code;
}

void vzq_say(const char *fmt, ...)
{
	va_list ap;

	if (opt.quiet || !opt.verbose)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

static int fail_e(int code, const struct vz_error *e)
{
	return vzq_fail(code, "%s", e->msg ? e->msg : strerror(e->err));
}

/* ---- the quota file --------------------------------------------------------------- */

/*
 * struct quota - one QUOTAID
 * @path: its directory, absolute
 * @lim: limits as asked for; those in the kernel are these while it is on
 * @grace: [0] blocks, [1] inodes, seconds; kept, and told the kernel by vzctl
 */
struct quota {
	uint32_t id;
	char *file, *path;
	bool known;			/* has a quota file */
	bool on;
	struct vz_quota lim;
	uint32_t grace[2];
	bool ugids;
	uint32_t max_ugids;
};

static char *limit_text(unsigned long v, char buf[24])
{
	if (v >= LONG_MAX)
		return strcpy(buf, "unlimited");
	snprintf(buf, 24, "%lu", v);
	return buf;
}

static int parse_limit(const char *text, unsigned long *ret)
{
	const char *end = vz_parse_limit(text, VZ_UNIT_KB, ret);

	return end && !*end ? 0 : -EINVAL;
}

static int parse_count(const char *text, unsigned long *ret)
{
	const char *end = vz_parse_limit(text, VZ_UNIT_NUM, ret);

	return end && !*end ? 0 : -EINVAL;
}

static const char *const limit_keys[2][2] = {
	{ "BLOCK_SOFT", "BLOCK_HARD" }, { "INODE_SOFT", "INODE_HARD" },
};

static void quota_free(struct quota *q)
{
	free(q->file);
	free(q->path);
}

/* VE_PRIVATE of the container with this id, for quotas that nobody has made by hand */
static char *path_of_ct(uint32_t id)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_ct_ struct vz_ct *ct = NULL;
	struct vz_conf *global;
	char num[16];

	snprintf(num, sizeof(num), "%u", id);
	if (vz_global_load(&global, &e) < 0 || vz_ct_open(global, num, VZ_CT_NEED_CONF, &ct, &e) < 0)
		return NULL;
	return ct->private_dir ? strdup(ct->private_dir) : NULL;
}

/*
 * Read the quota file of @id.  @file: another place for it, or NULL.
 * Exit codes: 4 for one that makes no sense, 11 where there is neither a file nor
 * a container with a private area.
 */
static int quota_load(struct quota *q, uint32_t id, const char *file)
{
	_cleanup_conf_ struct vz_conf *c = NULL;
	_cleanup_error_ struct vz_error e = { 0 };
	const char *v;
	int r;

	*q = (struct quota){ .id = id };
	for (int i = 0; i < 2; i++)
		q->lim.soft[i] = q->lim.hard[i] = LONG_MAX;
	q->file = file ? strdup(file) : vz_path(QUOTA_DIR "/quota.%u", id);
	if (!q->file)
		return vzq_fail(VZQ_SYSTEM, "out of memory");
	r = vz_conf_load(q->file, 1, &c, &e);
	if (r == -ENOENT) {
		q->path = path_of_ct(id);
		q->on = q->path != NULL;
		return q->path ? 0 : vzq_fail(VZQ_NOFILE,
			"Quota %u is not known: there is neither %s nor a container with that id (vzquota init %u -p PATH …)",
			id, q->file, id);
	}
	if (r < 0)
		return fail_e(VZQ_BADFILE, &e);
	q->known = true;
	for (int i = 0; i < 4; i++) {
		unsigned long *to = i & 1 ? &q->lim.hard[i / 2] : &q->lim.soft[i / 2];

		v = vz_conf_get(c, limit_keys[i / 2][i & 1]);
		if (v && parse_count(v, to) < 0)
			return vzq_fail(VZQ_BADFILE, "%s, %s: \"%s\" is not a limit", q->file,
					limit_keys[i / 2][i & 1], v);
	}
	v = vz_conf_get(c, "PATH");
	if (!v || *v != '/')
		return vzq_fail(VZQ_BADFILE, "%s has no PATH; vzquota drop %u removes it", q->file, id);
	q->path = strdup(v);
	v = vz_conf_get(c, "ON");
	q->on = v && strcmp(v, "yes") == 0;
	v = vz_conf_get(c, "BLOCK_GRACE");
	if (v && vz_parse_u32(v, &q->grace[0]) < 0)
		return vzq_fail(VZQ_BADFILE, "%s, BLOCK_GRACE: \"%s\" is not a number", q->file, v);
	v = vz_conf_get(c, "INODE_GRACE");
	if (v && vz_parse_u32(v, &q->grace[1]) < 0)
		return vzq_fail(VZQ_BADFILE, "%s, INODE_GRACE: \"%s\" is not a number", q->file, v);
	v = vz_conf_get(c, "UGIDS");
	q->ugids = v && vz_parse_u32(v, &q->max_ugids) == 0;
	return q->path ? 0 : vzq_fail(VZQ_SYSTEM, "out of memory");
}

static int quota_save(struct quota *q)
{
	_cleanup_conf_ struct vz_conf *c = NULL;
	_cleanup_error_ struct vz_error e = { 0 };
	char buf[24];
	int r = 0;

	{
		char *slash = strrchr(q->file, '/');

		if (slash && slash != q->file) {
			*slash = '\0';
			r = vz_mkdir_p(q->file, 0700);
			*slash = '/';
		}
	}
	if (r == 0 && vz_conf_load(q->file, 1, &c, NULL) < 0)
		r = vz_conf_new(&c);
	if (r == 0)
		r = vz_conf_set(c, "PATH", q->path);
	for (int i = 0; i < 4 && r == 0; i++)
		r = vz_conf_set(c, limit_keys[i / 2][i & 1],
				limit_text(i & 1 ? q->lim.hard[i / 2] : q->lim.soft[i / 2], buf));
	for (int i = 0; i < 2 && r == 0; i++) {
		snprintf(buf, sizeof(buf), "%u", q->grace[i]);
		r = vz_conf_set(c, i ? "INODE_GRACE" : "BLOCK_GRACE", buf);
	}
	if (r == 0) {
		snprintf(buf, sizeof(buf), "%u", q->max_ugids);
		r = vz_conf_set(c, "UGIDS", q->ugids ? buf : NULL);
	}
	if (r == 0)
		r = vz_conf_set(c, "ON", q->on ? "yes" : "no");
	if (r < 0)
		return vzq_fail(VZQ_SYSTEM, "Unable to write %s: %s", q->file, strerror(-r));
	if (vz_conf_save(c, q->file, &e) < 0)
		return fail_e(VZQ_SYSTEM, &e);
	q->known = true;
	return 0;
}

/* ---- options ---------------------------------------------------------------------- */

/* seconds, dd:hh:mm:ss, or numbers with a unit of s h d w m(onth) y: 1w2d */
static int parse_grace(const char *s, uint32_t *ret)
{
	static const uint32_t mul[4] = { 86400, 3600, 60, 1 };
	uint64_t v = 0;

	if (strchr(s, ':')) {
		_cleanup_strv_ char **f = vz_strv_split(s, ":");

		if (vz_strv_len(f) != 4)
			return -EINVAL;
		for (int i = 0; i < 4; i++) {
			uint32_t n;

			if (vz_parse_u32(f[i], &n) < 0)
				return -EINVAL;
			v += (uint64_t)n * mul[i];
		}
	} else {
		while (*s) {
			uint64_t n = 0;

			if (*s < '0' || *s > '9')
				return -EINVAL;
			for (; *s >= '0' && *s <= '9' && n <= UINT32_MAX; s++)
				n = n * 10 + (uint64_t)(*s - '0');
			switch (*s ? *s++ : 's') {
			case 's': break;
			case 'h': n *= 3600; break;
			case 'd': n *= 86400; break;
			case 'w': n *= 604800; break;
			case 'm': n *= 2592000; break;
			case 'y': n *= 31536000; break;
			default: return -EINVAL;
			}
			v += n;
		}
	}
	if (v > INT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

struct args {
	const char *path, *file;
	bool set[2][2], gset[2], force, tree, user, group, relative;
	unsigned long lim[2][2];
	uint32_t grace[2], max_ugids, ugid;
	int level2;		/* -s: 0, 1; -1 not given */
	bool max_set;
	const char *rest[8];
	int n_rest;
};

static int bad(const char *o, const char *v, const char *want)
{
	return vzq_fail(VZQ_USAGE, "Invalid value for %s: \"%s\" (expected %s)", o, v, want);
}

/* options after QUOTAID; @allowed: letters */
static int parse(int argc, char **argv, const char *allowed, struct args *a)
{
	*a = (struct args){ .level2 = -1 };
	for (int i = 0; i < argc; i++) {
		const char *o = argv[i], *v = NULL;
		char c = o[1];

		if (o[0] != '-' || !c || o[2] || (c >= '0' && c <= '9')) {
			if (o[0] == '-' || !strchr(allowed, '*') || a->n_rest == 8)
				return vzq_fail(VZQ_USAGE, "Unexpected argument: \"%s\"", o);
			a->rest[a->n_rest++] = o;
			continue;
		}
		if (!strchr(allowed, c) || c == '*')
			return vzq_fail(VZQ_USAGE, "Unknown option %s for this command", o);
		if (strchr("pbBiIenscugt", c) && !(c == 't' && !strchr(allowed, '='))) {
			/* -t and -u, -g stand alone for some commands */
			if (strchr("tug", c) && !strchr(allowed, c == 't' ? '=' : '+')) {
				v = "";
			} else {
				if (i + 1 == argc)
					return vzq_fail(VZQ_USAGE, "%s needs a value", o);
				v = argv[++i];
			}
		}
		switch (c) {
		case 'p': a->path = v; break;
		case 'c': a->file = v; break;
		case 'b': case 'B':
			if (parse_limit(v, &a->lim[0][c == 'B']) < 0)
				return bad(o, v, "1 KiB blocks, or a size such as 2G, or unlimited");
			a->set[0][c == 'B'] = true;
			break;
		case 'i': case 'I':
			if (parse_count(v, &a->lim[1][c == 'I']) < 0)
				return bad(o, v, "a number or unlimited");
			a->set[1][c == 'I'] = true;
			break;
		case 'e': case 'n':
			if (parse_grace(v, &a->grace[c == 'n']) < 0)
				return bad(o, v, "seconds, dd:hh:mm:ss, or for example 7d");
			a->gset[c == 'n'] = true;
			break;
		case 's':
			if (strcmp(v, "0") && strcmp(v, "1") && strcmp(v, "on") && strcmp(v, "off"))
				return bad(o, v, "0 or 1");
			a->level2 = strcmp(v, "1") == 0 || strcmp(v, "on") == 0;
			break;
		case 'u':
			a->user = true;
			if (*v && vz_parse_u32(v, strchr(allowed, '*') ? &a->ugid : &a->max_ugids) < 0)
				return bad(o, v, "a number");
			a->max_set = *v;
			break;
		case 'g':
			a->group = true;
			if (*v && vz_parse_u32(v, &a->ugid) < 0)
				return bad(o, v, "a number");
			break;
		case 'f': a->force = true; break;
		case 'R': a->relative = true; break;
		case 't': a->tree = true; break;
		default: break;
		}
	}
	return 0;
}

/* limits and grace of the command line over those of @q; soft may not be above hard */
static int take(struct quota *q, const struct args *a)
{
	for (int i = 0; i < 2; i++) {
		if (a->set[i][0])
			q->lim.soft[i] = a->lim[i][0];
		if (a->set[i][1])
			q->lim.hard[i] = a->lim[i][1];
		if (a->gset[i])
			q->grace[i] = a->grace[i];
		if (q->lim.soft[i] > q->lim.hard[i])
			return vzq_fail(VZQ_USAGE, "The soft limit of %s is above the hard limit",
					i ? "inodes" : "blocks");
	}
	if (a->level2 >= 0)
		q->ugids = a->level2;
	if (a->max_set)
		q->max_ugids = a->max_ugids;
	return 0;
}

/* ---- the directory ------------------------------------------------------------------ */

static int open_dir(const struct quota *q, int *ret)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_quota_fs_ struct vz_quota_fs fs = { 0 };
	_cleanup_free_ char *path = vz_path("%s", q->path), *remedy = NULL;
	int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return vzq_fail(VZQ_SYSTEM, "Unable to open %s: %s", q->path, strerror(errno));
	if (vz_quota_fs(fd, &fs, &e) < 0) {
		close(fd);
		return fail_e(VZQ_SYSTEM, &e);
	}
	if (fs.state != VZ_QUOTA_ON && fs.state != VZ_QUOTA_COUNTS) {
		remedy = vz_quota_remedy(&fs);
		close(fd);
		return vzq_fail(VZQ_IOCTL, "%s has no project quota. What enables it: %s",
				fs.mnt ? fs.mnt : q->path, remedy ? remedy : "vzquota setup");
	}
	*ret = fd;
	return 0;
}

static int set_kernel(const struct quota *q, int fd, bool limits)
{
	int r = vz_quota_set(fd, VZ_QUOTA_PROJECT, q->id, limits ? &q->lim : &vz_quota_none);

	return r < 0 ? vzq_fail(VZQ_IOCTL, "Unable to set the limits of quota %u: %s", q->id, strerror(-r)) : 0;
}

/* the tree belongs to the quota, or will when this returns 0 */
static int make_project(const struct quota *q, int fd, bool again)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *path = vz_path("%s", q->path);
	uint64_t left = 0;
	uint32_t id;
	int r = vz_project_get(fd, &id);

	if (r < 0)
		return vzq_fail(VZQ_IOCTL, "Unable to read the project of %s: %s", q->path, strerror(-r));
	if (id == q->id && !again) {
		vzq_say("%s is in project %u already: nothing to scan", q->path, q->id);
		return 0;
	}
	vzq_say("moving %s into project %u", q->path, q->id);
	if (!path || vz_project_adopt(path, q->id, &left, &e) < 0) {
		vz_project_set(fd, 0);
		return fail_e(VZQ_SYSTEM, &e);
	}
	if (left)
		fprintf(stderr, "vzquota : %llu links and special files with several names are not counted\n",
			(unsigned long long)left);
	return 0;
}

/* ---- commands ------------------------------------------------------------------------ */

static int cmd_init(uint32_t id, int argc, char **argv)
{
	struct quota q;
	struct args a;
	int fd = -EBADF, r;

	r = parse(argc, argv, "pbBiIensucfR+", &a);
	if (r)
		return r;
	if (!a.path)
		return vzq_fail(VZQ_USAGE, "init needs -p PATH");
	q = (struct quota){ .id = id };
	q.file = a.file ? strdup(a.file) : vz_path(QUOTA_DIR "/quota.%u", id);
	q.path = realpath(a.path, NULL);
	if (!q.path) {
		r = vzq_fail(VZQ_NOMOUNT, "%s: %s", a.path, strerror(errno));
		goto out;
	}
	for (int i = 0; i < 2; i++) {
		q.lim.soft[i] = q.lim.hard[i] = LONG_MAX;
		if (!a.set[i][0] || !a.set[i][1]) {
			r = vzq_fail(VZQ_USAGE, "init needs limits: -b SOFT -B HARD -i SOFT -I HARD");
			goto out;
		}
	}
	if (q.file && access(q.file, F_OK) == 0 && !a.force) {
		r = vzq_fail(VZQ_RUNNING, "Quota %u exists already in %s (drop it first, or -f)", id, q.file);
		goto out;
	}
	r = take(&q, &a);
	if (r == 0)
		r = open_dir(&q, &fd);
	if (r == 0)
		r = make_project(&q, fd, a.force);
	if (r == 0)
		r = quota_save(&q);
out:
	vz_close(fd);
	quota_free(&q);
	return r;
}

static int cmd_on(uint32_t id, int argc, char **argv)
{
	struct quota q;
	struct args a;
	int fd = -EBADF, r;

	r = parse(argc, argv, "pbBiIensucft+=", &a);
	if (r)
		return r;
	r = quota_load(&q, id, a.file);
	if (r == 0 && q.known && q.on)
		r = vzq_fail(VZQ_RUNNING, "Quota %u is on already", id);
	if (r == 0 && a.path) {
		char *path = realpath(a.path, NULL);

		if (!path)
			r = vzq_fail(VZQ_NOMOUNT, "%s: %s", a.path, strerror(errno));
		else {
			free(q.path);
			q.path = path;
		}
	}
	if (r == 0)
		r = take(&q, &a);
	if (r == 0)
		r = open_dir(&q, &fd);
	if (r == 0)
		r = make_project(&q, fd, false);
	if (r == 0)
		r = set_kernel(&q, fd, true);
	if (r == 0) {
		vzq_say("usage is in the file system's journal: nothing to load");
		q.on = true;
		r = quota_save(&q);
	}
	vz_close(fd);
	quota_free(&q);
	return r;
}

static int cmd_off(uint32_t id, int argc, char **argv)
{
	struct quota q;
	struct args a;
	int fd = -EBADF, r;

	r = parse(argc, argv, "cf", &a);
	if (r)
		return r;
	r = quota_load(&q, id, a.file);
	if (r == 0 && !q.on)
		r = vzq_fail(VZQ_NOTRUNNING, "Quota %u is not on", id);
	if (r == 0)
		r = open_dir(&q, &fd);
	if (r == 0 && !q.known) {
		/* a container's: its limits come back with `on` */
		struct vz_quota now;

		if (vz_quota_get(fd, VZ_QUOTA_PROJECT, id, &now) == 0)
			q.lim = now;
	}
	if (r == 0)
		r = set_kernel(&q, fd, false);
	if (r == 0) {
		q.on = false;
		r = quota_save(&q);
	}
	vz_close(fd);
	quota_free(&q);
	return r;
}

static int cmd_setlimit(uint32_t id, int argc, char **argv)
{
	struct quota q;
	struct args a;
	int fd = -EBADF, r;

	r = parse(argc, argv, "pbBiIensucf+", &a);
	if (r)
		return r;
	r = quota_load(&q, id, a.file);
	if (r == 0)
		r = open_dir(&q, &fd);
	if (r == 0 && !q.known && vz_quota_get(fd, VZ_QUOTA_PROJECT, id, &q.lim) < 0)
		r = vzq_fail(VZQ_IOCTL, "Unable to read the limits of quota %u", id);
	if (r == 0)
		r = take(&q, &a);
	if (r == 0 && q.on)
		r = set_kernel(&q, fd, true);
	/* of a container's the configuration is the record */
	if (r == 0 && q.known)
		r = quota_save(&q);
	vz_close(fd);
	quota_free(&q);
	return r;
}

/* host id of id @ugid inside the container, or @ugid where there is no container */
static uint32_t host_id(uint32_t id, uint32_t ugid, bool group, bool *ret_ct)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_ct_ struct vz_ct *ct = NULL;
	struct vz_conf *global;
	char num[16];

	snprintf(num, sizeof(num), "%u", id);
	*ret_ct = vz_global_load(&global, &e) == 0 && vz_ct_open(global, num, VZ_CT_NEED_CONF, &ct, &e) == 0 &&
		  ct->uid_base;
	return *ret_ct ? (group ? ct->gid_base : ct->uid_base) + ugid : ugid;
}

static int cmd_setlimit2(uint32_t id, int argc, char **argv)
{
	struct vz_quota l;
	struct quota q;
	struct args a;
	int fd = -EBADF, r;
	bool ct;

	r = parse(argc, argv, "ugtc*+", &a);
	if (r)
		return r;
	if (a.user == a.group)
		return vzq_fail(VZQ_USAGE, "setlimit2 needs -u UID or -g GID");
	if (a.tree)
		return vzq_fail(VZQ_USAGE, "Grace times of the second level are the container's own: setquota -t in the container");
	if (a.n_rest != 4 || parse_limit(a.rest[0], &l.soft[0]) < 0 || parse_limit(a.rest[1], &l.hard[0]) < 0 ||
	    parse_count(a.rest[2], &l.soft[1]) < 0 || parse_count(a.rest[3], &l.hard[1]) < 0)
		return vzq_fail(VZQ_USAGE, "setlimit2 needs BLOCK_SOFT BLOCK_HARD INODE_SOFT INODE_HARD");
	for (int i = 0; i < 2; i++) {
		/* for users and groups 0 is no limit, as in setquota(8) */
		if (!l.soft[i])
			l.soft[i] = LONG_MAX;
		if (!l.hard[i])
			l.hard[i] = LONG_MAX;
	}
	r = quota_load(&q, id, a.file);
	if (r == 0)
		r = open_dir(&q, &fd);
	if (r == 0) {
		r = vz_quota_set(fd, a.group ? VZ_QUOTA_GROUP : VZ_QUOTA_USER,
				 host_id(id, a.ugid, a.group, &ct), &l);
		if (r < 0)
			r = vzq_fail(VZQ_IOCTL, "Unable to set the limits of %s %u: %s",
				     a.group ? "group" : "user", a.ugid, strerror(-r));
	}
	vz_close(fd);
	quota_free(&q);
	return r;
}

static int cmd_reload2(uint32_t id, int argc, char **argv)
{
	struct quota q;
	struct args a;
	int r = parse(argc, argv, "c", &a);

	if (r == 0)
		r = quota_load(&q, id, a.file);
	if (r)
		return r;
	vzq_say("limits of users and groups are in the file system: nothing to load");
	quota_free(&q);
	return 0;
}

/* "none" once it is over, as repquota(8) says it */
static void grace_text(int64_t end, char buf[32])
{
	int64_t left = end - time(NULL);

	if (!end)
		*buf = '\0';
	else if (left <= 0)
		strcpy(buf, "none");
	else if (left >= 172800)
		snprintf(buf, 32, "%lldd", (long long)left / 86400);
	else
		snprintf(buf, 32, "%02lld:%02lld", (long long)left / 3600, (long long)left / 60 % 60);
}

static void row(const char *name, const struct vz_quota *q, int i)
{
	char grace[32], used[32], soft[24], hard[24];

	grace_text(q->end[i], grace);
	snprintf(used, sizeof(used), "%llu%s", (unsigned long long)q->used[i],
		 q->used[i] > q->soft[i] ? "*" : "");
	printf("%11s%15s%15s%15s%11s\n", name, used, limit_text(q->soft[i], soft),
	       limit_text(q->hard[i], hard), grace);
}

static json_t *json_limit(unsigned long v)
{
	return v >= LONG_MAX ? json_null() : json_integer((json_int_t)v);
}

static json_t *json_quota(const struct vz_quota *q)
{
	static const char *const names[] = { "1k-blocks", "inodes" };
	json_t *o = json_object();

	for (int i = 0; i < 2; i++) {
		json_t *one = json_object();

		json_object_set_new(one, "usage", json_integer((json_int_t)q->used[i]));
		json_object_set_new(one, "softlimit", json_limit(q->soft[i]));
		json_object_set_new(one, "hardlimit", json_limit(q->hard[i]));
		json_object_set_new(one, "grace_end", q->end[i] ? json_integer(q->end[i]) : json_null());
		json_object_set_new(o, names[i], one);
	}
	return o;
}

/* all users or groups of the container that have used something or have limits */
static int ugid_rows(uint32_t id, int fd, int type, json_t *list)
{
	bool group = type == VZ_QUOTA_GROUP, ct;
	uint32_t base = host_id(id, 0, group, &ct), at = base;
	struct vz_quota q;
	int r;

	if (!ct)
		return 0;
	while ((r = vz_quota_next(fd, type, &at, &q)) == 0 && at - base < VZ_ID_RANGE) {
		if (list) {
			json_t *o = json_quota(&q);

			json_object_set_new(o, "id", json_integer(at - base));
			json_array_append_new(list, o);
		} else {
			printf("%s %u\n", group ? "group" : "user", at - base);
			row("1k-blocks", &q, 0);
			row("inodes", &q, 1);
		}
		if (++at == 0)
			break;
	}
	/* no user quota here, or no more of it */
	return r == 0 || r == -ENOENT || r == -ESRCH ? 0 : r;
}

static int show(uint32_t id, int argc, char **argv, bool from_file)
{
	struct vz_quota now;
	struct quota q;
	struct args a;
	int fd = -EBADF, r;

	r = parse(argc, argv, "tfcug", &a);
	if (r)
		return r;
	r = quota_load(&q, id, a.file);
	if (r == 0 && !from_file && !q.on)
		r = vzq_fail(VZQ_NOTRUNNING, "Quota %u is not on (vzquota show %u shows it all the same)", id, id);
	if (r == 0)
		r = open_dir(&q, &fd);
	if (r == 0 && (r = vz_quota_get(fd, VZ_QUOTA_PROJECT, id, &now)) < 0)
		r = vzq_fail(VZQ_IOCTL, "Unable to read quota %u: %s", id, strerror(-r));
	if (r == 0 && q.known && !q.on)
		memcpy(now.soft, q.lim.soft, sizeof(now.soft)), memcpy(now.hard, q.lim.hard, sizeof(now.hard));
	if (r == 0 && opt.json) {
		json_t *o = json_quota(&now);

		json_object_set_new(o, "quotaid", json_integer(id));
		json_object_set_new(o, "path", json_string(q.path));
		if (a.tree) {
			json_t *u = json_array(), *g = json_array();

			if (ugid_rows(id, fd, VZ_QUOTA_USER, u) < 0 || ugid_rows(id, fd, VZ_QUOTA_GROUP, g) < 0)
				r = vzq_fail(VZQ_IOCTL, "Unable to read the quotas of users and groups");
			json_object_set_new(o, "users", u);
			json_object_set_new(o, "groups", g);
		}
		json_dumpf(o, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(o);
	} else if (r == 0) {
		if (!opt.batch)
			puts("   resource          usage       softlimit      hardlimit    grace");
		row("1k-blocks", &now, 0);
		row("inodes", &now, 1);
		if (a.tree && (ugid_rows(id, fd, VZ_QUOTA_USER, NULL) < 0 ||
			       ugid_rows(id, fd, VZ_QUOTA_GROUP, NULL) < 0))
			r = vzq_fail(VZQ_IOCTL, "Unable to read the quotas of users and groups");
	}
	vz_close(fd);
	quota_free(&q);
	return r;
}

static int cmd_stat(uint32_t id, int argc, char **argv)
{
	return show(id, argc, argv, false);
}

static int cmd_show(uint32_t id, int argc, char **argv)
{
	return show(id, argc, argv, true);
}

static int cmd_drop(uint32_t id, int argc, char **argv)
{
	struct quota q;
	struct args a;
	int r = parse(argc, argv, "cf", &a);

	if (r == 0)
		r = quota_load(&q, id, a.file);
	if (r)
		return r;
	if (!q.known)
		r = vzq_fail(VZQ_NOFILE, "Quota %u has no file: it is that of a container (vzctl set %u --diskquota no --save)", id, id);
	else if (q.on && !a.force)
		r = vzq_fail(VZQ_RUNNING, "Quota %u is on (vzquota off %u first, or -f)", id, id);
	else if (unlink(q.file) < 0)
		r = vzq_fail(VZQ_SYSTEM, "Unable to delete %s: %s", q.file, strerror(errno));
	quota_free(&q);
	return r;
}

/* count everything and compare; a container at work moves on meanwhile, hence the second look */
static int cmd_check(uint32_t id, int argc, char **argv)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *path = NULL;
	struct vz_quota_count n;
	struct vz_quota before, after;
	struct quota q;
	struct args a;
	int fd = -EBADF, r;

	r = parse(argc, argv, "c", &a);
	if (r == 0)
		r = quota_load(&q, id, a.file);
	if (r)
		return r;
	r = open_dir(&q, &fd);
	if (r == 0 && (syncfs(fd) < 0 || vz_quota_get(fd, VZ_QUOTA_PROJECT, id, &before) < 0))
		r = vzq_fail(VZQ_IOCTL, "Unable to read quota %u: %s", id, strerror(errno));
	path = vz_path("%s", q.path);
	if (r == 0 && vz_quota_count(path, id, &n, &e) < 0)
		r = fail_e(VZQ_SYSTEM, &e);
	if (r == 0 && vz_quota_get(fd, VZ_QUOTA_PROJECT, id, &after) < 0)
		r = vzq_fail(VZQ_IOCTL, "Unable to read quota %u", id);
	if (r == 0) {
		uint64_t kib = (n.space + 1023) / 1024;
		bool moving = before.used[0] != after.used[0] || before.used[1] != after.used[1];

		printf("%11s%15s%15s\n%11s%15llu%15llu\n%11s%15llu%15llu\n", "resource", "kernel", "counted",
		       "1k-blocks", (unsigned long long)after.used[0], (unsigned long long)kib,
		       "inodes", (unsigned long long)after.used[1], (unsigned long long)n.inodes);
		if (n.foreign)
			r = vzq_fail(VZQ_DIRTY, "%llu files and directories below %s are not in project %u (vzctl quotainit %u)",
				     (unsigned long long)n.foreign, q.path, id, id);
		else if (moving)
			r = vzq_fail(VZQ_DIRTY, "The usage changed while it was counted: try again when the container is quiet");
		else if (kib != after.used[0] || n.inodes != after.used[1])
			r = vzq_fail(VZQ_DIRTY, "The count differs: files that are open and have no name any more, or that were "
				     "removed and not deleted yet, count as well");
	}
	vz_close(fd);
	quota_free(&q);
	return r;
}

/* ---- setup ------------------------------------------------------------------------------- */

static int run(char *const argv[])
{
	int status;
	pid_t pid;

	if (!opt.quiet) {
		printf("#");
		for (char *const *p = argv; *p; p++)
			printf(" %s", *p);
		printf("\n");
		fflush(stdout);
	}
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

#define WANTED	"usrquota,grpquota,prjquota"

/* the options of @mnt in /etc/fstab, once; a mount that is not there is the administrator's own */
static int edit_fstab(const char *mnt)
{
	_cleanup_free_ char *path = vz_path("/etc/fstab"), *text = NULL, *out = NULL;
	bool changed = false;
	size_t len = 0;
	FILE *f;

	if (!path || vz_read_file_at(AT_FDCWD, path, 1 << 20, &text, NULL) < 0)
		return 0;
	f = open_memstream(&out, &len);
	if (!f)
		return -ENOMEM;
	for (char *l = text, *next; *l; l = next) {
		int dev0, dev1, mnt0, mnt1, type0, type1, opt0 = 0, opt1 = 0;

		next = l + strcspn(l, "\n");
		next += *next == '\n';
		if (*l != '#' && sscanf(l, " %n%*s%n %n%*s%n %n%*s%n %n%*s%n", &dev0, &dev1, &mnt0, &mnt1,
					&type0, &type1, &opt0, &opt1) >= 0 && opt1 > opt0 && l + opt1 <= next &&
		    (size_t)(mnt1 - mnt0) == strlen(mnt) && strncmp(l + mnt0, mnt, strlen(mnt)) == 0) {
			_cleanup_free_ char *opts = strndup(l + opt0, (size_t)(opt1 - opt0));
			_cleanup_strv_ char **have = opts ? vz_strv_split(opts, ",") : NULL;
			_cleanup_strv_ char **want = vz_strv_split(WANTED, ",");

			if (!have || !want) {
				fclose(f);
				return -ENOMEM;
			}
			fwrite(l, 1, (size_t)opt1, f);
			for (char **w = want; *w; w++) {
				if (!vz_strv_has(have, *w)) {
					fprintf(f, ",%s", *w);
					changed = true;
				}
			}
			fwrite(l + opt1, 1, (size_t)(next - l - opt1), f);
			continue;
		}
		fwrite(l, 1, (size_t)(next - l), f);
	}
	if (fclose(f) != 0)
		return -ENOMEM;
	return changed ? vz_replace_file(path, out, len, 0644) : 0;
}

static int cmd_setup(const char *path)
{
	_cleanup_quota_fs_ struct vz_quota_fs fs = { 0 };
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *remedy = NULL;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return vzq_fail(VZQ_NOMOUNT, "%s: %s", path, strerror(errno));
	r = vz_quota_fs(fd, &fs, &e);
	close(fd);
	if (r < 0)
		return fail_e(VZQ_SYSTEM, &e);
	remedy = vz_quota_remedy(&fs);
	if (fs.state == VZ_QUOTA_ON && fs.level2) {
		if (!opt.quiet)
			printf("%s has quota of projects, users and groups: nothing to do\n", fs.mnt);
		goto fstab;
	}
	if (fs.state == VZ_QUOTA_NEVER || !fs.dev || !fs.mnt)
		return vzq_fail(VZQ_SYSTEM, "%s is on a file system of type %s, which has no project quota; containers need: %s",
				path, fs.type, remedy);
	if (strcmp(fs.type, "xfs") != 0 && fs.state != VZ_QUOTA_OFF) {
		/* what was made for quota can be switched on as it is */
		run((char *const[]){ (char *)"quotaon", (char *)"-ugP", fs.mnt, NULL });
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		vz_quota_fs_reset(&fs);
		r = fd < 0 ? -errno : vz_quota_fs(fd, &fs, &e);
		vz_close(fd);
		if (r < 0)
			return fail_e(VZQ_SYSTEM, &e);
		if (fs.state == VZ_QUOTA_ON && fs.level2)
			goto fstab;
	}
	free(remedy);
	fs.state = VZ_QUOTA_OFF;
	remedy = vz_quota_remedy(&fs);
	if (run((char *const[]){ (char *)"umount", fs.mnt, NULL }) != 0)
		return vzq_fail(VZQ_RUNNING, "%s is in use: stop what uses it and try again, or do it yourself: %s",
				fs.mnt, remedy);
	if (strcmp(fs.type, "xfs") != 0) {
		r = run((char *const[]){ (char *)"tune2fs", (char *)"-O", (char *)"project,quota", (char *)"-Q",
					 (char *)WANTED, fs.dev, NULL });
		if (r != 0) {
			run((char *const[]){ (char *)"mount", fs.dev, fs.mnt, NULL });
			return vzq_fail(VZQ_SYSTEM, "%s could not be prepared for quota (run e2fsck -f %s while it is not mounted)",
					fs.dev, fs.dev);
		}
	}
	if (run((char *const[]){ (char *)"mount", (char *)"-o", (char *)WANTED, fs.dev, fs.mnt, NULL }) != 0)
		return vzq_fail(VZQ_SYSTEM, "%s could not be mounted on %s", fs.dev, fs.mnt);
fstab:
	r = edit_fstab(fs.mnt);
	return r < 0 ? vzq_fail(VZQ_SYSTEM, "Unable to change /etc/fstab: %s", strerror(-r)) : 0;
}

/* ---- main ---------------------------------------------------------------------------------- */

static const char usage_text[] =
"Usage: vzquota [-h] [-V] [-q] [-v] [-b] [--json] COMMAND QUOTAID [OPTIONS]\n"
"  init ID -p PATH -b SOFT -B HARD -i SOFT -I HARD [-e GRACE] [-n GRACE] [-s 0|1] [-u N] [-c FILE] [-f]\n"
"  on ID [-p PATH] [limits] [-c FILE]\n"
"  off ID [-c FILE] [-f]\n"
"  setlimit ID [limits] [-c FILE]\n"
"  setlimit2 ID -u UID|-g GID BLOCK_SOFT BLOCK_HARD INODE_SOFT INODE_HARD\n"
"  reload2 ID\n"
"  stat ID [-t] | show ID [-t]     usage and limits; -t: of users and groups as well\n"
"  drop ID [-f]\n"
"  check ID                        count everything and compare\n"
"  setup PATH                      enable quota on the file system of PATH\n"
"Blocks are of 1 KiB; sizes such as 2G do as well. GRACE: seconds, dd:hh:mm:ss, or 7d.\n";

static const struct {
	const char *name;
	int (*run)(uint32_t id, int argc, char **argv);
} commands[] = {
	{ "init", cmd_init }, { "on", cmd_on }, { "off", cmd_off }, { "setlimit", cmd_setlimit },
	{ "setlimit2", cmd_setlimit2 }, { "reload2", cmd_reload2 }, { "stat", cmd_stat },
	{ "show", cmd_show }, { "drop", cmd_drop }, { "check", cmd_check },
};

int main(int argc, char **argv)
{
	uint32_t id;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		const char *a = argv[i];

		if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0) {
			fputs(usage_text, stdout);
			return VZQ_OK;
		} else if (strcmp(a, "-V") == 0 || strcmp(a, "--version") == 0) {
			puts("vzquota version " VZ_VERSION);
			return VZQ_OK;
		} else if (strcmp(a, "-q") == 0) {
			opt.quiet = true;
		} else if (strcmp(a, "-v") == 0) {
			opt.verbose++;
		} else if (strcmp(a, "-b") == 0) {
			opt.batch = true;
		} else if (strcmp(a, "--json") == 0) {
			opt.json = true;
		} else {
			return vzq_fail(VZQ_USAGE, "Unknown option %s (vzquota -h lists the options)", a);
		}
	}
	if (i == argc) {
		fputs(usage_text, stderr);
		return VZQ_USAGE;
	}
	if (!vz_is_root())
		return vzq_fail(VZQ_SYSTEM, "Permission denied: vzquota must be run as root");
	if (strcmp(argv[i], "setup") == 0) {
		if (argc - i != 2)
			return vzq_fail(VZQ_USAGE, "setup takes one path (vzquota setup /vz)");
		return cmd_setup(argv[i + 1]);
	}
	for (size_t c = 0; c < ARRAY_SIZE(commands); c++) {
		if (strcmp(commands[c].name, argv[i]) != 0)
			continue;
		if (i + 1 == argc)
			return vzq_fail(VZQ_USAGE, "QUOTAID missing (vzquota %s ID)", argv[i]);
		if (vz_parse_u32(argv[i + 1], &id) < 0 || !id || id > VZ_CTID_MAX)
			return vzq_fail(VZQ_USAGE, "Bad QUOTAID \"%s\": give a number from 1 to %u", argv[i + 1], VZ_CTID_MAX);
		return commands[c].run(id, argc - i - 2, argv + i + 2);
	}
	return vzq_fail(VZQ_USAGE, "Unknown command %s (vzquota -h lists the commands)", argv[i]);
}
