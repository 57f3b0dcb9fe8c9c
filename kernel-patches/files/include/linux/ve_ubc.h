/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User beancounters of containers (CTs): what the rest of the kernel charges.
 *
 * An object belongs to the CT that made it until it dies, wherever that is. It
 * carries a struct ve_owner, which is charged and uncharged with it. What the
 * host makes belongs to nobody. See Documentation/admin-guide/vz/ubc.rst for
 * the resources; everything below is empty when CONFIG_VE_UBC is off, and behind
 * ve_key until the first CT of this boot gets its id.
 */
#ifndef _LINUX_VE_UBC_H
#define _LINUX_VE_UBC_H

#include <linux/errno.h>
#include <linux/gfp_types.h>
#include <linux/ve.h>
#include <linux/ve_types.h>
#include <linux/workqueue.h>

struct dentry;
struct mem_cgroup;
struct task_struct;

/*
 * The rows of /proc/user_beancounters, in their order; swappages is not in that
 * file, and some numbers have not been used for long.
 */
enum ve_resource {
	VE_KMEMSIZE,
	VE_LOCKEDPAGES,
	VE_PRIVVMPAGES,
	VE_SHMPAGES,
	VE_NUMPROC		= 5,
	VE_PHYSPAGES,
	VE_VMGUARPAGES,
	VE_OOMGUARPAGES,
	VE_NUMTCPSOCK,
	VE_NUMFLOCK,
	VE_NUMPTY,
	VE_NUMSIGINFO,
	VE_TCPSNDBUF,
	VE_TCPRCVBUF,
	VE_OTHERSOCKBUF,
	VE_DGRAMRCVBUF,
	VE_NUMOTHERSOCK,
	VE_DCACHESIZE,
	VE_NUMFILE,
	VE_NUMIPTENT		= 23,
	VE_SWAPPAGES,
	NR_VE_RESOURCES,
};

/**
 * enum ve_severity - how hard a charge is to refuse
 * @VE_HARD: refused above the barrier: the caller can fail cleanly
 * @VE_SOFT: refused above the limit
 * @VE_FORCE: never refused
 */
enum ve_severity {
	VE_HARD,
	VE_SOFT,
	VE_FORCE,
};

#ifdef CONFIG_VE_UBC

/* memcontrol.c */
struct ve_owner *mem_cgroup_slab_owner(void *p);
unsigned long mem_cgroup_shrink_slab(struct mem_cgroup *memcg, gfp_t gfp,
				     int priority);

int __ve_ubc_charge(struct ve_owner *owner, enum ve_resource res,
		    enum ve_severity sev);
int __ve_ubc_charge_task(struct ve_owner *owner, enum ve_resource res,
			 struct task_struct *task);
int __ve_ubc_charge_like(struct ve_owner *owner, const struct ve_owner *other,
			 enum ve_resource res);
void __ve_ubc_uncharge(struct ve_owner *owner, enum ve_resource res);
struct workqueue_struct *__ve_workqueue(struct ve *ve);
int __ve_ubc_charge_kmem(struct ve_owner *owner, struct mem_cgroup *memcg,
			 gfp_t gfp, unsigned int nr_pages,
			 enum ve_severity sev);
void __ve_ubc_uncharge_kmem(struct ve_owner *owner, unsigned int nr_pages);
void __ve_ubc_release_kmem(struct ve_owner *owner);
bool __ve_ubc_fault_failed(void);
void __ve_ubc_own(struct ve_owner *owner);
void __ve_ubc_disown(struct ve_owner *owner);
unsigned long *__ve_aio_nr(const struct ve_owner *owner);
int __ve_ubc_charge_n(struct ve_owner *owner, enum ve_resource res,
		      unsigned long n, enum ve_severity sev);
void __ve_ubc_uncharge_n(struct ve_owner *owner, enum ve_resource res,
			 unsigned long n);
int __ve_ubc_replace(struct ve_owner *to, struct ve_owner *from,
		     enum ve_resource res, unsigned long n_to,
		     unsigned long n_from);
