// SPDX-License-Identifier: GPL-2.0
/*
 * CPU time and load as a CT sees them: /proc/loadavg, /proc/stat, /proc/uptime,
 * and ve.loadavg for the host. See Documentation/admin-guide/vz/cpu.rst.
 *
 * Tasks are counted by looking at them, every five seconds for the averages and
 * when somebody asks, so that nothing is added to what a switch between two
 * tasks costs. CPU times are those of the cgroup: how much is exact, whether in user
 * mode or in the kernel is counted at each tick.
 */
#include <linux/cgroup.h>
#include <linux/cpumask.h>
#include <linux/cpuset.h>
#include <linux/percpu.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/cputime.h>
#include <linux/sched/loadavg.h>
#include <linux/sched/stat.h>
#include <linux/seq_file.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>

#include "internal.h"

/* Whoever asks again within this time gets the same answer. */
#define FRESH	(HZ / 10)

/* ---- counting ---- */

static void count_tasks(struct ve *ve)
{
	unsigned int running = 0, blocked = 0;
	struct css_task_iter it;
	struct task_struct *task;

	css_task_iter_start(&ve->css, 0, &it);
	while ((task = css_task_iter_next(&it))) {
		unsigned int state = READ_ONCE(task->__state);

		/* A task that waits for CPU time would run if it could. */
		if (state == TASK_RUNNING || state == VE_CPU_WAITING)
			running++;
		else if (state & TASK_UNINTERRUPTIBLE && !(state & TASK_NOLOAD))
			blocked++;
	}
	css_task_iter_end(&it);

	WRITE_ONCE(ve->nr_running, running);
	WRITE_ONCE(ve->nr_blocked, blocked);
}

static void refresh(struct ve *ve)
{
	unsigned long last = READ_ONCE(ve->counted), now = jiffies;

	if (time_after(now, last + FRESH) &&
	    try_cmpxchg(&ve->counted, &last, now))
		count_tasks(ve);
}

/**
 * ve_nr_running - tasks that run or could
 * @ve: the CT
 *
 * Context: process context.
 * Return: how many there are, or were a moment ago.
 */
unsigned int ve_nr_running(struct ve *ve)
{
	refresh(ve);
	return READ_ONCE(ve->nr_running);
}

static void load_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(load_work, load_work_fn);

static void load_work_fn(struct work_struct *work)
{
	static const unsigned long exps[3] = { EXP_1, EXP_5, EXP_15 };
	unsigned long id = 0;
	bool any = false;
	struct ve *ve;
	int i;

	while ((ve = ve_next(&id))) {
		any = true;
		if (ve_is_up(ve)) {
			unsigned long active;

			count_tasks(ve);
			active = (ve->nr_running + ve->nr_blocked) * FIXED_1;
			for (i = 0; i < 3; i++)
				WRITE_ONCE(ve->avenrun[i],
					   calc_load(ve->avenrun[i], exps[i],
						     active));
		}
		ve_put(ve);
		cond_resched();
	}
	if (any)
		ve_load_begin();
}

/**
 * ve_load_begin - count, and go on as long as there is a CT
 *
 * Called when a CT has got its id.
 * Context: any.
 */
void ve_load_begin(void)
{
	queue_delayed_work(system_unbound_wq, &load_work, LOAD_FREQ);
}

/**
 * ve_get_avenrun - load averages
 * @ve: the CT
 * @loads: filled, fixed point with FSHIFT bits
 *
 * Context: any.
 */
void ve_get_avenrun(const struct ve *ve, unsigned long loads[3])
{
	int i;

	for (i = 0; i < 3; i++)
		loads[i] = READ_ONCE(ve->avenrun[i]);
}

/* ---- waiting ---- */

#ifdef CONFIG_SCHED_INFO
static void wait_add(struct ve_wait *wait, const struct task_struct *task)
{
	atomic64_add(task->sched_info.run_delay, &wait->delay);
	atomic64_add(task->sched_info.pcount, &wait->runs);
}

/**
 * ve_wait_enter - what a task has waited elsewhere does not count
 * @ve: the css that it joins
 * @task: is not new
 */
void ve_wait_enter(struct ve *ve, struct task_struct *task)
{
	atomic64_sub(task->sched_info.run_delay, &ve->wait.delay);
	atomic64_sub(task->sched_info.pcount, &ve->wait.runs);
}

/**
 * ve_wait_exit - keep how long a task has waited
 * @ve: the css of the task
 * @task: exits
 */
