// SPDX-License-Identifier: GPL-2.0
/*
 * CPU limit of CTs, and the files for their weight and their number of CPUs; see
 * include/linux/ve_cpu.h for who calls this and
 * Documentation/admin-guide/vz/cpu.rst for what users may rely on.
 *
 * A token bucket for each CT with a limit. It is filled when somebody looks at
 * it, so there is no timer but those of the tasks that sleep. What a task uses
 * between two looks may make a debt, which is paid before anybody of the CT
 * goes on: over time a CT gets its limit and not more.
 *
 * Everything is atomic, nothing is locked: ve_account_cputime() runs with the
 * runqueue locked, on every CPU that the CT is on.
 */
#include <linux/cgroup.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/resume_user_mode.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>
#include <linux/ve_cpu.h>

#include "internal.h"

/* How often a bucket is filled at most, and a change of the limit noticed. */
#define REFILL_NS	NSEC_PER_MSEC
#define RECHECK_NS	(50 * NSEC_PER_MSEC)

DEFINE_STATIC_KEY_FALSE(ve_cpu_key);

static void refill(struct ve_cpu *cpu, u32 limit)
{
	s64 now = ktime_get_mono_fast_ns(), stamp, old, new;

	WRITE_ONCE(cpu->looked, jiffies);
	stamp = atomic64_read(&cpu->stamp);
	/* the clocks of two CPUs may differ a little */
	if (now - stamp < REFILL_NS ||
	    !atomic64_try_cmpxchg(&cpu->stamp, &stamp, now))
		return;
	old = atomic64_read(&cpu->budget);
	do {
		new = ve_cpu_refill(old, now - stamp,
				    atomic_read(&cpu->nr_waiting), limit);
	} while (!atomic64_try_cmpxchg(&cpu->budget, &old, new));
}

/*
 * Out of line half of ve_account_cputime().  The task is current but for one that
 * another CPU has looked at; that will find out at its next tick.
 */
void __ve_account_cputime(struct cgroup *cgrp, u64 delta)
{
	struct cgroup_subsys_state *css;
	struct ve_cpu *cpu;
	u32 limit;

	rcu_read_lock();
	/* A cgroup that a CT has made has none of its own. */
	while (!(css = rcu_dereference(cgrp->subsys[ve_cgrp_id])))
		cgrp = cgroup_parent(cgrp);
	cpu = &css_ve(css)->cpu;
	limit = READ_ONCE(cpu->limit);
	/*
	 * First what was used, or it would pass for idle.  To look at the clock
	 * each time would cost more than all else.
	 */
	if (limit && (atomic64_sub_return(delta, &cpu->budget) <= 0 ||
		      time_after(jiffies, READ_ONCE(cpu->looked)))) {
		refill(cpu, limit);
		if (atomic64_read(&cpu->budget) <= 0 &&
		    css == task_css(current, ve_cgrp_id))
			set_notify_resume(current);
	}
	rcu_read_unlock();
}

/* There is a limit, and the budget was used up a moment ago. */
static noinline void wait_for_budget(struct ve_cpu *cpu)
{
	u64 begin = 0;
	u32 limit;

	while ((limit = READ_ONCE(cpu->limit)) &&
	       !fatal_signal_pending(current)) {
		ktime_t wait;

		refill(cpu, limit);
		wait = ve_cpu_wait(atomic64_read(&cpu->budget), begin, limit);
		if (!wait)
			break;
		if (!begin) {
			begin = ktime_get_ns();
			atomic_inc(&cpu->nr_waiting);
		}
		wait = clamp(wait, REFILL_NS, RECHECK_NS);
		set_current_state(VE_CPU_WAITING);
		schedule_hrtimeout_range(&wait, wait / 16, HRTIMER_MODE_REL);
	}
	if (begin) {
		atomic_dec(&cpu->nr_waiting);
		atomic64_inc(&cpu->nr_throttled);
		atomic64_add(ktime_get_ns() - begin, &cpu->throttled);
	}
}

/*
 * Out of line half of ve_throttle().  Most have not been sent here by
 * __ve_account_cputime(): restartable sequences come by after each switch.
 */
void __ve_throttle(void)
{
	struct ve *ve = current_ve();

	if (ve && READ_ONCE(ve->cpu.limit) &&
	    atomic64_read(&ve->cpu.budget) <= 0)
		wait_for_budget(&ve->cpu);
}

