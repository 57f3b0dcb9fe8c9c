// SPDX-License-Identifier: GPL-2.0
/* The rules of consistency, each at its edge; what a correction leaves. */
#include <stdio.h>

#include "check.h"
#include "conf.h"
#include "node.h"
#include "ubcrules.h"
#include "util.h"

/* consistent, without a finding */
static const char *const good[][2] = {
	{ "KMEMSIZE", "1740800:1847296" }, { "LOCKEDPAGES", "4:4" }, { "PRIVVMPAGES", "7680:8448" },
	{ "SHMPAGES", "1152:1152" }, { "NUMPROC", "40:40" }, { "PHYSPAGES", "0:unlimited" },
	{ "VMGUARPAGES", "1725:unlimited" }, { "OOMGUARPAGES", "1725:unlimited" },
	{ "NUMTCPSOCK", "40:40" }, { "NUMFLOCK", "50:60" }, { "NUMPTY", "4:4" },
	{ "NUMSIGINFO", "256:256" }, { "TCPSNDBUF", "159744:262144" },
	{ "TCPRCVBUF", "159744:262144" }, { "OTHERSOCKBUF", "135168:237568" },
	{ "DGRAMRCVBUF", "135168:196608" }, { "NUMOTHERSOCK", "40:40" },
	{ "DCACHESIZE", "196608:202752" }, { "NUMFILE", "512:512" }, { "AVNUMPROC", "15:15" },
	{ "NUMIPTENT", "16:16" }, { "DISKSPACE", "1G:1.1G" }, { "DISKINODES", "65536:72090" },
};

struct seen {
	int n, fixed;
	char what[8];		/* first letters of the severities */
	bool fix;
};

static bool found(const struct vz_finding *f, void *arg)
{
	struct seen *s = arg;

	if (s->n < 7)
		s->what[s->n] = "RWE"[f->severity];
	s->n++;
	s->fixed += f->fixed;
	return s->fix;
}

/* the findings of @good with "KEY=VALUE KEY=VALUE…" instead, an empty value for none */
static struct seen check(const char *changes, bool vswap, bool fix, struct vz_limits *ret)
{
	static const struct vz_node node = { .ram = 4096 * 1000, .swap = 4096 * 500 };
	_cleanup_strv_ char **w = vz_strv_split(changes, " ");
	_cleanup_conf_ struct vz_conf *c = NULL;
	struct seen s = { .fix = fix };

	if (vz_conf_new(&c) < 0 || !w)
		exit(1);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		CHECK(vz_conf_set(c, good[i][0], good[i][1]) == 0);
	for (char **p = w; *p; p++) {
		char *v = strchr(*p, '=');

		*v++ = '\0';
		CHECK(vz_conf_set(c, *p, *v ? v : NULL) == 0);
	}
	vz_limits_read(c, ret);
	vz_limits_check(ret, vswap, &node, found, &s);
	return s;
}

