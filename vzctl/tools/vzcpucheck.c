// SPDX-License-Identifier: GPL-2.0
/* vzcpucheck: the CPU units that are given away, beside the power of the machine. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf.h"
#include "cpu.h"
#include "ct.h"
#include "error.h"
#include "lifeint.h"
#include "tool.h"
#include "util.h"

/* units that one bogomips stands for */
#define UNITS_PER_BOGOMIPS	25

static const char usage_text[] =
"Usage: vzcpucheck [-v]\n"
"\n"
"  -v, --verbose  the units of the host (CT 0) and of each running container\n"
"  -h, --help     print this text\n"
"  --version      print the version\n";

static const struct option options[] = {
	{ "verbose", no_argument, NULL, 'v' },
	VZ_TOOL_OPTIONS,
};

/* of all CPUs that are online; 0 where the kernel does not say */
static int node_power(double *ret, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path("/proc/cpuinfo"), *text = NULL;
	double sum = 0;
	int r;

	r = path ? vz_read_file_at(AT_FDCWD, path, 64 << 20, &text, NULL) : -ENOMEM;
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read /proc/cpuinfo: %m (is /proc mounted?)");
	for (const char *line = text; line; line = strchr(line, '\n')) {
		double v;

		line += *line == '\n';
		/* BogoMIPS on some architectures */
		if (strncasecmp(line, "bogomips", 8) == 0 && sscanf(line + 8, " : %lf", &v) == 1)
			sum += v;
	}
	*ret = sum * UNITS_PER_BOGOMIPS;
	return 0;
}

static uint32_t units(uint32_t id, const struct vz_conf *global)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *v = NULL, *live = NULL;
	_cleanup_close_ int fd = -EBADF;
	uint32_t n;

	if (vz_conf_cpuunits(id, global, &v, &e) < 0)
		vz_tool_error(&e);
	if (id && vz_cgroup_open(id, &fd, NULL) == 0 &&
	    vz_read_file_at(fd, "ve.cpuunits", 64, &live, NULL) == 0)
		live[strcspn(live, "\n")] = '\0';
	n = vz_cpuunits(v, live);
	return n ? n : VZ_CPUUNITS;
}

static uint32_t count(uint32_t id, const struct vz_conf *global, bool verbose)
{
	uint32_t n = units(id, global);

	if (verbose)
		printf("%-10u %8u\n", id, n);
	return n;
}

static int cpucheck(bool verbose)
{
	_cleanup_free_ char *path = vz_path("/proc/vz/veinfo"), *text = NULL;
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_conf_ struct vz_conf *global = NULL;
	char *save = NULL;
	uint64_t sum;
	double power = 0;
	int r;

	r = path ? vz_read_file_at(AT_FDCWD, path, 256u << 20, &text, NULL) : -ENOMEM;
	if (r < 0) {
		errno = -r;
		return vz_tool_fail(VZ_TOOL_KERNEL, "Unable to open /proc/vz/veinfo: %m (boot the vz kernel)");
	}
	if (vz_global_load(&global, &e) < 0 || node_power(&power, &e) < 0)
		return vz_tool_error(&e);
	if (verbose)
		puts("CTID       CPUUNITS\n-------------------");
	/* the host stands first in the list, but is counted wherever it may stand */
	sum = count(0, global, verbose);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint32_t id;

		if (sscanf(line, "%u", &id) == 1 && id)
			sum += count(id, global, verbose);
	}
	if (verbose)
		puts("-------------------");
	printf("Current CPU utilization: %llu\n", (unsigned long long)sum);
	if (power > 0)
		printf("Power of the node: %.10g\n", power);
	else
		puts("Power of the node: n/a");
	return VZ_TOOL_OK;
}

int main(int argc, char *argv[])
{
	bool verbose = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":vh", options, NULL)) != -1) {
		switch (c) {
		case 'v': verbose = true; break;
		default:
			return vz_tool_option("vzcpucheck", usage_text, c, argv);
		}
	}
	if (optind < argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unexpected argument: \"%s\" (vzlist -o ctid,cpuunits is for one container)",
				    argv[optind]);
	if (vz_tool_root("vzcpucheck") != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	return vz_tool_end(cpucheck(verbose));
}
