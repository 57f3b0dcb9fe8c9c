// SPDX-License-Identifier: GPL-2.0
/* What the small tools share; contract in tool.h. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ct.h"
#include "error.h"
#include "tool.h"
#include "util.h"

int vz_tool_fail(int code, const char *fmt, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vasprintf(&s, fmt, ap);
	va_end(ap);
	fflush(stdout);
	if (r >= 0)
		fprintf(stderr, "%s\n", vz_safe_text(s));
	else
		s = NULL;
	return code;
}

int vz_tool_error(const struct vz_error *e)
{
	for (char *s = e->msg; s && (s = strchr(s, '\n')); )	/* one line */
		*s = ' ';
	return vz_tool_fail(e->code == VZ_BAD_KERNEL ? VZ_TOOL_KERNEL : VZ_TOOL_ERROR, "%s",
			    e->msg ? e->msg : "Out of memory");
}

int vz_tool_option(const char *tool, const char *usage, int c, char *const *argv)
{
	const char *arg = optind > 1 ? argv[optind - 1] : "";

	if (c == 'h' || c == 'V') {
		if (c == 'h')
			fputs(usage, stdout);
		else
			printf("%s version " VZ_VERSION "\n", tool);
		return vz_tool_end(VZ_TOOL_OK);
	}
	/* a short one that takes no value may stand among others in one word */
	if (c == ':')
		return vz_tool_fail(VZ_TOOL_ERROR, "Option %s needs a value (see %s --help)", arg, tool);
	if (optopt && optopt < 128 && strncmp(arg, "--", 2) != 0)
		return vz_tool_fail(VZ_TOOL_ERROR, "Bad option: -%c (see %s --help)", optopt, tool);
	return vz_tool_fail(VZ_TOOL_ERROR, "Bad option: %s (see %s --help)", arg, tool);
}

int vz_tool_bad_value(const char *opt, const char *value, const char *want)
{
	return vz_tool_fail(VZ_TOOL_ERROR, "Invalid value for -%s: \"%s\" (expected %s)", opt, value, want);
}

int vz_tool_yesno(const char *opt, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;

	if (yes || strcmp(value, "no") == 0)
		return yes;
	vz_tool_bad_value(opt, value, "yes or no");
	return -1;
}

int vz_tool_ctid(const char *ident, uint32_t *ret_id)
{
	if (vz_ctid(ident, ret_id) == 0)
		return VZ_TOOL_OK;
	return vz_tool_fail(VZ_TOOL_ERROR,
			    "Bad CT ID %s: give a number or the name of a container (see vzlist -a -o ctid,name)",
			    ident);
}

int vz_tool_no_host_ubc(void)
{
	return vz_tool_fail(VZ_TOOL_ERROR, "The host (CT0) is not limited and has no beancounters");
}

int vz_tool_end(int code)
{
	if (fflush(stdout) || ferror(stdout))
		return vz_tool_fail(VZ_TOOL_ERROR, "Unable to write to standard output");
	return code;
}

int vz_tool_root(const char *tool)
{
	if (vz_is_root())
		return VZ_TOOL_OK;
	return vz_tool_fail(VZ_TOOL_ERROR, "Permission denied: %s must be run as root", tool);
}
