// SPDX-License-Identifier: GPL-2.0
/* Messages, command lines and quota files of the quota tools; contract in vzquota.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "sizes.h"
#include "util.h"
#include "vzquota.h"

#define QUOTA_DIR	"/var/vzquota"

struct vzq_options vzq_opt;

/* ---- messages ---------------------------------------------------------------------- */

static __attribute__((format(printf, 1, 0))) void complain(const char *fmt, va_list ap)
{
	fprintf(stderr, "%s : ", vzq_name);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
}

int vzq_fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	return code;
}

int vzq_fail_e(int code, const struct vz_error *e)
{
	return vzq_fail(code, "%s", e->msg ? e->msg : strerror(e->err));
}

void vzq_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
}

void vzq_say(const char *fmt, ...)
{
	va_list ap;

	if (vzq_opt.quiet || !vzq_opt.verbose)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

/* ---- command lines ------------------------------------------------------------------- */

int vzq_parse(const struct vzq_syntax *s, int argc, char **argv, struct vzq_args *a)
{
	*a = (struct vzq_args){ 0 };
	for (int i = 0; i < argc; i++) {
		const char *o = argv[i];

		if (*o != '-' && s->n_args) {
			if (a->n_args < VZQ_MAX_ARGS)
				a->arg[a->n_args] = o;
			a->n_args++;
		} else if (*o != '-' || !o[1] || o[2] || isdigit((unsigned char)o[1])) {
			return vzq_fail(VZQ_USAGE, "Unexpected argument: \"%s\"", o);
		} else if (strchr(s->values, o[1])) {
			if (i + 1 == argc)
				return vzq_fail(VZQ_USAGE, "%s needs a value", o);
			a->value[(unsigned char)o[1]] = argv[++i];
		} else if (strchr(s->flags, o[1])) {
			a->flag[(unsigned char)o[1]] = true;
		} else {
			return vzq_fail(VZQ_USAGE, "Unknown option %s for this command", o);
		}
	}
	return 0;
}

int vzq_start(const struct vzq_syntax *s, const char *what, const char *usage, int argc, char **argv,
	      struct vzq_args *a, int *ret_code)
{
	char flags[32];
	struct vzq_syntax all = { s->values, flags, 1 };

	snprintf(flags, sizeof(flags), "hVqvb%s", s->flags);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			argv[i] = (char *)"-h";
		else if (strcmp(argv[i], "--version") == 0)
			argv[i] = (char *)"-V";
	}
	*ret_code = vzq_parse(&all, argc - 1, argv + 1, a);
	if (*ret_code)
		return -1;
	if (a->flag['h'] || a->flag['V']) {
		if (a->flag['h'])
			fputs(usage, stdout);
		else
			printf("%s version " VZ_VERSION "\n", vzq_name);
		return -1;
	}
	vzq_opt.quiet = a->flag['q'];
	vzq_opt.verbose = a->flag['v'];
	vzq_opt.batch = a->flag['b'];
	if (!a->n_args)
		*ret_code = vzq_fail(VZQ_USAGE, "%s missing (%s -h shows the usage)", what, vzq_name);
	else if (a->n_args > 1)
		*ret_code = vzq_fail(VZQ_USAGE, "Unexpected argument: \"%s\"", a->arg[1]);
	else if (!vz_is_root())
		*ret_code = vzq_fail(VZQ_SYSTEM, "Permission denied: %s must be run as root", vzq_name);
	return *ret_code ? -1 : 0;
}

int vzq_parse_id(const char *text, uint32_t *ret)
{
	if (vz_parse_u32(text, ret) < 0 || !*ret || *ret > VZ_CTID_MAX)
		return vzq_fail(VZQ_USAGE, "Bad QUOTAID \"%s\": give a number from 1 to %u", text, VZ_CTID_MAX);
	return 0;
}

