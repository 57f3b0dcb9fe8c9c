// SPDX-License-Identifier: GPL-2.0
/* Weights and masks of CPUs; contract in cpu.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "cpu.h"
#include "error.h"
#include "util.h"

#define MAX_CPUS	8192
#define WORD_BITS	64

struct mask {
	uint64_t w[MAX_CPUS / WORD_BITS];
};

/* ---- weights -------------------------------------------------------------- */

int vz_conf_cpuunits(uint32_t id, const struct vz_conf *global, char **ret, struct vz_error *e)
{
	_cleanup_free_ char *path = vz_path("/etc/vz/conf/%u.conf", id);
	_cleanup_conf_ struct vz_conf *conf = NULL;
	const char *v = NULL;
	int r;

	*ret = NULL;
	r = path ? vz_conf_load(path, VZ_CONFIG_NOT_FOUND, &conf, e) : -ENOMEM;
	if (r == -ENOENT) {
		vz_error_reset(e);
		r = 0;
	}
	if (conf)
		v = vz_conf_get(conf, "CPUUNITS");
	if (!v || !*v)
		v = vz_conf_get(global, id ? "CPUUNITS" : "VE0CPUUNITS");
	if (v && *v && !(*ret = strdup(v)))
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	return r;
}

uint32_t vz_cpuunits(const char *conf, const char *live)
{
	uint32_t units = 0, n;

	if (conf && vz_parse_u32(conf, &units) < 0)
		units = 0;
	if (!live || vz_parse_u32(live, &n) < 0 || !n || (n == VZ_CPUUNITS_MAX && units > n))
		return units;
	return n;
}

/* ---- lists ---------------------------------------------------------------- */

static bool test(const struct mask *m, unsigned int n)
{
	return m->w[n / WORD_BITS] & UINT64_C(1) << n % WORD_BITS;
}

/* "0-3,5" and what follows a line of that; "" is none.  What is too high is left out. */
static int parse(const char *s, struct mask *m)
{
	memset(m, 0, sizeof(*m));
	while (*s && *s != '\n') {
		unsigned long a, b;
		char *end;

		if (*s < '0' || *s > '9')
			return -EINVAL;
		a = b = strtoul(s, &end, 10);
		if (*end == '-')
			b = strtoul(end + 1, &end, 10);
		for (; a <= b && a < MAX_CPUS; a++)
			m->w[a / WORD_BITS] |= UINT64_C(1) << a % WORD_BITS;
		s = end + (*end == ',');
	}
	return 0;
}

static char *format(const struct mask *m)
{
	_cleanup_strv_ char **out = NULL;

	for (unsigned int i = 0; i < MAX_CPUS; i++) {
		unsigned int last = i;
		char word[16];

		if (!test(m, i))
			continue;
		while (last + 1 < MAX_CPUS && test(m, last + 1))
			last++;
		if (last == i)
			snprintf(word, sizeof(word), "%u", i);
		else
			snprintf(word, sizeof(word), "%u-%u", i, last);
		if (vz_strv_add(&out, word) < 0)
			return NULL;
		i = last;
	}
	return vz_strv_join(out, ",");
}

/* the first of @m that @of has not, or -1 */
static int missing(const struct mask *m, const struct mask *of)
{
	for (unsigned int i = 0; i < MAX_CPUS; i++) {
		if (test(m, i) && !test(of, i))
			return (int)i;
	}
	return -1;
}

static bool is_empty(const struct mask *m)
{
	const struct mask none = { 0 };

	return missing(m, &none) < 0;
}

bool vz_cpumask_is_all(const char *list, const char *of_parent)
{
	struct mask m, p;

	return parse(list, &m) == 0 && (is_empty(&m) || (parse(of_parent, &p) == 0 && missing(&p, &m) < 0));
}

/* ---- what there is -------------------------------------------------------- */

static int read_list(const char *path, struct mask *m)
{
	_cleanup_free_ char *p = vz_path("%s", path), *text = NULL;
	int r = p ? vz_read_file_at(AT_FDCWD, p, 65536, &text, NULL) : -ENOMEM;

	return r < 0 ? r : parse(text, m);
}

/*
 * What containers may use: all that is online, unless whoever runs the machine has put
 * something aside.
 */
