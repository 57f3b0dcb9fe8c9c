// SPDX-License-Identifier: GPL-2.0
/*
 * netacct.h's kernel for the unit tests of the command line: files in the tree of
 * VZ_ROOT_PREFIX.  "traffic" has lines of the numbers of struct vz_traffic with 4 or 6 for
 * the family; "classes" what was set last.  VZ_TEST_FAIL=kernel: it cannot count.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "netacct.h"
#include "util.h"

static FILE *open_file(const char *name, const char *mode)
{
	_cleanup_free_ char *path = vz_path("/%s", name);

	return path ? fopen(path, mode) : NULL;
}

static int kernel(struct vz_error *e)
{
	const char *fail = getenv("VZ_TEST_FAIL");

	return fail && strcmp(fail, "kernel") == 0 ? vz_err(e, VZ_BAD_KERNEL, ENOSYS, "no venet here") : 0;
}

int vz_netclass_set(const struct vz_netclass *v, size_t n, struct vz_error *e)
{
	char net[VZ_NETCLASS_TEXT];
	int r = kernel(e);
	FILE *f;

	if (r < 0)
		return r;
	f = open_file("classes", "we");
	if (!f)
		return vz_err(e, 0, errno, "%m");
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%u %s\n", v[i].class, vz_netclass_text(&v[i], net));
	fclose(f);
	return 0;
}

int vz_netclass_get(struct vz_netclass **ret, size_t *ret_n, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path("/classes");
	int r = kernel(e);

	return r < 0 ? r : vz_netclass_load(path, ret, ret_n, e);
}

static int no_counters(uint32_t veid, struct vz_error *e)
{
	return vz_err(e, VZ_VE_NOT_RUNNING, ENOENT, "Container %u has no counters", veid);
}

int vz_traffic_get(uint32_t veid, struct vz_traffic **ret, size_t *ret_n, struct vz_error *e)
{
	struct vz_traffic *v = calloc(100, sizeof(*v)), t;
	FILE *f = open_file("traffic", "re");
	int r = kernel(e);
	size_t n = 0;

	while (r == 0 && f && n < 100 &&
	       fscanf(f, "%" SCNu32 " %u %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &t.veid, &t.class,
		      &t.family, &t.in_bytes, &t.in_packets, &t.out_bytes, &t.out_packets) == 7) {
		t.family = t.family == 4 ? AF_INET : AF_INET6;
		if (!veid || veid == t.veid)
			v[n++] = t;
	}
	if (f)
		fclose(f);
	if (r == 0 && veid && !n)
		r = no_counters(veid, e);
	if (r < 0) {
		free(v);
		return r;
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

int vz_traffic_reset(uint32_t veid, struct vz_error *e)
{
	const char *path = getenv("VZ_TEST_CALLS");
	FILE *f = path ? fopen(path, "ae") : NULL;

	if (f) {
		fprintf(f, "reset %" PRIu32 "\n", veid);
		fclose(f);
	}
	return veid == 102 ? no_counters(veid, e) : kernel(e);
}
