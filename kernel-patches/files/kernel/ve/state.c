// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a CT.
 *
 *	from			by				to
 *	stopped			first task (the init) in	starting
 *	starting		START, written by the init	running
 *	starting, running	exit of the init		stopping
 *	stopping		last task released,
 *				VE_STOPPED chain done		stopped
 *
 * The last step is made by the work item in event.c, so whoever reads
 * "stopped" finds everything that belonged to the CT gone, and at most one
 * generation's changes wait to be told to user space: nothing is allocated
 * on the way, which matters because it begins in an exiting task.
 *
 * Counting: fork and attach charge before the task is visible, release
 * uncharges.  A fork inside a CT takes no lock: the parent is counted, so
 * the count cannot reach zero under it.  All other ways in check the state
 * under ve->lock, and the state leaves RUNNING under ve->lock.
 */
#include <linux/cred.h>
#include <linux/oom.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>

#include "internal.h"

const char * const ve_state_names[NR_VE_STATES] = {
	[VE_STATE_STOPPED]	= "stopped",
	[VE_STATE_STARTING]	= "starting",
	[VE_STATE_RUNNING]	= "running",
	[VE_STATE_STOPPING]	= "stopping",
};

const char * const ve_reason_names[NR_VE_REASONS] = {
	[VE_REASON_NONE]	= "none",
	[VE_REASON_HALT]	= "halt",
	[VE_REASON_REBOOT]	= "reboot",
	[VE_REASON_KILLED]	= "killed",
	[VE_REASON_OOM]		= "oom",
	[VE_REASON_EXIT]	= "exit",
};

/**
 * ve_check_entry - may a task go from one cgroup to another
 * @from: id of the css it comes from
 * @to: id of the css it goes to
 * @same: both are the same css
 * @state: state of the css it goes to
 * @capable: whoever moves it has CAP_SYS_ADMIN on the host
 *
 * The one place that decides who enters a CT and that nobody leaves it.
 *
 * Return: 0; -EPERM to leave a CT or to enter one without the right to;
 * -EBUSY when the CT takes nobody in now.
 */
int ve_check_entry(u32 from, u32 to, bool same, enum ve_state state,
		   bool capable)
{
	if (same)
		return to && state == VE_STATE_STOPPING ? -EBUSY : 0;
	if (from)
		return -EPERM;
	if (!to)
		return 0;
	if (!capable)
		return -EPERM;
	switch (state) {
	case VE_STATE_STOPPED:
	case VE_STATE_RUNNING:
		return 0;
	default:
		return -EBUSY;
	}
}

/**
 * ve_stop_reason - why did the init go
 * @reboot: what reboot(2) left in the init's pid namespace: 0, SIGHUP for
 *	a restart, SIGINT for halt and power off
 * @oom: the init was chosen by the OOM killer
 * @code: its wait status
 *
 * Return: the reason, never VE_REASON_NONE.
 */
enum ve_reason ve_stop_reason(int reboot, bool oom, int code)
{
	int sig = code & 0x7f;

	if (reboot == SIGHUP)
		return VE_REASON_REBOOT;
	if (reboot == SIGINT)
		return VE_REASON_HALT;
	if (oom && sig == SIGKILL)
		return VE_REASON_OOM;
	return sig ? VE_REASON_KILLED : VE_REASON_EXIT;
}

/**
 * ve_begin_start - take the first task into a stopped CT
 * @ve: the CT
 * @sig: identity of the task's thread group
 *
 * May still be undone, by ve_uncharge() of the only task.
 * Context: holds ve->lock.
 * Return: 0, or -EBUSY if the previous life is not quite over.
 */
int ve_begin_start(struct ve *ve, struct signal_struct *sig)
{
	lockdep_assert_held(&ve->lock);

	/* A zombie, or a fork that was cancelled right now. */
	if (ve->dead || atomic_read(&ve->nr_tasks))
		return -EBUSY;
	ve->init_sig = sig;
	WRITE_ONCE(ve->state, VE_STATE_STARTING);
	return 0;
}

/**
 * ve_commit_start - the first task is in
 * @ve: a CT
 * @init: a task that has just joined it
 *
 * Does nothing unless @init is the first task.
 * Context: task context.  Takes ve->lock.
 */
void ve_commit_start(struct ve *ve, struct task_struct *init)
{
	spin_lock(&ve->lock);
	if (ve->state == VE_STATE_STARTING && !ve->init_pid &&
	    ve->init_sig == init->signal) {
		ve->init_pid = get_pid(task_tgid(init));
		ve->generation++;
		ve->announced = false;
		ve_post(ve, VE_STATE_STARTING);
	}
	spin_unlock(&ve->lock);
}

