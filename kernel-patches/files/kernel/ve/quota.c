// SPDX-License-Identifier: GPL-2.0
/*
 * Disk quota of CTs; see include/linux/ve_quota.h for who calls this and
 * Documentation/admin-guide/vz/quota.rst for what users may rely on.
 *
 * Nothing here counts blocks or inodes: fs/quota does, in the file system's
 * journal.  This file decides what the root of a CT may ask of it.
 *
 *	sb->s_umount > ve_quota.lock
 *	dquot->dq_dqb_lock > RCU
 */
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/dqblk_xfs.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/magic.h>
#include <linux/mutex.h>
#include <linux/quota.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <linux/ve_quota.h>

#include "internal.h"
#include "../../fs/internal.h"	/* user_get_super() */

/* The CT that the current task is privileged in and that has level 2, or NULL. */
static struct ve *current_ct(int cap)
{
	struct ve *ve = ve_current();

	/*
	 * Set by a START that current cannot outlive.  Namespaces below it,
	 * in which everybody may be root, are not it.
	 */
	if (!ve || !READ_ONCE(ve->quota.max_ids) ||
	    READ_ONCE(ve->user_ns) != current_user_ns() ||
	    !ns_capable_noaudit(current_user_ns(), cap))
		return NULL;
	return ve;
}

/* Is this one of the ids of the CT? */
static bool owns(const struct ve *ve, struct kqid qid)
{
	u32 id = from_kqid(&init_user_ns, qid);

	if (qid.type >= PRJQUOTA)
		return qid.type == PRJQUOTA && id == ve_id(ve);
	return id - READ_ONCE(ve->quota.first[qid.type]) <
		READ_ONCE(ve->quota.count[qid.type]);
}

/* Out of line half of ve_quota_ctl(). */
bool __ve_quota_ctl(const struct super_block *sb, int type, int cmd)
{
	struct ve *ve = current_ct(CAP_SYS_ADMIN);

	if (!ve || ve->quota.dev != sb->s_dev)
		return false;
	if (type != USRQUOTA && type != GRPQUOTA)
		return false;
	switch (cmd) {
	case Q_GETQUOTA:
	case Q_GETNEXTQUOTA:
	case Q_SETQUOTA:
	case Q_SETINFO:
		return true;
	case Q_XGETQUOTA:
	case Q_XGETNEXTQUOTA:
	case Q_XSETQLIM:
		/* what tools use on XFS, and nowhere else */
		return sb->s_magic == XFS_SUPER_MAGIC;
	default:
		return false;
	}
}

/**
 * ve_quota_has_limits - is there any limit
 * @d: limits of an id
 */
bool ve_quota_has_limits(const struct qc_dqblk *d)
{
	return d->d_spc_hardlimit || d->d_spc_softlimit ||
		d->d_ino_hardlimit || d->d_ino_softlimit;
}

/**
 * ve_quota_merge - apply a change of limits
 * @to: the limits, updated
 * @from: the change, with its field mask
 */
void ve_quota_merge(struct qc_dqblk *to, const struct qc_dqblk *from)
{
	if (from->d_fieldmask & QC_SPC_HARD)
		to->d_spc_hardlimit = from->d_spc_hardlimit;
	if (from->d_fieldmask & QC_SPC_SOFT)
		to->d_spc_softlimit = from->d_spc_softlimit;
	if (from->d_fieldmask & QC_INO_HARD)
		to->d_ino_hardlimit = from->d_ino_hardlimit;
	if (from->d_fieldmask & QC_INO_SOFT)
		to->d_ino_softlimit = from->d_ino_softlimit;
}

