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
#include <linux/percpu-refcount.h>
#include <linux/quota.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/ve.h>
#include <linux/ve_cpu.h>
#include <linux/ve_ubc.h>
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

#define VE_CPUS_MAX	8192

/* ve.cpuunits */
#define VE_UNITS_MIN	8
#define VE_UNITS_DEFAULT	1000
#define VE_UNITS_MAX	500000

/* Percent of one CPU. */
#define VE_CPULIMIT_MAX	(VE_CPUS_MAX * 100)

/**
 * struct ve_cpu - the CPU limit of a CT
 * @limit: percent of one CPU, 0: none.  Read and written anywhere.
 * @budget: CPU time that is left, ns; below 0 a debt
 * @stamp: when it was filled up the last time, ns
 * @looked: when somebody looked whether there is something to fill up, jiffies
 * @nr_waiting: tasks that wait now
 * @nr_throttled: how often a task had to wait
 * @throttled: how long all of them did, ns
 * @worked: CPU time that kernel threads have used for it, ns
 */
struct ve_cpu {
	u32		limit;
	atomic64_t	budget;
	atomic64_t	stamp;
	unsigned long	looked;
	atomic_t	nr_waiting;
	atomic64_t	nr_throttled;
	atomic64_t	throttled;
	atomic64_t	worked;
};

/**
 * struct ve_ubc - one beancounter of a CT
 * @held: what is in use now
 * @maxheld: the most that was
 * @failcnt: how often more was refused
 * @barrier: what VE_HARD may reach.  Read and written anywhere.
 * @limit: what VE_SOFT may reach.  Read and written anywhere.
 */
struct ve_ubc {
	atomic_long_t	held;
	atomic_long_t	maxheld;
	atomic_long_t	failcnt;
	unsigned long	barrier;
	unsigned long	limit;
} ____cacheline_aligned_in_smp;

/**
 * struct ve_io - disk I/O of tasks, in bytes
 * @read: read from storage
 * @write: made dirty, so that it has to be written
 * @cancel: of that, what has been thrown away before it was
 */
struct ve_io {
	atomic64_t	read;
	atomic64_t	write;
	atomic64_t	cancel;
};

/**
 * struct ve_wait - tasks and the CPUs
 * @delay: how long they have waited for one, ns
 * @runs: how often they got one
 */
struct ve_wait {
	atomic64_t	delay;
	atomic64_t	runs;
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
 * @path: the directory of level 1 as the host calls it, for people to read;
 *	or NULL.  Under @lock.
 */
struct ve_quota {
	struct mutex	lock;	/* of changes; see above */
	int		nr_ids;
	u32		max_ids;
	dev_t		dev;
	u32		first[PRJQUOTA];
	u32		count[PRJQUOTA];
	struct ve_grace	grace[MAXQUOTAS];
	char		*path;
};

/**
 * struct ve - one css of the controller; a CT when @id is not 0
 * @css: the css.  That of a CT has no child css, so the css of any task of
 *	a CT is the CT's own.
 * @nr_tasks: tasks (threads, zombies too) from can_fork or can_attach to
 *	release.  Not maintained in the root css.
 * @lock: protects what follows, to @start_cpu
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
 * @nr_forks: tasks forked in the CT since its cgroup was made
 * @avenrun: load averages since START, written by load.c only
 * @nr_running: tasks that ran or wanted to, at @counted
 * @nr_blocked: tasks in uninterruptible sleep, at @counted
 * @counted: jiffies
 * @shown: CPU times that /proc/stat has shown, of each CPU; NULL in the root
 * @events_file: ve.events
 * @work: tells user space about @pending and completes the stop.  Owns a
 *	reference to @css while queued.
 * @wait: of tasks that are gone, less what those that joined had waited before
 * @io: bytes that tasks which are gone have read and written
 * @cpu: CPU limit
 * @cpus: how many CPUs it may be on at once; NULL in the root
 * @meminfo: pages of RAM that a CT without a limit sees, 0: the machine's.
 *	Read and written anywhere.
 * @quota: disk quota
 * @ubc: beancounters, by enum ve_resource
 * @ubc_batch: what a CPU takes of them in advance.  Read and written anywhere.
 * @ubc_pre: their precharges, of each CPU; NULL in the root
 * @ubc_dead: nothing is kept there any more
 * @ubc_ref: of the css, until it is killed, and of all that is held: this stays
 *	until the last object is gone, when the css has been gone for long perhaps
 * @ubc_rcu: frees this
 * @ubc_wq: for what it makes the kernel do, once there is something
 * @ubc_failed: resources that were refused and of which nobody has been told
 * @ubc_told: jiffies, when somebody was told the last time
 * @ubc_log: of what goes to the kernel log
 * @ubc_file: ve.ubc
 * @ubc_work: tells user space.  Owns a @ubc_ref while queued.
 * @ubc_orphans: TCP sockets that only their peers have
 * @aio_nr: AIO requests that may be in flight, by the contexts.  Under aio_nr_lock.
 * @oom_over: pages above the guarantee, or below, when the machine was out of memory
 *	the last time.  Under oom_lock.
 */
struct ve {
	struct cgroup_subsys_state css;
	atomic_t		nr_tasks;

