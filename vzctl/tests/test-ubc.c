// SPDX-License-Identifier: GPL-2.0
/* Beancounters: the reader of the kernel's files. */
#include <errno.h>
#include <math.h>

#include "check.h"
#include "conf.h"
#include "error.h"
#include "ubc.h"
#include "usage.h"
#include "util.h"

#define HEAD	"Version: 2.5\n       uid  resource held maxheld barrier limit failcnt\n"
#define MAX	"9223372036854775807"

static void test_table(void)
{
	for (int i = 0; i < VZ_NR_UBC; i++) {
		CHECK(vz_ubc_info[i].name && vz_ubc_info[i].key);
		CHECK(vz_ubc_name(vz_ubc_info[i].key) == vz_ubc_info[i].name);
	}
	CHECK_STR(vz_ubc_info[VZ_NUMIPTENT].name, "numiptent");
	CHECK_STR(vz_ubc_info[VZ_SWAPPAGES].key, "SWAPPAGES");
	CHECK_STR(vz_ubc_name("DCACHE"), "dcachesize");
	CHECK_STR(vz_ubc_name("IPTENTRIES"), "numiptent");
	CHECK(!vz_ubc_name("AVNUMPROC"));
}

static void test_parse(void)
{
	char text[] = HEAD
		"      101:  kmemsize 1 2 3 4 5\n"
		"            dummy 0 0 " MAX " " MAX " 0\n"
		"            numproc 6 7 8 " MAX " 9\n"
		"4294967295:  physpages 1 1 99999999999999999999 18446744073709551615 0\n";
	_cleanup_free_ struct vz_ubc *u = NULL;
	size_t n = 0;

	CHECK(vz_ubc_parse(text, "F", &u, &n, NULL) == 0 && n == 2);
	CHECK(u[0].id == 101 && u[1].id == UINT32_MAX);
	CHECK(u[0].known == (1u << VZ_KMEMSIZE | 1u << VZ_NUMPROC));
	CHECK(u[0].v[VZ_KMEMSIZE][VZ_HELD] == 1 && u[0].v[VZ_KMEMSIZE][VZ_FAILCNT] == 5);
	CHECK(u[0].v[VZ_NUMPROC][VZ_BARRIER] == 8 && u[0].v[VZ_NUMPROC][VZ_LIMIT] == VZ_UNLIMITED);
	/* not in the file: nothing held, no limit */
	CHECK(u[0].v[VZ_NUMFILE][VZ_HELD] == 0 && u[0].v[VZ_NUMFILE][VZ_BARRIER] == VZ_UNLIMITED);
	/* what is beyond the range is unlimited */
	CHECK(u[1].v[VZ_PHYSPAGES][VZ_BARRIER] == VZ_UNLIMITED);
	CHECK(u[1].v[VZ_PHYSPAGES][VZ_LIMIT] == VZ_UNLIMITED);
	CHECK(vz_ubc_find(u, n, UINT32_MAX) == &u[1] && !vz_ubc_find(u, n, 1));
}

static void test_bad(void)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "", "the first line is not" },
		{ "Version: 2.4\n", "the first line is not" },
		{ "Version: 2.55\n", "the first line is not" },
		{ HEAD "  kmemsize 1 2 3 4 5\n", "F, line 3" },
		{ HEAD "  1:  kmemsize 1 2 3 4\n", "F, line 3" },
		{ HEAD "  1:  kmemsize 1 2 3 4 5 6\n", "F, line 3" },
		{ HEAD "  1:  kmemsize 1 2 -3 4 5\n", "F, line 3" },
		{ HEAD "  1:  kmemsize 1 2 3 4 5\n   numproc 1 2x 3 4 5\n", "F, line 4" },
		{ HEAD "  x:  kmemsize 1 2 3 4 5\n", "F, line 3" },
		{ HEAD "  4294967296:  kmemsize 1 2 3 4 5\n", "F, line 3" },
		{ HEAD "  1:\n", "F, line 3" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_error_ struct vz_error e = { 0 };
		_cleanup_free_ char *text = strdup(bad[i].text);
		_cleanup_free_ struct vz_ubc *u = NULL;
		size_t n = 0;

		CHECK(vz_ubc_parse(text, "F", &u, &n, &e) == -EINVAL);
		CHECK(e.code == VZ_SYSTEM_ERROR && e.msg && strstr(e.msg, bad[i].says));
	}
}