/* How many ids of the CT have limits; from the quota files, once in a life. */
static int count_ids(struct super_block *sb, const struct ve *ve)
{
	int type, n = 0;

	for (type = USRQUOTA; type <= GRPQUOTA; type++) {
		u32 id = ve->quota.first[type];

		for (;;) {
			struct kqid qid = make_kqid(&init_user_ns, type, id);
			struct qc_dqblk d;
			int err;

			err = sb->s_qcop->get_nextdqblk(sb, &qid, &d);
			/* ESRCH: the file system has none of this type */
			if (err == -ENOENT || err == -ESRCH || (!err && !owns(ve, qid)))
				break;
			if (err)
				return err;
			if (ve_quota_has_limits(&d))
				n++;
			if (fatal_signal_pending(current))
				return -EINTR;
			cond_resched();
			id = from_kqid(&init_user_ns, qid) + 1;
			if (!id)
				break;
		}
	}
	return n;
}

#define RT_FIELDS	(QC_RT_SPC_SOFT | QC_RT_SPC_HARD | QC_RT_SPC_TIMER)

static int ct_setquota(struct super_block *sb, struct ve *ve, struct kqid qid,
		       struct qc_dqblk *di)
{
	struct ve_quota *q = &ve->quota;
	struct qc_dqblk now;
	bool had, will;
	int err;

	/* Tools of XFS set limits of realtime space as well, those that are. */
	if (di->d_fieldmask & RT_FIELDS && !di->d_rt_spc_softlimit &&
	    !di->d_rt_spc_hardlimit)
		di->d_fieldmask &= ~RT_FIELDS;
	/* What is used is counted, not told. */
	if (di->d_fieldmask & ~(QC_SPC_SOFT | QC_SPC_HARD | QC_SPC_TIMER |
				QC_INO_SOFT | QC_INO_HARD | QC_INO_TIMER))
		return -EPERM;
	if (!sb->s_qcop->get_dqblk || !sb->s_qcop->get_nextdqblk)
		return -EOPNOTSUPP;

	mutex_lock(&q->lock);
	memset(&now, 0, sizeof(now));
	err = sb->s_qcop->get_dqblk(sb, qid, &now);
	/* XFS has nothing to tell of who has nothing */
	if (err && err != -ENOENT)
		goto out_unlock;
	had = ve_quota_has_limits(&now);
	ve_quota_merge(&now, di);
	will = ve_quota_has_limits(&now);
	if (!had && will) {
		if (q->nr_ids < 0)
			q->nr_ids = count_ids(sb, ve);
		err = q->nr_ids < 0 ? q->nr_ids : 0;
		if (!err && q->nr_ids >= READ_ONCE(q->max_ids))
			err = -EDQUOT;
		if (err)
			goto out_unlock;
	}
	err = sb->s_qcop->set_dqblk(sb, qid, di);
	if (!err && q->nr_ids >= 0)
		q->nr_ids += will - had;

out_unlock:
	mutex_unlock(&q->lock);
	return err;
}

/* Limits of its ids were set by the host: count again when it matters. */
static void forget_counts(struct kqid qid)
{
	unsigned long id = 0;
	struct ve *ve;

	while ((ve = ve_next(&id))) {
		if (owns(ve, qid)) {
			mutex_lock(&ve->quota.lock);
			ve->quota.nr_ids = -1;
			mutex_unlock(&ve->quota.lock);
		}
		ve_put(ve);
	}
}

/* Out of line half of ve_quota_setquota(). */
int __ve_quota_setquota(struct super_block *sb, struct kqid qid,
			struct qc_dqblk *di)
{
	struct ve *ve = current_ct(CAP_SYS_ADMIN);
	int err;

	if (ve)
		return ct_setquota(sb, ve, qid, di);
	err = sb->s_qcop->set_dqblk(sb, qid, di);
	if (qid.type != PRJQUOTA)
		forget_counts(qid);
	return err;
}

/* The CT of the current task if these are the quotas that it has of its own. */
static struct ve *own_quota(const struct super_block *sb, int type)
{
	struct ve *ve = ve_current();

	if (!ve || !READ_ONCE(ve->quota.max_ids) || type >= PRJQUOTA ||
	    ve->quota.dev != sb->s_dev)
		return NULL;
	return ve;
}

