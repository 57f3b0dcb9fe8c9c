// SPDX-License-Identifier: GPL-2.0
/* Weights and masks of CPUs, against a made-up /sys. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "check.h"
#include "cpu.h"
#include "error.h"
#include "util.h"

static char root[] = "/tmp/vztest.XXXXXX";

static void put(const char *path, const char *text)
{
	_cleanup_free_ char *p = vz_path("/sys/%s", path), *dir = strdup(p);

	*strrchr(dir, '/') = '\0';
	CHECK(vz_mkdir_p(dir, 0755) == 0 && vz_replace_file(p, text, strlen(text), 0644) == 0);
}

static void drop(const char *path)
{
	_cleanup_free_ char *p = vz_path("/sys/%s", path);

	CHECK(remove(p) == 0);
}

static void test_units(void)
{
	static const struct { const char *conf, *live; uint32_t units; } u[] = {
		{ NULL, NULL, 0 }, { "1500", NULL, 1500 }, { "x", NULL, 0 }, { NULL, "1000", 1000 },
		{ "1004", "1004", 1004 }, { "500000", "256000", 500000 },
		/* changed without --save */
		{ "1004", "2000", 2000 }, { "500000", "90000", 90000 }, { "1000", "256000", 256000 },
		/* no number at all */
		{ "1004", "0", 1004 }, { "1004", "sum", 1004 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(u); i++)
		CHECK(vz_cpuunits(u[i].conf, u[i].live) == u[i].units);
}

/* @msg instead of lists when it has to be refused */
static void resolve(const char *cpumask, const char *nodemask, const char *want_cpus,
		    const char *want_mems, const char *msg)
{
	char sentinel[] = "untouched";

	for (int option = 0; option < 2; option++) {
		_cleanup_error_ struct vz_error e = { 0 };
		char *cpus = sentinel, *mems = sentinel;
		int r = vz_cpumask_resolve(cpumask, nodemask, option, &cpus, &mems, &e);

		if (msg) {
			const char *name = strncmp(msg, "mem", 3) ? option ? "--cpumask " : "CPUMASK " :
					   option ? "--nodemask " : "NODEMASK ";

			CHECK(r < 0 && cpus == sentinel && mems == sentinel);
			CHECK(e.code == (option ? VZ_INVALID_PARAMETER_VALUE : VZ_SETFSHD_ERROR));
			CHECK(e.msg && strncmp(e.msg, name, strlen(name)) == 0);
			if (!e.msg || !strstr(e.msg, msg)) {
				fprintf(stderr, "\"%s\" is not in \"%s\"\n", msg, e.msg ? e.msg : "");
				check_failed++;
			}
			continue;
		}
		CHECK(r == 0);
		if (r < 0)
			continue;
		CHECK_STR(cpus, want_cpus);
		CHECK_STR(mems, want_mems);
		free(cpus);
		free(mems);
	}
}

static void test_masks(void)
{
	/* 8 CPUs, 5 of them off; node 2 has no CPU, node 3 no memory */
	put("devices/system/cpu/online", "0-4,6-7\n");
	put("devices/system/node/has_memory", "0-2\n");
	put("devices/system/node/node0/cpulist", "0-3\n");
	put("devices/system/node/node1/cpulist", "4-6\n");
	put("devices/system/node/node2/cpulist", "\n");
	put("devices/system/node/node3/cpulist", "7\n");

	resolve(NULL, NULL, "", "", NULL);
	resolve("", "", "", "", NULL);
	resolve("all", "all", "", "", NULL);
	resolve("all", "1", "", "1", NULL);
	resolve("0", NULL, "0", "", NULL);
	resolve("3,0-1", "0,2", "0-1,3", "0,2", NULL);
	resolve("0-4,6-7", NULL, "0-4,6-7", "", NULL);
	resolve("0-7", NULL, NULL, NULL, "CPU 5 is not there or not online (there are: 0-4,6-7)");
	resolve("8", NULL, NULL, NULL, "CPU 8 is not there");
	resolve("8191", "all", NULL, NULL, "CPU 8191 is not there");
	resolve("0-", NULL, "0", "", NULL);		/* params.c does not let it through */
	resolve("x", NULL, NULL, NULL, "not a list");
	resolve("all", "0-3", NULL, NULL, "memory node 3 is not there or has no memory (there are: 0-2)");
	resolve("all", "9", NULL, NULL, "memory node 9");

	resolve("auto", "0", "0-3", "0", NULL);
	resolve("auto", "0-1", "0-4,6", "0-1", NULL);
	resolve("auto", "all", "", "", NULL);
	resolve("auto", "2", NULL, NULL, "auto: no CPU of node 2 is online");
	resolve("auto", NULL, NULL, NULL, "auto needs ");
	resolve("auto", "", NULL, NULL, "auto needs ");

	/* the host keeps CPUs for itself */
	put("fs/cgroup/vz/cpuset.cpus.effective", "2-4\n");
	put("fs/cgroup/vz/cpuset.mems.effective", "0\n");
	resolve("0", NULL, NULL, NULL, "CPU 0 is not there or not online (there are: 2-4)");
	resolve("auto", "0", "2-3", "0", NULL);
	resolve("all", "1", NULL, NULL, "memory node 1 is not there or has no memory (there are: 0)");
	drop("fs/cgroup/vz/cpuset.cpus.effective");
	drop("fs/cgroup/vz/cpuset.mems.effective");

	/* a kernel without NUMA */
	drop("devices/system/node/has_memory");
	drop("devices/system/node/node0/cpulist");
	resolve("auto", "0", "0-4,6-7", "0", NULL);
	resolve("0", "1", NULL, NULL, "memory node 1 is not there or has no memory (there are: 0)");

	CHECK(vz_cpumask_is_all("", "0-3") && vz_cpumask_is_all("0-7", "0-3\n") && vz_cpumask_is_all("0-3", "0-3"));
	CHECK(!vz_cpumask_is_all("0-2", "0-3") && !vz_cpumask_is_all("1-7", "0-3") && !vz_cpumask_is_all("x", "0"));
}

int main(void)
{
	_cleanup_free_ char *rm = NULL;

	if (!mkdtemp(root) || setenv("VZ_ROOT_PREFIX", root, 1) < 0)
		return 1;
	test_units();
	test_masks();
	rm = vz_asprintf("rm -rf %s", root);
	if (!rm || system(rm))
		return 1;
	return CHECK_DONE();
}
