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
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ct.h"
#include "error.h"
#include "util.h"
#include "vzquota.h"

const char vzq_name[] = "vzquota";

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

/*
 * struct args - options and arguments after QUOTAID
 * @path, @file: -p, -c
 * @set, @lim: limits that were given: -b -B, -i -I; [blocks, inodes][soft, hard]
 * @gset, @grace: grace times that were given: -e, -n
 * @level2: -s: 0, 1; -1 not given
 * @uset, @ugid: -u or -g with a value
 */
struct args {
	const char *path, *file;
	bool set[2][2], gset[2], uset;
	unsigned long lim[2][2];
	uint32_t grace[2], ugid;
	int level2;
	bool force, tree;
	struct vzq_args in;
};

static int bad(char letter, const char *v, const char *want)
{
	return vzq_fail(VZQ_USAGE, "Invalid value for -%c: \"%s\" (expected %s)", letter, v, want);
}

/* what the values of options mean; the same for all commands */
static int read_values(struct args *a)
{
	static const char limits[2][2] = { { 'b', 'B' }, { 'i', 'I' } }, graces[2] = { 'e', 'n' }, ids[2] = { 'u', 'g' };
	const char *const *value = a->in.value, *v;

	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++) {
			v = value[(int)limits[i][j]];
			a->set[i][j] = v != NULL;
			if (v && i == 0 && vzq_parse_limit(v, &a->lim[i][j]) < 0)
				return bad(limits[i][j], v, "1 KiB blocks, or a size such as 2G, or unlimited");
			if (v && i == 1 && vzq_parse_count(v, &a->lim[i][j]) < 0)
				return bad(limits[i][j], v, "a number or unlimited");
		}
		v = value[(int)graces[i]];
		a->gset[i] = v != NULL;
		if (v && parse_grace(v, &a->grace[i]) < 0)
			return bad(graces[i], v, "seconds, dd:hh:mm:ss, or for example 7d");
		v = value[(int)ids[i]];
		a->uset |= v != NULL;
		if (v && vz_parse_u32(v, &a->ugid) < 0)
			return bad(ids[i], v, "a number");
	}
	v = value['s'];
	if (v && strcmp(v, "0") && strcmp(v, "1") && strcmp(v, "on") && strcmp(v, "off"))
		return bad('s', v, "0 or 1");
	a->level2 = !v ? -1 : strcmp(v, "1") == 0 || strcmp(v, "on") == 0;
	a->path = value['p'];
	a->file = value['c'];
	a->force = a->in.flag['f'];
	a->tree = a->in.flag['t'];
	return 0;
}

/* limits and grace of the command line over those of @q; soft may not be above hard */
static int take(struct vzq_quota *q, const struct args *a)
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
	if (a->uset)
		q->max_ugids = a->ugid;
	return 0;
}

/* ---- the directory ------------------------------------------------------------------ */

static int take_path(struct vzq_quota *q, const char *path)
{
	char *real = realpath(path, NULL);

	if (!real)
		return vzq_fail(VZQ_NOMOUNT, "%s: %s", path, strerror(errno));
	free(q->path);
	q->path = real;
	return 0;
}

static int set_kernel(const struct vzq_quota *q, const struct vz_quota *lim)
{
	int r = vz_quota_set(q->fd, VZ_QUOTA_PROJECT, q->id, lim);

	return r < 0 ? vzq_fail(VZQ_IOCTL, "Unable to set the limits of quota %u: %s", q->id, strerror(-r)) : 0;
}

/* the tree belongs to the quota, or will when this returns 0 */
static int make_project(const struct vzq_quota *q, bool again)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *path = vz_path("%s", q->path);
	uint64_t left = 0;
	int r = vz_project_whole(q->fd, q->id);

	if (r < 0)
		return vzq_fail(VZQ_IOCTL, "Unable to read the project of %s: %s", q->path, strerror(-r));
	if (r && !again) {
		vzq_say("%s is in project %u already: nothing to scan", q->path, q->id);
		return 0;
	}
	vzq_say("moving %s into project %u", q->path, q->id);
	if (!path || vz_project_adopt(path, q->id, &left, &e) < 0)
		return vzq_fail_e(VZQ_SYSTEM, &e);
	if (left)
		vzq_warn("%llu links and special files with several names are not counted", (unsigned long long)left);
	return 0;
}

/* ---- commands ------------------------------------------------------------------------ */

/*
 * Each gets an empty @q, which the caller frees, and returns an exit code.  What is wrong with
 * the command line comes before what is wrong with the quota.
 */

