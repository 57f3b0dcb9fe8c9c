// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/fairsched and /proc/fairsched2: what each CT may have of the CPUs, in the formats
 * of OpenVZ's fair scheduler, for tools that read them. See
 * Documentation/admin-guide/vz/cpu.rst.
 *
 * A weight is 500000 / cpuunits there: the smaller, the more CPU time.
 */
#include <linux/cgroup.h>
#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/pid_namespace.h>
#include <linux/seq_file.h>

#include "internal.h"

/* The id of the host. */
#define HOST_ID		2147483647

/* 1024ths of a CPU, as a rate is given. */
#define RATE_CPU	1024

/**
 * struct entry - a line of either file
 * @id: of the CT, or HOST_ID
 * @units: cpuunits
 * @limit: percent of one CPU, 0: none
 * @tasks: how many there are
 * @running: of these, how many run or could
 * @cpus: CPUs that they may be on at once
 * @waiting: some wait for CPU time
 * @budget: CPU time that is left under the limit, ns; below 0 a debt
 */
struct entry {
	u32		id;
	u32		units;
	u32		limit;
	unsigned int	tasks;
	unsigned int	running;
	unsigned int	cpus;
	bool		waiting;
	s64		budget;
};

static void show_entry(struct seq_file *m, const struct entry *e, bool old)
{
	u32 rate = div_u64((u64)e->limit * RATE_CPU, 100);
	u64 delay = 0;

	if (e->limit && e->waiting)
		delay = ve_cpu_wait(e->budget, true, e->limit);

	if (old)
		seq_printf(m, "%10u %10u %10u %6u %5u %5u",
			   e->id == HOST_ID ? 0 : e->id, e->id, 0,
			   VE_UNITS_MAX / e->units, rate, e->tasks);
	else
		seq_printf(m, "%10u %6u %5u", e->id, VE_UNITS_MAX / e->units,
			   rate);
	/* There is no start tag: each CPU has a clock of its own for a CT. */
	seq_printf(m, " %5u %4u  %c%c %5u %20u %20lld %20llu\n", e->running,
		   e->cpus, e->limit ? 'L' : '.', delay ? 'D' : '.',
		   !!e->running, 0, e->limit ? max(e->budget, 0) : 0, delay);
}

static u32 units_of(struct cgroup *cgrp)
{
	u32 units = cgrp ? ve_units_get(cgrp) : 0;

	return units && units != VE_UNITS_SUM ? units : VE_UNITS_DEFAULT;
}

/**
 * ve_fairsched_header - print the lines above all others
 * @m: /proc/fairsched or /proc/fairsched2
 * @old: /proc/fairsched
 */
void ve_fairsched_header(struct seq_file *m, bool old)
{
	if (old)
		seq_printf(m, "Version: 2.6 debug\n%10s %10s %10s %6s %5s %5s",
			   "veid", "id", "parent", "weight", "rate", "tasks");
	else
		seq_printf(m, "Version: 2.7 debug\n%10s %6s %5s", "id",
			   "weight", "rate");
	seq_printf(m, " %5s %4s flg %5s %20s %20s %20s\n", "run", "cpus",
		   "ready", "start_tag", "value", "delay");
}

/**
 * ve_fairsched_show - print the line of a CT
 * @m: /proc/fairsched or /proc/fairsched2
 * @ve: the CT
 * @old: /proc/fairsched
 *
 * Context: process context.
 */
void ve_fairsched_show(struct seq_file *m, struct ve *ve, bool old)
{
	struct entry e = {
		.id		= ve_id(ve),
		.units		= units_of(ve->css.cgroup),
		.limit		= READ_ONCE(ve->cpu.limit),
		.tasks		= atomic_read(&ve->nr_tasks),
		.running	= ve_nr_running(ve),
		.cpus		= ve_nr_cpus(ve) ?: num_online_cpus(),
		.waiting	= atomic_read(&ve->cpu.nr_waiting),
		.budget		= atomic64_read(&ve->cpu.budget),
	};

	show_entry(m, &e, old);
}

/**
 * ve_fairsched_show_host - print the line of the host
 * @m: /proc/fairsched or /proc/fairsched2
 * @tasks: how many it has
 * @running: of these, how many run or could
 * @old: /proc/fairsched
 *
 * Context: process context.
 */
void ve_fairsched_show_host(struct seq_file *m, unsigned int tasks,
			    unsigned int running, bool old)
{
	struct entry e = {
		.id		= HOST_ID,
		.tasks		= tasks,
		.running	= running,
		.cpus		= num_online_cpus(),
	};

	/* The groups of the host weigh the same: that of its init stands for all. */
	rcu_read_lock();
	e.units = units_of(cgroup_ancestor(task_dfl_cgroup(init_pid_ns.child_reaper),
					   1));
	rcu_read_unlock();
	show_entry(m, &e, old);
}