int __ve_ubc_charge_dentry(struct dentry *dentry);
void __ve_ubc_uncharge_dentry(struct dentry *dentry);
void __ve_ubc_oom_begin(void);
int __ve_ubc_oom_compare(struct task_struct *a, struct task_struct *b);
void __ve_ubc_oom_kill(struct task_struct *victim);

/**
 * ve_ubc_charge - charge the current task's CT with one object
 * @owner: of the object; set, also on failure
 * @res: what it is
 * @sev: VE_HARD as a rule
 *
 * Context: process context; does not sleep.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_ubc_charge(struct ve_owner *owner, enum ve_resource res,
				enum ve_severity sev)
{
	owner->ve = NULL;
	return static_branch_unlikely(&ve_key) ?
		__ve_ubc_charge(owner, res, sev) : 0;
}

/**
 * ve_ubc_charge_task - charge the CT of a task with one object
 * @owner: of the object; set, also on failure
 * @res: what it is
 * @task: the task; the caller keeps it from being freed
 *
 * Context: any.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_ubc_charge_task(struct ve_owner *owner,
				     enum ve_resource res,
				     struct task_struct *task)
{
	owner->ve = NULL;
	return static_branch_unlikely(&ve_key) ?
		__ve_ubc_charge_task(owner, res, task) : 0;
}

/**
 * ve_ubc_charge_like - charge whom another object is charged to
 * @owner: of the object; set, also on failure
 * @other: of the other object
 * @res: what it is
 *
 * Context: any.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_ubc_charge_like(struct ve_owner *owner,
				     const struct ve_owner *other,
				     enum ve_resource res)
{
	owner->ve = NULL;
	return other->ve ? __ve_ubc_charge_like(owner, other, res) : 0;
}

/**
 * ve_ubc_uncharge - the object is gone
 * @owner: of the object; cleared
 * @res: what it was
 *
 * Context: any.
 */
static inline void ve_ubc_uncharge(struct ve_owner *owner,
				   enum ve_resource res)
{
	if (owner->ve)
		__ve_ubc_uncharge(owner, res);
}

/**
 * ve_workqueue - where to queue what a CT makes the kernel do
 * @owner: of an object that has been charged
 *
 * A CT has a queue of its own, for one work at a time: however many objects it has, it
 * keeps one worker busy.
 *
 * Context: may sleep.
 * Return: the queue, which lasts until RCU readers have seen the end of @owner's last
 * charge and what was queued by then is done; NULL: out of memory.
 */
static inline struct workqueue_struct *ve_workqueue(const struct ve_owner *owner)
{
	return owner->ve ? __ve_workqueue(owner->ve) : system_unbound_wq;
}

/**
 * ve_ubc_move - let one object take the place of another
 * @to: of the new one, which has not been charged
 * @from: of the old one; cleared
 */
static inline void ve_ubc_move(struct ve_owner *to, struct ve_owner *from)
{
	to->ve = from->ve;
	from->ve = NULL;
}

/**
 * ve_ubc_charge_kmem - charge kmemsize with pages of kernel memory
 * @owner: of the pages' obj_cgroup; set by the first charge, for its life
 * @memcg: whose pages they are
 * @gfp: how they are allocated
 * @nr_pages: how many
 * @sev: VE_HARD or VE_SOFT; taken as VE_FORCE where @gfp does not let reclaim
 *	make room
 *
 * Context: as @gfp says.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_ubc_charge_kmem(struct ve_owner *owner,
				     struct mem_cgroup *memcg, gfp_t gfp,
				     unsigned int nr_pages,
				     enum ve_severity sev)
{
	return static_branch_unlikely(&ve_key) ?
		__ve_ubc_charge_kmem(owner, memcg, gfp, nr_pages, sev) : 0;
}

/**
 * ve_ubc_uncharge_kmem - undo ve_ubc_charge_kmem()
 * @owner: of the pages' obj_cgroup
 * @nr_pages: how many
 *
 * Context: any.
 */
