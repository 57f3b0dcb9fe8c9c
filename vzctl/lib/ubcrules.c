// SPDX-License-Identifier: GPL-2.0
/* Consistency of limits; contract in ubcrules.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "ubcrules.h"
#include "node.h"
#include "params.h"
#include "util.h"

enum { BAR, LIM };

/* kernel memory of a process, files of it, a file's dentry, and a socket's share of a buffer */
#define PROC_KMEM	(40 * 1024ul)
#define PROC_FILES	32ul
#define FILE_DCACHE	384ul
#define SOCK_BUF	2560ul

/* the least that buffers work with, and what lets a datagram of the largest size in */
#define TCP_MIN		(64 * 1024ul)
#define DGRAM_MIN	(32 * 1024ul)
#define DGRAM_GOOD	(129 * 1024ul)

static const char *const more_names[] = { "avnumproc", "diskspace", "diskinodes" };
static const char *const more_keys[] = { "AVNUMPROC", "DISKSPACE", "DISKINODES" };

struct check {
	struct vz_limits *l;
	bool (*found)(const struct vz_finding *f, void *arg);
	void *arg;
};

static const char *name(int what)
{
	return what < VZ_NR_UBC ? vz_ubc_info[what].name : more_names[what - VZ_NR_UBC];
}

static bool has(const struct check *c, int what)
{
	return c->l->set & 1u << what;
}

/* a number as people write it, in one of a few buffers */
static const char *num(unsigned long v)
{
	static char bufs[6][24];
	static unsigned int next;
	char *s = bufs[next++ % ARRAY_SIZE(bufs)];

	if (v == VZ_UNLIMITED)
		strcpy(s, "unlimited");
	else
		snprintf(s, sizeof(bufs[0]), "%lu", v);
	return s;
}

/* report; @bar and @lim are the fix, if they differ from what is there */
__attribute__((format(printf, 6, 7)))
static void report(struct check *c, enum vz_severity severity, int what, unsigned long bar,
		   unsigned long lim, const char *fmt, ...)
{
	struct vz_finding f = { .severity = severity, .what = what, .fix = { bar, lim } };
	unsigned long *v = c->l->v[what];
	va_list ap;

	f.fixed = has(c, what) && (v[BAR] != bar || v[LIM] != lim);
	f.host = severity == VZ_WARNING && (what == VZ_PHYSPAGES || what == VZ_SWAPPAGES);
	va_start(ap, fmt);
	vsnprintf(f.text, sizeof(f.text), fmt, ap);
	va_end(ap);
	if (c->found(&f, c->arg) && f.fixed)
		memcpy(v, f.fix, sizeof(f.fix));
}

/* those of @need that are not there; nobody but the user knows what they should be */
static void missing(struct check *c, uint32_t need, const char *why)
{
	char names[300] = "";
	size_t len = 0;

	need &= ~(c->l->set | c->l->bad);
	/* what the mode is depends on it */
	if (!need || c->l->bad & 1u << VZ_PHYSPAGES)
		return;
	for (int i = 0; i < VZ_NR_UBC; i++) {
		if (need & 1u << i)
			len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
						len ? " " : "", name(i));
	}
	report(c, VZ_INVALID, VZ_PHYSPAGES, c->l->v[VZ_PHYSPAGES][BAR], c->l->v[VZ_PHYSPAGES][LIM],
	       "not set: %s; %s", names, why);
}

/* the kernel looks at the barrier, so the limit is what changes */
static void equal(struct check *c, int what)
{
	const unsigned long *v = c->l->v[what];

	if (has(c, what) && v[BAR] != v[LIM])
		report(c, VZ_INVALID, what, v[BAR], v[BAR],
		       "%s: the barrier (%s) must be the same as the limit (%s)",
		       name(what), num(v[BAR]), num(v[LIM]));
}

static void ordered(struct check *c, int what)
{
	const unsigned long *v = c->l->v[what];
	bool disk = what == VZ_L_DISKSPACE || what == VZ_L_DISKINODES;

	if (has(c, what) && v[BAR] > v[LIM])
		report(c, VZ_INVALID, what, v[BAR], v[BAR],
		       "%s: the %s (%s) must not be above the %s (%s)", name(what),
		       disk ? "soft limit" : "barrier", num(v[BAR]),
		       disk ? "hard limit" : "limit", num(v[LIM]));
}

static void fixed_value(struct check *c, int what, int which, unsigned long want)
{
	const unsigned long *v = c->l->v[what];

	if (has(c, what) && v[which] != want)
		report(c, VZ_INVALID, what, which == BAR ? want : v[BAR], which == LIM ? want : v[LIM],
		       "%s: the %s (%s) must be %s", name(what), which == BAR ? "barrier" : "limit",
		       num(v[which]), num(want));
}

/*
 * The barrier must be @need at least.  The limit keeps its distance.  Where
 * @need is unlimited because something else is, nothing but the user helps.
 */