int vzq_parse_limit(const char *text, unsigned long *ret)
{
	const char *end = vz_parse_limit(text, VZ_UNIT_KB, ret);

	return end && !*end ? 0 : -EINVAL;
}

int vzq_parse_count(const char *text, unsigned long *ret)
{
	const char *end = vz_parse_limit(text, VZ_UNIT_NUM, ret);

	return end && !*end ? 0 : -EINVAL;
}

char *vzq_limit_text(unsigned long v, char buf[24])
{
	if (v >= LONG_MAX)
		return strcpy(buf, "unlimited");
	snprintf(buf, 24, "%lu", v);
	return buf;
}

/* ---- containers ------------------------------------------------------------------------ */

struct vz_ct *vzq_ct(uint32_t id)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_ct *ct = NULL;
	struct vz_conf *global;
	char num[16];

	snprintf(num, sizeof(num), "%u", id);
	if (vz_global_load(&global, &e) < 0 || vz_ct_open(global, num, VZ_CT_NEED_CONF, &ct, &e) < 0)
		return NULL;
	return ct;
}

uint32_t vzq_base(const struct vz_ct *ct, int type)
{
	if (!ct || !ct->uid_base)
		return 0;
	return type == VZ_QUOTA_GROUP ? ct->gid_base : ct->uid_base;
}

/* ---- the quota file ---------------------------------------------------------------------- */

static const char *const limit_keys[2][2] = {
	{ "BLOCK_SOFT", "BLOCK_HARD" }, { "INODE_SOFT", "INODE_HARD" },
};
static const char *const grace_keys[2] = { "BLOCK_GRACE", "INODE_GRACE" };

int vzq_new(struct vzq_quota *q, uint32_t id, const char *file)
{
	*q = (struct vzq_quota){ .id = id, .fd = -EBADF, .lim = vz_quota_none };
	q->file = file ? strdup(file) : vz_path(QUOTA_DIR "/quota.%u", id);
	return q->file ? 0 : vzq_fail(VZQ_SYSTEM, "out of memory");
}

/*
 * Mounting a container puts the limits of its configuration in force, also after
 * `off`, and vzctl set changes them: the kernel's are right, whatever the file says.
 */
static void look_at_kernel(struct vzq_quota *q)
{
	_cleanup_free_ char *path = vz_path("%s", q->path);
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;
	struct vz_quota now;

	if (fd < 0 || vz_quota_get(fd, VZ_QUOTA_PROJECT, q->id, &now) < 0 || !vz_quota_limited(&now))
		return;
	q->on = true;
	q->lim = now;
}

int vzq_load(struct vzq_quota *q, uint32_t id, const char *file)
{
	_cleanup_conf_ struct vz_conf *c = NULL;
	_cleanup_error_ struct vz_error e = { 0 };
	const char *v;
	int r = vzq_new(q, id, file);

	if (r)
		return r;
	r = vz_conf_load(q->file, 1, &c, &e);
	if (r == -ENOENT) {
		_cleanup_ct_ struct vz_ct *ct = vzq_ct(id);

		/* one that nobody has made by hand */
		q->path = ct && ct->private_dir ? strdup(ct->private_dir) : NULL;
		q->on = q->path != NULL;
		return q->path ? 0 : vzq_fail(VZQ_NOFILE,
			"Quota %u is not known: there is neither %s nor a container with that id (vzquota init %u -p PATH …)",
			id, q->file, id);
	}
	if (r < 0)
		return vzq_fail_e(VZQ_BADFILE, &e);
	q->known = true;
	for (int i = 0; i < 4; i++) {
		unsigned long *to = i & 1 ? &q->lim.hard[i / 2] : &q->lim.soft[i / 2];

		v = vz_conf_get(c, limit_keys[i / 2][i & 1]);
		if (v && vzq_parse_count(v, to) < 0)
			return vzq_fail(VZQ_BADFILE, "%s, %s: \"%s\" is not a limit", q->file,
					limit_keys[i / 2][i & 1], v);
	}
	v = vz_conf_get(c, "PATH");
	if (!v || *v != '/')
		return vzq_fail(VZQ_BADFILE, "%s has no PATH; delete it and make the quota anew (vzquota init %u)", q->file, id);
	q->path = strdup(v);
	if (!q->path)
		return vzq_fail(VZQ_SYSTEM, "out of memory");
	v = vz_conf_get(c, "ON");
	q->on = v && strcmp(v, "yes") == 0;
	for (int i = 0; i < 2; i++) {
		v = vz_conf_get(c, grace_keys[i]);
		if (v && vz_parse_u32(v, &q->grace[i]) < 0)
			return vzq_fail(VZQ_BADFILE, "%s, %s: \"%s\" is not a number", q->file, grace_keys[i], v);
	}
	v = vz_conf_get(c, "UGIDS");
	q->ugids = v && vz_parse_u32(v, &q->max_ugids) == 0;
	look_at_kernel(q);
	return 0;
}

