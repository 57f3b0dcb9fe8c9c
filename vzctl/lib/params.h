/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parameters of a container: one table of options, keys, checks and what
 * `set` may do with them.
 */
#ifndef VZ_PARAMS_H
#define VZ_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vz_conf;
struct vz_ct;
struct vz_error;

enum {
	VZ_P_NOARG	= 1 << 0,	/* the option takes no value */
	VZ_P_LIST	= 1 << 1,	/* repeated options add up */
	VZ_P_MERGE	= 1 << 2,	/* a list that starts from the saved value */
	VZ_P_PLAIN	= 1 << 3,	/* nothing to apply to a running container */
	VZ_P_NOLIVE	= 1 << 4,	/* takes effect at the next start only (--setmode) */
	VZ_P_SAVE	= 1 << 5,	/* makes no sense without --save */
	VZ_P_SPECIAL	= 1 << 6,	/* `set` handles it by name; may have no key */
	VZ_P_LATER	= 1 << 7,	/* saved; its subsystem is not there yet */
	VZ_P_CT0	= 1 << 8,	/* allowed for CT0 */
	VZ_P_UBC	= 1 << 9,	/* a beancounter */
	VZ_P_CREATE	= 1 << 10,	/* for create only */
	VZ_P_OLD	= 1 << 11,	/* means nothing any more; accepted with a note */
	VZ_P_NETIF	= 1 << 12,	/* of an Ethernet interface: --netif_add and what follows --ifname */
};

/*
 * struct vz_param - one row
 * @opt: long option without "--", NULL for keys without an option
 * @sopt: short option or 0
 * @key: key in CTID.conf or NULL
 * @flags: VZ_P_*
 * @code: exit code of a bad value
 * @canon: check @arg and return its saved form; @conf: it is from a file, not
 *	from the command line.  Returns 0, -ENOMEM, or -EINVAL with *@ret_want set to
 *	what was expected.
 * @min, @max: for numbers
 */
struct vz_param {
	const char *opt;
	char sopt;
	const char *key;
	unsigned int flags;
	int code;
	int (*canon)(const struct vz_param *p, const char *arg, bool conf, char **ret,
		     const char **ret_want);
	unsigned long min, max;
};

/*
 * vz_param_opt - the row of a command-line option
 * @arg: "--name", "--name=value" or "-x"; a unique beginning of a long name is enough
 * @ret_value: the text after '=' or NULL
 * Errors: -EINVAL with VZ_INVALID_PARAMETER_SYNTAX, which names similar options.
 */
int vz_param_opt(const char *arg, const struct vz_param **ret, const char **ret_value,
		 struct vz_error *e);
/* the row of a key of CTID.conf, or NULL */
const struct vz_param *vz_param_key(const char *key);
/* row @n of the table, NULL past its end */
const struct vz_param *vz_param_nth(size_t n);

/*
 * vz_param_canon - check a value from the command line
 * @ret: its saved form, allocated
 * Errors: -EINVAL with the row's exit code and a text that names option, value
 * and what is expected.
 */
int vz_param_canon(const struct vz_param *p, const char *arg, char **ret, struct vz_error *e);

/*
 * vz_param_merge - join two values of a VZ_P_LIST parameter
 * Entries of @add replace entries of @old for the same thing; "…:none" removes.
 * Returns the new value or NULL without memory.
 */
char *vz_param_merge(const struct vz_param *p, const char *old, const char *add);

/*
 * vz_param_check_conf - check the known keys of a file up to the first bad one
 * @pos: where to go on, 0 at first; NULL for the first only
 * Errors: -EINVAL with VZ_INVALID_CONFIG and "PATH, line N, KEY: …".
 */
int vz_param_check_conf(const struct vz_conf *c, const char *path, size_t *pos, struct vz_error *e);

/* "bar:lim" as the kernel takes it: pages for *PAGES, bytes, or numbers; LONG_MAX is unlimited */
int vz_param_ubc(const char *key, const char *value, unsigned long *ret_bar, unsigned long *ret_lim);
/* DISKSPACE "soft:hard" in KiB; LONG_MAX is unlimited */
int vz_param_diskspace(const char *value, unsigned long *ret_soft, unsigned long *ret_hard);
/* IOLIMIT in bytes a second, of a file: a suffix is fine; 0 is no limit */
int vz_param_iolimit(const char *value, uint64_t *ret);

/*
 * vz_param_meminfo - how much RAM MEMINFO says: "pages:N", or N times the barrier of PRIVVMPAGES
 * @privvmpages: its text, or NULL
 * @ret: pages; 0 is what the machine has, also where that barrier is unlimited
 */
int vz_param_meminfo(const char *value, const char *privvmpages, uint64_t *ret);

/* what start and set print for a parameter that was applied: "Setting CPU units: 1000"; most print nothing */
void vz_param_say(const char *key, const char *value);

/*
 * A prefix, which a container owns as a whole: an address, in network order, with a length
 * and no bit set beyond it.  10.0.0.1/24 is an address in such a network.
 */
bool vz_ip_is_net(int family, const void *addr, int plen);
/* addresses without prefix length: "10.0.0.1/24" and "10.0.0.1" are the same; prefixes with it */
bool vz_ip_same(const char *a, const char *b);
/*
 * What distribution scripts are told of @ips: a prefix as the address that venet0 gets of it,
 * "10.0.0.8/29" as "10.0.0.9", which is never one of a net there.  To be freed; NULL: no memory.
 */
char *vz_ip_env(const char *ips);

/*
 * vz_dns_inherit - what NAMESERVER=inherit and SEARCHDOMAIN=inherit stand for
 * @key: NAMESERVER or SEARCHDOMAIN; @value: the saved value or NULL
 * Returns @value itself (copied) or, for "inherit", the words of the host's
 * /etc/resolv.conf without loopback addresses; "" when there are none; NULL without memory.
 */
char *vz_dns_inherit(const char *key, const char *value);

#endif /* VZ_PARAMS_H */
