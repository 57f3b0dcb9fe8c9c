/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPU limit and weight of containers: what the scheduler and the way back to user
 * mode ask.
 *
 * The CPU time of all tasks of a CT is taken from a budget that time refills. A
 * task of a CT without budget sleeps on its way to user mode, and nowhere
 * else: it holds no lock of the kernel there. See
 * Documentation/admin-guide/vz/cpu.rst.
 *
 * Everything below is empty when CONFIG_VE_CPU is off, and is behind a static
 * key until the first CT of this boot gets a limit.
 */
#ifndef _LINUX_VE_CPU_H
#define _LINUX_VE_CPU_H

#include <linux/jump_label.h>
#include <linux/types.h>
#include <linux/ve_types.h>

struct cgroup;
struct cgroup_subsys_state;
struct ve_cpus;

/* "sum" in ve.cpuunits */
#define VE_UNITS_SUM	U32_MAX

#ifdef CONFIG_VE_CPU

/**
 * struct ve_fair - the weight of a group over all CPUs; see kernel/sched/ve_fair.c
 * @sum: it weighs what is queued in it, whatever its shares are
 * @active: it had something to run when last looked at
 * @full: it does not use what it is entitled to
 * @hungry: its tasks wait for others
 * @limited: they wait for its limit
 * @boost: what its weight is multiplied with, in 1024ths, or 0
 * @lag: CPU time that it is behind, ns
 * @used: CPU time used so far, ns
 * @delta: part of @used since it was looked at before, ns
 * @throttled: how often they have waited for the limit so far
 *
 * @sum and @boost are read anywhere, all others by who writes them.
 */
struct ve_fair {
	bool		sum;
	bool		active;
	bool		full;
	bool		hungry;
	bool		limited;
	unsigned int	boost;
	s64		lag;
	u64		used;
	u64		delta;
	u64		throttled;
};

DECLARE_STATIC_KEY_FALSE(ve_cpu_key);

/* kernel/sched/ve_units.c */
int ve_units_set(struct cgroup *cgrp, u32 units);
u32 ve_units_get(struct cgroup *cgrp);

void __ve_account_cputime(struct cgroup *cgrp, u64 delta);
void __ve_throttle(void);

/**
 * ve_account_cputime - a task has run
 * @cgrp: its cgroup
 * @delta: for how long, ns
 *
 * Context: any, with the runqueue locked.
 */
static inline void ve_account_cputime(struct cgroup *cgrp, u64 delta)
{
	if (static_branch_unlikely(&ve_cpu_key))
		__ve_account_cputime(cgrp, delta);
}

/**
 * ve_throttle - sleep while the current task's CT has no budget
 *
 * Returns early for a task that is being killed.
 *
 * Context: process context on the way to user mode, no locks held.
 */
static inline void ve_throttle(void)
{
	if (static_branch_unlikely(&ve_cpu_key))
		__ve_throttle();
}

#else /* !CONFIG_VE_CPU */

static inline void ve_account_cputime(struct cgroup *cgrp, u64 delta)
{
}

static inline void ve_throttle(void)
{
}

#endif /* CONFIG_VE_CPU */

#if defined(CONFIG_VE_CPU) && defined(CONFIG_VE_UBC)

u64 __ve_work_begin(void);
void __ve_work_end(const struct ve_owner *owner, u64 begin);

/**
 * ve_work_begin - a kernel thread begins to work for a CT
 * @owner: whose work it is; may change at any time
 *
 * Context: process context.
 * Return: the CPU time that the thread has used, ns; 0: nobody is to be charged.
 */
static inline u64 ve_work_begin(const struct ve_owner *owner)
{
	return READ_ONCE(owner->ve) ? __ve_work_begin() : 0;
}

/**
 * ve_work_end - charge a CT with the CPU time that a kernel thread has used
 * @owner: whose work it was; may have none by now
 * @begin: from ve_work_begin()
 *
 * It comes off the budget of a CT with a limit, and counts as its own when the CPUs
 * are shared: the CT pays with what its tasks would get.
 *
 * Context: process context.
 */
static inline void ve_work_end(const struct ve_owner *owner, u64 begin)
{
	if (begin)
		__ve_work_end(owner, begin);
}

#else

static inline u64 ve_work_begin(const struct ve_owner *owner)
{
	return 0;
}

static inline void ve_work_end(const struct ve_owner *owner, u64 begin)
{
}

#endif /* CONFIG_VE_CPU && CONFIG_VE_UBC */

#ifdef CONFIG_VE_CPUS

/* kernel/sched/ve_cpus.c */
struct ve_cpus *ve_cpus_alloc(void);
void ve_cpus_put(struct ve_cpus *cpus);
void ve_cpus_join(struct cgroup_subsys_state *cpu_css,
		  struct cgroup_subsys_state *ve_css);
void ve_cpus_set(struct ve_cpus *cpus, unsigned int max);
unsigned int ve_cpus_max(const struct ve_cpus *cpus);

#endif /* CONFIG_VE_CPUS */

#endif /* _LINUX_VE_CPU_H */
