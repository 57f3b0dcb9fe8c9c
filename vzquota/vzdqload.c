// SPDX-License-Identifier: GPL-2.0
/*
 * vzdqload: limits and grace times of a container's users and groups from what
 * vzdqdump has written, on standard input.
 *
 * All of it is read and checked before anything is changed, and what was changed
 * when the kernel refuses something is put back.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ct.h"
#include "dump.h"
#include "error.h"
#include "util.h"
#include "vzquota.h"

const char vzq_name[] = "vzdqload";

static const char usage[] =
"Usage: vzdqload [-h] [-V] [-q] [-v] [-b] QUOTAID [-c FILE] < DUMP\n"
"Sets the limits and grace times of users and groups that vzdqdump has written.\n"
"Usage is what the file system counts, and the disk's own limits are left alone.\n";

static const char *const types[] = DUMP_TYPES;

/* ext4 and XFS count bytes in 63 bits */
#define MAX_KIB		((1UL << 53) - 1)

/* struct entry - one user or group; @want from the dump, @had from the kernel */
struct entry {
	unsigned int line;
	int type;
	uint32_t ugid;
	struct vz_quota want, had;
};

/* struct dump - what was read; @grace_line: 0 where it has none */
struct dump {
	struct entry *v;
	size_t n, room;
	unsigned int grace_line[2];
	int32_t grace[2][2], had_grace[2][2];
	bool head, end;
};

/* ---- reading --------------------------------------------------------------------------- */

#define MAX_FIELDS	10

#define BAD(line, fmt, ...) \
	vzq_fail(VZQ_BADFILE, "line %u: " fmt "; nothing was changed", line, ##__VA_ARGS__)

static int split(char *s, char *field[MAX_FIELDS + 1])
{
	char *save = NULL;
	int n = 0;

	for (char *f = strtok_r(s, " \t", &save); f && n <= MAX_FIELDS; f = strtok_r(NULL, " \t", &save))
		field[n++] = f;
	return n;
}

/* eight fields: usage, limits and end of the grace time of space and of inodes */
static int read_amounts(unsigned int line, char **field, struct vz_quota *q)
{
	*q = vz_quota_none;
	for (int i = 0; i < 2; i++, field += 4) {
		unsigned long *const limit[] = { &q->soft[i], &q->hard[i] };
		uint64_t end;

		if (vz_parse_u64(field[0], &q->used[i]) < 0)
			return BAD(line, "\"%s\" is no usage (expected a number)", field[0]);
		for (int j = 0; j < 2; j++) {
			unsigned long *l = limit[j];
			const char *f = field[1 + j];

			if ((i ? vzq_parse_count(f, l) : vzq_parse_limit(f, l)) < 0 ||
			    (!i && *l != LONG_MAX && *l > MAX_KIB))
				return BAD(line, "\"%s\" is no limit of %s (expected a number or unlimited)", f,
					   i ? "inodes" : "blocks");
			/* as in setquota(8) */
			if (!*l)
				*l = LONG_MAX;
		}
		if (vz_parse_u64(field[3], &end) < 0 || end > INT64_MAX)
			return BAD(line, "\"%s\" is no end of a grace time (expected seconds since 1970, or 0)", field[3]);
		q->end[i] = (int64_t)end;
	}
	return 0;
}

/* the VZ_QUOTA_* of a word, or -1 */
static int type_of(const char *word)
{
	for (int t = 0; t < (int)ARRAY_SIZE(types); t++) {
		if (strcmp(word, types[t]) == 0)
			return t;
	}
	return -1;
}

static int read_ugid(struct dump *d, unsigned int line, char **field)
{
	int type = type_of(field[0]);
	struct entry *e;

	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 64;

		e = reallocarray(d->v, room, sizeof(*e));
		if (!e)
			return vzq_fail(VZQ_SYSTEM, "out of memory");
		d->v = e;
		d->room = room;
	}
	e = &d->v[d->n];
	*e = (struct entry){ .line = line, .type = type };
	if (vz_parse_u32(field[1], &e->ugid) < 0 || e->ugid >= VZ_ID_RANGE)
		return BAD(line, "\"%s\" is no %s of a container (expected 0 to %u)", field[1], types[type], VZ_ID_RANGE - 1);
	d->n++;
	return read_amounts(line, field + 2, &e->want);
}

