/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The disk of a container: a project quota whose id is the CTID (level 1), and
 * what its own users and groups may have (level 2).
 *
 * Space is in KiB, as everywhere in vzctl; LONG_MAX is no limit.  The
 * file system's journal keeps the counts: nothing is scanned after a crash.
 */
#ifndef VZ_QUOTA_H
#define VZ_QUOTA_H

#include <fts.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct vz_ct;
struct vz_error;

/*
 * struct vz_quota - usage and limits of one id
 * @used, @soft, @hard: [0] KiB, [1] inodes
 * @end: when the grace time ends, seconds since the epoch; 0: it does not run
 */
struct vz_quota {
	uint64_t used[2];
	unsigned long soft[2], hard[2];
	int64_t end[2];
};

/* no limits at all */
extern const struct vz_quota vz_quota_none;

enum { VZ_QUOTA_USER, VZ_QUOTA_GROUP, VZ_QUOTA_PROJECT };

/* can project quota limit what is below a directory? */
enum vz_quota_state {
	VZ_QUOTA_ON,		/* yes */
	VZ_QUOTA_COUNTS,	/* it counts, and nothing is refused: not mounted with prjquota */
	VZ_QUOTA_OFF,		/* the file system can, but was not made for it */
	VZ_QUOTA_NEVER,		/* this kind of file system cannot */
};

/*
 * struct vz_quota_fs - the file system of a directory
 * @level2: user and group quota are enforced as well
 * @type, @dev, @mnt: its kind, what is mounted, and where; vz_quota_where() sets them
 */
struct vz_quota_fs {
	enum vz_quota_state state;
	bool level2;
	char type[16];
	char *dev, *mnt;
};
/* look at the file system of @dirfd; 0, or -errno with VZ_SYSTEM_ERROR */
int vz_quota_fs(int dirfd, struct vz_quota_fs *ret, struct vz_error *e);
/* for what is told about it: reads the table of mounts, and containers have some each */
void vz_quota_where(int dirfd, struct vz_quota_fs *fs);
void vz_quota_fs_reset(struct vz_quota_fs *fs);
#define _cleanup_quota_fs_ __attribute__((cleanup(vz_quota_fs_reset)))
/* what an administrator has to do, allocated: "mount -o remount,prjquota /vz" */
char *vz_quota_remedy(const struct vz_quota_fs *fs);

/* of @id on the file system of @dirfd; @type is VZ_QUOTA_*.  -errno, no text */
int vz_quota_get(int dirfd, int type, uint32_t id, struct vz_quota *ret);
/* the next id from @id on that has used something or has limits; -ENOENT at the end */
int vz_quota_next(int dirfd, int type, uint32_t *id, struct vz_quota *ret);
/* is there any limit? */
bool vz_quota_limited(const struct vz_quota *q);
/*
 * vz_quota_each - call @fn for the users or groups of a container that have used
 * something or have limits
 * @type: VZ_QUOTA_USER or VZ_QUOTA_GROUP; @base: the first of its host ids
 * @fn gets ids as the container sees them.  0 also where the file system has no quota
 * of this type, or -errno.
 */
int vz_quota_each(int dirfd, int type, uint32_t base,
		  void (*fn)(int type, uint32_t ugid, const struct vz_quota *q, void *arg), void *arg);
/* limits only; a limit of 0, which is none for the kernel, is set as 1 */
int vz_quota_set(int dirfd, int type, uint32_t id, const struct vz_quota *q);
/* the same, and when the grace times end that are running: @q->end, where it is not 0 */
int vz_quota_restore(int dirfd, int type, uint32_t id, const struct vz_quota *q);

/*
 * vz_tree_walk - call @fn for @path and all below it, directories before what is in them
 * Follows no links but @path itself, and does not leave its file system.  @fn finds the file
 * as fts_accpath from its working directory; what it returns ends the walk if it is
 * below 0, and is told if @fn did not do so.  Errors: VZ_SYSTEM_ERROR.
 */
int vz_tree_walk(const char *path, int (*fn)(const FTSENT *f, void *arg), void *arg, struct vz_error *e);

