/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User beancounters: their names, what the kernel says of them in
 * /proc/user_beancounters and /proc/bc/resources, and what a configuration does.
 */
#ifndef VZ_UBC_H
#define VZ_UBC_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "sizes.h"

struct vz_conf;
struct vz_error;

/* in the order of the kernel's files */
enum vz_ubc_res {
	VZ_KMEMSIZE, VZ_LOCKEDPAGES, VZ_PRIVVMPAGES, VZ_SHMPAGES, VZ_NUMPROC,
	VZ_PHYSPAGES, VZ_VMGUARPAGES, VZ_OOMGUARPAGES, VZ_NUMTCPSOCK, VZ_NUMFLOCK,
	VZ_NUMPTY, VZ_NUMSIGINFO, VZ_TCPSNDBUF, VZ_TCPRCVBUF, VZ_OTHERSOCKBUF,
	VZ_DGRAMRCVBUF, VZ_NUMOTHERSOCK, VZ_DCACHESIZE, VZ_NUMFILE, VZ_NUMIPTENT,
	VZ_SWAPPAGES, VZ_NR_UBC,
};

enum vz_ubc_count { VZ_HELD, VZ_MAXHELD, VZ_BARRIER, VZ_LIMIT, VZ_FAILCNT, VZ_NR_COUNTS };

#define VZ_UNLIMITED	((unsigned long)LONG_MAX)
#define VZ_PAGE_SIZE	4096ul

/*
 * struct vz_ubc_info - one resource
 * @name: as the kernel has it; @key: in CTID.conf, vz_key_unit() of it is the unit of
 *	all five numbers; @alias: an older key or NULL
 */
struct vz_ubc_info {
	const char *name, *key, *alias;
};
extern const struct vz_ubc_info vz_ubc_info[VZ_NR_UBC];

/*
 * struct vz_ubc - the beancounters of one container
 * @known: bit N is set when the file has resource N; the rest is zero and unlimited
 */
struct vz_ubc {
	uint32_t id;
	uint32_t known;
	unsigned long v[VZ_NR_UBC][VZ_NR_COUNTS];
};

/*
 * vz_ubc_parse - the text of such a file, which is changed by that
 * @path: for messages
 * @ret: allocated, ascending by id as far as the file is
 * Errors: -EINVAL with VZ_SYSTEM_ERROR for another version than 2.5 and for
 * lines that are none; the text names file and line.
 */
int vz_ubc_parse(char *text, const char *path, struct vz_ubc **ret, size_t *ret_n,
		 struct vz_error *e);
/*
 * vz_ubc_read - of all containers that run
 * @file: a file to read instead of those of the kernel, "-" for standard input, or NULL
 * Errors: -ENOSYS with VZ_BAD_KERNEL when the kernel has none; else as vz_ubc_parse().
 */
int vz_ubc_read(const char *file, struct vz_ubc **ret, size_t *ret_n, struct vz_error *e);
/* the entry of container @id, or NULL */
const struct vz_ubc *vz_ubc_find(const struct vz_ubc *all, size_t n, uint32_t id);

/* the kernel's name for @key of CTID.conf, also an older one; NULL for others */
const char *vz_ubc_name(const char *key);
/* text of a resource in @c, also by its older key; NULL when absent or empty */
const char *vz_ubc_conf_text(const struct vz_conf *c, enum vz_ubc_res res, const char **ret_key);
/* barrier and limit in @c; false when absent or not valid */
bool vz_ubc_conf(const struct vz_conf *c, enum vz_ubc_res res, unsigned long ret[2]);

/*
 * vz_ubc_implied - barrier and limit of a resource that has no value of its own
 * @ram, @swap, @factor: texts of PHYSPAGES, SWAPPAGES and VM_OVERCOMMIT, NULL or ""
 *	without.  A factor below 1 is none.
 *
 * While RAM is limited (VSwap), all of it may be locked, and who uses no more than that is
 * not the one to be killed for others; RAM and swap are guaranteed to be there to allocate,
 * and @factor times as much is the most.  Otherwise no limits, and no guarantees.
 *
 * Returns false for all but lockedpages, privvmpages, vmguarpages and oomguarpages, of
 * which nothing is implied.
 */
bool vz_ubc_implied(enum vz_ubc_res res, const char *ram, const char *swap, const char *factor,
		    unsigned long ret[2]);
/*
 * vz_ubc_value - what a resource of a container should be
 * @get: a parameter of @of by its key, NULL or "" without
 * @ret_key: the key that says so, also an older one; NULL when other keys imply it
 * @ret: "barrier:limit", allocated; NULL when nothing says anything
 * Errors: -ENOMEM.
 */
int vz_ubc_value(enum vz_ubc_res res, const char *(*get)(const void *of, const char *key),
		 const void *of, const char **ret_key, char **ret);
/*
 * The host, CT0, is charged to nobody and nothing limits it.  Of all beancounters it has the
 * guarantee of oomguarpages, vm.ve_host_oomguarpages, which says how early it gives a victim
 * when the machine is out of memory.
 *
 * vz_ubc_asks_of_host - does @value of @key ask for more than that: a limit, vmguarpages?
 * True as well for a value that is none.
 */
bool vz_ubc_asks_of_host(const char *key, const char *value);
/*
 * vz_ubc_apply_host - apply OOMGUARPAGES of the host
 * @ret_applied: false where the kernel knows no other guarantee of the host than its own
 * Errors: VZ_SETUBC_ERROR.
 */
int vz_ubc_apply_host(const char *value, bool *ret_applied, struct vz_error *e);
/* @v times the factor that VM_OVERCOMMIT is; false without one */
bool vz_overcommit(const char *factor, unsigned long v, unsigned long *ret);

/* numbers that end at VZ_UNLIMITED, which stays what it is (times 0 is 0) */
unsigned long vz_sat_add(unsigned long a, unsigned long b);
unsigned long vz_sat_mul(unsigned long a, unsigned long b);
/* the digits at @s as such a number; returns what follows, or NULL without any */
const char *vz_sat_number(const char *s, unsigned long *ret);

#endif /* VZ_UBC_H */
