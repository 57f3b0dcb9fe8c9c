/* SPDX-License-Identifier: GPL-2.0 */
/* What the small tools around beancounters share: messages and their exit codes. */
#ifndef VZ_TOOL_H
#define VZ_TOOL_H

#include <stdint.h>

struct vz_error;

enum vz_tool_exit {
	VZ_TOOL_OK	= 0,
	VZ_TOOL_ERROR	= 1,
	VZ_TOOL_KERNEL	= 5,	/* as vzctl: the kernel lacks what is needed */
};

/* one line to standard error, without control characters; returns @code */
int vz_tool_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* the same of @e: VZ_TOOL_KERNEL for VZ_BAD_KERNEL, else VZ_TOOL_ERROR */
int vz_tool_error(const struct vz_error *e);
/* the options of all tools, at the end of the list of each; see vz_tool_option() */
#define VZ_TOOL_OPTIONS							\
	{ "help", no_argument, NULL, 'h' },				\
	{ "version", no_argument, NULL, 'V' },				\
	{ NULL, 0, NULL, 0 }
/*
 * vz_tool_option - an option that all tools have, or none: print what it asks for, or say
 * what is wrong with it
 * @usage: what --help prints
 * @c: what getopt_long() returned: 'h' or 'V', or ':' or '?' for one that it refused;
 *	opterr is 0 and the option string begins with ':'
 * Returns the exit code.
 */
int vz_tool_option(const char *tool, const char *usage, int c, char *const *argv);
/* "Invalid value for -OPT"; VZ_TOOL_ERROR */
int vz_tool_bad_value(const char *opt, const char *value, const char *want);
/* "yes" or "no" of -OPT: 1, 0, or -1 after vz_tool_bad_value() */
int vz_tool_yesno(const char *opt, const char *value);
/* vz_ctid() with a message for what is no container's; VZ_TOOL_OK or VZ_TOOL_ERROR */
int vz_tool_ctid(const char *ident, uint32_t *ret_id);
/* a message: CT0 has none */
int vz_tool_no_host_ubc(void);
/* write what is left of standard output; @code, or VZ_TOOL_ERROR when that fails */
int vz_tool_end(int code);
/* VZ_TOOL_OK, or a message and VZ_TOOL_ERROR for who is not root */
int vz_tool_root(const char *tool);

#endif /* VZ_TOOL_H */