static void barrier_min(struct check *c, enum vz_severity severity, int what, unsigned long need,
			const char *why)
{
	const unsigned long *v = c->l->v[what];
	unsigned long gap = v[LIM] > v[BAR] ? v[LIM] - v[BAR] : 0;
	unsigned long lim = v[LIM] == VZ_UNLIMITED ? VZ_UNLIMITED : vz_sat_add(need, gap);
	bool known = need != VZ_UNLIMITED;

	if (what == VZ_NUMFILE)		/* where they are the same */
		lim = need;
	if (!has(c, what) || v[BAR] >= need)
		return;
	report(c, severity, what, known ? need : v[BAR], known ? lim : v[LIM],
	       "%s: the barrier (%s) should be at least %s%s%s", name(what), num(v[BAR]), why,
	       *why ? " = " : "", num(need));
}

/* the limit must be so much above the barrier that each socket gets its share */
static void room(struct check *c, enum vz_severity severity, int what, int sockets)
{
	const unsigned long *v = c->l->v[what];
	unsigned long gap = v[LIM] > v[BAR] ? v[LIM] - v[BAR] : 0, need;

	if (!has(c, what) || !has(c, sockets) || v[LIM] == VZ_UNLIMITED)
		return;
	need = vz_sat_mul(c->l->v[sockets][BAR], SOCK_BUF);
	if (gap < need)
		report(c, severity, what, v[BAR], need == VZ_UNLIMITED ? v[LIM] : vz_sat_add(v[BAR], need),
		       "%s: the limit (%s) should be above the barrier (%s) by at least 2.5K * %s = %s",
		       name(what), num(v[LIM]), num(v[BAR]), name(sockets), num(need));
}

static void at_most(struct check *c, int what, unsigned long bytes, const char *of)
{
	const unsigned long *v = c->l->v[what];
	unsigned long pages = bytes / VZ_PAGE_SIZE;

	if (has(c, what) && v[LIM] != VZ_UNLIMITED && v[LIM] > pages)
		report(c, VZ_WARNING, what, v[BAR], pages,
		       "%s: the limit (%s) is more than the %s of this machine (%s pages)",
		       name(what), num(v[LIM]), of, num(pages));
}

/* the usual number of processes: AVNUMPROC, or half of the most */
static bool avnumproc(const struct check *c, unsigned long *ret)
{
	unsigned long max = c->l->v[VZ_NUMPROC][BAR];

	if (has(c, VZ_L_AVNUMPROC))
		*ret = c->l->v[VZ_L_AVNUMPROC][BAR];
	else if (has(c, VZ_NUMPROC))
		*ret = max == VZ_UNLIMITED ? max : max / 2;
	else
		return false;
	return true;
}

static void files(struct check *c)
{
	const unsigned long (*v)[2] = (const unsigned long (*)[2])c->l->v;
	unsigned long av, sum;

	if (avnumproc(c, &av))
		barrier_min(c, VZ_WARNING, VZ_NUMFILE, vz_sat_mul(av, PROC_FILES), "32 * avnumproc");
	if (!has(c, VZ_NUMTCPSOCK) || !has(c, VZ_NUMOTHERSOCK) || !has(c, VZ_NUMPTY))
		return;
	sum = vz_sat_add(v[VZ_NUMTCPSOCK][BAR], vz_sat_add(v[VZ_NUMOTHERSOCK][BAR], v[VZ_NUMPTY][BAR]));
	barrier_min(c, VZ_WARNING, VZ_NUMFILE, sum, "numtcpsock + numothersock + numpty");
}

static void dentries(struct check *c)
{
	const unsigned long *v = c->l->v[VZ_DCACHESIZE];
	unsigned long need;

	if (!has(c, VZ_DCACHESIZE) || !has(c, VZ_NUMFILE))
		return;
	need = vz_sat_mul(c->l->v[VZ_NUMFILE][BAR], FILE_DCACHE);
	if (v[LIM] < need)
		report(c, VZ_WARNING, VZ_DCACHESIZE, v[BAR], need == VZ_UNLIMITED ? v[LIM] : need,
		       "dcachesize: the limit (%s) should be at least 384 * numfile = %s",
		       num(v[LIM]), num(need));
}

static void kernel_memory(struct check *c)
{
	unsigned long av;

	if (avnumproc(c, &av) && has(c, VZ_DCACHESIZE))
		barrier_min(c, VZ_INVALID, VZ_KMEMSIZE,
			    vz_sat_add(vz_sat_mul(av, PROC_KMEM), c->l->v[VZ_DCACHESIZE][LIM]),
			    "40K * avnumproc + the limit of dcachesize");
}