static int read_grace(struct dump *d, unsigned int line, char **field)
{
	int32_t v[2] = { VZ_GRACE_FS, VZ_GRACE_FS };
	int type = type_of(field[1]);

	if (type < 0)
		return BAD(line, "grace times of \"%s\" (expected user, group or disk)", field[1]);
	for (int i = 0; i < 2; i++) {
		uint32_t n;

		if (strcmp(field[2 + i], "-") == 0)
			continue;
		if (vz_parse_u32(field[2 + i], &n) < 0 || n > INT32_MAX)
			return BAD(line, "\"%s\" is no grace time (expected seconds, or - for the file system's)", field[2 + i]);
		v[i] = (int32_t)n;
	}
	if (type == VZ_QUOTA_PROJECT)
		return 0;
	if (d->grace_line[type])
		return BAD(line, "grace times of %ss are in line %u already", types[type], d->grace_line[type]);
	d->grace_line[type] = line;
	memcpy(d->grace[type], v, sizeof(v));
	return 0;
}

/* the disk is for whoever reads the dump */
static int read_disk(struct dump *d, unsigned int line, char **field)
{
	struct vz_quota q;

	return read_amounts(line, field + 1, &q);
}

static int read_ugids(struct dump *d, unsigned int line, char **field)
{
	uint32_t n;

	return vz_parse_u32(field[1], &n) < 0 ? BAD(line, "\"%s\" is no number of users and groups", field[1]) : 0;
}

static int read_line(struct dump *d, unsigned int line, char *s)
{
	static const char amounts[] = "usage, soft limit, hard limit and end of grace of blocks, then the same of inodes";
	static const struct {
		const char *name;
		int (*read)(struct dump *d, unsigned int line, char **field);
		int fields;
		const char *first, *rest;
	} kinds[] = {
		{ "user",	read_ugid,	9, "id, ", amounts },
		{ "group",	read_ugid,	9, "id, ", amounts },
		{ "disk",	read_disk,	8, "", amounts },
		{ "grace",	read_grace,	3, "user, group or disk, ", "grace times of blocks and inodes" },
		{ "ugids",	read_ugids,	1, "", "how many of them may have limits" },
	};
	char *field[MAX_FIELDS + 1];
	int n;

	if (d->end)
		return BAD(line, "something follows \"" DUMP_END "\" (load one dump at a time)");
	if (!d->head) {
		d->head = strcmp(s, DUMP_HEAD) == 0;
		return d->head ? 0 : BAD(line, "this is no dump: it must begin with \"" DUMP_HEAD "\"");
	}
	if (strcmp(s, DUMP_END) == 0) {
		d->end = true;
		return 0;
	}
	n = split(s, field);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (strcmp(kinds[k].name, field[0]) != 0)
			continue;
		if (n != kinds[k].fields + 1)
			return BAD(line, "%s takes %d fields: %s%s", field[0], kinds[k].fields, kinds[k].first, kinds[k].rest);
		return kinds[k].read(d, line, field);
	}
	return BAD(line, "\"%s\" is not known (expected user, group, grace, disk, ugids or " DUMP_END ")", field[0]);
}

static int by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->ugid != y->ugid)
		return x->ugid < y->ugid ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int read_dump(struct dump *d)
{
	_cleanup_free_ char *s = NULL;
	unsigned int line = 0;
	size_t room = 0;
	ssize_t len;
	int r;

	while (errno = 0, (len = getline(&s, &room, stdin)) >= 0) {
		line++;
		if (len && s[len - 1] == '\n')
			s[--len] = '\0';
		if (strlen(s) != (size_t)len)
			return BAD(line, "this is no text");
		if (*s == '#' || !s[strspn(s, " \t")])
			continue;
		r = read_line(d, line, s);
		if (r)
			return r;
	}
	if (errno || ferror(stdin))
		return vzq_fail(VZQ_SYSTEM, "Unable to read standard input: %s", strerror(errno));
	if (!d->end)
		return BAD(line + 1, "the dump ends without \"" DUMP_END "\", so it was cut short (dump it again)");
	if (d->n)
		qsort(d->v, d->n, sizeof(*d->v), by_id);
	for (size_t i = 1; i < d->n; i++) {
		const struct entry *e = &d->v[i], *before = e - 1;

		if (e->type == before->type && e->ugid == before->ugid)
			return BAD(e->line, "%s %u is in line %u already", types[e->type], e->ugid, before->line);
	}
	return 0;
}

/* ---- setting ------------------------------------------------------------------------------ */