/* Out of line half of ve_quota_getstate(). */
void __ve_quota_getstate(const struct super_block *sb, struct qc_state *state)
{
	int type;

	for (type = USRQUOTA; type <= GRPQUOTA; type++) {
		struct ve *ve = own_quota(sb, type);
		s32 grace;

		if (!ve)
			return;
		grace = READ_ONCE(ve->quota.grace[type].space);
		if (grace != VE_GRACE_NONE)
			state->s_state[type].spc_timelimit = grace;
		grace = READ_ONCE(ve->quota.grace[type].inodes);
		if (grace != VE_GRACE_NONE)
			state->s_state[type].ino_timelimit = grace;
	}
}

/* Out of line half of ve_quota_setinfo(). */
int __ve_quota_setinfo(const struct super_block *sb, int type,
		       const struct if_dqinfo *info)
{
	struct ve *ve = own_quota(sb, type);

	if (!ve || current_user_ns() == &init_user_ns)
		return 1;
	/* Flags are the file system's; tools send those that they have read. */
	if (info->dqi_valid & ~(IIF_FLAGS | IIF_BGRACE | IIF_IGRACE) ||
	    (info->dqi_valid & IIF_FLAGS && info->dqi_flags & DQF_ROOT_SQUASH) ||
	    (info->dqi_valid & IIF_BGRACE && info->dqi_bgrace > S32_MAX) ||
	    (info->dqi_valid & IIF_IGRACE && info->dqi_igrace > S32_MAX))
		return -EINVAL;
	if (info->dqi_valid & IIF_BGRACE)
		WRITE_ONCE(ve->quota.grace[type].space, info->dqi_bgrace);
	if (info->dqi_valid & IIF_IGRACE)
		WRITE_ONCE(ve->quota.grace[type].inodes, info->dqi_igrace);
	return 0;
}

/* Out of line half of ve_quota_setxinfo(). */
int __ve_quota_setxinfo(const struct super_block *sb, int type,
			struct fs_disk_quota *fdq)
{
	struct if_dqinfo info = { };
	int ret;

	if (!(fdq->d_fieldmask & FS_DQ_TIMER_MASK))
		return 0;
	if (fdq->d_fieldmask & FS_DQ_BTIMER) {
		info.dqi_bgrace = fdq->d_btimer;
		info.dqi_valid |= IIF_BGRACE;
	}
	if (fdq->d_fieldmask & FS_DQ_ITIMER) {
		info.dqi_igrace = fdq->d_itimer;
		info.dqi_valid |= IIF_IGRACE;
	}
	ret = __ve_quota_setinfo(sb, type, &info);
	if (!ret)
		fdq->d_fieldmask &= ~FS_DQ_TIMER_MASK;
	return ret < 0 ? ret : 0;
}

/* A CT's own grace time, or @grace of the file system if it has none. */
static time64_t grace_of(const struct ve *ve, int type, bool space,
			 time64_t grace)
{
	const struct ve_grace *g = &ve->quota.grace[type];
	s32 own = space ? READ_ONCE(g->space) : READ_ONCE(g->inodes);

	/* Those of level 2 count while it is on. */
	if (type != PRJQUOTA && !READ_ONCE(ve->quota.max_ids))
		return grace;
	return own == VE_GRACE_NONE ? grace : own;
}

/*
 * Out of line half of ve_quota_grace().  Asked when a soft limit is crossed or
 * set, so the walk over the CTs, for who writes to a CT's files from outside,
 * is no matter.
 */
time64_t __ve_quota_grace(struct kqid qid, bool space, time64_t grace)
{
	struct ve *ve;

	rcu_read_lock();
	ve = __ve_current();
	if (!ve || !owns(ve, qid))
		ve = ve_find_rcu(qid.type == PRJQUOTA ?
				 from_kqid(&init_user_ns, qid) : 0, owns, qid);
	if (ve)
		grace = grace_of(ve, qid.type, space, grace);
	rcu_read_unlock();
	return grace;
}
EXPORT_SYMBOL_GPL(__ve_quota_grace);	/* XFS may be a module */

/* Out of line half of ve_quota_exempt(). */
bool __ve_quota_exempt(struct kqid qid)
{
	struct ve *ve = qid.type == PRJQUOTA ? NULL :
		current_ct(CAP_SYS_RESOURCE);

	return ve && owns(ve, qid);
}
EXPORT_SYMBOL_GPL(__ve_quota_exempt);

