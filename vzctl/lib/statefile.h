/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host has for a container while it runs, in files DIR/CTID of lines.
 *
 * Not synced: a reboot takes away what the lines are about as well as the file's
 * contents may be lost then.
 */
#ifndef VZ_STATEFILE_H
#define VZ_STATEFILE_H

#include <stdint.h>

/* the lines; an empty list when there is no file, NULL without memory */
char **vz_statefile_read(const char *dir, uint32_t id);
/* replaces the file by @lines, removes it when there are none; 0 or -errno */
int vz_statefile_write(const char *dir, uint32_t id, char *const *lines);
/*
 * vz_statefile_others - the lines of all containers but @id
 * A @each that does not return 0 ends it, and its value is returned.
 */
int vz_statefile_others(const char *dir, uint32_t id,
			int (*each)(uint32_t id, const char *line, void *arg), void *arg);

#endif /* VZ_STATEFILE_H */
