// SPDX-License-Identifier: GPL-2.0
/*
 * What happens outside of a CT's locks when its state changes: the notifier
 * chain, the kernel log, the uevents, ve.events, and the end of stragglers.
 *
 * Each css has one work item; a work item never runs twice at once, so the
 * changes of one CT are told in their order.  A change is one bit in
 * ve->pending.  That is enough, because the CT is not startable again before
 * its last change has been taken out of there.
 */
#include <linux/cgroup.h>
#include <linux/delay.h>
#include <linux/kobject.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "internal.h"

static BLOCKING_NOTIFIER_HEAD(ve_notifiers);
static struct workqueue_struct *ve_wq;
static struct kobject *ve_events_kobj;

/**
 * ve_register_notifier - be told when CTs start and stop
 * @nb: called in process context with no lock of the controller held; see
 *	enum ve_notify.  CTs that run already are not reported.
 *
 * Return: 0, or -EEXIST.
 */
int ve_register_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&ve_notifiers, nb);
}
EXPORT_SYMBOL_GPL(ve_register_notifier);

/**
 * ve_unregister_notifier - undo ve_register_notifier()
 * @nb: is not called any more when this returns
 *
 * Return: 0, or -ENOENT.
 */
int ve_unregister_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&ve_notifiers, nb);
}
EXPORT_SYMBOL_GPL(ve_unregister_notifier);

/**
 * ve_call_started - run the VE_STARTED chain, and undo it if one refuses
 * @id: the CT
 *
 * Return: 0 or the negative errno of the notifier that refused.
 */
int ve_call_started(u32 id)
{
	int err;

	err = blocking_notifier_call_chain_robust(&ve_notifiers, VE_STARTED,
						  VE_STOPPED,
						  (void *)(unsigned long)id);
	err = notifier_to_errno(err);
	if (err)
		pr_info_ratelimited("CT: %u: failed to start with err=%d\n",
				    id, err);
	else
		pr_info_ratelimited("CT: %u: started\n", id);
	return err;
}

/**
 * ve_post - leave a change of state for the work item
 * @ve: the CT
 * @state: the new state.  VE_STATE_STOPPED asks the work item to complete
 *	the stop; it will set that state itself.
 *
 * Context: holds ve->lock; does not sleep or allocate.
 */
void ve_post(struct ve *ve, enum ve_state state)
{
	lockdep_assert_held(&ve->lock);

	WARN_ONCE(ve->pending & BIT(state), "ve: CT %u is %s twice\n", ve->id,
		  ve_state_names[state]);
	ve->pending |= BIT(state);
	css_get(&ve->css);
	if (!queue_work(ve_wq, &ve->work))
		css_put(&ve->css);
}

/* A snapshot of what is told about one change. */
struct change {
	u32		id;
	enum ve_state	state;
	enum ve_reason	reason;
	int		exit_code;
	u64		generation;
};

/**
 * ve_send_uevent - tell user space about a CT
 * @envp: the variables, with a NULL at the end
 * @id: the CT, and
 * @what: what about it, for the log
 *
 * Context: may sleep, a second at most.
 */
void ve_send_uevent(char *envp[], u32 id, const char *what)
{
	int i, err = 0;

	if (!ve_events_kobj)
		return;
	/*
	 * Restarts and clean-up hang on this: it is worth waiting for memory,
	 * for the next change of this CT waits as well.
	 */
	for (i = 0; i < 6; i++) {
		err = kobject_uevent_env(ve_events_kobj, KOBJ_CHANGE, envp);
		if (err != -ENOMEM)
			break;
		msleep(20 << i);
	}
	if (err)
		pr_warn_ratelimited("CT: %u: uevent %s lost with err=%d\n", id,
				    what, err);
}

static void send_uevent(const struct change *c)
{
	char vars[5][40];
	char *envp[6];
	int i;

	snprintf(vars[0], sizeof(vars[0]), "VE_ID=%u", c->id);
	snprintf(vars[1], sizeof(vars[1]), "VE_STATE=%s",
		 ve_state_names[c->state]);
	snprintf(vars[2], sizeof(vars[2]), "VE_REASON=%s",
		 ve_reason_names[c->reason]);
	snprintf(vars[3], sizeof(vars[3]), "VE_EXIT_CODE=%d", c->exit_code);
	snprintf(vars[4], sizeof(vars[4]), "VE_GENERATION=%llu",
		 c->generation);
	for (i = 0; i < ARRAY_SIZE(vars); i++)
		envp[i] = vars[i];
	envp[i] = NULL;
	ve_send_uevent(envp, c->id, ve_state_names[c->state]);
}