	spinlock_t		lock;	/* what follows, to @start_cpu */
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

	atomic64_t		nr_forks;
	unsigned long		avenrun[3];
	unsigned int		nr_running;
	unsigned int		nr_blocked;
	unsigned long		counted;
	struct prev_cputime __percpu *shown;

	struct cgroup_file	events_file;
	struct work_struct	work;
	struct ve_wait		wait;
	struct ve_io		io;
#ifdef CONFIG_VE_CPU
	struct ve_cpu		cpu;
#endif
#ifdef CONFIG_VE_CPUS
	struct ve_cpus		*cpus;
#endif
#ifdef CONFIG_VE_MEM
	unsigned long		meminfo;
#endif
#ifdef CONFIG_VE_QUOTA
	struct ve_quota		quota;
#endif
#ifdef CONFIG_VE_UBC
	struct ve_ubc		ubc[NR_VE_RESOURCES];
	int			ubc_batch[NR_VE_RESOURCES];
	int __percpu		*ubc_pre;
	bool			ubc_dead;
	struct percpu_ref	ubc_ref;
	struct rcu_work		ubc_rcu;
	struct workqueue_struct	*ubc_wq;
	unsigned long		ubc_failed;
	unsigned long		ubc_told;
	struct ratelimit_state	ubc_log;
	struct cgroup_file	ubc_file;
	struct delayed_work	ubc_work;
	atomic_long_t		ubc_orphans;
	unsigned long		aio_nr;
	long			oom_over;
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

/* __ve_current(), here */
static inline struct ve *current_ve(void)
{
	struct ve *ve;

	rcu_read_lock();
	ve = css_ve(task_css(current, ve_cgrp_id));
	if (!READ_ONCE(ve->id))
		ve = NULL;
	rcu_read_unlock();
	return ve;
}

#ifdef CONFIG_VE_CPUS
static inline unsigned int ve_nr_cpus(const struct ve *ve)
{
	return ve_cpus_max(ve->cpus);
}
#else
static inline unsigned int ve_nr_cpus(const struct ve *ve)
{
	return 0;
}
#endif

static inline bool ve_is_up(const struct ve *ve)
{
	enum ve_state state = READ_ONCE(ve->state);

	return state == VE_STATE_RUNNING || state == VE_STATE_STOPPING;
}

/*
 * The state of a task that waits for CPU time under ve.cpulimit: neither a load
 * of the machine nor hung.
 */
#define VE_CPU_WAITING	(TASK_KILLABLE | TASK_NOLOAD | TASK_FREEZABLE)

/**
 * struct ve_mem_raw - what is known about the memory of a CT, in pages
 * @limit: RAM that it may use
 * @pages: ve.meminfo
 * @used: RAM in use
 * @reclaimable: of that, what would go at need
 * @swap_limit: swap that it may use
 * @swap_used: swap in use
 * @host_total: RAM of the machine
 * @host_swap: swap of the machine
 * @host_swap_free: of that, what is not in use
 */
struct ve_mem_raw {
	unsigned long limit, pages, used, reclaimable;
	unsigned long swap_limit, swap_used;
	unsigned long host_total, host_swap, host_swap_free;
};

/**
 * struct ve_mem - what a CT sees, in pages
 * @own: there is something to be seen that is not the machine's
 * @total: RAM
 * @free: RAM not in use
 * @available: RAM that can be had without swapping
 * @swap_total: swap
 * @swap_free: swap not in use
 */
struct ve_mem {
	bool own;
	unsigned long total, free, available, swap_total, swap_free;
};

/* parse.c */
extern const char * const ve_ubc_names[NR_VE_RESOURCES];
int ve_parse_id(const char *s, u32 *id);
int ve_parse_features(char *s, unsigned long *features);
int ve_format_features(unsigned long features, char *buf, size_t size);
int ve_parse_device(const char *s, struct ve_device *dev, bool *del);
int ve_format_device(const struct ve_device *dev, char *buf, size_t size);
int ve_parse_meminfo(const char *s, unsigned long *pages);
int ve_parse_number(const char *s, u32 max, u32 *number);
int ve_parse_cpuunits(const char *s, u32 *units);
int ve_parse_ubc(char *s, enum ve_resource *res, unsigned long *barrier,
		 unsigned long *limit);

/* math.c */
void ve_mem_view(const struct ve_mem_raw *raw, struct ve_mem *mem);
s64 ve_cpu_refill(s64 budget, s64 elapsed, bool waiting, u32 limit);
u64 ve_cpu_wait(s64 budget, bool slept, u32 limit);
s64 ve_fair_bound(u64 due, u64 elapsed);
unsigned int ve_fair_boost(s64 lag, s64 bound);
long ve_oom_over(unsigned long held, unsigned long guarantee);
int ve_batch(int most, unsigned long barrier, unsigned int cpus);
unsigned long ve_share(unsigned long barrier, unsigned long limit,
		       unsigned long sockets);

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
void ve_send_uevent(char *envp[], u32 id, const char *what);
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

/* load.c */
void ve_load_begin(void);
struct prev_cputime __percpu *ve_times_alloc(void);
void ve_wait_enter(struct ve *ve, struct task_struct *task);
void ve_wait_exit(struct ve *ve, struct task_struct *task);
void ve_get_wait(struct ve *ve, struct ve_wait *wait);
unsigned int ve_nr_running(struct ve *ve);
void ve_get_avenrun(const struct ve *ve, unsigned long loads[3]);
int ve_loadavg_show_file(struct seq_file *m, void *v);

/* cpu.c */
ssize_t ve_cpulimit_write(struct kernfs_open_file *of, char *buf,
			  size_t nbytes, loff_t off);
int ve_cpulimit_show(struct seq_file *m, void *v);
int ve_cpustat_show(struct seq_file *m, void *v);
ssize_t ve_cpuunits_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
			  loff_t off);
int ve_cpuunits_show(struct seq_file *m, void *v);
ssize_t ve_cpus_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
		      loff_t off);