static int cmd_init(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	int r;

	if (!a->path)
		return vzq_fail(VZQ_USAGE, "init needs -p PATH");
	r = vzq_new(q, id, a->file);
	if (r == 0)
		r = take_path(q, a->path);
	if (r)
		return r;
	if (!a->set[0][0] || !a->set[0][1] || !a->set[1][0] || !a->set[1][1])
		return vzq_fail(VZQ_USAGE, "init needs limits: -b SOFT -B HARD -i SOFT -I HARD");
	if (access(q->file, F_OK) == 0 && !a->force)
		return vzq_fail(VZQ_RUNNING, "Quota %u exists already in %s (drop it first, or -f)", id, q->file);
	r = take(q, a);
	if (r == 0)
		r = vzq_open(q);
	if (r == 0)
		r = make_project(q, a->force);
	/* it is off: whatever was in force here is no more */
	if (r == 0)
		r = set_kernel(q, &vz_quota_none);
	return r ? r : vzq_save(q);
}

static int cmd_on(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	int r = vzq_load(q, id, a->file);

	if (r)
		return r;
	if (q->known && q->on)
		return vzq_fail(VZQ_RUNNING, "Quota %u is on already", id);
	if (a->path)
		r = take_path(q, a->path);
	if (r == 0)
		r = take(q, a);
	if (r == 0)
		r = vzq_open(q);
	if (r == 0)
		r = make_project(q, false);
	if (r == 0)
		r = set_kernel(q, &q->lim);
	if (r)
		return r;
	vzq_say("usage is in the file system's journal: nothing to load");
	q->on = true;
	return vzq_save(q);
}

static int cmd_off(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	struct vz_quota now;
	int r = vzq_load(q, id, a->file);

	if (r)
		return r;
	if (!q->on)
		return vzq_fail(VZQ_NOTRUNNING, "Quota %u is not on", id);
	r = vzq_open(q);
	/* a container's: its limits come back with `on` */
	if (r == 0 && !q->known && vz_quota_get(q->fd, VZ_QUOTA_PROJECT, id, &now) == 0)
		q->lim = now;
	if (r == 0)
		r = set_kernel(q, &vz_quota_none);
	if (r)
		return r;
	q->on = false;
	return vzq_save(q);
}

static int cmd_setlimit(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	int r = vzq_load(q, id, a->file);

	if (r == 0)
		r = vzq_open(q);
	if (r == 0 && !q->known && vz_quota_get(q->fd, VZ_QUOTA_PROJECT, id, &q->lim) < 0)
		r = vzq_fail(VZQ_IOCTL, "Unable to read the limits of quota %u", id);
	if (r == 0)
		r = take(q, a);
	if (r == 0 && q->on)
		r = set_kernel(q, &q->lim);
	/* of a container's the configuration is the record */
	return r || !q->known ? r : vzq_save(q);
}

static int cmd_setlimit2(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	const char *const *n = a->in.arg;
	bool user = a->in.value['u'], group = a->in.value['g'];
	_cleanup_ct_ struct vz_ct *ct = NULL;
	struct vz_quota l;
	uint32_t base;
	int r;

	if (user == group)
		return vzq_fail(VZQ_USAGE, "setlimit2 needs -u UID or -g GID");
	if (a->tree)
		return vzq_fail(VZQ_USAGE, "Grace times of the second level are the container's own: setquota -t in the container");
	if (a->in.n_args != 4 || vzq_parse_limit(n[0], &l.soft[0]) < 0 || vzq_parse_limit(n[1], &l.hard[0]) < 0 ||
	    vzq_parse_count(n[2], &l.soft[1]) < 0 || vzq_parse_count(n[3], &l.hard[1]) < 0)
		return vzq_fail(VZQ_USAGE, "setlimit2 needs BLOCK_SOFT BLOCK_HARD INODE_SOFT INODE_HARD");
	for (int i = 0; i < 2; i++) {
		/* for users and groups 0 is no limit, as in setquota(8) */
		if (!l.soft[i])
			l.soft[i] = LONG_MAX;
		if (!l.hard[i])
			l.hard[i] = LONG_MAX;
	}
	r = vzq_load(q, id, a->file);
	if (r == 0)
		r = vzq_open(q);
	if (r)
		return r;
	ct = vzq_ct(id);
	base = vzq_base(ct, group ? VZ_QUOTA_GROUP : VZ_QUOTA_USER);
	/* what follows are its neighbour's */
	if (base && a->ugid >= VZ_ID_RANGE)
		return vzq_fail(VZQ_USAGE, "%s %u is none of the container's (0 to %u)",
				group ? "Group" : "User", a->ugid, VZ_ID_RANGE - 1);
	r = vz_quota_set(q->fd, group ? VZ_QUOTA_GROUP : VZ_QUOTA_USER, base + a->ugid, &l);
	return r < 0 ? vzq_fail(VZQ_IOCTL, "Unable to set the limits of %s %u: %s",
				group ? "group" : "user", a->ugid, strerror(-r)) : 0;
}

