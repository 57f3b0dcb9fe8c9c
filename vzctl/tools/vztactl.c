// SPDX-License-Identifier: GPL-2.0
/* vztactl: the classes of networks by which traffic is counted, and the counters. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ct.h"
#include "error.h"
#include "netacct.h"
#include "tool.h"
#include "util.h"

static const char usage_text[] =
"Usage: vztactl class_load [FILE]\n"
"       vztactl class_unload\n"
"       vztactl class_list\n"
"       vztactl reset_ve_stat CTID | NAME\n"
"       vztactl reset_all_stat\n"
"\n"
"  class_load      let the networks of FILE be those by which traffic is counted\n"
"                  (" VZ_NETCLASS_FILE ")\n"
"  class_unload    have no networks: all traffic is of class 1\n"
"  class_list      print the networks in use\n"
"  reset_ve_stat   let the counters of a container begin with 0\n"
"  reset_all_stat  the same of all containers\n"
"  -h, --help      print this text\n"
"  --version       print the version\n";

static const struct option options[] = {
	VZ_TOOL_OPTIONS,
};

static int class_load(const char *file, struct vz_error *e)
{
	_cleanup_free_ char *path = file ? strdup(file) : vz_path(VZ_NETCLASS_FILE);
	_cleanup_free_ struct vz_netclass *v = NULL;
	size_t n = 0;
	int r;

	if (!path)
		return vz_err(e, 0, ENOMEM, "%m");
	r = vz_netclass_load(path, &v, &n, e);
	return r < 0 ? r : vz_netclass_set(v, n, e);
}

static int class_unload(const char *arg, struct vz_error *e)
{
	(void)arg;
	return vz_netclass_set(NULL, 0, e);
}

/* as class_load reads it */
static int class_list(const char *arg, struct vz_error *e)
{
	_cleanup_free_ struct vz_netclass *v = NULL;
	char net[VZ_NETCLASS_TEXT];
	size_t n = 0;
	int r;

	(void)arg;
	r = vz_netclass_get(&v, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		printf("%u %s\n", v[i].class, vz_netclass_text(&v[i], net));
	return r;
}

static int reset_all_stat(const char *arg, struct vz_error *e)
{
	(void)arg;
	return vz_traffic_reset(0, e);
}

static int reset_ve_stat(const char *arg, struct vz_error *e)
{
	uint32_t veid;

	if (vz_ctid(arg, &veid) < 0 || !veid)
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
			      "Bad CT ID %s: give a number or the name of a container (see vzlist -a -o ctid,name)",
			      arg);
	return vz_traffic_reset(veid, e);
}

static const struct command {
	const char *name;
	int (*run)(const char *arg, struct vz_error *e);
	int min_args, max_args;
} commands[] = {
	{ "class_load", class_load, 0, 1 },
	{ "class_unload", class_unload, 0, 0 },
	{ "class_list", class_list, 0, 0 },
	{ "reset_ve_stat", reset_ve_stat, 1, 1 },
	{ "reset_all_stat", reset_all_stat, 0, 0 },
};

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	_cleanup_error_ struct vz_error e = { 0 };
	const struct command *cmd;
	int c, args;

	opterr = 0;
	c = getopt_long(argc, argv, ":h", options, NULL);
	if (c != -1)
		return vz_tool_option("vztactl", usage_text, c, argv);
	if (optind == argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "Command missing (see vztactl --help)");
	cmd = find(argv[optind]);
	if (!cmd)
		return vz_tool_fail(VZ_TOOL_ERROR, "Bad command: %s (see vztactl --help)", argv[optind]);
	args = argc - optind - 1;
	if (args < cmd->min_args)
		return vz_tool_fail(VZ_TOOL_ERROR, "CTID missing (see vztactl --help)");
	if (args > cmd->max_args)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unexpected argument: \"%s\" (see vztactl --help)",
				    argv[optind + 1 + cmd->max_args]);
	if (vz_tool_root("vztactl") != VZ_TOOL_OK)
		return VZ_TOOL_ERROR;
	if (cmd->run(args ? argv[optind + 1] : NULL, &e) < 0)
		return vz_tool_error(&e);
	return vz_tool_end(VZ_TOOL_OK);
}