/* ---- ve.quota ---- */

/**
 * ve_quota_init - of a new css
 * @ve: the css
 */
void ve_quota_init(struct ve *ve)
{
	int type;

	mutex_init(&ve->quota.lock);
	ve->quota.nr_ids = -1;
	for (type = 0; type < MAXQUOTAS; type++)
		ve->quota.grace[type] = (struct ve_grace){
			VE_GRACE_NONE, VE_GRACE_NONE,
		};
}

/**
 * ve_quota_free - of a css that goes
 * @ve: the css
 */
void ve_quota_free(struct ve *ve)
{
	kfree(ve->quota.path);
}

/* What follows the id that a namespace's 0 is mapped to; one range as a rule. */
static u32 extent(const struct uid_gid_map *map)
{
	const struct uid_gid_extent *e = map->extent;

	if (map->nr_extents > UID_GID_MAP_MAX_BASE_EXTENTS)
		e = map->forward;
	return map->nr_extents && !e->first ? e->count : 0;
}

/**
 * ve_quota_start - note what is the CT's
 * @ve: the CT; current is its init, in its namespaces
 *
 * Context: process context; takes current->fs->lock.
 */
void ve_quota_start(struct ve *ve)
{
	struct user_namespace *ns = current_user_ns();
	struct ve_quota *q = &ve->quota;
	struct path root;

	get_fs_root(current->fs, &root);
	q->dev = root.mnt->mnt_sb->s_dev;
	path_put(&root);
	WRITE_ONCE(q->first[USRQUOTA], __kuid_val(make_kuid(ns, 0)));
	WRITE_ONCE(q->first[GRPQUOTA], __kgid_val(make_kgid(ns, 0)));
	WRITE_ONCE(q->count[USRQUOTA], extent(&ns->uid_map));
	WRITE_ONCE(q->count[GRPQUOTA], extent(&ns->gid_map));
	mutex_lock(&q->lock);
	q->nr_ids = -1;
	mutex_unlock(&q->lock);
}

static const char * const type_names[MAXQUOTAS] = {
	[USRQUOTA] = "user",
	[GRPQUOTA] = "group",
	[PRJQUOTA] = "project",
};

static int parse_grace(const char *s, s32 *grace)
{
	u32 n;

	if (!s)
		return -EINVAL;
	if (!strcmp(s, "-")) {
		*grace = VE_GRACE_NONE;
		return 0;
	}
	if (kstrtou32(s, 10, &n) || n > S32_MAX)
		return -EINVAL;
	*grace = n;
	return 0;
}

/**
 * ve_parse_quota - read one line of ve.quota
 * @s: "ids N" or "user|group|project SPACE INODES", grace times in seconds
 *	or "-"; destroyed
 * @q: the fields that the line is about are set on success
 *
 * Return: 0 or -EINVAL.
 */
int ve_parse_quota(char *s, struct ve_quota *q)
{
	char *key = strsep(&s, " "), *a = strsep(&s, " "), *b = strsep(&s, " ");
	struct ve_grace grace;
	u32 n;
	int type;

	if (!a || s)
		return -EINVAL;
	if (!strcmp(key, "ids")) {
		if (b || kstrtou32(a, 10, &n) || n > S32_MAX)
			return -EINVAL;
		WRITE_ONCE(q->max_ids, n);
		return 0;
	}
	type = match_string(type_names, MAXQUOTAS, key);
	if (type < 0 || parse_grace(a, &grace.space) ||
	    parse_grace(b, &grace.inodes))
		return -EINVAL;
	WRITE_ONCE(q->grace[type].space, grace.space);
	WRITE_ONCE(q->grace[type].inodes, grace.inodes);
	return 0;
}