int ve_cpus_show(struct seq_file *m, void *v);

/* fairsched.c */
void ve_fairsched_header(struct seq_file *m, bool old);
void ve_fairsched_show(struct seq_file *m, struct ve *ve, bool old);
void ve_fairsched_show_host(struct seq_file *m, unsigned int tasks,
			    unsigned int running, bool old);

/* mem.c */
ssize_t ve_meminfo_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
			 loff_t off);
int ve_meminfo_show_file(struct seq_file *m, void *v);

/* quota.c */
#ifdef CONFIG_VE_QUOTA
int ve_parse_quota(char *s, struct ve_quota *q);
bool ve_quota_has_limits(const struct qc_dqblk *d);
void ve_quota_merge(struct qc_dqblk *to, const struct qc_dqblk *from);
void ve_quota_init(struct ve *ve);
void ve_quota_start(struct ve *ve);
void ve_quota_free(struct ve *ve);
void ve_quota_stat_show(struct seq_file *m, struct ve *ve, bool host);
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

static inline void ve_quota_free(struct ve *ve)
{
}

static inline void ve_quota_stat_show(struct seq_file *m, struct ve *ve,
				      bool host)
{
}
#endif

/* ve.c */
struct ve *ve_root(void);
void ve_free(struct ve *ve);
struct mem_cgroup *ve_get_memcg(struct ve *ve);

/* ubc.c */
#ifdef CONFIG_VE_UBC
long ve_ubc_held(struct ve *ve, enum ve_resource res);
int __ve_ubc_take(struct ve *ve, enum ve_resource res, unsigned long n,
		  enum ve_severity sev);
void __ve_ubc_give(struct ve *ve, enum ve_resource res, unsigned long n);
void ve_ubc_set(struct ve *ve, enum ve_resource res, unsigned long barrier,
		unsigned long limit);
void ve_ubc_refused(struct ve *ve, enum ve_resource res);
int ve_ubc_init(struct ve *ve);
void ve_ubc_kill(struct ve *ve);
void ve_ubc_free(struct ve *ve);
int ve_ubc_charge_proc(struct ve *ve, enum ve_severity sev);
void ve_ubc_uncharge_proc(struct ve *ve);
void ve_ubc_print_header(struct seq_file *m);
void ve_ubc_print(struct seq_file *m, struct ve *ve, bool uid, bool old);
void ve_ubc_print_precharge(struct seq_file *m, struct ve *ve);
ssize_t ve_ubc_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
		     loff_t off);