/* what there is now; whatever cannot be read could not be put back either */
static int look(struct dump *d, const struct vzq_quota *q, const struct vz_ct *ct)
{
	_cleanup_quota_fs_ struct vz_quota_fs fs = { 0 };
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *remedy = NULL;
	int r;

	if (!d->n && !d->grace_line[0] && !d->grace_line[1])
		return 0;
	if (!vzq_base(ct, VZ_QUOTA_USER) || !vzq_base(ct, VZ_QUOTA_GROUP))
		return vzq_fail(VZQ_UGID, "Quota %u is no container's, so it has no users and groups of its own; "
				"nothing was changed", q->id);
	for (int t = VZ_QUOTA_USER; t <= VZ_QUOTA_GROUP; t++) {
		if (d->grace_line[t] && vz_ct_quota_grace(ct, t, d->had_grace[t], &e) < 0)
			return vzq_fail_e(VZQ_IOCTL, &e);
	}
	if (!d->n)
		return 0;
	if (vz_quota_fs(q->fd, &fs, &e) < 0)
		return vzq_fail_e(VZQ_SYSTEM, &e);
	if (!fs.level2) {
		fs.state = VZ_QUOTA_OFF;
		vz_quota_where(q->fd, &fs);
		remedy = vz_quota_remedy(&fs);
		return vzq_fail(VZQ_UGID, "%s has no quota of users and groups; nothing was changed. What enables it: %s",
				fs.mnt ? fs.mnt : q->path, remedy ? remedy : "vzquota setup");
	}
	for (size_t i = 0; i < d->n; i++) {
		struct entry *x = &d->v[i];

		r = vz_quota_get(q->fd, x->type, vzq_base(ct, x->type) + x->ugid, &x->had);
		if (r < 0)
			return vzq_fail(VZQ_IOCTL, "Unable to read the limits of %s %u: %s; nothing was changed",
					types[x->type], x->ugid, strerror(-r));
	}
	return 0;
}

static void undo(const struct dump *d, size_t n, int n_grace, const struct vzq_quota *q, const struct vz_ct *ct)
{
	_cleanup_error_ struct vz_error e = { 0 };
	int r;

	while (n--) {
		const struct entry *x = &d->v[n];

		r = vz_quota_restore(q->fd, x->type, vzq_base(ct, x->type) + x->ugid, &x->had);
		if (r < 0)
			vzq_warn("Unable to put back the limits of %s %u: %s", types[x->type], x->ugid, strerror(-r));
	}
	while (n_grace--) {
		if (d->grace_line[n_grace] && vz_ct_quota_set_grace(ct, n_grace, d->had_grace[n_grace], &e) < 0)
			vzq_warn("%s; they were not put back", e.msg ? e.msg : strerror(e.err));
	}
}

/* grace times first: a limit that is set starts them */
static int apply(const struct dump *d, const struct vzq_quota *q, const struct vz_ct *ct)
{
	_cleanup_error_ struct vz_error e = { 0 };

	for (int t = VZ_QUOTA_USER; t <= VZ_QUOTA_GROUP; t++) {
		if (d->grace_line[t] && vz_ct_quota_set_grace(ct, t, d->grace[t], &e) < 0) {
			undo(d, 0, t + 1, q, ct);
			return vzq_fail(VZQ_IOCTL, "%s; nothing was changed", e.msg ? e.msg : strerror(e.err));
		}
	}
	for (size_t i = 0; i < d->n; i++) {
		const struct entry *x = &d->v[i];
		int r = vz_interrupted ? -EINTR :
			vz_quota_restore(q->fd, x->type, vzq_base(ct, x->type) + x->ugid, &x->want);

		if (r < 0) {
			undo(d, i, 2, q, ct);
			return vzq_fail(VZQ_IOCTL, "line %u: unable to set the limits of %s %u: %s; nothing was changed",
					x->line, types[x->type], x->ugid, strerror(-r));
		}
	}
	return 0;
}

static int load(struct vzq_quota *q, uint32_t id, const struct vzq_args *a)
{
	struct dump d = { 0 };
	_cleanup_ct_ struct vz_ct *ct = NULL;
	int r = vzq_load(q, id, a->value['c']);

	if (r == 0)
		r = vzq_open(q);
	if (r)
		return r;
	ct = vzq_ct(id);
	r = read_dump(&d);
	if (r == 0)
		r = look(&d, q, ct);
	if (r == 0) {
		vz_catch_signals();
		r = apply(&d, q, ct);
	}
	if (r == 0) {
		vzq_say("limits of %zu users and groups set", d.n);
		for (int t = VZ_QUOTA_USER; t <= VZ_QUOTA_GROUP; t++) {
			if (d.grace_line[t])
				vzq_say("grace times of %ss set", types[t]);
		}
	}
	free(d.v);
	return r;
}

int main(int argc, char **argv)
{
	static const struct vzq_syntax syntax = { "c", "", 1 };

	return vzq_main(&syntax, usage, argc, argv, load);
}
