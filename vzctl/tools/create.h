/* SPDX-License-Identifier: GPL-2.0 */
/* What create and destroy share; both are vzctl's own. */
#ifndef VZ_CREATE_H
#define VZ_CREATE_H

struct vz_ct;
struct vz_error;

/*
 * vz_create_recover - remove what an interrupted `create` of @ct left
 * @ret_found: 1 when there was something, else 0
 * The container that a finished create made is never touched.
 */
int vz_create_recover(struct vz_ct *ct, int *ret_found, struct vz_error *e);

/*
 * vz_postcreate - POST_CREATE of a fresh tree
 * @dirfd: its top; @script: text of the distribution's own script or NULL
 * The tree is not trusted: files are edited by descriptor without following
 * links, and a script runs in it, in namespaces of its own as @ct's root.
 * Errors: VZ_ACTIONSCRIPT_ERROR, VZ_SYSTEM_ERROR.
 */
int vz_postcreate(const struct vz_ct *ct, int dirfd, const char *script, struct vz_error *e);

#endif /* VZ_CREATE_H */