static int check_start(struct ve *ve)
{
	struct task_struct *task = current;
	struct cgroup *cgrp;
	bool here;

	lockdep_assert_held(&ve->lock);

	if (!ve->id)
		return -ENOENT;
	if (ve->state != VE_STATE_STARTING || ve->starting)
		return -EBUSY;
	if (task->signal != ve->init_sig || !thread_group_leader(task) ||
	    task_active_pid_ns(task) == &init_pid_ns ||
	    !is_child_reaper(task_tgid(task)))
		return -ECHILD;
	if (current_user_ns() == &init_user_ns)
		return -EPERM;
	rcu_read_lock();
	cgrp = task_dfl_cgroup(task);
	here = cgrp == ve->css.cgroup;
	rcu_read_unlock();
	return here ? 0 : -EPERM;
}

/**
 * ve_start - the handshake: the current task says that it is ready
 * @ve: the CT to start
 *
 * Context: process context, may sleep.  Takes ve->lock, runs the VE_STARTED
 * chain without it.
 * Return: 0; -ENOENT without ve.id; -EBUSY unless starting; -ECHILD unless
 * current is the first process of the CT, pid 1 of a pid namespace of its
 * own, and the leader of its thread group; -EPERM in the host's user
 * namespace or in a cgroup below the CT's; else what a notifier returned.
 */
int ve_start(struct ve *ve)
{
	u64 cpu[4];
	int err;

	ve_cpu_times(ve, cpu);

	spin_lock(&ve->lock);
	err = check_start(ve);
	if (!err)
		ve->starting = true;
	spin_unlock(&ve->lock);
	if (err)
		return err;

	/* The init is in here, so it cannot exit meanwhile. */
	ve_quota_start(ve);
	err = ve_call_started(ve->id);

	spin_lock(&ve->lock);
	ve->starting = false;
	if (!err) {
		ve->announced = true;
		ve->user_ns = get_user_ns(current_user_ns());
		ve->start_time = ktime_get_boottime_ns();
		memcpy(ve->start_cpu, cpu, sizeof(cpu));
		memset(ve->avenrun, 0, sizeof(ve->avenrun));
		atomic64_set(&ve->wait.delay, 0);
		atomic64_set(&ve->wait.runs, 0);
		WRITE_ONCE(ve->state, VE_STATE_RUNNING);
		ve_post(ve, VE_STATE_RUNNING);
	}
	spin_unlock(&ve->lock);
	return err;
}

/**
 * ve_init_exited - the last thread of some process of a CT exits
 * @ve: the CT
 * @task: the thread
 *
 * Does nothing unless the process is the CT's init.  Its namespaces are
 * released already and its pid namespace is about to be emptied.
 * Context: @task's own context.  Takes ve->lock.
 */
void ve_init_exited(struct ve *ve, struct task_struct *task)
{
	struct pid_namespace *pid_ns = task_active_pid_ns(task);
	int reboot = 0, code;

	/* zap_pid_ns_processes() copies it to the exit code, but later. */
	if (pid_ns != &init_pid_ns && is_child_reaper(task_tgid(task)))
		reboot = READ_ONCE(pid_ns->reboot);
	code = reboot ?: task->signal->group_exit_code;

	spin_lock(&ve->lock);
	if (ve->init_sig == task->signal) {
		ve->init_sig = NULL;
		ve->reason = ve_stop_reason(reboot, tsk_is_oom_victim(task),
					    code);
		ve->exit_code = code;
		WRITE_ONCE(ve->state, VE_STATE_STOPPING);
		ve_post(ve, VE_STATE_STOPPING);
	}
	spin_unlock(&ve->lock);
}

/**
 * ve_uncharge - a task of a css is gone, or never came
 * @ve: the css; not the root
 *
 * Context: task context.  Takes ve->lock.
 */
void ve_uncharge(struct ve *ve)
{
	int left = atomic_dec_return(&ve->nr_tasks);

	WARN_ONCE(left < 0, "ve: task count of CT %u is below zero\n", ve->id);
	if (left || !READ_ONCE(ve->id))
		return;

	spin_lock(&ve->lock);
	if (!atomic_read(&ve->nr_tasks)) {
		if (ve->state == VE_STATE_STARTING && !ve->init_pid) {
			/* The fork or attach of the init was undone. */
			ve->init_sig = NULL;
			WRITE_ONCE(ve->state, VE_STATE_STOPPED);
		} else if (ve->state == VE_STATE_STARTING) {
			/* Its leader was exiting when it was attached. */
			ve->init_sig = NULL;
			ve->reason = VE_REASON_KILLED;
			ve->exit_code = SIGKILL;
			WRITE_ONCE(ve->state, VE_STATE_STOPPING);
			ve_post(ve, VE_STATE_STOPPING);
			ve_post(ve, VE_STATE_STOPPED);
		} else if (ve->state == VE_STATE_STOPPING) {
			ve_post(ve, VE_STATE_STOPPED);
		}
	}
	spin_unlock(&ve->lock);
}