static void test_empty(void)
{
	/* padded as some kernels do; nobody runs */
	char text[] = "Version: 2.5      \n       uid  resource held\n\n";
	_cleanup_free_ struct vz_ubc *u = NULL;
	size_t n = 1;

	CHECK(vz_ubc_parse(text, "F", &u, &n, NULL) == 0 && n == 0);
}

static void test_conf(void)
{
	_cleanup_conf_ struct vz_conf *c = NULL;
	unsigned long v[2];
	const char *key;

	if (vz_conf_new(&c) < 0)
		exit(1);
	CHECK(!vz_ubc_conf(c, VZ_DCACHESIZE, v));
	CHECK(vz_conf_set(c, "DCACHE", "1K:2K") == 0);
	CHECK(vz_ubc_conf(c, VZ_DCACHESIZE, v) && v[0] == 1024 && v[1] == 2048);
	CHECK_STR(vz_ubc_conf_text(c, VZ_DCACHESIZE, &key), "1K:2K");
	CHECK_STR(key, "DCACHE");
	CHECK(vz_conf_set(c, "DCACHESIZE", "5") == 0);
	CHECK(vz_ubc_conf(c, VZ_DCACHESIZE, v) && v[0] == 5 && v[1] == 5);
	CHECK(vz_conf_set(c, "NUMPROC", "5K") == 0 && !vz_ubc_conf(c, VZ_NUMPROC, v));
	CHECK(vz_conf_set(c, "NUMFILE", "") == 0 && !vz_ubc_conf_text(c, VZ_NUMFILE, NULL));
}

static void test_numbers(void)
{
	CHECK(vz_sat_add(1, 2) == 3);
	CHECK(vz_sat_add(VZ_UNLIMITED, 0) == VZ_UNLIMITED);
	CHECK(vz_sat_add(VZ_UNLIMITED - 1, 1) == VZ_UNLIMITED);
	CHECK(vz_sat_add(VZ_UNLIMITED, VZ_UNLIMITED) == VZ_UNLIMITED);
	CHECK(vz_sat_add(ULONG_MAX, 2) == VZ_UNLIMITED);
	CHECK(vz_sat_mul(VZ_UNLIMITED, 4096) == VZ_UNLIMITED);
	CHECK(vz_sat_mul(VZ_UNLIMITED / 4096 + 1, 4096) == VZ_UNLIMITED);
	CHECK(vz_sat_mul(1ul << 40, 4096) == 1ul << 52);
	CHECK(vz_sat_mul(VZ_UNLIMITED, 0) == 0);
}