int ve_ubc_show(struct seq_file *m, void *v);

/* Take from this CPU's precharge: held already, and below the barrier. */
static __always_inline bool ve_ubc_use(struct ve *ve, enum ve_resource res,
				       unsigned long n)
{
	int *pre = raw_cpu_ptr(ve->ubc_pre) + res;
	int old = READ_ONCE(*pre);

	return old >= (long)n && try_cmpxchg(pre, &old, old - (int)n);
}

/**
 * ve_ubc_take - charge a counter, or use a precharge
 * @ve: the CT; not the root
 * @res: which
 * @n: by how much
 * @sev: how hard
 *
 * Context: any.
 * Return: 0, also for nothing at all; -ENOMEM when it would pass what @sev allows, and
 * then nothing has changed, the counter of failures included.
 */
static __always_inline int ve_ubc_take(struct ve *ve, enum ve_resource res,
				       unsigned long n, enum ve_severity sev)
{
	return ve_ubc_use(ve, res, n) ? 0 : __ve_ubc_take(ve, res, n, sev);
}

/* Keep what is given back on this CPU, if there is room. */
static __always_inline bool ve_ubc_keep(struct ve *ve, enum ve_resource res,
					unsigned long n)
{
	int *pre = raw_cpu_ptr(ve->ubc_pre) + res;
	int old = READ_ONCE(*pre);

	/* one that is closed is below 0, and the sum is not small */
	return old + n <= READ_ONCE(ve->ubc_batch[res]) &&
		try_cmpxchg(pre, &old, old + (int)n);
}

/*
 * Both in one, where it depends: keep @less, or use -@less.  Who is refused may find more
 * room with ve_ubc_take() and ve_ubc_give().
 */
static __always_inline bool ve_ubc_exchange(struct ve *ve,
					    enum ve_resource res, int less)
{
	int *pre = raw_cpu_ptr(ve->ubc_pre) + res;
	int old = READ_ONCE(*pre), new = old + less;
	/* any of late will do, and a plain one is part of the comparison */
	unsigned int batch = data_race(ve->ubc_batch[res]);

	/* one that is closed is INT_MIN, and stays out of range */
	return (unsigned int)new <= batch && try_cmpxchg(pre, &old, new);
}

/**
 * ve_ubc_give - uncharge a counter
 * @ve: the CT
 * @res: which
 * @n: by how much
 *
 * Context: any.
 */
static __always_inline void ve_ubc_give(struct ve *ve, enum ve_resource res,
					unsigned long n)
{
	if (!ve_ubc_keep(ve, res, n))
		__ve_ubc_give(ve, res, n);
}

/*
 * Would @n more of what is in use be above @max?  What CPUs keep is asked for only if it
 * seems so.
 */
static inline bool ve_ubc_above(struct ve *ve, enum ve_resource res, long n,
				long max)
{
	return atomic_long_read(&ve->ubc[res].held) + n > max &&
		ve_ubc_held(ve, res) + n > max;
}

/* ubcmm.c */
unsigned long ve_oomguar_held(struct ve *ve);
#else
static inline int ve_ubc_init(struct ve *ve)
{
	return 0;
}

static inline void ve_ubc_kill(struct ve *ve)
{
	ve_free(ve);
}

static inline int ve_ubc_charge_proc(struct ve *ve, enum ve_severity sev)
{
	return 0;
}

static inline void ve_ubc_uncharge_proc(struct ve *ve)
{
}

static inline void ve_ubc_print_header(struct seq_file *m)
{
}

static inline void ve_ubc_print(struct seq_file *m, struct ve *ve, bool uid,
				bool old)
{
}

static inline void ve_ubc_print_precharge(struct seq_file *m, struct ve *ve)
{
}
#endif

/* io.c */
void ve_io_exit(struct ve *ve, struct task_struct *task);
void ve_io_show(struct seq_file *m, struct ve *ve);

/* proc.c */
void ve_proc_add(u32 id);
void ve_proc_remove(u32 id);

/* ve.c */
struct ve *ve_next(unsigned long *id);
struct ve *ve_find_rcu(u32 id, bool (*match)(const struct ve *ve, struct kqid),
		       struct kqid qid);
void ve_forget_id(struct ve *ve);
void ve_cpu_times(struct ve *ve, u64 times[4]);

#endif /* _KERNEL_VE_INTERNAL_H */