void vz_limits_check(struct vz_limits *l, bool vswap, const struct vz_node *node,
		     bool (*found)(const struct vz_finding *f, void *arg), void *arg)
{
	static const unsigned char same[] = {
		VZ_NUMPROC, VZ_NUMTCPSOCK, VZ_NUMOTHERSOCK, VZ_SHMPAGES, VZ_NUMFILE, VZ_NUMPTY,
		VZ_NUMSIGINFO, VZ_NUMIPTENT,
	}, order[] = {
		VZ_KMEMSIZE, VZ_TCPSNDBUF, VZ_TCPRCVBUF, VZ_OTHERSOCKBUF, VZ_DGRAMRCVBUF,
		VZ_PRIVVMPAGES, VZ_LOCKEDPAGES, VZ_NUMFLOCK, VZ_DCACHESIZE, VZ_L_DISKSPACE,
		VZ_L_DISKINODES,
	};
	struct check c = { l, found, arg };

	/* what a container needs to start */
	if (vswap) {
		missing(&c, 1u << VZ_PHYSPAGES | 1u << VZ_SWAPPAGES,
			"RAM and swap are needed (vzctl set --ram --swap)");
		if (has(&c, VZ_PHYSPAGES) && l->v[VZ_PHYSPAGES][LIM] == VZ_UNLIMITED)
			report(&c, VZ_INVALID, VZ_PHYSPAGES, l->v[VZ_PHYSPAGES][BAR], VZ_UNLIMITED,
			       "physpages: the limit is the RAM of the container and must not be unlimited");
	} else {
		missing(&c, ((1u << VZ_NR_UBC) - 1) & ~(1u << VZ_SWAPPAGES),
			"all of them are needed, or else RAM and swap alone (physpages and swappages)");
	}

	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		equal(&c, same[i]);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		ordered(&c, order[i]);

	/* numbers without a meaning */
	fixed_value(&c, VZ_PHYSPAGES, BAR, 0);
	if (vswap)
		fixed_value(&c, VZ_SWAPPAGES, BAR, 0);
	else
		fixed_value(&c, VZ_PHYSPAGES, LIM, VZ_UNLIMITED);
	fixed_value(&c, VZ_VMGUARPAGES, LIM, VZ_UNLIMITED);
	fixed_value(&c, VZ_OOMGUARPAGES, LIM, VZ_UNLIMITED);

	/* each needs what is above it */
	files(&c);
	dentries(&c);
	kernel_memory(&c);
	if (has(&c, VZ_VMGUARPAGES))
		barrier_min(&c, VZ_WARNING, VZ_PRIVVMPAGES, l->v[VZ_VMGUARPAGES][BAR],
			    "the barrier of vmguarpages");
	barrier_min(&c, VZ_WARNING, VZ_TCPSNDBUF, TCP_MIN, "");
	barrier_min(&c, VZ_WARNING, VZ_TCPRCVBUF, TCP_MIN, "");
	for (int i = 0; i < 2; i++) {
		int what = i ? VZ_OTHERSOCKBUF : VZ_DGRAMRCVBUF;

		barrier_min(&c, VZ_WARNING, what, DGRAM_MIN, "");
		if (l->v[what][BAR] >= DGRAM_MIN)
			barrier_min(&c, VZ_RECOMMENDATION, what, DGRAM_GOOD, "");
	}
	room(&c, VZ_INVALID, VZ_TCPSNDBUF, VZ_NUMTCPSOCK);
	room(&c, VZ_INVALID, VZ_OTHERSOCKBUF, VZ_NUMOTHERSOCK);
	room(&c, VZ_WARNING, VZ_TCPRCVBUF, VZ_NUMTCPSOCK);

	if (vswap && node) {
		at_most(&c, VZ_PHYSPAGES, node->ram, "RAM");
		at_most(&c, VZ_SWAPPAGES, node->swap, "swap");
	}
}

void vz_limits_read(const struct vz_conf *c, struct vz_limits *ret)
{
	*ret = (struct vz_limits){ 0 };
	for (int i = 0; i < VZ_NR_LIMITS; i++) {
		const char *s = vz_conf_get(c, vz_limits_key(c, i));
		unsigned long *v = ret->v[i];
		bool ok;

		if (i < VZ_NR_UBC)
			ok = vz_ubc_conf(c, (enum vz_ubc_res)i, v);
		else if (i == VZ_L_DISKSPACE)
			ok = s && vz_param_diskspace(s, &v[BAR], &v[LIM]) == 0;
		else
			ok = s && vz_parse_pair(s, VZ_UNIT_NUM, v) == 0;
		if (s && *s && !ok)
			ret->bad |= 1u << i;
		else if (s && *s)
			ret->set |= 1u << i;
	}
}

const char *vz_limits_key(const struct vz_conf *c, int what)
{
	const char *key;

	if (what >= VZ_NR_UBC)
		return more_keys[what - VZ_NR_UBC];
	return vz_ubc_conf_text(c, (enum vz_ubc_res)what, &key) ? key : vz_ubc_info[what].key;
}

bool vz_limits_vswap(const struct vz_limits *l)
{
	return l->set & 1u << VZ_PHYSPAGES && l->v[VZ_PHYSPAGES][LIM] != VZ_UNLIMITED;
}
