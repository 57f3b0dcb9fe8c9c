/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other host ids for a container that exists: its files, their ACLs and capabilities,
 * and the limits of its users and groups.
 */
#ifndef VZ_CTIDS_H
#define VZ_CTIDS_H

#include <sys/types.h>

struct vz_ct;
struct vz_error;

/*
 * vz_ct_ids_change - root of a container becomes other ids of the host
 * @ct: neither running nor mounted, and locked
 * @uid, @gid: the first of the new ids, 0 to choose a free range for both
 *
 * Whatever cuts it short, vz_ct_ids_finish() takes it to its end.  Errors:
 * VZ_INVALID_PARAMETER_VALUE (somebody else's ids, or some of its own),
 * VZ_INVALID_CONFIG, VZ_SAVE_CONFIG, VZ_DQ_UGID, VZ_SYSTEM_ERROR.
 */
int vz_ct_ids_change(struct vz_ct *ct, uid_t uid, gid_t gid, struct vz_error *e);
/* a change that was cut short; 0 when there is none */
int vz_ct_ids_finish(struct vz_ct *ct, struct vz_error *e);

#endif /* VZ_CTIDS_H */