static void test_edges(void)
{
	static const struct { const char *changes, *what; bool vswap; } cases[] = {
		{ "", "" },
		/* kmemsize: 40K * avnumproc + dcachesize */
		{ "KMEMSIZE=817152:817152", "" }, { "KMEMSIZE=817151:817152", "E" },
		{ "KMEMSIZE=817152:817151", "E" },
		/* half of numproc without AVNUMPROC: 20 * 32 files, more dentries, more memory */
		{ "AVNUMPROC= NUMFILE=640 DCACHESIZE=245760 KMEMSIZE=1064960", "" },
		{ "AVNUMPROC= NUMFILE=640 DCACHESIZE=245760 KMEMSIZE=1064959", "E" },
		{ "AVNUMPROC= NUMFILE=639 DCACHESIZE=245760 KMEMSIZE=1064960", "W" },
		{ "PRIVVMPAGES=1725:1725", "" }, { "PRIVVMPAGES=1724:1725", "W" },
		{ "TCPSNDBUF=65536:167936", "" }, { "TCPSNDBUF=65535:167936", "W" },
		{ "TCPSNDBUF=65536:167935", "E" }, { "TCPSNDBUF=65536:unlimited", "" },
		{ "TCPRCVBUF=65536:167936", "" }, { "TCPRCVBUF=65535:167936", "W" },
		{ "TCPRCVBUF=65536:167935", "W" },
		{ "OTHERSOCKBUF=132096:234496", "" }, { "OTHERSOCKBUF=132096:234495", "E" },
		{ "OTHERSOCKBUF=132095:234496", "R" }, { "OTHERSOCKBUF=32768:234496", "R" },
		{ "OTHERSOCKBUF=32767:234496", "W" },
		{ "DGRAMRCVBUF=132096", "" }, { "DGRAMRCVBUF=132095", "R" }, { "DGRAMRCVBUF=32767", "W" },
		{ "NUMFILE=480 DCACHESIZE=0:184320", "" }, { "NUMFILE=479", "W" },
		{ "NUMPTY=400", "" }, { "NUMPTY=432", "" }, { "NUMPTY=433", "W" },
		{ "DCACHESIZE=196608:196608", "" }, { "DCACHESIZE=196607:196607", "W" },
		{ "NUMPROC=40:41", "E" }, { "NUMPROC=41:40", "E" }, { "SHMPAGES=1:2", "E" },
		{ "NUMSIGINFO=1:2", "E" }, { "NUMIPTENT=1:2", "E" }, { "NUMPTY=1:2", "E" },
		{ "NUMFLOCK=60:59", "E" }, { "LOCKEDPAGES=5:4", "E" }, { "LOCKEDPAGES=4:5", "" },
		{ "DISKSPACE=2G:1G", "E" }, { "DISKINODES=2:1", "E" },
		{ "PHYSPAGES=1:unlimited", "E" }, { "PHYSPAGES=0:1", "E" },
		{ "VMGUARPAGES=1725:1725", "E" }, { "OOMGUARPAGES=1:2", "E" },
		{ "KMEMSIZE=", "E" }, { "KMEMSIZE= NUMPTY=", "E" }, { "SWAPPAGES=0:5", "" },
		/* an older key */
		{ "NUMIPTENT= IPTENTRIES=16", "" }, { "DCACHESIZE= DCACHE=1:202752", "" },
		/* a value that is not valid is somebody else's finding */
		{ "NUMPTY=x", "" }, { "PHYSPAGES=x KMEMSIZE=", "" },
		/* numbers at their end */
		{ "NUMPROC=unlimited", "" }, { "NUMPROC=unlimited AVNUMPROC=", "WE" },
		{ "NUMTCPSOCK=unlimited", "WEW" },
		{ "NUMTCPSOCK=9223372036854775806", "WEW" },
		{ "NUMFILE=unlimited", "W" },
		{ "NUMFILE=unlimited DCACHESIZE=unlimited", "E" },
		{ "NUMFILE=unlimited DCACHESIZE=unlimited KMEMSIZE=unlimited", "" },

		{ "PHYSPAGES=0:1000 SWAPPAGES=0:500", "", true },
		{ "PHYSPAGES=0:1001 SWAPPAGES=0:500", "W", true },
		{ "PHYSPAGES=0:1000 SWAPPAGES=0:501", "W", true },
		{ "PHYSPAGES=0:1000 SWAPPAGES=0:unlimited", "", true },
		{ "PHYSPAGES=1:1000 SWAPPAGES=0:500", "E", true },
		{ "PHYSPAGES=0:1000 SWAPPAGES=1:500", "E", true },
		{ "PHYSPAGES=0:1000", "E", true },
		{ "PHYSPAGES= SWAPPAGES=0:1", "E", true },
		{ "PHYSPAGES=0:unlimited SWAPPAGES=0:1", "E", true },
		{ "PHYSPAGES=0:1000 SWAPPAGES=0:500 KMEMSIZE= NUMFILE= NUMPTY= NUMPROC= AVNUMPROC=", "", true },
	};
	struct vz_limits l;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seen s = check(cases[i].changes, cases[i].vswap, false, &l);

		if (strcmp(s.what, cases[i].what) != 0) {
			fprintf(stderr, "%s: \"%s\", not \"%s\"\n", cases[i].changes, s.what, cases[i].what);
			check_failed++;
		}
	}
}

/* whatever numbers there are, one pass corrects them, or says that it cannot */
static void test_repair(void)
{
	static const char *const values[] = {
		"0", "0:1", "1:0", "5:4", "100", "1000:900", "65536", "100000:200000", "4000000:3000000",
		"9223372036854775806", "9223372036854775806:5", "5:9223372036854775806",
		"unlimited", "0:unlimited", "unlimited:0", "unlimited:9223372036854775806",
	};
	unsigned int state = 1;

	for (int n = 0; n < 3000; n++) {
		_cleanup_conf_ struct vz_conf *c = NULL;
		struct seen s = { .fix = true }, again = { .fix = true };
		struct vz_limits l;
		bool vswap;

		if (vz_conf_new(&c) < 0)
			exit(1);
		for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
			state = state * 1103515245 + 12345;
			CHECK(vz_conf_set(c, good[i][0], n % 3 == 0 && state >> 16 & 3 ? good[i][1] :
					  values[(state >> 18) % ARRAY_SIZE(values)]) == 0);
		}
		vz_limits_read(c, &l);
		vswap = vz_limits_vswap(&l);
		vz_limits_check(&l, vswap, NULL, found, &s);
		vz_limits_check(&l, vswap, NULL, found, &again);
		CHECK(again.fixed == 0);
		for (int i = 0; i < VZ_NR_LIMITS; i++)
			CHECK(l.v[i][0] <= VZ_UNLIMITED && l.v[i][1] <= VZ_UNLIMITED);
	}
}

static void test_fix(void)
{
	struct vz_limits l;
	struct seen s = check("NUMFILE=100:200 DCACHESIZE=1:2 KMEMSIZE=1000:1100", false, true, &l);

	CHECK_STR(s.what, "EWWE");
	CHECK(l.v[VZ_NUMFILE][0] == 480 && l.v[VZ_NUMFILE][1] == 480);
	CHECK(l.v[VZ_DCACHESIZE][0] == 1 && l.v[VZ_DCACHESIZE][1] == 480 * 384);
	/* the limit keeps its distance */
	CHECK(l.v[VZ_KMEMSIZE][0] == 40960 * 15 + 480 * 384);
	CHECK(l.v[VZ_KMEMSIZE][1] == l.v[VZ_KMEMSIZE][0] + 100);
	/* what the kernel enforces stays */
	s = check("NUMPROC=40:unlimited PRIVVMPAGES=8000:7000", false, true, &l);
	CHECK(l.v[VZ_NUMPROC][0] == 40 && l.v[VZ_NUMPROC][1] == 40);
	CHECK(l.v[VZ_PRIVVMPAGES][0] == 8000 && l.v[VZ_PRIVVMPAGES][1] == 8000);
	CHECK(s.n == 2);
}

int main(void)
{
	test_edges();
	test_repair();
	test_fix();
	return CHECK_DONE();
}