void ve_wait_exit(struct ve *ve, struct task_struct *task)
{
	if (ve_id(ve))
		wait_add(&ve->wait, task);
}
#else
static void wait_add(struct ve_wait *wait, const struct task_struct *task)
{
}

void ve_wait_enter(struct ve *ve, struct task_struct *task)
{
}

void ve_wait_exit(struct ve *ve, struct task_struct *task)
{
}
#endif

/**
 * ve_get_wait - how long tasks have waited for a CPU, and how often they got one
 * @ve: the CT
 * @wait: filled: since START
 *
 * Context: process context.  Looks at all tasks of the CT.
 */
void ve_get_wait(struct ve *ve, struct ve_wait *wait)
{
	struct css_task_iter it;
	struct task_struct *task;

	atomic64_set(&wait->delay, atomic64_read(&ve->wait.delay));
	atomic64_set(&wait->runs, atomic64_read(&ve->wait.runs));
	css_task_iter_start(&ve->css, 0, &it);
	while ((task = css_task_iter_next(&it))) {
		if (!(READ_ONCE(task->flags) & PF_EXITING))
			wait_add(wait, task);
	}
	css_task_iter_end(&it);
}

/* ---- CPUs ---- */

/* Out of line half of ve_first_cpus(). */
void __ve_first_cpus(struct cpumask *mask)
{
	struct ve *ve = ve_current();
	unsigned int n = ve ? ve_nr_cpus(ve) : 0;
	int cpu;

	if (!n)
		return;
	for_each_cpu(cpu, mask) {
		if (n)
			n--;
		else
			__cpumask_clear_cpu(cpu, mask);
	}
}

/* What the current task, of a CT, sees as CPUs that are online. */
static void get_cpus(struct cpumask *mask)
{
	cpuset_cpus_allowed(current, mask);
	cpumask_and(mask, mask, cpu_online_mask);
	__ve_first_cpus(mask);
}

/* Out of line half of ve_all_cpus(). */
void __ve_all_cpus(struct cpumask *mask)
{
	struct ve *ve = ve_current();
	cpumask_var_t seen;

	if (!ve || !ve_nr_cpus(ve) || !alloc_cpumask_var(&seen, GFP_KERNEL))
		return;
	get_cpus(seen);
	if (cpumask_subset(seen, mask))
		cpumask_setall(mask);
	free_cpumask_var(seen);
}

/* Out of line half of ve_next_cpu(). */
unsigned int __ve_next_cpu(int cpu)
{
	cpumask_var_t mask;
	unsigned int next;

	if (!ve_current() || !alloc_cpumask_var(&mask, GFP_KERNEL))
		return cpumask_next(cpu, cpu_online_mask);
	get_cpus(mask);
	next = cpumask_next(cpu, mask);
	free_cpumask_var(mask);
	return next;
}