static int available(bool nodes, struct mask *m, struct vz_error *e)
{
	const char *sys = nodes ? "/sys/devices/system/node/has_memory" : "/sys/devices/system/cpu/online";
	int r;

	if (read_list(nodes ? "/sys/fs/cgroup/vz/cpuset.mems.effective" :
		      "/sys/fs/cgroup/vz/cpuset.cpus.effective", m) == 0 && !is_empty(m))
		return 0;
	r = read_list(sys, m);
	if (r == -ENOENT && nodes)		/* a kernel that knows one node only */
		return parse("0", m);
	return r < 0 ? vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to read %s: %m (is /sys mounted?)", sys) : 0;
}

static int node_cpus(unsigned int node, struct mask *m)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist", node);
	r = read_list(path, m);
	return r == -ENOENT && !node ? read_list("/sys/devices/system/cpu/online", m) : r;
}

static bool is_all(const char *v)
{
	return !v || !*v || strcmp(v, "all") == 0;
}

/* a list of the user into @m */
static int check_list(const char *list, const char *name, bool nodes, int code, struct mask *m,
		      struct vz_error *e)
{
	_cleanup_free_ char *have = NULL;
	struct mask there;
	int r, first;

	if (parse(list, m) < 0 || is_empty(m))
		return vz_err(e, code, EINVAL, "%s %s: not a list such as 0-3,5", name, list);
	r = available(nodes, &there, e);
	if (r < 0)
		return r;
	first = missing(m, &there);
	if (first < 0)
		return 0;
	have = format(&there);
	if (!have)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	return vz_err(e, code, EINVAL, nodes ? "%s %s: memory node %d is not there or has no memory (there are: %s)" :
		      "%s %s: CPU %d is not there or not online (there are: %s)", name, list, first, have);
}

static int auto_cpus(const char *nodemask, const struct mask *nodes, const char *name, int code,
		     struct mask *cpus, struct vz_error *e)
{
	struct mask there;
	int r;

	memset(cpus, 0, sizeof(*cpus));
	for (unsigned int i = 0; i < MAX_CPUS; i++) {
		struct mask m;

		if (!test(nodes, i))
			continue;
		r = node_cpus(i, &m);
		if (r < 0)
			return vz_err(e, code, -r, "%s auto: unable to read the CPUs of node %u: %m", name, i);
		for (size_t k = 0; k < ARRAY_SIZE(m.w); k++)
			cpus->w[k] |= m.w[k];
	}
	r = available(false, &there, e);
	if (r < 0)
		return r;
	for (size_t k = 0; k < ARRAY_SIZE(there.w); k++)
		cpus->w[k] &= there.w[k];
	if (is_empty(cpus))
		return vz_err(e, code, EINVAL, "%s auto: no CPU of node %s is online", name, nodemask);
	return 0;
}

int vz_cpumask_resolve(const char *cpumask, const char *nodemask, bool option,
		       char **ret_cpus, char **ret_mems, struct vz_error *e)
{
	const char *cname = option ? "--cpumask" : "CPUMASK", *nname = option ? "--nodemask" : "NODEMASK";
	int code = option ? VZ_INVALID_PARAMETER_VALUE : VZ_SETFSHD_ERROR, r;
	struct mask cpus = { 0 }, nodes = { 0 };
	char *c, *m;

	if (!is_all(nodemask)) {
		r = check_list(nodemask, nname, true, code, &nodes, e);
		if (r < 0)
			return r;
	}
	if (cpumask && strcmp(cpumask, "auto") == 0) {
		if (!nodemask || !*nodemask)
			return vz_err(e, code, EINVAL, "%s auto needs %s", cname, nname);
		r = is_all(nodemask) ? 0 : auto_cpus(nodemask, &nodes, cname, code, &cpus, e);
	} else {
		r = is_all(cpumask) ? 0 : check_list(cpumask, cname, false, code, &cpus, e);
	}
	if (r < 0)
		return r;
	c = format(&cpus);
	m = format(&nodes);
	if (!c || !m) {
		free(c);
		free(m);
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	}
	*ret_cpus = c;
	*ret_mems = m;
	return 0;
}
