/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Weight of a group of containers (CTs), and number of CPUs that a CT may be on at once: what
 * the scheduler asks; see ve_units.c, ve_fair.c and ve_cpus.c.
 *
 * Everything below is empty when CONFIG_VE_CPU and CONFIG_VE_CPUS are off, and is behind
 * static keys until somebody uses it.
 */
#ifndef _KERNEL_SCHED_VE_H
#define _KERNEL_SCHED_VE_H

#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/refcount.h>

struct cfs_rq;
struct rq;
struct task_group;
struct task_struct;

#ifdef CONFIG_VE_CPU

DECLARE_STATIC_KEY_FALSE(ve_sum_key);

long __ve_group_shares(const struct cfs_rq *cfs_rq, long shares);

#ifdef CONFIG_VE_FAIR
void ve_fair_begin(void);
#else
static inline void ve_fair_begin(void)
{
}
#endif

/**
 * ve_group_shares - what a group weighs on a CPU
 * @cfs_rq: of the group, on that CPU
 * @shares: what it would weigh by its shares
 *
 * Context: runqueue locked.
 */
static inline long ve_group_shares(const struct cfs_rq *cfs_rq, long shares)
{
	return static_branch_unlikely(&ve_sum_key) ?
		__ve_group_shares(cfs_rq, shares) : shares;
}

#else

static inline long ve_group_shares(const struct cfs_rq *cfs_rq, long shares)
{
	return shares;
}

#endif /* CONFIG_VE_CPU */

#ifdef CONFIG_VE_CPUS

/**
 * struct ve_cpus - the slots of a CT
 * @max: how many, 0: no limit.  Read and written anywhere.
 * @used: slots in use
 * @running: CPUs that have one
 * @waiting: CPUs that wait for one and have not been told to look
 * @wait: of each CPU
 * @ref: the css of the ve controller and the task group
 * @rcu: frees this
 */
struct ve_cpus {
	unsigned int			max;
	atomic_t			used;
	cpumask_var_t			running;
	cpumask_var_t			waiting;
	struct ve_cpus_wait __percpu	*wait;
	refcount_t			ref;
	struct rcu_head			rcu;
};

/**
 * struct ve_cpus_cpu - what one CPU has.  Under its runqueue's lock.
 * @held: the CT of the task that runs, if it has a number; with a slot
 * @claim: the CT of the task that has been chosen, likewise
 * @since: when @held got the slot, jiffies
 * @yield: it is to give that back
 * @waits: CTs that wait here
 * @work: looks whether there is a slot for one of them
 */
struct ve_cpus_cpu {
	struct ve_cpus		*held;
	struct ve_cpus		*claim;
	unsigned long		since;
	bool			yield;
	struct list_head	waits;
	struct irq_work		work;
};

DECLARE_PER_CPU(struct ve_cpus_cpu, ve_cpus_cpu);
DECLARE_STATIC_KEY_FALSE(ve_cpus_key);

void ve_cpus_online(struct task_group *tg);
void ve_cpus_unregister(struct task_group *tg);
void ve_cpus_free(struct task_group *tg);

void __ve_cpus_begin(struct rq *rq);
bool __ve_cpus_claim(struct rq *rq, struct task_struct *p);
void __ve_cpus_settle(struct rq *rq);
void __ve_cpus_tick(struct rq *rq);
int __ve_cpus_select(struct task_struct *p, int cpu);
bool __ve_cpus_may_run(struct task_struct *p, int cpu);
void __ve_cpus_unthrottled(struct cfs_rq *cfs_rq);
void __ve_cpus_offline(struct rq *rq);

/**
 * ve_cpus_begin - core scheduling is looking for a task to run on a CPU
 * @rq: its runqueue, which may be that of another CPU
 *
 * What was found there before and has not run does not need its slot.
 *
 * Context: @rq locked, as all below but for the choice of a CPU.
 */
static inline void ve_cpus_begin(struct rq *rq)
{
	if (static_branch_unlikely(&ve_cpus_key) &&
	    per_cpu(ve_cpus_cpu.claim, cpu_of(rq)))
		__ve_cpus_begin(rq);
}