/* Out of line half of ve_show_cpus(). */
ssize_t __ve_show_cpus(char *buf)
{
	cpumask_var_t mask;
	ssize_t len;

	if (!ve_current())
		return 0;
	if (!alloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	get_cpus(mask);
	len = cpumap_print_to_pagebuf(true, buf, mask);
	free_cpumask_var(mask);
	return len;
}

/* ---- times ---- */

/**
 * ve_times_alloc - what has been shown of the times of each CPU, so that none goes back
 *
 * Context: may sleep.
 * Return: for free_percpu(), or NULL.
 */
struct prev_cputime __percpu *ve_times_alloc(void)
{
	struct prev_cputime __percpu *shown = alloc_percpu(struct prev_cputime);
	int cpu;

	if (shown) {
		for_each_possible_cpu(cpu)
			prev_cputime_init(per_cpu_ptr(shown, cpu));
	}
	return shown;
}

/* Add user, nice and system time of one CPU in ns; under cgroup_rstat_flush_hold(). */
static void add_times(const struct ve *ve, int cpu, u64 t[3])
{
	struct cgroup_base_stat *stat =
		&per_cpu_ptr(ve->css.cgroup->rstat_cpu, cpu)->subtree_bstat;
	u64 user, nice, system;

	cputime_adjust(&stat->cputime, per_cpu_ptr(ve->shown, cpu), &user,
		       &system);
	nice = min(stat->ntime, user);
	t[0] += user - nice;
	t[1] += nice;
	t[2] += system;
}

/* How long the CT has been running, ns. */
static u64 elapsed(struct ve *ve)
{
	u64 start;

	spin_lock(&ve->lock);
	start = ve->start_time;
	spin_unlock(&ve->lock);
	return ktime_get_boottime_ns() - start;
}

static void show_times(struct seq_file *m, const u64 t[3], u64 idle)
{
	int i;

	for (i = 0; i < 3; i++)
		seq_put_decimal_ull(m, " ", nsec_to_clock_t(t[i]));
	seq_put_decimal_ull(m, " ", nsec_to_clock_t(idle));
	/* iowait irq softirq steal guest guest_nice: the machine's */
	seq_puts(m, " 0 0 0 0 0 0\n");
}

static u64 unused(u64 time, const u64 t[3])
{
	u64 used = t[0] + t[1] + t[2];

	return time - min(used, time);
}

/*
 * A line for each CPU of @mask.  The CT may have been on others as well; what it did there
 * is shown as if it had been on one of these.
 */
static void show_cpu_times(struct seq_file *m, const struct ve *ve,
			   const struct cpumask *mask, u64 time)
{
	unsigned int nr = cpumask_weight(mask), n = 0, k;
	int cpu, other;

	for_each_cpu(cpu, mask) {
		u64 t[3] = { };

		add_times(ve, cpu, t);
		k = 0;
		for_each_cpu_andnot(other, cpu_possible_mask, mask) {
			if (k++ % nr == n)
				add_times(ve, other, t);
		}
		n++;
		seq_printf(m, "cpu%d", cpu);
		show_times(m, t, unused(time, t));
	}
}

/* ---- files ---- */

static void show_load(struct seq_file *m, struct ve *ve)
{
	unsigned int running = ve_nr_running(ve);
	unsigned long avg[3];
	int i;

	ve_get_avenrun(ve, avg);
	for (i = 0; i < 3; i++) {
		avg[i] += FIXED_1 / 200;
		seq_printf(m, "%lu.%02lu ", LOAD_INT(avg[i]),
			   LOAD_FRAC(avg[i]));
	}
	seq_printf(m, "%u/%d", running, atomic_read(&ve->nr_tasks));
}

/* Out of line half of ve_loadavg_show(). */
bool __ve_loadavg_show(struct seq_file *m)
{
	struct ve *ve = ve_current();

	if (!ve)
		return false;
	show_load(m, ve);
	seq_printf(m, " %d\n",
		   idr_get_cursor(&task_active_pid_ns(current)->idr) - 1);
	return true;
}

/* read(2) on ve.loadavg. */
int ve_loadavg_show_file(struct seq_file *m, void *v)
{
	show_load(m, css_ve(seq_css(m)));
	seq_putc(m, '\n');
	return 0;
}

/* Out of line half of ve_stat_show(). */
bool __ve_stat_show(struct seq_file *m)
{
	struct ve *ve = ve_current();
	struct timespec64 boottime;
	u64 time, sum[3] = { };
	struct cgroup *cgrp;
	cpumask_var_t mask;
	int cpu;

	if (!ve || !alloc_cpumask_var(&mask, GFP_KERNEL))
		return false;
	get_cpus(mask);
	cgrp = ve->css.cgroup;
	time = elapsed(ve);
	getboottime64(&boottime);
	timens_sub_boottime(&boottime);
	refresh(ve);

	cgroup_rstat_flush_hold(cgrp);
	for_each_possible_cpu(cpu)
		add_times(ve, cpu, sum);
	seq_puts(m, "cpu ");
	show_times(m, sum, unused(time * cpumask_weight(mask), sum));
	show_cpu_times(m, ve, mask, time);
	cgroup_rstat_flush_release(cgrp);
	free_cpumask_var(mask);

	seq_printf(m, "intr 0\nctxt 0\nbtime %lld\nprocesses %lld\n",
		   boottime.tv_sec, (s64)atomic64_read(&ve->nr_forks));
	seq_printf(m, "procs_running %u\nprocs_blocked %u\n",
		   READ_ONCE(ve->nr_running), READ_ONCE(ve->nr_blocked));
	seq_puts(m, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
	return true;
}

/* Out of line half of ve_idle_time(). */
u64 __ve_idle_time(u64 idle)
{
	struct ve *ve = ve_current();
	u64 times[4], time;
	cpumask_var_t mask;

	if (!ve || !alloc_cpumask_var(&mask, GFP_KERNEL))
		return idle;
	get_cpus(mask);
	ve_cpu_times(ve, times);
	time = elapsed(ve) * cpumask_weight(mask);
	free_cpumask_var(mask);
	return time - min(times[3], time);
}
