// SPDX-License-Identifier: GPL-2.0
/* What the machine has; contract in node.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "error.h"
#include "node.h"
#include "ubc.h"
#include "util.h"

/* "KEY:   N kB" into bytes */
static bool meminfo(const char *text, const char *key, unsigned long *ret)
{
	const char *p = vz_line_value(text, key);
	unsigned long kb;

	if (!p || !(p = vz_sat_number(p, &kb)))
		return false;
	*ret = vz_sat_mul(kb, 1024);
	return true;
}

int vz_node_read(struct vz_node *ret, struct vz_error *e)
{
	_cleanup_free_ char *mem = vz_path("/proc/meminfo");
	_cleanup_free_ char *thr = vz_path("/proc/sys/kernel/threads-max");
	_cleanup_free_ char *text = NULL, *number = NULL;
	struct vz_node n = { 0 };
	unsigned long low;
	uint64_t v;
	int r;

	if (!mem || !thr)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	r = vz_read_file_at(AT_FDCWD, mem, 65536, &text, NULL);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read %s: %m (is /proc mounted?)", mem);
	if (!meminfo(text, "MemTotal", &n.ram) || !n.ram || !meminfo(text, "SwapTotal", &n.swap))
		return vz_err(e, VZ_SYSTEM_ERROR, EINVAL, "%s has no MemTotal or no SwapTotal", mem);
	n.lowmem = meminfo(text, "LowTotal", &low) && low ? low / 5 * 2 : n.ram;
	r = vz_read_file_at(AT_FDCWD, thr, 64, &number, NULL);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read %s: %m (is /proc mounted?)", thr);
	number[strcspn(number, "\n")] = '\0';
	if (vz_parse_u64(number, &v) < 0 || !v || v > VZ_UNLIMITED)
		return vz_err(e, VZ_SYSTEM_ERROR, EINVAL, "%s is not a number of threads", thr);
	n.threads = (unsigned long)v;
	*ret = n;
	return 0;
}