#ifdef CONFIG_VE_UBC

/* Out of line half of ve_work_begin(). */
u64 __ve_work_begin(void)
{
	return task_sched_runtime(current);
}

/*
 * Out of line half of ve_work_end().  Its tasks find out that the budget is used up when
 * they are charged the next time.
 */
void __ve_work_end(const struct ve_owner *owner, u64 begin)
{
	u64 delta = task_sched_runtime(current) - begin;
	struct ve *ve;

	guard(rcu)();
	ve = READ_ONCE(owner->ve);
	if (!ve)
		return;
	atomic64_add(delta, &ve->cpu.worked);
	if (READ_ONCE(ve->cpu.limit))
		atomic64_sub(delta, &ve->cpu.budget);
}

#endif /* CONFIG_VE_UBC */

/* ---- files ---- */

/* What the host writes to a file of a CT that takes a number up to @max. */
static int get_number(struct kernfs_open_file *of, char *buf, u32 max,
		      u32 *number)
{
	if (!file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (!ve_id(css_ve(of_css(of))))
		return -ENOENT;
	return ve_parse_number(strstrip(buf), max, number);
}

/* write(2) on ve.cpulimit: percent of one CPU. */
ssize_t ve_cpulimit_write(struct kernfs_open_file *of, char *buf,
			  size_t nbytes, loff_t off)
{
	struct ve *ve = css_ve(of_css(of));
	u32 limit;
	int err;

	err = get_number(of, buf, VE_CPULIMIT_MAX, &limit);
	if (err)
		return err;
	if (limit)
		static_branch_enable(&ve_cpu_key);
	if (!READ_ONCE(ve->cpu.limit)) {
		/* What was used without a limit is no debt. */
		atomic64_set(&ve->cpu.budget, 0);
		atomic64_set(&ve->cpu.stamp, ktime_get_mono_fast_ns());
	}
	WRITE_ONCE(ve->cpu.limit, limit);
	return nbytes;
}

/* read(2) on ve.cpulimit. */
int ve_cpulimit_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u\n", READ_ONCE(css_ve(seq_css(m))->cpu.limit));
	return 0;
}

/* write(2) on ve.cpuunits, of any cgroup: its weight against its siblings, or "sum". */
ssize_t ve_cpuunits_write(struct kernfs_open_file *of, char *buf,
			  size_t nbytes, loff_t off)
{
	u32 units;
	int err;

	if (!file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	err = ve_parse_cpuunits(strstrip(buf), &units);
	if (!err)
		err = ve_units_set(of_css(of)->cgroup, units);
	return err ?: nbytes;
}

/* read(2) on ve.cpuunits. */
int ve_cpuunits_show(struct seq_file *m, void *v)
{
	u32 units = ve_units_get(seq_css(m)->cgroup);

	if (!units)
		return -ENODEV;
	if (units == VE_UNITS_SUM)
		seq_puts(m, "sum\n");
	else
		seq_printf(m, "%u\n", units);
	return 0;
}

#ifdef CONFIG_VE_CPUS

/* write(2) on ve.cpus: how many at once, 0: any number. */
ssize_t ve_cpus_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
		      loff_t off)
{
	u32 max;
	int err;

	err = get_number(of, buf, VE_CPUS_MAX, &max);
	if (err)
		return err;
	ve_cpus_set(css_ve(of_css(of))->cpus, max);
	return nbytes;
}

/* read(2) on ve.cpus. */
int ve_cpus_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u\n", ve_nr_cpus(css_ve(seq_css(m))));
	return 0;
}

#endif /* CONFIG_VE_CPUS */

/* read(2) on ve.cpustat. */
int ve_cpustat_show(struct seq_file *m, void *v)
{
	struct ve_cpu *cpu = &css_ve(seq_css(m))->cpu;

	seq_printf(m, "nr_throttled %llu\nthrottled_usec %llu\nworker_usec %llu\n",
		   (u64)atomic64_read(&cpu->nr_throttled),
		   div_u64(atomic64_read(&cpu->throttled), NSEC_PER_USEC),
		   div_u64(atomic64_read(&cpu->worked), NSEC_PER_USEC));
	return 0;
}
