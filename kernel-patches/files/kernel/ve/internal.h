/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ve controller's own structures.
 *
 * Locks, outermost first:
 *
 *	cgroup_mutex		who gets which ve.id; css_online, css_killed,
 *				attach, and a fork with CLONE_INTO_CGROUP run
 *				under it
 *	ve->lock		everything in struct ve that says so below
 *	xa_lock of ve_ids	ve.c: the table of ids
 *
 * ve_notifiers' rwsem (event.c) and ve_addr_rwsem (proc.c) are taken with
 * none of the above held; what is called under them may sleep and may take
 * the rtnl.
 */
#ifndef _KERNEL_VE_INTERNAL_H
#define _KERNEL_VE_INTERNAL_H

#include <linux/atomic.h>
#include <linux/cgroup.h>
#include <linux/mutex.h>
#include <linux/quota.h>
#include <linux/spinlock.h>
#include <linux/ve.h>
#include <linux/workqueue.h>

struct user_namespace;

enum ve_state {
	VE_STATE_STOPPED,
	VE_STATE_STARTING,
	VE_STATE_RUNNING,
	VE_STATE_STOPPING,
	NR_VE_STATES,
};

/* Why a CT stopped the last time. */
enum ve_reason {
	VE_REASON_NONE,
	VE_REASON_HALT,
	VE_REASON_REBOOT,
	VE_REASON_KILLED,
	VE_REASON_OOM,
	VE_REASON_EXIT,
	NR_VE_REASONS,
};

extern const char * const ve_state_names[NR_VE_STATES];
extern const char * const ve_reason_names[NR_VE_REASONS];

/* Bits of ve.features: the numbers are those of OpenVZ's feature mask. */
#define VE_FEATURE_SYSFS	BIT(0)
#define VE_FEATURE_NFS		BIT(1)
#define VE_FEATURE_SIT		BIT(3)
#define VE_FEATURE_IPIP		BIT(4)
#define VE_FEATURE_PPP		BIT(5)
#define VE_FEATURE_IPGRE	BIT(6)
#define VE_FEATURE_BRIDGE	BIT(7)
#define VE_FEATURE_NFSD		BIT(8)
#define VE_FEATURES_DEFAULT	VE_FEATURE_SYSFS

#define VE_DEV_READ	04
#define VE_DEV_WRITE	02
#define VE_DEV_ANY	U32_MAX		/* '*' as major or minor */
#define VE_DEVICES_MAX	128		/* entries of one CT */

/**
 * struct ve_device - one permission of ve.devices
 * @type: 'b' or 'c'
 * @major: major number or VE_DEV_ANY
 * @minor: minor number or VE_DEV_ANY
 * @perm: VE_DEV_READ | VE_DEV_WRITE
 */
struct ve_device {
	char	type;
	u8	perm;
	u32	major;
	u32	minor;
};

/* Grace times of one CT that are not set. */
#define VE_GRACE_NONE	-1

/**
 * struct ve_grace - how long a CT may be above soft limits, in seconds
 * @space: of space, VE_GRACE_NONE: as the file system says
 * @inodes: of inodes
 */
struct ve_grace {
	s32	space;
	s32	inodes;
};

/**
 * struct ve_quota - the disk quota of a CT
 * @lock: serializes changes of limits by the CT; protects @nr_ids
 * @nr_ids: users and groups with limits, -1 when that is not known
 * @max_ids: ids that may have limits; 0: level 2 is off.  Read anywhere.
 * @dev: of the file system of the CT's root, set at START
 * @first: first host id of users and of groups that the CT's user namespace
 *	maps, set at START
 * @count: how many follow it, 0 before the first START
 * @grace: by quota type; those of users and groups are the CT's to change.
 *	Read and written anywhere, each for itself.
 */
struct ve_quota {
	struct mutex	lock;	/* of changes; see above */
	int		nr_ids;
	u32		max_ids;
	dev_t		dev;
	u32		first[PRJQUOTA];
	u32		count[PRJQUOTA];
	struct ve_grace	grace[MAXQUOTAS];
};