static void test_implied(void)
{
	const unsigned long max = VZ_UNLIMITED;
	static const char *const swaps[] = { NULL, "", "0:10", "unlimited", "x" };
	/* locked, private, guaranteed to be there, guaranteed not to be killed for */
	const struct {
		const char *ram, *swap, *factor;
		unsigned long locked[2], priv[2], guar[2], oom[2];
	} t[] = {
		{ "0:1000", "0:500", NULL, { 1000, 1000 }, { max, max }, { 1500, max }, { 1000, max } },
		{ "0:1000", "0:500", "", { 1000, 1000 }, { max, max }, { 1500, max }, { 1000, max } },
		{ "0:1000", "0:500", "0", { 1000, 1000 }, { max, max }, { 1500, max }, { 1000, max } },
		{ "0:1000", "0:500", "1", { 1000, 1000 }, { 1500, 1500 }, { 1500, max }, { 1000, max } },
		{ "0:1000", "0:500", "1.5", { 1000, 1000 }, { 2250, 2250 }, { 1500, max }, { 1000, max } },
		{ "0:1000", "0:1", "1.5", { 1000, 1000 }, { 1501, 1501 }, { 1001, max }, { 1000, max } },
		/* the limits count, in whatever unit; the barriers mean nothing */
		{ "65536", "1M:2M", "2", { 65536, 65536 }, { 132096, 132096 }, { 66048, max }, { 65536, max } },
		{ "0:256M", "0:0", "1", { 65536, 65536 }, { 65536, 65536 }, { 65536, max }, { 65536, max } },
		/* swap without a limit */
		{ "0:1000", NULL, NULL, { 1000, 1000 }, { max, max }, { max, max }, { 1000, max } },
		{ "0:1000", "", "1.5", { 1000, 1000 }, { max, max }, { max, max }, { 1000, max } },
		{ "0:1000", "0:unlimited", "1", { 1000, 1000 }, { max, max }, { max, max }, { 1000, max } },
		/* beyond the range */
		{ "0:9223372036854775806", "0:9", "1", { max - 1, max - 1 }, { max, max }, { max, max }, { max - 1, max } },
		{ "0:9223372036854775806", "0:0", "1000", { max - 1, max - 1 }, { max, max }, { max - 1, max }, { max - 1, max } },
		{ "0:2", "0:1", "1000", { 2, 2 }, { 3000, 3000 }, { 3, max }, { 2, max } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		unsigned long v[2] = { 1, 1 };

		CHECK(vz_ubc_implied(VZ_LOCKEDPAGES, t[i].ram, t[i].swap, t[i].factor, v) &&
		      v[0] == t[i].locked[0] && v[1] == t[i].locked[1]);
		CHECK(vz_ubc_implied(VZ_PRIVVMPAGES, t[i].ram, t[i].swap, t[i].factor, v) &&
		      v[0] == t[i].priv[0] && v[1] == t[i].priv[1]);
		CHECK(vz_ubc_implied(VZ_VMGUARPAGES, t[i].ram, t[i].swap, t[i].factor, v) &&
		      v[0] == t[i].guar[0] && v[1] == t[i].guar[1]);
		CHECK(vz_ubc_implied(VZ_OOMGUARPAGES, t[i].ram, t[i].swap, t[i].factor, v) &&
		      v[0] == t[i].oom[0] && v[1] == t[i].oom[1]);
	}

	/* without a limit of RAM: nothing limited, nothing guaranteed */
	for (size_t i = 0; i < ARRAY_SIZE(swaps) * 4; i++) {
		static const char *const rams[] = { NULL, "", "0:unlimited", "x" };
		const char *ram = rams[i % 4], *swap = swaps[i / 4];
		unsigned long v[2] = { 1, 1 };

		CHECK(vz_ubc_implied(VZ_LOCKEDPAGES, ram, swap, "2", v) && v[0] == max && v[1] == max);
		CHECK(vz_ubc_implied(VZ_PRIVVMPAGES, ram, swap, "2", v) && v[0] == max && v[1] == max);
		CHECK(vz_ubc_implied(VZ_VMGUARPAGES, ram, swap, "2", v) && v[0] == 0 && v[1] == max);
		CHECK(vz_ubc_implied(VZ_OOMGUARPAGES, ram, swap, "2", v) && v[0] == 0 && v[1] == max);
	}
	/* the others have nothing to do with it */
	for (int i = 0; i < VZ_NR_UBC; i++) {
		unsigned long v[2] = { 1, 2 };
		bool is = i == VZ_LOCKEDPAGES || i == VZ_PRIVVMPAGES || i == VZ_VMGUARPAGES || i == VZ_OOMGUARPAGES;

		CHECK(vz_ubc_implied((enum vz_ubc_res)i, "0:1", "0:1", "1", v) == is);
		CHECK(is || (v[0] == 1 && v[1] == 2));
	}
}

static const char *get_key(const void *c, const char *key)
{
	return vz_conf_get(c, key);
}

static void test_value(void)
{
	static const struct { enum vz_ubc_res res; const char *key, *value; } t[] = {
		{ VZ_LOCKEDPAGES, "LOCKEDPAGES", "5" },
		{ VZ_PRIVVMPAGES, NULL, "300:300" },
		{ VZ_VMGUARPAGES, NULL, "150:unlimited" },
		{ VZ_OOMGUARPAGES, NULL, "100:unlimited" },
		{ VZ_PHYSPAGES, "PHYSPAGES", "0:100" },
		{ VZ_SWAPPAGES, "SWAPPAGES", "0:50" },
		{ VZ_DCACHESIZE, "DCACHE", "1K:2K" },
		{ VZ_NUMIPTENT, "NUMIPTENT", "7" },
		{ VZ_KMEMSIZE, NULL, NULL },
		{ VZ_NUMPROC, NULL, NULL },
	};
	_cleanup_conf_ struct vz_conf *c = NULL;

	if (vz_conf_new(&c) < 0 || vz_conf_set(c, "PHYSPAGES", "0:100") < 0 ||
	    vz_conf_set(c, "SWAPPAGES", "0:50") < 0 || vz_conf_set(c, "VM_OVERCOMMIT", "2") < 0 ||
	    vz_conf_set(c, "LOCKEDPAGES", "5") < 0 || vz_conf_set(c, "PRIVVMPAGES", "") < 0 ||
	    vz_conf_set(c, "DCACHE", "1K:2K") < 0 || vz_conf_set(c, "IPTENTRIES", "6") < 0 ||
	    vz_conf_set(c, "NUMIPTENT", "7") < 0 || vz_conf_set(c, "KMEMSIZE", "") < 0)
		exit(1);
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		_cleanup_free_ char *v = NULL;
		const char *key = "?";

		CHECK(vz_ubc_value(t[i].res, get_key, c, &key, &v) == 0);
		if (t[i].key)
			CHECK_STR(key, t[i].key);
		else
			CHECK(!key);
		if (t[i].value)
			CHECK_STR(v, t[i].value);
		else
			CHECK(!v);
	}
}

