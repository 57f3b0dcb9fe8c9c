/* SPDX-License-Identifier: GPL-2.0 */
/* Removing the files of containers. */
#ifndef VZ_RMTREE_H
#define VZ_RMTREE_H

struct vz_error;

/*
 * vz_rmtree - remove @name below @dirfd and everything in it
 * Follows no link and enters no mount point; a directory that something is
 * mounted on is -EBUSY.  0 when there is nothing.  Stops with -EINTR once
 * vz_interrupted is set, unless @finish.
 */
int vz_rmtree(int dirfd, const char *name, int finish);

/*
 * vz_trash - take the directory @path away now and remove it later
 * Renames it to FS/vztmp/vzctl-rm-me.XXXXXX, where FS is the topmost directory
 * on the file system of @path (/vz).  Where that cannot be done it is removed here.
 * Errors: VZ_FS_DEL_PRVT.
 */
int vz_trash(const char *path, struct vz_error *e);
/*
 * vz_trash_empty - start a process that removes what vz_trash() and
 * interrupted removals left beside @path
 * It holds none of the caller's descriptors.
 */
void vz_trash_empty(const char *path);

#endif /* VZ_RMTREE_H */