static int set_path(struct ve *ve, const char *path)
{
	const char *p;
	char *copy;

	if (*path != '/' || strlen(path) >= PATH_MAX)
		return -EINVAL;
	/* It will be a line of its own. */
	for (p = path; *p; p++)
		if (iscntrl(*p))
			return -EINVAL;
	copy = kstrdup(path, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	mutex_lock(&ve->quota.lock);
	swap(ve->quota.path, copy);
	mutex_unlock(&ve->quota.lock);
	kfree(copy);
	return 0;
}

/* write(2) on ve.quota: one line. */
ssize_t ve_quota_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
		       loff_t off)
{
	struct ve *ve = css_ve(of_css(of));
	size_t len;
	int err;

	if (!file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	buf = strstrip(buf);
	len = str_has_prefix(buf, "path ");
	err = len ? set_path(ve, buf + len) : ve_parse_quota(buf, &ve->quota);
	return err ?: nbytes;
}

static void show_grace(struct seq_file *m, s32 grace)
{
	if (grace == VE_GRACE_NONE)
		seq_puts(m, " -");
	else
		seq_printf(m, " %d", grace);
}

/* read(2) on ve.quota. */
int ve_quota_show(struct seq_file *m, void *v)
{
	struct ve *ve = css_ve(seq_css(m));
	int type;

	seq_printf(m, "ids %u\n", READ_ONCE(ve->quota.max_ids));
	for (type = 0; type < MAXQUOTAS; type++) {
		seq_puts(m, type_names[type]);
		show_grace(m, READ_ONCE(ve->quota.grace[type].space));
		show_grace(m, READ_ONCE(ve->quota.grace[type].inodes));
		seq_putc(m, '\n');
	}
	mutex_lock(&ve->quota.lock);
	if (ve->quota.path)
		seq_printf(m, "path %s\n", ve->quota.path);
	mutex_unlock(&ve->quota.lock);
	return 0;
}

/* ---- /proc/vz/vzquota ---- */

static void show_stat(struct seq_file *m, const char *name, u64 used, u64 soft,
		      u64 hard, s64 end, s64 grace)
{
	/* no limit, as beancounters say it, is wider than its column */
	seq_printf(m, "%11s %14llu %14llu %14llu %10lld %10lld\n", name, used,
		   soft ?: S64_MAX, hard ?: S64_MAX, end, grace);
}

/**
 * ve_quota_stat_show - print the disk of a CT
 * @m: /proc/vz/vzquota
 * @ve: the CT, which has been started
 * @host: with its id and directory
 *
 * Prints nothing if the file system of the CT's root has no project quota.
 *
 * Context: process context; takes s_umount of that file system.
 */
void ve_quota_stat_show(struct seq_file *m, struct ve *ve, bool host)
{
	const struct qc_type_state *type;
	struct super_block *sb;
	struct qc_state state;
	struct qc_dqblk d;
	struct kqid qid;

	sb = user_get_super(ve->quota.dev, false);
	if (!sb)
		return;
	qid = make_kqid(&init_user_ns, PRJQUOTA, ve_id(ve));
	memset(&state, 0, sizeof(state));
	if (!sb->s_qcop || !sb->s_qcop->get_dqblk || !sb->s_qcop->get_state ||
	    sb->s_qcop->get_state(sb, &state) ||
	    sb->s_qcop->get_dqblk(sb, qid, &d))
		goto out_put;

	if (host) {
		seq_printf(m, "%u:", ve_id(ve));
		mutex_lock(&ve->quota.lock);
		if (ve->quota.path)
			seq_printf(m, " %s", ve->quota.path);
		mutex_unlock(&ve->quota.lock);
		seq_putc(m, '\n');
	}
	type = &state.s_state[PRJQUOTA];
	show_stat(m, "1k-blocks", DIV_ROUND_UP_ULL(d.d_space, 1024),
		  d.d_spc_softlimit / 1024, d.d_spc_hardlimit / 1024,
		  d.d_spc_timer,
		  grace_of(ve, PRJQUOTA, true, type->spc_timelimit));
	show_stat(m, "inodes", d.d_ino_count, d.d_ino_softlimit,
		  d.d_ino_hardlimit, d.d_ino_timer,
		  grace_of(ve, PRJQUOTA, false, type->ino_timelimit));
out_put:
	drop_super(sb);
}