static void test_usage(void)
{
	struct vz_usage a, b = { .ram = 1, .alloc_max = VZ_UNLIMITED };
	struct vz_ubc u = { .known = (1u << VZ_NR_UBC) - 1 };

	/* whatever a file says: nothing wraps */
	for (int i = 0; i < VZ_NR_UBC; i++) {
		for (int k = 0; k < VZ_NR_COUNTS; k++)
			u.v[i][k] = VZ_UNLIMITED;
	}
	vz_usage_get(&u, NULL, NULL, &a);
	CHECK(a.low == VZ_UNLIMITED && a.mem == VZ_UNLIMITED && a.alloc_max == VZ_UNLIMITED);
	for (int i = 0; i < VZ_NR_UBC; i++)
		u.v[i][VZ_LIMIT] = u.v[i][VZ_BARRIER] = VZ_UNLIMITED - 1;
	vz_usage_get(&u, NULL, NULL, &a);
	CHECK(a.mem_promised == VZ_UNLIMITED && a.tasks_max == VZ_UNLIMITED - 1);
	vz_usage_add(&b, &a);
	CHECK(b.ram == VZ_UNLIMITED && b.alloc_max == VZ_UNLIMITED);
	/* nothing is known */
	vz_usage_get(NULL, NULL, NULL, &a);
	CHECK(a.ram == 0 && a.low_max == VZ_UNLIMITED && a.tasks_max == VZ_UNLIMITED);

	CHECK(vz_usage_percent(1, 4) > 24.9 && vz_usage_percent(1, 4) < 25.1);
	CHECK(isinf(vz_usage_percent(VZ_UNLIMITED, 4)) && isinf(vz_usage_percent(1, 0)));
	CHECK(vz_usage_percent(0, 0) < 0.1);
}

static void test_safe(void)
{
	static const struct { const char *in, *out; } texts[] = {
		{ "plain (x) ~", "plain (x) ~" }, { "", "" }, { "a\033[2Jb\n\t\177", "a?[2Jb???" },
		{ "gr\303\274n \342\202\254 \360\237\230\200", "gr\303\274n \342\202\254 \360\237\230\200" },
		{ "\233m", "?m" }, { "\302\233m", "?m" }, { "\342\200\256x", "?x" },
		{ "\300\200", "??" }, { "\355\240\200", "???" }, { "\364\220\200\200", "????" },
		{ "\340\200\200", "???" }, { "cut \342\202", "cut ??" }, { "\302\240", "\302\240" },
		{ "\342\201\246x", "?x" }, { "\342\200\250", "?" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *s = strdup(texts[i].in);

		CHECK_STR(vz_safe_text(s), texts[i].out);
	}
}

int main(void)
{
	test_table();
	test_parse();
	test_bad();
	test_empty();
	test_conf();
	test_numbers();
	test_implied();
	test_value();
	test_safe();
	test_usage();
	return CHECK_DONE();
}
