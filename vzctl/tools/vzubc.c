// SPDX-License-Identifier: GPL-2.0
/*
 * vzubc: beancounters for people.
 *
 * One table a container, with how full each resource is.  -q leaves what is of
 * no concern, -r and -i compare with earlier figures, which STORE keeps in the form of
 * the kernel's own file; -w does it all again and again.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ct.h"
#include "error.h"
#include "tool.h"
#include "ubc.h"
#include "util.h"

/* not in a directory where everybody may put links */
#define STORE		"/run/vzctl/vzubc"

static const char usage_text[] =
"Usage: vzubc [option]... [CTID | NAME]...\n"
"\n"
"  -v, --verbose      exact numbers in the kernel's units\n"
"  -c, --color        show in color what is critical\n"
"  -f, --file FILE    read FILE instead of the kernel's, - for standard input\n"
"  -w, --watch        show again and again, every 2 seconds\n"
"  -wd SEC            the same, every SEC seconds\n"
"  -wt                the same without the title\n"
"  -wn                the same without clearing the screen\n"
"  -q, --quiet        only what is of concern\n"
"  -qh RATIO          the same, from RATIO of the barrier held (0.5)\n"
"  -qm RATIO          the same, from RATIO of the barrier held once (0.8)\n"
"  -r, --relative     failures since the first call with -r\n"
"  -rd DIR            the same, which DIR remembers\n"
"  -rc                the same, from now on\n"
"  -i, --incremental  how what is held changed since the last call with -i\n"
"  -id DIR            the same, which DIR remembers\n"
"  -ic                the same, from now on\n"
"  -h, --help         print this text\n"
"  --version          print the version\n";

enum {
	O_WD = 256, O_WT, O_WN, O_QH, O_QM, O_RD, O_RC, O_ID, O_IC,
};

static const struct option options[] = {
	{ "verbose", no_argument, NULL, 'v' },
	{ "color", no_argument, NULL, 'c' },
	{ "file", required_argument, NULL, 'f' },
	{ "watch", no_argument, NULL, 'w' },
	{ "wd", required_argument, NULL, O_WD },
	{ "wt", no_argument, NULL, O_WT },
	{ "wn", no_argument, NULL, O_WN },
	{ "quiet", no_argument, NULL, 'q' },
	{ "qh", required_argument, NULL, O_QH },
	{ "qm", required_argument, NULL, O_QM },
	{ "relative", no_argument, NULL, 'r' },
	{ "rd", required_argument, NULL, O_RD },
	{ "rc", no_argument, NULL, O_RC },
	{ "incremental", no_argument, NULL, 'i' },
	{ "id", required_argument, NULL, O_ID },
	{ "ic", no_argument, NULL, O_IC },
	VZ_TOOL_OPTIONS,
};

/*
 * struct store - figures of an earlier call
 * @clear: forget them; @renew: replace them each time
 * @file: where they are; @dir: its directory
 */
struct store {
	bool on, clear, renew;
	const char *dir, *name;
	char *file;
	struct vz_ubc *all;
	size_t n;
};

static struct {
	bool watch, title, clear, quiet, exact, color;
	double delay, held_ratio, max_ratio;
	const char *file;
	uint32_t *ids;
	size_t n_ids;
	struct store fail, held;
} opt = {
	.title = true, .clear = true, .delay = 2, .held_ratio = 0.5, .max_ratio = 0.8,
	.fail = { .dir = STORE, .name = "failcnt" },
	.held = { .dir = STORE, .name = "held", .renew = true },
};

/* ---- earlier figures ------------------------------------------------------ */

static bool wanted(uint32_t id)
{
	for (size_t i = 0; i < opt.n_ids; i++) {
		if (opt.ids[i] == id)
			return true;
	}
	return !opt.n_ids;
}

