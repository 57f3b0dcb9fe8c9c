/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Are the limits of a configuration consistent with each other?  A container
 * with limits that are not fails in ways that nobody understands.
 */
#ifndef VZ_UBCRULES_H
#define VZ_UBCRULES_H

#include <stdbool.h>
#include <stdint.h>

#include "ubc.h"

struct vz_conf;
struct vz_node;

/* what is looked at besides the beancounters; DISKSPACE in KiB */
enum { VZ_L_AVNUMPROC = VZ_NR_UBC, VZ_L_DISKSPACE, VZ_L_DISKINODES, VZ_NR_LIMITS };

/*
 * struct vz_limits - barriers and limits
 * @set: bit N is set when the configuration has N
 * @bad: the same, but its value is not valid
 */
struct vz_limits {
	uint32_t set, bad;
	unsigned long v[VZ_NR_LIMITS][2];
};

enum vz_severity { VZ_RECOMMENDATION, VZ_WARNING, VZ_INVALID };

/*
 * struct vz_finding - a rule that is broken
 * @what: row of struct vz_limits that should be changed
 * @fixed: there is something to change it to, @fix
 * @host: the rule is about this machine
 * @text: names the parameter, the numbers and the rule
 */
struct vz_finding {
	enum vz_severity severity;
	int what;
	bool fixed, host;
	unsigned long fix[2];
	char text[400];
};

/* values of @c */
void vz_limits_read(const struct vz_conf *c, struct vz_limits *ret);
/* the key that @c has for row @what, or would have */
const char *vz_limits_key(const struct vz_conf *c, int what);
/* is memory given as RAM and swap? */
bool vz_limits_vswap(const struct vz_limits *l);

/*
 * vz_limits_check - apply all rules
 * @vswap: as vz_limits_vswap(), or as the user says
 * @node: NULL leaves out the rules about the machine
 * @found: called for each finding; when it returns true the fix goes into @l, and
 *	the rules that follow see it.  One call with fixes leaves nothing that could be fixed.
 */
void vz_limits_check(struct vz_limits *l, bool vswap, const struct vz_node *node,
		     bool (*found)(const struct vz_finding *f, void *arg), void *arg);

#endif /* VZ_UBCRULES_H */