/* project id of a file or directory, 0 when it has none or does not pass it on */
int vz_project_get(int fd, uint32_t *ret);
/* of a directory, passed on to all that is made in it */
int vz_project_set(int dirfd, uint32_t id);
/*
 * vz_project_adopt - move a whole tree into project @id
 * For trees that came from elsewhere: rsync, a backup, another host.  Nobody may
 * be at work in it.  Links and special files are made anew, for the kernel moves
 * none; what has several names stays and is counted in *@ret_left.
 * Errors: VZ_SYSTEM_ERROR; can be repeated, and has to be after an error or a crash:
 * until it has come to its end vz_project_whole() says 0.
 */
int vz_project_adopt(const char *path, uint32_t id, uint64_t *ret_left, struct vz_error *e);
/* 1: the tree is in project @id; 0: it is not, or not all of it, for an adoption was cut short; -errno */
int vz_project_whole(int dirfd, uint32_t id);

/*
 * struct vz_quota_count - what a full count finds
 * @space: bytes; @inodes: each once, however many names it has
 * @foreign: files and directories that are not in the project; with an id of 0
 *	nobody looks
 */
struct vz_quota_count {
	uint64_t space, inodes, foreign;
};
int vz_quota_count(const char *path, uint32_t id, struct vz_quota_count *ret, struct vz_error *e);

/* what is kept of containers' quotas: CTID */
#define VZ_QUOTA_STATE_DIR	"/var/lib/vzctl/quota"

/* ---- of a container ------------------------------------------------------------- */

/* limits that its configuration says; without DISKSPACE or with DISK_QUOTA=no there are none */
int vz_ct_quota_limits(const struct vz_ct *ct, struct vz_quota *ret, struct vz_error *e);
/*
 * vz_ct_quota_begin - @dirfd, an empty directory, becomes the container's disk
 * Warns where there is no quota.  Errors: VZ_DQ_SET.
 */
int vz_ct_quota_begin(struct vz_ct *ct, int dirfd, struct vz_error *e);
/*
 * vz_ct_quota_on - before the private area is mounted: in its project, limits set
 * Warns where there is no quota.  Errors: VZ_DQ_INIT, VZ_DQ_ON.
 */
int vz_ct_quota_on(struct vz_ct *ct, struct vz_error *e);
/* the same, and all of the tree into the project whatever its top says */
int vz_ct_quota_init(struct vz_ct *ct, struct vz_error *e);
/* no limits any more; usage is still counted */
int vz_ct_quota_off(struct vz_ct *ct, struct vz_error *e);
/* no limits of its users and groups: their ids will be another container's, if they are not yet; best effort */
void vz_ct_quota_off_ids(const struct vz_ct *ct);
/* no limits for the directory @path, if it is in the project @id; best effort */
void vz_quota_release(const char *path, uint32_t id);
/* a new value of DISKSPACE or DISKINODES, now; VZ_DQ_SET */
int vz_ct_quota_change(struct vz_ct *ct, const char *key, const char *value, struct vz_error *e);

/* ve.quota of a container that is about to start, from its configuration and its last life */
int vz_ct_quota_cgroup(const struct vz_ct *ct, int cgfd, struct vz_error *e);
/* grace times that its root has set, from ve.quota to the state file */
void vz_ct_quota_keep(const struct vz_ct *ct, int cgfd);
/*
 * Grace times of space and of inodes in seconds, VZ_GRACE_FS for the file system's: now,
 * and in the next life of a container that is stopped.  @type is VZ_QUOTA_*; the
 * project's is QUOTATIME and not to be set here.  Errors: VZ_GET_QUOTA_USAGE, VZ_DQ_SET.
 */
#define VZ_GRACE_FS	(-1)
int vz_ct_quota_grace(const struct vz_ct *ct, int type, int32_t ret[2], struct vz_error *e);
int vz_ct_quota_set_grace(const struct vz_ct *ct, int type, const int32_t grace[2], struct vz_error *e);
/* the state file of a container that goes */
void vz_ct_quota_forget(uint32_t id);

#endif /* VZ_QUOTA_H */