static inline void ve_ubc_uncharge_kmem(struct ve_owner *owner,
					unsigned int nr_pages)
{
	if (owner->ve)
		__ve_ubc_uncharge_kmem(owner, nr_pages);
}

/**
 * ve_ubc_release_kmem - the obj_cgroup is gone
 * @owner: of it
 *
 * Context: any.
 */
static inline void ve_ubc_release_kmem(struct ve_owner *owner)
{
	if (owner->ve)
		__ve_ubc_release_kmem(owner);
}

/**
 * ve_ubc_fault_failed - a page fault got no memory
 *
 * Kills the current process if that was for want of kmemsize: the fault cannot
 * be finished, and to try it again helps nobody.
 * Context: process context, no locks.
 * Return: true if it has been killed.
 */
static inline bool ve_ubc_fault_failed(void)
{
	return static_branch_unlikely(&ve_key) && __ve_ubc_fault_failed();
}

/**
 * ve_ubc_own - an object that will be charged as it grows belongs to the current
 *	task's CT
 * @owner: of the object; set
 *
 * Context: process context; does not sleep.
 */
static inline void ve_ubc_own(struct ve_owner *owner)
{
	owner->ve = NULL;
	if (static_branch_unlikely(&ve_key))
		__ve_ubc_own(owner);
}

/**
 * ve_ubc_disown - the object is gone, and nothing is charged to it
 * @owner: of the object; cleared
 *
 * Context: any.
 */
static inline void ve_ubc_disown(struct ve_owner *owner)
{
	if (owner->ve)
		__ve_ubc_disown(owner);
}

/**
 * ve_aio_nr - where the requests of an AIO context are counted
 * @owner: of the context
 *
 * Context: any; what is counted there is under aio_nr_lock.
 * Return: the count of its CT, NULL: it is the host's.
 */
static inline unsigned long *ve_aio_nr(const struct ve_owner *owner)
{
	return owner->ve ? __ve_aio_nr(owner) : NULL;
}

/**
 * ve_ubc_charge_n - an object grows
 * @owner: of the object
 * @res: what it is made of
 * @n: how many of them
 * @sev: how hard
 *
 * Context: any.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_ubc_charge_n(struct ve_owner *owner, enum ve_resource res,
				  unsigned long n, enum ve_severity sev)
{
	return owner->ve ? __ve_ubc_charge_n(owner, res, n, sev) : 0;
}

/**
 * ve_ubc_uncharge_n - an object shrinks
 * @owner: of the object
 * @res: what it is made of
 * @n: how many of them
 *
 * Context: any.
 */
static inline void ve_ubc_uncharge_n(struct ve_owner *owner,
				     enum ve_resource res, unsigned long n)
{
	if (owner->ve)
		__ve_ubc_uncharge_n(owner, res, n);
}

/**
 * ve_ubc_replace - an object of the current task's CT takes the place of another
 * @to: of the new one; set, also on failure
 * @from: of the old one; cleared if it belongs to the same CT
 * @res: what they are made of
 * @n_to: how many of them the new one has
 * @n_from: how many the old one had
 *
 * If both belong to one CT, only the difference is charged, up to the limit.
 * Context: process context; does not sleep.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_ubc_replace(struct ve_owner *to, struct ve_owner *from,
				 enum ve_resource res, unsigned long n_to,
				 unsigned long n_from)
{
	to->ve = NULL;
	return static_branch_unlikely(&ve_key) ?
		__ve_ubc_replace(to, from, res, n_to, n_from) : 0;
}

/**
 * ve_ubc_charge_dentry - charge dcachesize with a new dentry
 * @dentry: just allocated
 *
 * Context: process context, may sleep: unused dentries of the CT make room.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_ubc_charge_dentry(struct dentry *dentry)
{
	return static_branch_unlikely(&ve_key) ?
		__ve_ubc_charge_dentry(dentry) : 0;
}

/**
 * ve_ubc_uncharge_dentry - undo ve_ubc_charge_dentry()
 * @dentry: will be freed
 *
 * Context: any.
 */