/**
 * ve_cpus_claim - a task has been found to run on a CPU
 * @rq: its runqueue
 * @p: the task
 *
 * Return: false if its CT is on as many CPUs as it may; the CT is throttled on this one
 * then, and another task has to be found.
 */
static inline bool ve_cpus_claim(struct rq *rq, struct task_struct *p)
{
	return !static_branch_unlikely(&ve_cpus_key) || __ve_cpus_claim(rq, p);
}

/**
 * ve_cpus_settle - what was found runs, and what ran before does not
 * @rq: the runqueue
 */
static inline void ve_cpus_settle(struct rq *rq)
{
	const struct ve_cpus_cpu *c;

	if (!static_branch_unlikely(&ve_cpus_key))
		return;
	c = per_cpu_ptr(&ve_cpus_cpu, cpu_of(rq));
	if (c->held || c->claim)
		__ve_cpus_settle(rq);
}

/**
 * ve_cpus_tick - see whether other CPUs wait for what this one has
 * @rq: the runqueue
 */
static inline void ve_cpus_tick(struct rq *rq)
{
	if (static_branch_unlikely(&ve_cpus_key) &&
	    per_cpu(ve_cpus_cpu.held, cpu_of(rq)))
		__ve_cpus_tick(rq);
}

/**
 * ve_cpus_select - choose a CPU where a task does not have to wait
 * @p: the task
 * @cpu: where it would go
 *
 * Context: @p's pi_lock held.
 * Return: @cpu, or one that the CT of @p is on if it may be on no more.
 */
static inline int ve_cpus_select(struct task_struct *p, int cpu)
{
	return static_branch_unlikely(&ve_cpus_key) ?
		__ve_cpus_select(p, cpu) : cpu;
}

/**
 * ve_cpus_may_run - whether a task would have to wait on a CPU
 * @p: the task
 * @cpu: the CPU
 *
 * Context: any, with @p's runqueue locked.
 */
static inline bool ve_cpus_may_run(struct task_struct *p, int cpu)
{
	return !static_branch_unlikely(&ve_cpus_key) ||
		__ve_cpus_may_run(p, cpu);
}

/**
 * ve_cpus_waits - whether something waits on a CPU for a slot
 * @cpu: the CPU
 *
 * Context: any; without its runqueue's lock the answer may be old.
 */
static inline bool ve_cpus_waits(int cpu)
{
	return static_branch_unlikely(&ve_cpus_key) &&
		!list_empty(&per_cpu(ve_cpus_cpu.waits, cpu));
}

/**
 * ve_cpus_unthrottled - a group that waits for a CPU does so no more
 * @cfs_rq: of the group
 */
static inline void ve_cpus_unthrottled(struct cfs_rq *cfs_rq)
{
	if (static_branch_unlikely(&ve_cpus_key))
		__ve_cpus_unthrottled(cfs_rq);
}

/**
 * ve_cpus_offline - let all groups of a CPU that is going away run
 * @rq: its runqueue
 */
static inline void ve_cpus_offline(struct rq *rq)
{
	if (static_branch_unlikely(&ve_cpus_key))
		__ve_cpus_offline(rq);
}

#else /* !CONFIG_VE_CPUS */

static inline void ve_cpus_online(struct task_group *tg)
{
}

static inline void ve_cpus_unregister(struct task_group *tg)
{
}

static inline void ve_cpus_free(struct task_group *tg)
{
}

static inline void ve_cpus_begin(struct rq *rq)
{
}

static inline bool ve_cpus_claim(struct rq *rq, struct task_struct *p)
{
	return true;
}

static inline void ve_cpus_settle(struct rq *rq)
{
}

static inline void ve_cpus_tick(struct rq *rq)
{
}

static inline int ve_cpus_select(struct task_struct *p, int cpu)
{
	return cpu;
}

static inline bool ve_cpus_may_run(struct task_struct *p, int cpu)
{
	return true;
}

static inline bool ve_cpus_waits(int cpu)
{
	return false;
}

static inline void ve_cpus_unthrottled(struct cfs_rq *cfs_rq)
{
}

static inline void ve_cpus_offline(struct rq *rq)
{
}

#endif /* CONFIG_VE_CPUS */
#endif /* _KERNEL_SCHED_VE_H */
