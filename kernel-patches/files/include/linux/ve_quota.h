/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disk quota of containers: what fs/quota asks about them.
 *
 * Level 1, the disk of a CT, is a project whose id is the CT's. Level 2, the
 * users and groups of a CT, are the file system's own quotas of the host ids
 * that the CT's user namespace maps; see
 * Documentation/admin-guide/vz/quota.rst for the user's contract.
 *
 * Everything below is empty when CONFIG_VE_QUOTA is off, and is behind the
 * static key of the first CT.
 */
#ifndef _LINUX_VE_QUOTA_H
#define _LINUX_VE_QUOTA_H

#include <linux/quota.h>
#include <linux/ve.h>

struct fs_disk_quota;
struct if_dqinfo;

#ifdef CONFIG_VE_QUOTA

bool __ve_quota_ctl(const struct super_block *sb, int type, int cmd);
int __ve_quota_setquota(struct super_block *sb, struct kqid qid,
			struct qc_dqblk *di);
void __ve_quota_getstate(const struct super_block *sb, struct qc_state *state);
int __ve_quota_setinfo(const struct super_block *sb, int type,
		       const struct if_dqinfo *info);
int __ve_quota_setxinfo(const struct super_block *sb, int type,
			struct fs_disk_quota *fdq);
time64_t __ve_quota_grace(struct kqid qid, bool space, time64_t grace);
bool __ve_quota_exempt(struct kqid qid);

/**
 * ve_quota_ctl - may the current task, not privileged on the host, do this
 * @sb: file system
 * @type: USRQUOTA, GRPQUOTA or PRJQUOTA
 * @cmd: quotactl(2) command
 *
 * The ids that a command names are looked up in the caller's user namespace
 * and so can only be those of the CT.
 *
 * Context: process context.
 * Return: true if the task is privileged in the user namespace of its CT, the
 * host has switched level 2 on for that CT, @sb is the file system of the
 * CT's root, and @cmd is one for a CT.
 */
static inline bool ve_quota_ctl(const struct super_block *sb, int type,
				int cmd)
{
	return static_branch_unlikely(&ve_key) && __ve_quota_ctl(sb, type, cmd);
}

/**
 * ve_quota_setquota - set limits and timers of an id
 * @sb: file system, which has set_dqblk
 * @qid: the id
 * @di: what to set
 *
 * Context: process context, sb->s_umount held.
 * Return: what ->set_dqblk() returns; for a task of a CT as well -EPERM for
 * anything but limits and timers and -EDQUOT when the CT has set as many as it
 * may.
 */
static inline int ve_quota_setquota(struct super_block *sb, struct kqid qid,
				    struct qc_dqblk *di)
{
	if (static_branch_unlikely(&ve_key))
		return __ve_quota_setquota(sb, qid, di);
	return sb->s_qcop->set_dqblk(sb, qid, di);
}

/**
 * ve_quota_getstate - put the grace times of the current task's CT into @state
 * @sb: file system
 * @state: what the file system has
 *
 * Context: process context.
 */
static inline void ve_quota_getstate(const struct super_block *sb,
				     struct qc_state *state)
{
	if (static_branch_unlikely(&ve_key))
		__ve_quota_getstate(sb, state);
}

/**
 * ve_quota_setinfo - set the grace times of the current task's CT
 * @sb: file system
 * @type: USRQUOTA or GRPQUOTA
 * @info: what to set
 *
 * Context: process context.
 * Return: 1 if the file system's own are to be set, 0 if those of the CT were,
 * -EINVAL.
 */
static inline int ve_quota_setinfo(const struct super_block *sb, int type,
				   const struct if_dqinfo *info)
{
	return static_branch_unlikely(&ve_key) ?
		__ve_quota_setinfo(sb, type, info) : 1;
}

/**
 * ve_quota_setxinfo - set the grace times of the current task's CT, for XFS's tools
 * @sb: file system
 * @type: USRQUOTA or GRPQUOTA
 * @id: as the caller calls it; what is set for 0 is for all
 * @fdq: what to set; loses times that are the CT's
 *
 * Context: process context.
 * Return: 0 or -EINVAL.
 */
static inline int ve_quota_setxinfo(const struct super_block *sb, int type,
				    qid_t id, struct fs_disk_quota *fdq)
{
	return static_branch_unlikely(&ve_key) && !id ?
		__ve_quota_setxinfo(sb, type, fdq) : 0;
}

/**
 * ve_quota_grace - time that may be spent above a soft limit
 * @qid: whose limit
 * @space: of space, else of inodes
 * @grace: the file system's own, in seconds
 *
 * Context: any, also under a spinlock.
 * Return: seconds; @grace unless @qid belongs to a CT that has its own.
 */
static inline time64_t ve_quota_grace(struct kqid qid, bool space,
				      time64_t grace)
{
	return static_branch_unlikely(&ve_key) ?
		__ve_quota_grace(qid, space, grace) : grace;
}

/**
 * ve_quota_exempt - may the current task go over limits of level 2
 * @qid: whose limit
 *
 * The superuser of a host is not bound by the quotas of its users; neither is
 * that of a CT, but by the disk of the CT.
 *
 * Context: process context, also under a spinlock.
 */
static inline bool ve_quota_exempt(struct kqid qid)
{
	return static_branch_unlikely(&ve_key) && __ve_quota_exempt(qid);
}

#else /* !CONFIG_VE_QUOTA */

static inline bool ve_quota_ctl(const struct super_block *sb, int type,
				int cmd)
{
	return false;
}

static inline int ve_quota_setquota(struct super_block *sb, struct kqid qid,
				    struct qc_dqblk *di)
{
	return sb->s_qcop->set_dqblk(sb, qid, di);
}

static inline void ve_quota_getstate(const struct super_block *sb,
				     struct qc_state *state)
{
}

static inline int ve_quota_setinfo(const struct super_block *sb, int type,
				   const struct if_dqinfo *info)
{
	return 1;
}

static inline int ve_quota_setxinfo(const struct super_block *sb, int type,
				    qid_t id, struct fs_disk_quota *fdq)
{
	return 0;
}

static inline time64_t ve_quota_grace(struct kqid qid, bool space,
				      time64_t grace)
{
	return grace;
}

static inline bool ve_quota_exempt(struct kqid qid)
{
	return false;
}

#endif /* CONFIG_VE_QUOTA */

#endif /* _LINUX_VE_QUOTA_H */