static int store_open(struct store *s, struct vz_error *e)
{
	_cleanup_free_ char *dir = strcmp(s->dir, STORE) == 0 ? vz_path(STORE) : strdup(s->dir);
	struct stat st;
	int r;

	if (!s->on || s->file)
		return 0;
	if (!dir)
		return vz_err(e, 0, ENOMEM, "%m");
	r = vz_mkdir_p(dir, 0755);
	if (r < 0)
		return vz_err(e, 0, -r, "Unable to create %s: %m", dir);
	if (lstat(dir, &st) < 0)
		return vz_err(e, 0, errno, "Unable to use %s: %m", dir);
	/* who may write there, or made a link, decides which file is replaced, and what is read */
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 022)
		return vz_err(e, 0, EPERM,
			      "%s is no place to remember figures in: it must be a directory of yours where nobody else may write",
			      dir);
	s->file = vz_asprintf("%s/%s", dir, s->name);
	if (!s->file)
		return vz_err(e, 0, ENOMEM, "%m");
	if (access(s->file, F_OK) < 0)
		return 0;
	r = vz_ubc_read(s->file, &s->all, &s->n, e);
	if (!s->clear)
		return r;
	if (r < 0)	/* whatever it is, it goes */
		vz_error_reset(e);
	for (size_t i = s->n; i-- > 0; ) {
		if (wanted(s->all[i].id))
			s->all[i] = s->all[--s->n];
	}
	return 0;
}

static const struct vz_ubc *store_find(const struct store *s, uint32_t id)
{
	return vz_ubc_find(s->all, s->n, id);
}

/* counters that went down are those of another life */
static bool restarted(const struct vz_ubc *now, const struct vz_ubc *then)
{
	for (int i = 0; i < VZ_NR_UBC; i++) {
		if (now->v[i][VZ_FAILCNT] < then->v[i][VZ_FAILCNT] ||
		    now->v[i][VZ_MAXHELD] < then->v[i][VZ_MAXHELD])
			return true;
	}
	return false;
}

/* what is remembered after this call; containers that are gone are not */
static int store_save(struct store *s, const struct vz_ubc *all, size_t n, struct vz_error *e)
{
	_cleanup_free_ struct vz_ubc *keep = calloc(n + 1, sizeof(*keep));
	_cleanup_free_ char *text = NULL;
	size_t n_keep = 0, len = 0;
	bool changed = s->clear;
	FILE *f;
	int r;

	if (!s->on)
		return 0;
	f = open_memstream(&text, &len);
	if (!f || !keep) {
		if (f)
			fclose(f);
		return vz_err(e, 0, ENOMEM, "%m");
	}
	fprintf(f, "Version: 2.5\n");
	for (size_t i = 0; i < n; i++) {
		const struct vz_ubc *u = store_find(s, all[i].id);

		if (u && !s->renew && restarted(&all[i], u)) {
			/* all of its failures are new */
			keep[n_keep] = (struct vz_ubc){ .id = u->id, .known = all[i].known };
			u = &keep[n_keep];
			changed = true;
		} else if (wanted(all[i].id) && (s->renew || !u)) {
			u = &all[i];
			changed = true;
		} else if (!u) {
			continue;
		}
		keep[n_keep++] = *u;
		fprintf(f, "%u:", u->id);
		for (int k = 0; k < VZ_NR_UBC; k++) {
			if (u->known & 1u << k)
				fprintf(f, " %s %lu %lu %lu %lu %lu\n", vz_ubc_info[k].name, u->v[k][0],
					u->v[k][1], u->v[k][2], u->v[k][3], u->v[k][4]);
		}
		if (!u->known)
			fprintf(f, " dummy 0 0 0 0 0\n");
	}
	if (fclose(f) != 0)
		return vz_err(e, 0, ENOMEM, "%m");
	s->clear = false;
	r = changed || n_keep != s->n ? vz_replace_file(s->file, text, len, 0600) : 0;
	if (r < 0)
		return vz_err(e, 0, -r, "Unable to save %s: %m", s->file);
	free(s->all);
	s->all = keep;
	s->n = n_keep;
	keep = NULL;
	return 0;
}

