/* SPDX-License-Identifier: GPL-2.0 */
/* A container as its configuration describes it. */
#ifndef VZ_CT_H
#define VZ_CT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define VZ_CTID_MAX	2147483644u	/* 0x7ffffffc */
#define VZ_ID_RANGE	65536u		/* host ids owned by each container */

struct vz_conf;
struct vz_error;

/*
 * struct vz_ct - one container
 * @id: CTID; 0 is the host
 * @name: NAME from the configuration or NULL
 * @global: vz.conf, shared and never NULL
 * @conf: CTID.conf, or NULL where it does not exist
 * @conf_path: where @conf lives or would live
 * @root, @private_dir: VE_ROOT and VE_PRIVATE with $VEID expanded, or NULL where not set;
 *	they have gone through vz_path() already
 * @uid_base, @gid_base: LOCAL_UID/LOCAL_GID, 0 when not set
 * @broken: why @conf is NULL although the file is there (VZ_CT_BROKEN), or NULL
 * @skip_arpdetect: do not ask the net who else has an address, whatever is configured
 */
struct vz_ct {
	uint32_t id;
	char *name;
	struct vz_conf *global;
	struct vz_conf *conf;
	char *conf_path;
	char *root;
	char *private_dir;
	uid_t uid_base;
	gid_t gid_base;
	char *broken;
	bool skip_arpdetect;
};

enum {
	VZ_CT_NEED_CONF	= 1 << 0,	/* missing CTID.conf is VZ_CONFIG_NOT_FOUND */
	VZ_CT_ALLOW_0	= 1 << 1,	/* CT0 is allowed */
	VZ_CT_BROKEN	= 1 << 2,	/* do without a CTID.conf that makes no sense */
};

/* vz.conf into @ret; VZ_GLOBAL_CONFIG_NOT_FOUND when missing */
int vz_global_load(struct vz_conf **ret, struct vz_error *e);
/*
 * vz_ct_open - look up @ident, a CTID or a name
 * Takes over @global.  Errors: VZ_INVALID_PARAMETER_VALUE ("Bad CT ID x"),
 * VZ_CONFIG_NOT_FOUND ("Container config file does not exist"), VZ_INVALID_CONFIG.
 */
int vz_ct_open(struct vz_conf *global, const char *ident, unsigned int flags,
	       struct vz_ct **ret, struct vz_error *e);
/* Read CTID.conf again after it was written. */
int vz_ct_reload(struct vz_ct *ct, struct vz_error *e);
void vz_ct_free(struct vz_ct *ct);
void vz_ct_freep(struct vz_ct **ct);
#define _cleanup_ct_ __attribute__((cleanup(vz_ct_freep)))
/* CTID.conf's value of @key, else vz.conf's, else NULL; not expanded */
const char *vz_ct_get(const struct vz_ct *ct, const char *key);
bool vz_ct_get_bool(const struct vz_ct *ct, const char *key, bool def);
/* allocated copy of vz_ct_get() with $VEID and ${VEID} expanded, or NULL */
char *vz_ct_get_path(const struct vz_ct *ct, const char *key);
/* all CTIDs that have a configuration, ascending; caller frees */
int vz_ct_list(uint32_t **ret_ids, size_t *ret_n, struct vz_error *e);
/*
 * vz_ct_others - what @key is for all containers but @id that have it
 * Configurations that cannot be read are passed over; those that do not name the key are
 * not even parsed.  A @each that does not return 0 ends it, and its value is returned.
 */
int vz_ct_others(uint32_t id, const char *key, int (*each)(uint32_t id, const char *value, void *arg),
		 void *arg, struct vz_error *e);
/*
 * vz_ct_ids_free - does no other container than @id have ids from @base on?
 * Call with the "ids" lock held.
 */
int vz_ct_ids_free(uint32_t id, uid_t base, bool *ret, struct vz_error *e);
/*
 * vz_ct_alloc_ids - choose a free range of VZ_ID_RANGE host ids
 * Searches all CTID.conf for ranges in use, from 100000 up in steps of
 * VZ_ID_RANGE; call with the "ids" lock held (vz_lock_named).  -ENOSPC.
 */
int vz_ct_alloc_ids(uid_t *ret_base, struct vz_error *e);

/*
 * Names: the link /etc/vz/names/NAME -> CTID.conf together with NAME="…" in
 * that file.  A link whose CTID.conf says otherwise is stale and is replaced.
 */
/* the checks of vz_name_set() alone */
int vz_name_check(const struct vz_ct *ct, const char *name, struct vz_error *e);
/*
 * vz_name_set - make the link of @name point to @ct
 * The caller saves NAME afterwards and then removes the old name, if any, so
 * that a crash leaves at most a stale link.  Errors: VZ_SET_NAME_ERROR
 * (invalid, or "Conflict: name x already used by container 101").
 */
int vz_name_set(struct vz_ct *ct, const char *name, struct vz_error *e);
/* remove the link of ct->name if it points to @ct; 0 when there is none */
int vz_name_remove(struct vz_ct *ct);
bool vz_name_valid(const char *name);
/* CTID that @ident is, a number up to VZ_CTID_MAX or a name; -EINVAL, -ENOENT */
int vz_ctid(const char *ident, uint32_t *ret_id);
/* CTID that the link of @name points to; -ENOENT, -EINVAL */
int vz_name_lookup(const char *name, uint32_t *ret_id);

/* @text with $VEID and ${VEID} replaced by @id; allocated */
char *vz_expand_veid(const char *text, uint32_t id);

#endif /* VZ_CT_H */