int vzq_save(struct vzq_quota *q)
{
	_cleanup_conf_ struct vz_conf *c = NULL;
	_cleanup_error_ struct vz_error e = { 0 };
	char buf[24], *slash = strrchr(q->file, '/');
	int r = 0;

	if (slash && slash != q->file) {
		*slash = '\0';
		r = vz_mkdir_p(q->file, 0700);
		*slash = '/';
	}
	if (r == 0 && vz_conf_load(q->file, 1, &c, NULL) < 0)
		r = vz_conf_new(&c);
	if (r == 0)
		r = vz_conf_set(c, "PATH", q->path);
	for (int i = 0; i < 4 && r == 0; i++)
		r = vz_conf_set(c, limit_keys[i / 2][i & 1],
				vzq_limit_text(i & 1 ? q->lim.hard[i / 2] : q->lim.soft[i / 2], buf));
	for (int i = 0; i < 2 && r == 0; i++) {
		snprintf(buf, sizeof(buf), "%u", q->grace[i]);
		r = vz_conf_set(c, grace_keys[i], buf);
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
		return vzq_fail_e(VZQ_SYSTEM, &e);
	q->known = true;
	return 0;
}

int vzq_open(struct vzq_quota *q)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_quota_fs_ struct vz_quota_fs fs = { 0 };
	_cleanup_free_ char *path = vz_path("%s", q->path), *remedy = NULL;
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return vzq_fail(VZQ_SYSTEM, "Unable to open %s: %s", q->path, strerror(errno));
	if (vz_quota_fs(fd, &fs, &e) < 0)
		return vzq_fail_e(VZQ_SYSTEM, &e);
	if (fs.state != VZ_QUOTA_ON && fs.state != VZ_QUOTA_COUNTS) {
		vz_quota_where(fd, &fs);
		remedy = vz_quota_remedy(&fs);
		return vzq_fail(VZQ_IOCTL, "%s has no project quota. What enables it: %s",
				fs.mnt ? fs.mnt : q->path, remedy ? remedy : "vzquota setup");
	}
	q->fd = fd;
	fd = -EBADF;
	return 0;
}

void vzq_free(struct vzq_quota *q)
{
	vz_close(q->fd);
	free(q->file);
	free(q->path);
}

int vzq_main(const struct vzq_syntax *s, const char *usage, int argc, char **argv,
	     int (*run)(struct vzq_quota *q, uint32_t id, const struct vzq_args *a))
{
	struct vzq_quota q = { .fd = -EBADF };
	struct vzq_args a;
	uint32_t id;
	int r;

	if (vzq_start(s, "QUOTAID", usage, argc, argv, &a, &r) < 0)
		return r;
	r = vzq_parse_id(a.arg[0], &id);
	if (r == 0)
		r = run(&q, id, &a);
	vzq_free(&q);
	return r;
}
