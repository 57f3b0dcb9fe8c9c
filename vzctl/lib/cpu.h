/* SPDX-License-Identifier: GPL-2.0 */
/* What a container gets of the CPUs: its weight, and which of them. */
#ifndef VZ_CPU_H
#define VZ_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct vz_conf;
struct vz_error;

#define VZ_CPUUNITS	1000u		/* where nothing else is set */

#define VZ_CPUUNITS_MAX	256000u		/* above that all are the same to the kernel */

/*
 * vz_cpuunits - the units of a container
 * @conf: CPUUNITS of its configuration or NULL
 * @live: text of ve.cpuunits, NULL when it does not run or the kernel does not say
 * The kernel is right, but for what is above the most that it knows.  Without either: 0.
 */
uint32_t vz_cpuunits(const char *conf, const char *live);
/*
 * vz_conf_cpuunits - the units that a configuration gives
 * @id: of the container; 0 is the host
 * @global: vz.conf
 * @ret: the text, allocated; NULL when nothing is set
 * A configuration that is not there is no error; with one that cannot be read vz.conf counts.
 */
int vz_conf_cpuunits(uint32_t id, const struct vz_conf *global, char **ret, struct vz_error *e);

/*
 * vz_cpumask_resolve - CPUMASK and NODEMASK as cpuset.cpus and cpuset.mems take them
 * @cpumask, @nodemask: saved values; NULL and "" are the same as "all"
 * @option: they are from the command line, so a bad one is VZ_INVALID_PARAMETER_VALUE
 *	and not VZ_SETFSHD_ERROR
 * @ret_cpus, @ret_mems: allocated lists; "" is no restriction
 * A CPU that is not online and a node without memory are errors, which say what there is:
 * the kernel would take them, and do without a restriction when none is left.
 */
int vz_cpumask_resolve(const char *cpumask, const char *nodemask, bool option,
		       char **ret_cpus, char **ret_mems, struct vz_error *e);

/* does cpuset.cpus or cpuset.mems of a container allow all that its parent has? */
bool vz_cpumask_is_all(const char *list, const char *of_parent);

#endif /* VZ_CPU_H */
