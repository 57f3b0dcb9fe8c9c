// SPDX-License-Identifier: GPL-2.0
/*
 * vzcfgvalidate: is a configuration valid, and are its limits consistent?
 *
 * The configuration of a container is repaired under the container's lock, and
 * any file atomically, with its comments and order.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "ubcrules.h"
#include "lock.h"
#include "node.h"
#include "params.h"
#include "tool.h"
#include "util.h"

#define NOT_VALID	2

static const char usage_text[] =
"Usage: vzcfgvalidate [-r | -i] [-v yes|no] FILE\n"
"\n"
"  -r, --repair       correct errors and warnings in FILE\n"
"  -i, --interactive  the same, asking before each correction\n"
"  -v, --vswap yes|no memory is given as RAM and swap, or by beancounters\n"
"                     (otherwise PHYSPAGES in FILE decides)\n"
"  -h, --help         print this text\n"
"  --version          print the version\n";

static const struct option options[] = {
	{ "repair", no_argument, NULL, 'r' },
	{ "interactive", no_argument, NULL, 'i' },
	{ "vswap", required_argument, NULL, 'v' },
	VZ_TOOL_OPTIONS,
};

static const char *const severity_names[] = { "Recommendation", "Warning", "Error" };

static bool repair, interactive;

/* struct run - @fixed: bit N is set when row N of the limits has changed */
struct run {
	const struct vz_conf *conf;
	unsigned int errors, fixable;
	uint32_t fixed;
};

static bool ask(void)
{
	char line[64];
	bool yes;

	printf("Correct it? [Y/n] ");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin)) {
		putchar('\n');
		return false;
	}
	yes = *line == '\n' || *line == 'y' || *line == 'Y';
	while (!strchr(line, '\n') && fgets(line, sizeof(line), stdin))
		;
	return yes;
}

static bool found(const struct vz_finding *f, void *arg)
{
	_cleanup_free_ char *value = f->fixed ? vz_format_pair(f->fix) : NULL;
	struct run *run = arg;
	bool fix;

	printf("%s: %s\n", severity_names[f->severity], f->text);
	/* a file may be meant for another machine, and what is recommended is not wrong */
	fix = value && (interactive || (repair && f->severity != VZ_RECOMMENDATION && !f->host));
	if (fix)
		printf("%s: %s=\"%s\"\n", interactive ? "Correction" : "Corrected",
		       vz_limits_key(run->conf, f->what), value);
	if (fix && interactive)
		fix = ask();
	if (fix)
		run->fixed |= 1u << f->what;
	else if (f->severity == VZ_INVALID)
		run->errors++;
	run->fixable += value != NULL;
	return fix;
}

/* CTID when @path is the configuration of a container, or -1 */
static int64_t conf_ctid(const char *path)
{
	_cleanup_free_ char *dir = vz_path("/etc/vz/conf"), *real_dir = NULL, *real = realpath(path, NULL);
	char *base, *dot;
	uint32_t id;

	real_dir = dir ? realpath(dir, NULL) : NULL;
	base = real ? strrchr(real, '/') : NULL;
	if (!real_dir || !base)
		return -1;
	*base++ = '\0';
	dot = strrchr(base, '.');
	if (strcmp(real, real_dir) != 0 || !dot || strcmp(dot, ".conf") != 0)
		return -1;
	*dot = '\0';
	return vz_parse_u32(base, &id) == 0 && id <= VZ_CTID_MAX ? (int64_t)id : -1;
}

/* nobody else changes it meanwhile */
static int take_lock(const char *path, struct vz_ct **ct, struct vz_lock **lock, struct vz_error *e)
{
	struct vz_conf *global = NULL;
	int64_t id = conf_ctid(path);
	char ident[16];
	int r;

	if (id < 0)
		return 0;
	r = vz_global_load(&global, e);
	if (r < 0)
		return r;
	snprintf(ident, sizeof(ident), "%u", (uint32_t)id);
	r = vz_ct_open(global, ident, VZ_CT_ALLOW_0 | VZ_CT_BROKEN, ct, e);
	return r < 0 ? r : vz_lock(*ct, "repairing its configuration", lock, e);
}

static int validate(const char *path, int vswap)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_lock_ struct vz_lock *lock = NULL;
	_cleanup_conf_ struct vz_conf *conf = NULL;
	_cleanup_ct_ struct vz_ct *ct = NULL;
	struct vz_limits l;
	struct run run = { 0 };
	struct vz_node node;
	size_t pos = 0;
	int r;

	if (repair && take_lock(path, &ct, &lock, &e) < 0)
		return vz_tool_error(&e);
	r = vz_conf_load(path, VZ_CONFIG_NOT_FOUND, &conf, &e);
	if (r < 0) {
		if (e.code == VZ_INVALID_CONFIG)
			return vz_tool_fail(NOT_VALID, "Error: %s", e.msg);
		return vz_tool_error(&e);
	}
	run.conf = conf;
	while (vz_param_check_conf(conf, path, &pos, &e) < 0) {
		printf("Error: %s\n", e.msg ? vz_safe_text(e.msg) : path);
		run.errors++;
	}
	vz_error_reset(&e);

	vz_limits_read(conf, &l);
	if (vswap < 0)
		vswap = vz_limits_vswap(&l);
	if (vswap && vz_node_read(&node, &e) < 0)
		return vz_tool_error(&e);
	vz_limits_check(&l, vswap, vswap ? &node : NULL, found, &run);

	for (int i = 0; i < VZ_NR_LIMITS; i++) {
		_cleanup_free_ char *value = NULL;

		if (!(run.fixed & 1u << i))
			continue;
		value = vz_format_pair(l.v[i]);
		if (!value || vz_conf_set(conf, vz_limits_key(conf, i), value) < 0)
			return vz_tool_fail(VZ_TOOL_ERROR, "Out of memory");
	}
	if (run.fixed) {
		if (vz_conf_save(conf, path, &e) < 0)
			return vz_tool_error(&e);
		printf("%s was corrected%s\n", path,
		       ct ? " (vzctl set CTID --reset_ub is for a running container)" : "");
	}
	if (run.errors) {
		fflush(stdout);
		return vz_tool_fail(NOT_VALID, "%s is not valid: %u error%s%s", path, run.errors,
				    run.errors == 1 ? "" : "s",
				    repair ? " left, to be corrected by hand" :
				    run.fixable ? " (-r corrects what can be)" : "");
	}
	printf("%s is valid (%s)\n", path, vswap ? "RAM and swap" : "beancounters");
	return VZ_TOOL_OK;
}

int main(int argc, char *argv[])
{
	int c, vswap = -1;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":riv:h", options, NULL)) != -1) {
		switch (c) {
		case 'r': repair = true; break;
		case 'i': repair = interactive = true; break;
		case 'v':
			vswap = vz_tool_yesno("v", optarg);
			if (vswap < 0)
				return VZ_TOOL_ERROR;
			break;
		default:
			return vz_tool_option("vzcfgvalidate", usage_text, c, argv);
		}
	}
	if (optind == argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "FILE missing (see vzcfgvalidate --help)");
	if (optind + 1 < argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unexpected argument: \"%s\" (one FILE at a time)",
				    argv[optind + 1]);
	return vz_tool_end(validate(argv[optind], vswap));
}