/**
 * struct ve - one css of the controller; a CT when @id is not 0
 * @css: the css.  That of a CT has no child css, so the css of any task of
 *	a CT is the CT's own.
 * @nr_tasks: tasks (threads, zombies too) from can_fork or can_attach to
 *	release.  Not maintained in the root css.
 * @lock: protects what follows
 * @id: written once, under cgroup_mutex and @lock; read anywhere
 * @state: written under @lock; read anywhere
 * @dead: the cgroup has been removed, @id must go with the last task
 * @announced: the VE_STARTED chain ran for this generation
 * @starting: the VE_STARTED chain runs right now
 * @nr_children: live child csses, under cgroup_mutex
 * @init_sig: identity of the init's thread group (survives exec from any
 *	thread), NULL once it has exited
 * @init_pid: pid of the init, from the commit of its fork to the stop
 * @user_ns: user namespace of the init at START, to the stop
 * @reason: of the latest stop
 * @exit_code: wait status of the init, at the latest stop
 * @generation: number of starts
 * @features: VE_FEATURE_* mask
 * @pending: bits 1 << enum ve_state: changes to be told to user space
 * @nr_devices: used entries of @devices
 * @devices: what is allowed beyond the default devices
 * @start_time: boot clock at START, ns
 * @start_cpu: user, nice, system and total CPU time at START, ns
 * @events_file: ve.events
 * @work: tells user space about @pending and completes the stop.  Owns a
 *	reference to @css while queued.
 * @quota: disk quota
 */
struct ve {
	struct cgroup_subsys_state css;
	atomic_t		nr_tasks;

	spinlock_t		lock;	/* what follows, to @events_file */
	u32			id;
	enum ve_state		state;
	bool			dead;
	bool			announced;
	bool			starting;
	unsigned int		nr_children;
	struct signal_struct	*init_sig;
	struct pid		*init_pid;
	struct user_namespace	*user_ns;
	enum ve_reason		reason;
	int			exit_code;
	u64			generation;
	unsigned long		features;
	unsigned long		pending;
	unsigned int		nr_devices;
	struct ve_device	*devices;
	u64			start_time;
	u64			start_cpu[4];

	struct cgroup_file	events_file;
	struct work_struct	work;
#ifdef CONFIG_VE_QUOTA
	struct ve_quota		quota;
#endif
};

static inline struct ve *css_ve(struct cgroup_subsys_state *css)
{
	return container_of(css, struct ve, css);
}

static inline bool ve_is_root(const struct ve *ve)
{
	return !ve->css.parent;
}

/* parse.c */
int ve_parse_id(const char *s, u32 *id);
int ve_parse_features(char *s, unsigned long *features);
int ve_format_features(unsigned long features, char *buf, size_t size);
int ve_parse_device(const char *s, struct ve_device *dev, bool *del);
int ve_format_device(const struct ve_device *dev, char *buf, size_t size);

/* state.c */
int ve_check_entry(u32 from, u32 to, bool same, enum ve_state state,
		   bool capable);
enum ve_reason ve_stop_reason(int reboot, bool oom, int code);
int ve_begin_start(struct ve *ve, struct signal_struct *sig);
void ve_commit_start(struct ve *ve, struct task_struct *init);
int ve_start(struct ve *ve);
void ve_init_exited(struct ve *ve, struct task_struct *task);
void ve_uncharge(struct ve *ve);

/* event.c */
extern const char * const ve_uevent_names[];
void ve_post(struct ve *ve, enum ve_state state);
void ve_work_fn(struct work_struct *work);
int ve_call_started(u32 id);
void ve_kill_task(struct task_struct *task);

/* devices.c */
int ve_device_match(const struct ve_device *devs, unsigned int nr, char type,
		    u32 major, u32 minor);
int ve_device_default(char type, u32 major, u32 minor);
ssize_t ve_devices_write(struct kernfs_open_file *of, char *buf,
			 size_t nbytes, loff_t off);
int ve_devices_show(struct seq_file *m, void *v);

/* quota.c */
#ifdef CONFIG_VE_QUOTA
int ve_parse_quota(char *s, struct ve_quota *q);
bool ve_quota_has_limits(const struct qc_dqblk *d);
void ve_quota_merge(struct qc_dqblk *to, const struct qc_dqblk *from);
void ve_quota_init(struct ve *ve);
void ve_quota_start(struct ve *ve);
ssize_t ve_quota_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
		       loff_t off);
int ve_quota_show(struct seq_file *m, void *v);
#else
static inline void ve_quota_init(struct ve *ve)
{
}

static inline void ve_quota_start(struct ve *ve)
{
}
#endif

/* ve.c */
struct ve *ve_next(unsigned long *id);
struct ve *ve_find_rcu(u32 id, bool (*match)(const struct ve *ve, struct kqid),
		       struct kqid qid);
void ve_forget_id(struct ve *ve);
void ve_cpu_times(struct ve *ve, u64 times[4]);

#endif /* _KERNEL_VE_INTERNAL_H */
