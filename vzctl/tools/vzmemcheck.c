// SPDX-License-Identifier: GPL-2.0
/* vzmemcheck: how much of the machine's memory all containers use and may use. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "node.h"
#include "tool.h"
#include "ubc.h"
#include "usage.h"
#include "util.h"

static const char usage_text[] =
"Usage: vzmemcheck [-v] [-A]\n"
"\n"
"  -v, --verbose   each container\n"
"  -A, --absolute  megabytes instead of percent\n"
"  -h, --help      print this text\n"
"  --version       print the version\n";

static const struct option options[] = {
	{ "verbose", no_argument, NULL, 'v' },
	{ "absolute", no_argument, NULL, 'A' },
	VZ_TOOL_OPTIONS,
};

static bool verbose, absolute;

static void print_cell(unsigned long v, unsigned long of)
{
	double d = absolute ? v == VZ_UNLIMITED ? INFINITY : (double)v / 1048576 : vz_usage_percent(v, of);

	if (isinf(d))
		printf(" %9s", "unlim");
	else
		printf(" %9.2f", d);
}

static void print_row(const char *name, const struct vz_usage *u, const struct vz_node *n)
{
	unsigned long total = vz_sat_add(n->ram, n->swap);

	printf("%-10s", name);
	print_cell(u->low, n->lowmem);
	print_cell(u->low_max, n->lowmem);
	print_cell(u->ram, n->ram);
	print_cell(u->mem, total);
	print_cell(u->mem_promised, total);
	print_cell(u->alloc, total);
	print_cell(u->alloc_promised, total);
	print_cell(u->alloc_max, total);
	putchar('\n');
}

static void print_header(void)
{
	static const char *const names[2][8] = {
		{ "LowMem", "LowMem", "RAM", "MemSwap", "MemSwap", "Alloc", "Alloc", "Alloc" },
		{ "util", "commit", "util", "util", "commit", "util", "commit", "limit" },
	};

	printf("Output values in %s\n", absolute ? "Mbytes" : "%");
	for (int i = 0; i < 2; i++) {
		printf("%-10s", verbose && !i ? "CTID" : "");
		for (int k = 0; k < 8; k++)
			printf(" %9s", names[i][k]);
		putchar('\n');
	}
}

static int memcheck(void)
{
	static const char dashes[] = "---------------------------------------------"
				     "---------------------------------------------";
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_conf_ struct vz_conf *global = NULL;
	_cleanup_free_ struct vz_ubc *all = NULL;
	struct vz_usage sum = { 0 };
	struct vz_node n;
	size_t n_all;

	if (vz_ubc_read(NULL, &all, &n_all, &e) < 0 || vz_node_read(&n, &e) < 0 ||
	    vz_global_load(&global, &e) < 0)
		return vz_tool_error(&e);
	print_header();
	for (size_t i = 0; i < n_all; i++) {
		_cleanup_free_ char *path = vz_path("/etc/vz/conf/%u.conf", all[i].id);
		_cleanup_conf_ struct vz_conf *conf = NULL;
		struct vz_usage use;
		char name[16];

		/* what it uses is known without; what it was promised is the kernel's then */
		if (path && vz_conf_load(path, VZ_CONFIG_NOT_FOUND, &conf, &e) < 0) {
			vz_tool_error(&e);
			vz_error_reset(&e);
		}
		vz_usage_get(&all[i], conf, global, &use);
		vz_usage_add(&sum, &use);
		snprintf(name, sizeof(name), "%u", all[i].id);
		if (verbose)
			print_row(name, &use, &n);
	}
	if (verbose)
		puts(dashes);
	print_row("Summary:", &sum, &n);
	if (absolute) {
		unsigned long total = vz_sat_add(n.ram, n.swap);
		const struct vz_usage node = { n.lowmem, n.lowmem, n.ram, total, total, total, total, total };

		print_row("Node:", &node, &n);
	}
	return VZ_TOOL_OK;
}

int main(int argc, char *argv[])
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":vAh", options, NULL)) != -1) {
		switch (c) {
		case 'v': verbose = true; break;
		case 'A': absolute = true; break;
		default:
			return vz_tool_option("vzmemcheck", usage_text, c, argv);
		}
	}
	if (optind < argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unexpected argument: \"%s\" (vzcalc is for one container)",
				    argv[optind]);
	if (vz_tool_root("vzmemcheck") != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	return vz_tool_end(memcheck());
}