/* ---- the table ------------------------------------------------------------ */

/* room for the largest number and a sign */
#define CELL	24

/* "14.1M" of bytes, "131k" of things */
static void human(unsigned long v, enum vz_unit unit, char *buf, size_t size)
{
	static const char bytes[] = "BKMGTPE", things[] = " kMGTPE";
	double base = unit == VZ_UNIT_NUM ? 1000 : 1024, d;
	int i = 0;

	if (unit == VZ_UNIT_PAGES)
		v = vz_sat_mul(v, VZ_PAGE_SIZE);
	if (v < (unit == VZ_UNIT_NUM ? 100000 : 1024)) {
		snprintf(buf, size, "%lu", v);
		return;
	}
	/* what would be rounded up to the next unit is written in it */
	for (d = (double)v; d >= base - 0.5 && i < 6; d /= base)
		i++;
	snprintf(buf, size, "%.*f%c", d < 9.995 ? 2 : d < 99.95 ? 1 : 0, d,
		 unit == VZ_UNIT_NUM ? things[i] : bytes[i]);
}

static void number(unsigned long v, enum vz_unit unit, char buf[CELL])
{
	if (v == VZ_UNLIMITED)
		strcpy(buf, "unlim");
	else if (opt.exact)
		snprintf(buf, CELL, "%lu", v);
	else
		human(v, unit, buf, CELL);
}

static void difference(unsigned long now, unsigned long then, enum vz_unit unit, char buf[CELL])
{
	buf[0] = now > then ? '+' : now < then ? '-' : ' ';
	if (now == then)
		strcpy(buf, "0");
	else if (opt.exact)
		snprintf(buf + 1, CELL - 1, "%lu", now > then ? now - then : then - now);
	else
		human(now > then ? now - then : then - now, unit, buf + 1, CELL - 1);
}

static void percent(unsigned long v, unsigned long of, char buf[CELL])
{
	long double p;

	if (!of || of == VZ_UNLIMITED) {
		strcpy(buf, "-");
		return;
	}
	p = (long double)v * 100 / (long double)of;
	snprintf(buf, CELL, "%d%%", p < 999 ? (int)p : 999);
}

/* what requests run into, VZ_UNLIMITED for nothing */
static unsigned long ceiling(int res, const unsigned long *row)
{
	if (res == VZ_VMGUARPAGES || res == VZ_OOMGUARPAGES)	/* guarantees */
		return VZ_UNLIMITED;
	if (res == VZ_PHYSPAGES || res == VZ_SWAPPAGES)
		return row[VZ_LIMIT];
	return row[VZ_BARRIER] < row[VZ_LIMIT] ? row[VZ_BARRIER] : row[VZ_LIMIT];
}

static bool reaches(unsigned long v, double ratio, unsigned long top)
{
	return v && top != VZ_UNLIMITED && (double)v >= ratio * (double)top;
}

