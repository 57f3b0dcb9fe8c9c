// SPDX-License-Identifier: GPL-2.0
/*
 * vzpid: the container that a process belongs to.
 *
 * /proc/PID/status says so in the lines envID and VPid.  The name in it is the
 * container's own choice.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tool.h"
#include "util.h"

static const char usage_text[] =
"Usage: vzpid [-p] PID...\n"
"       vzpid [-p] -\n"
"\n"
"  -p, --pid    print what the process is called in its container, too\n"
"  -            read the PIDs from standard input\n"
"  -h, --help   print this text\n"
"  --version    print the version\n";

static const struct option options[] = {
	{ "pid", no_argument, NULL, 'p' },
	VZ_TOOL_OPTIONS,
};

static bool inside, header;

/* the rest of the line that starts with @key, allocated, or NULL */
static char *field(const char *status, const char *key)
{
	const char *value = vz_line_value(status, key);

	return value ? strndup(value, strcspn(value, "\n")) : NULL;
}

static int show(const char *arg)
{
	_cleanup_free_ char *path = NULL, *status = NULL, *name = NULL, *env = NULL, *vpid = NULL;
	uint32_t pid;
	int r;

	if (vz_parse_u32(arg, &pid) < 0 || !pid)
		return vz_tool_fail(VZ_TOOL_ERROR, "Bad PID %s: give a number, as ps(1) prints it", arg);
	path = vz_path("/proc/%u/status", pid);
	r = path ? vz_read_file_at(AT_FDCWD, path, 65536, &status, NULL) : -ENOMEM;
	if (r == -ENOENT || r == -ESRCH)
		return vz_tool_fail(VZ_TOOL_ERROR, "Process %u does not exist", pid);
	if (r < 0)
		return vz_tool_fail(VZ_TOOL_ERROR, "Unable to read /proc/%u/status: %s", pid, strerror(-r));
	name = field(status, "Name");
	env = field(status, "envID");
	vpid = field(status, "VPid");
	if (!env || !vpid)
		return vz_tool_fail(VZ_TOOL_KERNEL,
				    "The running kernel does not say which container a process is in (no envID in /proc/%u/status); boot the vz kernel",
				    pid);
	if (!header)
		puts(inside ? "Pid\tCT/Pid\tCTID\tName" : "Pid\tCTID\tName");
	header = true;
	printf("%u\t", pid);
	if (inside)
		printf("%s\t", vz_safe_text(vpid));
	printf("%s\t%s\n", vz_safe_text(env), name ? vz_safe_text(name) : "-");
	return VZ_TOOL_OK;
}

/* the first failure is the exit code, but a kernel that does not know is final */
static int show_all(int code, const char *arg)
{
	int r = show(arg);

	return r == VZ_TOOL_KERNEL || !code ? r : code;
}

static int show_stdin(int code)
{
	_cleanup_free_ char *word = NULL;
	size_t len = 0, size = 0;
	int c;

	do {
		c = getchar();
		if (c != EOF && !isspace(c)) {
			if (len + 1 >= size) {
				char *p = realloc(word, size = size ? size * 2 : 32);

				if (!p)
					return vz_tool_fail(VZ_TOOL_ERROR, "Out of memory");
				word = p;
			}
			word[len++] = c ? (char)c : '?';
		} else if (len) {
			word[len] = '\0';
			len = 0;
			code = show_all(code, word);
		}
	} while (c != EOF && code != VZ_TOOL_KERNEL);
	return code;
}

int main(int argc, char *argv[])
{
	int c, code = VZ_TOOL_OK;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":ph", options, NULL)) != -1) {
		switch (c) {
		case 'p': inside = true; break;
		default:
			return vz_tool_option("vzpid", usage_text, c, argv);
		}
	}
	if (optind == argc)
		return vz_tool_fail(VZ_TOOL_ERROR, "PID missing (see vzpid --help)");
	for (; optind < argc && code != VZ_TOOL_KERNEL; optind++) {
		if (strcmp(argv[optind], "-") == 0)
			code = show_stdin(code);
		else
			code = show_all(code, argv[optind]);
	}
	return vz_tool_end(code);
}