static inline void ve_ubc_uncharge_dentry(struct dentry *dentry)
{
	if (static_branch_unlikely(&ve_key))
		__ve_ubc_uncharge_dentry(dentry);
}

/**
 * ve_ubc_oom_begin - the machine is out of memory: see who has taken too much
 *
 * Context: under oom_lock, may sleep.
 */
static inline void ve_ubc_oom_begin(void)
{
	if (static_branch_unlikely(&ve_key))
		__ve_ubc_oom_begin();
}

/**
 * ve_ubc_oom_compare - whose CT, or the host, is further above its guarantee
 * @a: a task
 * @b: another one
 *
 * Context: under oom_lock and RCU, after ve_ubc_oom_begin().
 * Return: above 0 if it is that of @a, below 0 if it is that of @b, 0 if they are
 * the same.
 */
static inline int ve_ubc_oom_compare(struct task_struct *a,
				     struct task_struct *b)
{
	return static_branch_unlikely(&ve_key) ? __ve_ubc_oom_compare(a, b) : 0;
}

/**
 * ve_ubc_oom_kill - count a victim in its CT's oomguarpages
 * @victim: the task
 *
 * Context: under oom_lock.
 */
static inline void ve_ubc_oom_kill(struct task_struct *victim)
{
	if (static_branch_unlikely(&ve_key))
		__ve_ubc_oom_kill(victim);
}

#else /* !CONFIG_VE_UBC */

static inline int ve_ubc_charge(struct ve_owner *owner, enum ve_resource res,
				enum ve_severity sev)
{
	return 0;
}

static inline int ve_ubc_charge_task(struct ve_owner *owner,
				     enum ve_resource res,
				     struct task_struct *task)
{
	return 0;
}

static inline int ve_ubc_charge_like(struct ve_owner *owner,
				     const struct ve_owner *other,
				     enum ve_resource res)
{
	return 0;
}

static inline void ve_ubc_uncharge(struct ve_owner *owner,
				   enum ve_resource res)
{
}

static inline struct workqueue_struct *ve_workqueue(const struct ve_owner *owner)
{
	return system_unbound_wq;
}

static inline void ve_ubc_move(struct ve_owner *to, struct ve_owner *from)
{
}

static inline int ve_ubc_charge_kmem(struct ve_owner *owner,
				     struct mem_cgroup *memcg, gfp_t gfp,
				     unsigned int nr_pages,
				     enum ve_severity sev)
{
	return 0;
}

static inline void ve_ubc_uncharge_kmem(struct ve_owner *owner,
					unsigned int nr_pages)
{
}

static inline void ve_ubc_release_kmem(struct ve_owner *owner)
{
}

static inline bool ve_ubc_fault_failed(void)
{
	return false;
}

static inline void ve_ubc_own(struct ve_owner *owner)
{
}

static inline void ve_ubc_disown(struct ve_owner *owner)
{
}

static inline unsigned long *ve_aio_nr(const struct ve_owner *owner)
{
	return NULL;
}

static inline int ve_ubc_charge_n(struct ve_owner *owner, enum ve_resource res,
				  unsigned long n, enum ve_severity sev)
{
	return 0;
}

static inline void ve_ubc_uncharge_n(struct ve_owner *owner,
				     enum ve_resource res, unsigned long n)
{
}

static inline int ve_ubc_replace(struct ve_owner *to, struct ve_owner *from,
				 enum ve_resource res, unsigned long n_to,
				 unsigned long n_from)
{
	return 0;
}

static inline int ve_ubc_charge_dentry(struct dentry *dentry)
{
	return 0;
}

static inline void ve_ubc_uncharge_dentry(struct dentry *dentry)
{
}

static inline void ve_ubc_oom_begin(void)
{
}

static inline int ve_ubc_oom_compare(struct task_struct *a,
				     struct task_struct *b)
{
	return 0;
}

static inline void ve_ubc_oom_kill(struct task_struct *victim)
{
}

#endif /* CONFIG_VE_UBC */
#endif /* _LINUX_VE_UBC_H */