/* false for a row that -q leaves out; @first: after the header, @blank: and an empty line */
static bool print_row(const struct vz_ubc *u, int res, const struct vz_ubc *ref,
		      const struct vz_ubc *last, bool first, bool blank)
{
	const unsigned long *row = u->v[res];
	enum vz_unit unit = vz_key_unit(vz_ubc_info[res].key);
	unsigned long top = ceiling(res, row), fail = row[VZ_FAILCNT];
	char c[10][CELL] = { "" };
	int w = opt.exact ? 19 : 6;
	bool concern;

	if (ref)
		fail -= ref->v[res][VZ_FAILCNT];
	concern = fail || reaches(row[VZ_HELD], opt.held_ratio, top) ||
		  reaches(row[VZ_MAXHELD], opt.max_ratio, top);
	if (opt.quiet && !concern)
		return false;
	if (first) {
		char ct[24];

		snprintf(ct, sizeof(ct), "CTID %u", u->id);
		printf("%s%-15s|%*s", blank ? "\n" : "", ct, w, "HELD");
		if (opt.held.on)
			printf(" %*s", w + 1, "CHANGE");
		printf(" Bar%% Lim%%|%*s Bar%% Lim%%|%*s|%*s|%*s\n", w, "MAXH", w, "BAR", w, "LIM", w, "FAIL");
	}
	number(row[VZ_HELD], unit, c[0]);
	percent(row[VZ_HELD], row[VZ_BARRIER], c[1]);
	percent(row[VZ_HELD], row[VZ_LIMIT], c[2]);
	number(row[VZ_MAXHELD], unit, c[3]);
	percent(row[VZ_MAXHELD], row[VZ_BARRIER], c[4]);
	percent(row[VZ_MAXHELD], row[VZ_LIMIT], c[5]);
	number(row[VZ_BARRIER], unit, c[6]);
	number(row[VZ_LIMIT], unit, c[7]);
	number(fail, VZ_UNIT_NUM, c[8]);
	if (last)
		difference(row[VZ_HELD], last->v[res][VZ_HELD], unit, c[9]);
	else
		strcpy(c[9], "-");

	if (opt.color && concern)
		fputs(fail || reaches(row[VZ_HELD], 1, top) ? "\033[1;31m" : "\033[33m", stdout);
	printf("%15s|%*s", vz_ubc_info[res].name, w, c[0]);
	if (opt.held.on)
		printf(" %*s", w + 1, c[9]);
	printf(" %4s %4s|%*s %4s %4s|%*s|%*s|%*s", c[1], c[2], w, c[3],
	       c[4], c[5], w, c[6], w, c[7], w, c[8]);
	fputs(opt.color && concern ? "\033[0m\n" : "\n", stdout);
	return true;
}

static void print_ct(const struct vz_ubc *u, bool *any)
{
	const struct vz_ubc *ref = store_find(&opt.fail, u->id), *last = store_find(&opt.held, u->id);
	bool first = true;

	for (int i = 0; i < VZ_NR_UBC; i++) {
		if (!(u->known & 1u << i))
			continue;
		if (print_row(u, i, ref, last, first, first && *any)) {
			first = false;
			*any = true;
		}
	}
}

/* ---- main ----------------------------------------------------------------- */

static int once(struct vz_error *e)
{
	_cleanup_free_ struct vz_ubc *all = NULL;
	bool any = false;
	size_t n = 0;
	int code = VZ_TOOL_OK;

	if (vz_ubc_read(opt.file, &all, &n, e) < 0 ||
	    store_open(&opt.fail, e) < 0 || store_open(&opt.held, e) < 0)
		return vz_tool_error(e);
	/* the first call with -r compares with itself; with -i there is nothing to compare with */
	if (store_save(&opt.fail, all, n, e) < 0)
		return vz_tool_error(e);
	for (size_t i = 0; i < n; i++) {
		if (wanted(all[i].id))
			print_ct(&all[i], &any);
	}
	if (store_save(&opt.held, all, n, e) < 0)
		return vz_tool_error(e);
	for (size_t i = 0; i < opt.n_ids; i++) {
		uint32_t id = opt.ids[i];

		if (vz_ubc_find(all, n, id))
			continue;
		if (opt.file)
			code = vz_tool_fail(VZ_TOOL_ERROR, "Container %u is not in %s", id, opt.file);
		else if (!id)
			code = vz_tool_no_host_ubc();
		else
			code = vz_tool_fail(VZ_TOOL_ERROR, "Container %u is not running (vzctl start %u)",
					    id, id);
	}
	if (!n && !opt.n_ids && !opt.quiet)
		vz_tool_fail(0, "No container is running");
	return code;
}

