/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Configuration files: KEY="value" lines as a shell reads them (vz.conf,
 * CTID.conf, *.conf-sample).  Comments, order, unknown keys and the text of
 * untouched lines survive rewriting.
 */
#ifndef VZ_CONF_H
#define VZ_CONF_H

#include <stdbool.h>
#include <stddef.h>

struct vz_conf;
struct vz_error;

/*
 * vz_conf_load - parse @path
 * @missing: exit code when the file does not exist.
 * Errors: -ENOENT with @missing; -EINVAL with VZ_INVALID_CONFIG and a text that
 * names file, line and key; others with VZ_SYSTEM_ERROR.
 */
int vz_conf_load(const char *path, int missing, struct vz_conf **ret, struct vz_error *e);
int vz_conf_new(struct vz_conf **ret);
void vz_conf_free(struct vz_conf *c);
void vz_conf_freep(struct vz_conf **c);
#define _cleanup_conf_ __attribute__((cleanup(vz_conf_freep)))
/* value of the last assignment of @key, unquoted, or NULL; owned by @c until the key changes */
const char *vz_conf_get(const struct vz_conf *c, const char *key);
/* line number of @key for messages, 0 when absent */
int vz_conf_line(const struct vz_conf *c, const char *key);
/* replaces the last assignment in place or appends one; NULL value removes the key */
int vz_conf_set(struct vz_conf *c, const char *key, const char *value);
/* iterate over assignments in file order: index from 0; false past the end */
bool vz_conf_nth(const struct vz_conf *c, size_t n, const char **ret_key, const char **ret_value);
/* the whole file as it would be saved, allocated; NULL without memory */
char *vz_conf_text(const struct vz_conf *c);
/* write atomically to @path, mode 0644; -errno with VZ_SAVE_CONFIG */
int vz_conf_save(struct vz_conf *c, const char *path, struct vz_error *e);

#endif /* VZ_CONF_H */
