// SPDX-License-Identifier: GPL-2.0
/* vzcalc: the share of the machine that one container uses and may use. */
#include <errno.h>
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
"Usage: vzcalc [-v] CTID | NAME\n"
"\n"
"  -v, --verbose  each resource\n"
"  -h, --help     print this text\n"
"  --version      print the version\n";

static const struct option options[] = {
	{ "verbose", no_argument, NULL, 'v' },
	VZ_TOOL_OPTIONS,
};

enum { CURRENT, PROMISED, MAX, NCOLS };

/* negative where there is no such figure */
static const char *cell(double v, char buf[32])
{
	if (v < 0 || isinf(v))
		return v < 0 ? "n/a" : "unlim";
	snprintf(buf, 32, "%.2f", v);
	return buf;
}

static void print_row(const char *name, const double v[NCOLS])
{
	char b[NCOLS][32];

	printf("%-10s  %10s  %11s  %10s\n", name, cell(v[CURRENT], b[0]), cell(v[PROMISED], b[1]),
	       cell(v[MAX], b[2]));
}

static int calc(const char *ident, bool verbose)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ struct vz_ubc *all = NULL;
	_cleanup_ct_ struct vz_ct *ct = NULL;
	struct vz_conf *global = NULL;
	const struct vz_ubc *u;
	struct vz_usage use;
	struct vz_node n;
	uint32_t id;
	size_t n_all;

	if (vz_tool_ctid(ident, &id) != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	if (!id)
		return vz_tool_no_host_ubc();
	if (vz_ubc_read(NULL, &all, &n_all, &e) < 0 || vz_node_read(&n, &e) < 0 ||
	    vz_global_load(&global, &e) < 0 || vz_ct_open(global, ident, 0, &ct, &e) < 0)
		return vz_tool_error(&e);
	u = vz_ubc_find(all, n_all, id);
	if (!u && !ct->conf)
		return vz_tool_fail(VZ_TOOL_ERROR, "Container %u does not exist (see vzlist -a)", id);
	vz_usage_get(u, ct->conf, ct->global, &use);

	unsigned long total = vz_sat_add(n.ram, n.swap);
	const struct { const char *name; double v[NCOLS]; } rows[] = {
		{ "Low Mem", { vz_usage_percent(use.low, n.lowmem), vz_usage_percent(use.low_max, n.lowmem),
			       vz_usage_percent(use.low_max, n.lowmem) } },
		{ "Total RAM", { vz_usage_percent(use.ram, n.ram), -1, -1 } },
		{ "Mem + Swap", { vz_usage_percent(use.mem, total), vz_usage_percent(use.mem_promised, total),
				  -1 } },
		{ "Alloc. Mem", { vz_usage_percent(use.alloc, total),
				  vz_usage_percent(use.alloc_promised, total),
				  vz_usage_percent(use.alloc_max, total) } },
		{ "Num. Proc", { vz_usage_percent(use.tasks, n.threads), -1,
				 vz_usage_percent(use.tasks_max, n.threads) } },
	};
	double most[NCOLS] = { 0 };

	printf("%-10s  %10s  %11s  %10s\n", "Resource", "Current(%)", "Promised(%)", "Max(%)");
	/* the last row is not about memory */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (verbose)
			print_row(rows[i].name, rows[i].v);
		for (int k = 0; k < NCOLS && i + 1 < ARRAY_SIZE(rows); k++)
			most[k] = rows[i].v[k] > most[k] ? rows[i].v[k] : most[k];
	}
	if (verbose)
		puts("-------------------------------------------------");
	print_row("Memory", most);
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
			return vz_tool_option("vzcalc", usage_text, c, argv);
		}
	}
	if (optind == argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "CTID missing (see vzcalc --help)");
	if (optind + 1 < argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unexpected argument: \"%s\" (one container at a time)",
				    argv[optind + 1]);
	if (vz_tool_root("vzcalc") != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	return vz_tool_end(calc(argv[optind], verbose));
}