static void tell(struct ve *ve, const struct change *c)
{
	/*
	 * cgroup_file_notify() holds back what comes within 10 ms of the
	 * last one.  Only the host starts CTs, so there is no flood to fear,
	 * and who waits for a stop should not wait longer than it takes.
	 */
	WRITE_ONCE(ve->events_file.notified_at, jiffies - HZ);
	cgroup_file_notify(&ve->events_file);
	send_uevent(c);
}

/**
 * ve_kill_task - kill a task whose CT has lost its init
 * @task: the task
 */
void ve_kill_task(struct task_struct *task)
{
	do_send_sig_info(SIGKILL, SEND_SIG_NOINFO, task, PIDTYPE_TGID);
}

/*
 * The pid namespace of the init takes its own tasks along.  What entered the
 * CT without entering that namespace would stay; a fork that this misses
 * because it is not linked yet is caught by ve_css_fork().
 */
static void kill_stragglers(struct ve *ve)
{
	struct css_task_iter it;
	struct task_struct *task;

	css_task_iter_start(&ve->css, 0, &it);
	while ((task = css_task_iter_next(&it))) {
		bool here;

		/* the cgroup's next css may have tasks already */
		rcu_read_lock();
		here = task_css(task, ve_cgrp_id) == &ve->css;
		rcu_read_unlock();
		if (here && !(task->flags & PF_EXITING))
			ve_kill_task(task);
	}
	css_task_iter_end(&it);
}

static void complete_stop(struct ve *ve)
{
	struct user_namespace *user_ns;
	struct pid *pid;
	bool dead;

	/* also for one that never said START: it may have been given things */
	blocking_notifier_call_chain(&ve_notifiers, VE_STOPPED,
				     (void *)(unsigned long)ve->id);
	if (ve->announced)
		pr_info_ratelimited("CT: %u: stopped\n", ve->id);

	spin_lock(&ve->lock);
	pid = ve->init_pid;
	user_ns = ve->user_ns;
	ve->init_pid = NULL;
	ve->user_ns = NULL;
	dead = ve->dead;
	WRITE_ONCE(ve->state, VE_STATE_STOPPED);
	spin_unlock(&ve->lock);

	if (dead)
		ve_forget_id(ve);
	put_pid(pid);
	put_user_ns(user_ns);
}

/**
 * ve_work_fn - tell the world about the pending changes of a CT
 * @work: its work item
 */
void ve_work_fn(struct work_struct *work)
{
	struct ve *ve = container_of(work, struct ve, work);

	for (;;) {
		struct change c = { .id = ve->id };

		spin_lock(&ve->lock);
		if (!ve->pending) {
			spin_unlock(&ve->lock);
			break;
		}
		/* In the order of a life; stopped is the lowest number. */
		c.state = VE_STATE_STARTING;
		while (c.state < NR_VE_STATES && !(ve->pending & BIT(c.state)))
			c.state++;
		if (c.state == NR_VE_STATES)
			c.state = VE_STATE_STOPPED;
		ve->pending &= ~BIT(c.state);
		c.generation = ve->generation;
		if (c.state == VE_STATE_STOPPING ||
		    c.state == VE_STATE_STOPPED) {
			c.reason = ve->reason;
			c.exit_code = ve->exit_code;
		}
		spin_unlock(&ve->lock);

		if (c.state == VE_STATE_STOPPING)
			kill_stragglers(ve);
		else if (c.state == VE_STATE_STOPPED)
			complete_stop(ve);
		tell(ve, &c);
	}
	css_put(&ve->css);
}

static void release_kobj(struct kobject *kobj)
{
	kfree(kobj);
}

static const struct kobj_type events_ktype = {
	.release	= release_kobj,
	.sysfs_ops	= &kobj_sysfs_ops,
};

static int __init ve_event_init(void)
{
	struct kobject *kobj;
	struct kset *kset;

	/* /sys/kernel/ve/events; the kset's name is the uevents' SUBSYSTEM. */
	kset = kset_create_and_add("ve", NULL, kernel_kobj);
	if (!kset)
		return -ENOMEM;
	kobj = kzalloc(sizeof(*kobj), GFP_KERNEL);
	if (!kobj)
		goto err_kset;
	kobj->kset = kset;
	if (kobject_init_and_add(kobj, &events_ktype, NULL, "events"))
		goto err_kobj;
	ve_events_kobj = kobj;
	return 0;

err_kobj:
	kobject_put(kobj);
err_kset:
	kset_unregister(kset);
	return -ENOMEM;
}
postcore_initcall(ve_event_init);

static int __init ve_wq_init(void)
{
	ve_wq = alloc_workqueue("ve", WQ_UNBOUND, 0);
	return ve_wq ? 0 : -ENOMEM;
}
core_initcall(ve_wq_init);