static int cmd_reload2(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	int r = vzq_load(q, id, a->file);

	if (r == 0)
		vzq_say("limits of users and groups are in the file system: nothing to load");
	return r;
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
	printf("%11s%15s%15s%15s%11s\n", name, used, vzq_limit_text(q->soft[i], soft),
	       vzq_limit_text(q->hard[i], hard), grace);
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

static void ugid_row(int type, uint32_t ugid, const struct vz_quota *q, void *arg)
{
	printf("%s %u\n", type == VZ_QUOTA_GROUP ? "group" : "user", ugid);
	row("1k-blocks", q, 0);
	row("inodes", q, 1);
}

static void ugid_json(int type, uint32_t ugid, const struct vz_quota *q, void *arg)
{
	json_t *o = json_quota(q);

	json_object_set_new(o, "id", json_integer(ugid));
	json_array_append_new(arg, o);
}

/* all users and groups of the container that have used something or have limits; @o: where to, or NULL to print */
static int show_ugids(const struct vzq_quota *q, json_t *o)
{
	_cleanup_ct_ struct vz_ct *ct = vzq_ct(q->id);
	int r = 0;

	for (int type = VZ_QUOTA_USER; type <= VZ_QUOTA_GROUP; type++) {
		uint32_t base = vzq_base(ct, type);
		json_t *list = o ? json_array() : NULL;

		if (base && r == 0)
			r = vz_quota_each(q->fd, type, base, o ? ugid_json : ugid_row, list);
		if (o)
			json_object_set_new(o, type == VZ_QUOTA_GROUP ? "groups" : "users", list);
	}
	return r < 0 ? vzq_fail(VZQ_IOCTL, "Unable to read the quotas of users and groups") : 0;
}

static int show(struct vzq_quota *q, uint32_t id, const struct args *a, bool from_file)
{
	struct vz_quota now;
	int r = vzq_load(q, id, a->file);

	if (r)
		return r;
	if (!from_file && !q->on)
		return vzq_fail(VZQ_NOTRUNNING, "Quota %u is not on (vzquota show %u shows it all the same)", id, id);
	r = vzq_open(q);
	if (r)
		return r;
	r = vz_quota_get(q->fd, VZ_QUOTA_PROJECT, id, &now);
	if (r < 0)
		return vzq_fail(VZQ_IOCTL, "Unable to read quota %u: %s", id, strerror(-r));
	if (!q->on) {
		memcpy(now.soft, q->lim.soft, sizeof(now.soft));
		memcpy(now.hard, q->lim.hard, sizeof(now.hard));
	}
	if (vzq_opt.json) {
		json_t *o = json_quota(&now);

		json_object_set_new(o, "quotaid", json_integer(id));
		json_object_set_new(o, "path", json_string(q->path));
		r = a->tree ? show_ugids(q, o) : 0;
		json_dumpf(o, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(o);
		return r;
	}
	if (!vzq_opt.batch)
		puts("   resource          usage       softlimit      hardlimit    grace");
	row("1k-blocks", &now, 0);
	row("inodes", &now, 1);
	return a->tree ? show_ugids(q, NULL) : 0;
}

static int cmd_stat(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	return show(q, id, a, false);
}

static int cmd_show(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	return show(q, id, a, true);
}

static int cmd_drop(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	int r = vzq_load(q, id, a->file);

	if (r)
		return r;
	if (!q->known)
		return vzq_fail(VZQ_NOFILE, "Quota %u has no file: it is that of a container (vzctl set %u --diskquota no --save)", id, id);
	if (q->on && !a->force)
		return vzq_fail(VZQ_RUNNING, "Quota %u is on (vzquota off %u first, or -f)", id, id);
	if (unlink(q->file) < 0)
		return vzq_fail(VZQ_SYSTEM, "Unable to delete %s: %s", q->file, strerror(errno));
	return 0;
}

/* count everything and compare; a container at work moves on meanwhile, hence the second look */
static int cmd_check(struct vzq_quota *q, uint32_t id, const struct args *a)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *path = NULL;
	struct vz_quota before, after;
	struct vz_quota_count n;
	uint64_t kib;
	int r = vzq_load(q, id, a->file);

	if (r == 0)
		r = vzq_open(q);
	if (r)
		return r;
	r = syncfs(q->fd) < 0 ? -errno : vz_quota_get(q->fd, VZ_QUOTA_PROJECT, id, &before);
	if (r < 0)
		return vzq_fail(VZQ_IOCTL, "Unable to read quota %u: %s", id, strerror(-r));
	path = vz_path("%s", q->path);
	if (!path || vz_quota_count(path, id, &n, &e) < 0)
		return vzq_fail_e(VZQ_SYSTEM, &e);
	if (vz_quota_get(q->fd, VZ_QUOTA_PROJECT, id, &after) < 0)
		return vzq_fail(VZQ_IOCTL, "Unable to read quota %u", id);
	kib = (n.space + 1023) / 1024;
	printf("%11s%15s%15s\n%11s%15llu%15llu\n%11s%15llu%15llu\n", "resource", "kernel", "counted",
	       "1k-blocks", (unsigned long long)after.used[0], (unsigned long long)kib,
	       "inodes", (unsigned long long)after.used[1], (unsigned long long)n.inodes);
	if (n.foreign)
		return vzq_fail(VZQ_DIRTY, "%llu files and directories below %s are not in project %u (vzctl quotainit %u)",
				(unsigned long long)n.foreign, q->path, id, id);
	if (before.used[0] != after.used[0] || before.used[1] != after.used[1])
		return vzq_fail(VZQ_DIRTY, "The usage changed while it was counted: try again when the container is quiet");
	if (kib != after.used[0] || n.inodes != after.used[1])
		return vzq_fail(VZQ_DIRTY, "The count differs: files that are open and have no name any more, or that were "
				"removed and not deleted yet, count as well");
	return 0;
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

/* what each takes after QUOTAID; some options are OpenVZ's and change nothing here */
static const struct command {
	const char *name;
	int (*run)(struct vzq_quota *q, uint32_t id, const struct args *a);
	struct vzq_syntax takes;
} commands[] = {
	/*		options with a value and without, other arguments */
	{ "init",	cmd_init,	{ "pbBiIensuc", "fR", 0 } },
	{ "on",		cmd_on,		{ "pbBiIensuct", "f", 0 } },
	{ "off",	cmd_off,	{ "c", "f", 0 } },
	{ "setlimit",	cmd_setlimit,	{ "pbBiIensuc", "f", 0 } },
	{ "setlimit2",	cmd_setlimit2,	{ "ugc", "t", 4 } },
	{ "reload2",	cmd_reload2,	{ "c", "", 0 } },
	{ "stat",	cmd_stat,	{ "c", "tfug", 0 } },
	{ "show",	cmd_show,	{ "c", "tfug", 0 } },
	{ "drop",	cmd_drop,	{ "c", "f", 0 } },
	{ "check",	cmd_check,	{ "c", "", 0 } },
};

static int run_command(const struct command *c, const char *id_text, int argc, char **argv)
{
	struct vzq_quota q = { .fd = -EBADF };
	struct args a = { 0 };
	uint32_t id;
	int r = vzq_parse_id(id_text, &id);

	if (r == 0)
		r = vzq_parse(&c->takes, argc, argv, &a.in);
	if (r == 0)
		r = read_values(&a);
	if (r == 0)
		r = c->run(&q, id, &a);
	vzq_free(&q);
	return r;
}

int main(int argc, char **argv)
{
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
			vzq_opt.quiet = true;
		} else if (strcmp(a, "-v") == 0) {
			vzq_opt.verbose++;
		} else if (strcmp(a, "-b") == 0) {
			vzq_opt.batch = true;
		} else if (strcmp(a, "--json") == 0) {
			vzq_opt.json = true;
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
		return vzq_setup(argv[i + 1]);
	}
	for (size_t c = 0; c < ARRAY_SIZE(commands); c++) {
		if (strcmp(commands[c].name, argv[i]) != 0)
			continue;
		if (i + 1 == argc)
			return vzq_fail(VZQ_USAGE, "QUOTAID missing (vzquota %s ID)", argv[i]);
		return run_command(&commands[c], argv[i + 1], argc - i - 2, argv + i + 2);
	}
	return vzq_fail(VZQ_USAGE, "Unknown command %s (vzquota -h lists the commands)", argv[i]);
}