static int watch(void)
{
	const struct timespec delay = {
		.tv_sec = (time_t)opt.delay,
		.tv_nsec = (long)((opt.delay - (double)(time_t)opt.delay) * 1e9),
	};

	opt.clear = opt.clear && isatty(STDOUT_FILENO);
	for (;;) {
		_cleanup_error_ struct vz_error e = { 0 };
		int code;

		if (opt.clear)
			fputs("\033[H\033[2J", stdout);
		if (opt.title) {
			time_t now = time(NULL);
			struct tm tm;
			char text[32];

			localtime_r(&now, &tm);
			strftime(text, sizeof(text), "%F %T", &tm);
			printf("%s, every %g s\n\n", text, opt.delay);
		}
		code = once(&e);
		/* a container that stopped may come back */
		if (e.msg)
			return code;
		if (vz_tool_end(VZ_TOOL_OK) != VZ_TOOL_OK)
			return VZ_TOOL_ERROR;
		if (!opt.clear)
			putchar('\n');
		nanosleep(&delay, NULL);
	}
}

/* a number from @min to @max without sign or exponent */
static bool parse_decimal(const char *s, double min, double max, double *ret)
{
	char *end;
	double v;

	if (!*s || strspn(s, "0123456789.") != strlen(s))
		return false;
	v = strtod(s, &end);
	if (*end || !(v >= min && v <= max))
		return false;
	*ret = v;
	return true;
}

static void store_free(struct store *s)
{
	free(s->file);
	free(s->all);
}

int main(int argc, char *argv[])
{
	_cleanup_error_ struct vz_error e = { 0 };
	int c, code;

	opterr = 0;
	while ((c = getopt_long_only(argc, argv, ":vcf:wqrih", options, NULL)) != -1) {
		switch (c) {
		case 'v': opt.exact = true; break;
		case 'c': opt.color = true; break;
		case 'f': opt.file = optarg; break;
		case O_WD:
			if (!parse_decimal(optarg, 0.1, 86400, &opt.delay))
				return vz_tool_bad_value("wd", optarg, "seconds from 0.1 to 86400");
			opt.watch = true;
			break;
		case O_WT: opt.watch = true; opt.title = false; break;
		case O_WN: opt.watch = true; opt.clear = false; break;
		case 'w': opt.watch = true; break;
		case O_QH:
			if (!parse_decimal(optarg, 0, 1e6, &opt.held_ratio))
				return vz_tool_bad_value("qh", optarg, "a ratio such as 0.5");
			opt.quiet = true;
			break;
		case O_QM:
			if (!parse_decimal(optarg, 0, 1e6, &opt.max_ratio))
				return vz_tool_bad_value("qm", optarg, "a ratio such as 0.8");
			opt.quiet = true;
			break;
		case 'q': opt.quiet = true; break;
		case O_RD: opt.fail.on = true; opt.fail.dir = optarg; break;
		case O_RC: opt.fail.on = opt.fail.clear = true; break;
		case 'r': opt.fail.on = true; break;
		case O_ID: opt.held.on = true; opt.held.dir = optarg; break;
		case O_IC: opt.held.on = opt.held.clear = true; break;
		case 'i': opt.held.on = true; break;
		default:
			return vz_tool_option("vzubc", usage_text, c, argv);
		}
	}
	if (opt.file && strcmp(opt.file, "-") == 0 && opt.watch)
		return vz_tool_fail(VZ_TOOL_ERROR,
				    "Standard input can be read only once: -w and -f - do not go together");
	if (!opt.file && vz_tool_root("vzubc") != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	opt.ids = calloc((size_t)argc, sizeof(*opt.ids));
	if (!opt.ids)
		return vz_tool_fail(VZ_TOOL_ERROR, "Out of memory");
	for (; optind < argc; optind++) {
		if (vz_tool_ctid(argv[optind], &opt.ids[opt.n_ids]) != VZ_TOOL_OK)
			return VZ_TOOL_ERROR;
		opt.n_ids++;
	}
	code = opt.watch ? watch() : once(&e);
	store_free(&opt.fail);
	store_free(&opt.held);
	free(opt.ids);
	return vz_tool_end(code);
}
