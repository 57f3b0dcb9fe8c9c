// SPDX-License-Identifier: GPL-2.0
/*
 * The cgroup v2 controller "ve": containers with an identity.
 *
 * A cgroup whose ve.id is written becomes a container (CT); the root and all
 * cgroups with id 0 are the host, CT0.  Enabling the controller on host
 * cgroups means nothing, so a farm may enable it wherever it needs it.
 *
 * Files, in every cgroup but the root.  Writing needs CAP_SYS_ADMIN on the
 * host at the time of open(2), else EPERM:
 *
 * ve.id	rw: 1..2147483644, once.  EINVAL no number, ERANGE out of
 *		range, EBUSY already set, or the cgroup has tasks or children
 *		with the controller, EEXIST another cgroup has it.
 * ve.state	r: stopped, starting, running or stopping.
 *		w: START, by the CT's init.  EINVAL anything else, ENOENT no
 *		ve.id, EBUSY not starting, ECHILD not the init or not pid 1,
 *		EPERM in the host's user namespace or below the CT's cgroup.
 * ve.init	r: pid of the init as the reader sees it, or 0.
 * ve.features	rw: words, a leading '-' removes.  EINVAL unknown, EBUSY not
 *		stopped.
 * ve.devices	rw: "[-]c MAJ:MIN rw", one a write.  EINVAL malformed, ENOENT
 *		nothing to remove, ENOSPC too many.
 * ve.cpulimit	rw: percent of one CPU, 0 for no limit.  ENOENT no ve.id, EINVAL
 *		malformed, ERANGE above 819200.
 * ve.cpus	rw: CPUs that it may be on at once, 0 for any number.  Errors
 *		likewise, ERANGE above 8192.
 * ve.cpuunits	rw: weight against siblings, 8 to 500000, or "sum": what the
 *		children weigh that have something to run.  Any cgroup may have it.
 *		EINVAL malformed, ERANGE, ENODEV without the cpu controller.
 * ve.cpustat	r: nr_throttled, throttled_usec.
 * ve.loadavg	r: three averages and running/all tasks, as in /proc/loadavg.
 * ve.meminfo	rw: pages of RAM that a CT without a limit sees, or "none".
 *		EINVAL malformed.
 * ve.quota	rw: disk quota: "ids N", "user|group|project SPACE INODES",
 *		"path PATH", one a write.  EINVAL malformed.
 * ve.ubc	rw, poll: beancounters: "NAME HELD MAXHELD BARRIER LIMIT
 *		FAILCNT"; "NAME BARRIER LIMIT", one a write.  EINVAL malformed,
 *		EOPNOTSUPP one that is not charged.
 * ve.events	r, poll: state, reason, exit_code, generation, tasks.
 *
 * The first task forked (CLONE_INTO_CGROUP) or moved (cgroup.procs) into a
 * stopped CT is its init; needs CAP_SYS_ADMIN on the host.  After START, the
 * same right lets host tasks enter.  EBUSY in between and while stopping.
 * No task ever leaves a CT, EPERM; thus the controller cannot be disabled
 * above a CT with tasks.  It cannot be enabled below one, EPERM.
 */
#include <linux/cgroup.h>
#include <linux/kernel_stat.h>
#include <linux/memcontrol.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "internal.h"

/* All CTs by id.  Entries are looked up under RCU. */
static DEFINE_XARRAY(ve_ids);

static struct ve root_ve;
static struct kmem_cache *ve_cache;

DEFINE_STATIC_KEY_FALSE(ve_key);
EXPORT_SYMBOL_GPL(ve_key);

/* ---- identity ---- */

/* Out of line half of ve_task_id(). */
u32 __ve_task_id(struct task_struct *task)
{
	u32 id;

	rcu_read_lock();
	id = READ_ONCE(css_ve(task_css(task, ve_cgrp_id))->id);
	rcu_read_unlock();
	return id;
}
EXPORT_SYMBOL_GPL(__ve_task_id);

/* Out of line half of ve_current(). */
struct ve *__ve_current(void)
{
	return current_ve();
}
EXPORT_SYMBOL_GPL(__ve_current);

/**
 * ve_id - the id of a CT
 * @ve: the CT
 *
 * Return: its ve.id; never changes once it is not 0.
 */
u32 ve_id(const struct ve *ve)
{
	return READ_ONCE(ve->id);
}
EXPORT_SYMBOL_GPL(ve_id);

/**
 * ve_get_by_id - find a CT
 * @id: its id
 *
 * Context: any.  Takes only RCU.
 * Return: the CT, in whatever state, with a reference for ve_put(); NULL if
 * no cgroup has this id.
 */
struct ve *ve_get_by_id(u32 id)
{
	struct ve *ve;

	rcu_read_lock();
	ve = xa_load(&ve_ids, id);
	if (ve && !css_tryget(&ve->css))
		ve = NULL;
	rcu_read_unlock();
	return ve;
}
EXPORT_SYMBOL_GPL(ve_get_by_id);

/**
 * ve_put - drop a reference from ve_get_by_id()
 * @ve: the CT, may be NULL
 *
 * Context: any.
 */
void ve_put(struct ve *ve)
{
	if (ve)
		css_put(&ve->css);
}
EXPORT_SYMBOL_GPL(ve_put);

/**
 * ve_next - walk over all CTs in the order of their ids
 * @id: the last id seen, 0 to begin; updated
 *
 * Context: any.  Takes only RCU.
 * Return: the next CT with a reference for ve_put(), NULL at the end.
 */
struct ve *ve_next(unsigned long *id)
{
	struct ve *ve;

	rcu_read_lock();
	do {
		ve = xa_find_after(&ve_ids, id, ULONG_MAX, XA_PRESENT);
	} while (ve && !css_tryget(&ve->css));
	rcu_read_unlock();
	return ve;
}

/**
 * ve_root - the host
 *
 * Return: its css, which needs no reference.
 */
struct ve *ve_root(void)
{
	return &root_ve;
}

#ifdef CONFIG_MEMCG
/**
 * ve_get_memcg - the memory cgroup of a CT
 * @ve: the CT
 *
 * Return: the memory cgroup with a reference for mem_cgroup_put(), NULL when
 * the CT's cgroup is without the memory controller.
 */
struct mem_cgroup *ve_get_memcg(struct ve *ve)
{
	struct cgroup_subsys_state *css;

	if (mem_cgroup_disabled())
		return NULL;
	css = cgroup_get_e_css(ve->css.cgroup, &memory_cgrp_subsys);
	if (css->cgroup != ve->css.cgroup) {
		css_put(css);
		return NULL;
	}
	return mem_cgroup_from_css(css);
}
#endif

#ifdef CONFIG_VE_QUOTA
/**
 * ve_find_rcu - find the CT that has an id of quota
 * @id: the only CT to look at, 0: all
 * @match: is it this one
 * @qid: passed to @match
 *
 * Context: holds RCU.
 * Return: the CT, as long as RCU is held, or NULL.
 */
struct ve *ve_find_rcu(u32 id, bool (*match)(const struct ve *ve, struct kqid),
		       struct kqid qid)
{
	unsigned long i;
	struct ve *ve;

	if (id) {
		ve = xa_load(&ve_ids, id);
		return ve && match(ve, qid) ? ve : NULL;
	}
	xa_for_each(&ve_ids, i, ve)
		if (match(ve, qid))
			return ve;
	return NULL;
}
#endif

/**
 * ve_forget_id - let another cgroup have the id
 * @ve: a CT that is stopped and whose cgroup is removed
 */
void ve_forget_id(struct ve *ve)
{
	ve_proc_remove(ve->id);
	xa_cmpxchg(&ve_ids, ve->id, ve, NULL, 0);
}

/*
 * cgroup_mutex keeps children, foreign tasks and the removal of the cgroup
 * away, so what is checked here stays true.
 */
static int set_id(struct ve *ve, u32 id)
{
	int err;

	lockdep_assert_held(&cgroup_mutex);

	if (ve->dead)
		return -ENODEV;
	if (ve->id || ve->nr_children || atomic_read(&ve->nr_tasks))
		return -EBUSY;
	err = xa_insert(&ve_ids, id, ve, GFP_KERNEL);
	if (err)
		return err == -EBUSY ? -EEXIST : err;

	spin_lock(&ve->lock);
	WRITE_ONCE(ve->id, id);
	spin_unlock(&ve->lock);
	ve_proc_add(id);
	return 0;
}

/* ---- css life ---- */

#ifdef CONFIG_VE_CPUS

static int alloc_cpus(struct ve *ve)
{
	ve->cpus = ve_cpus_alloc();
	return ve->cpus ? 0 : -ENOMEM;
}

static void free_cpus(struct ve *ve)
{
	ve_cpus_put(ve->cpus);
}

static void join_cpus(struct cgroup_subsys_state *css)
{
	struct cgroup *cgrp = css->cgroup;

	ve_cpus_join(rcu_dereference_protected(cgrp->subsys[cpu_cgrp_id],
					       lockdep_is_held(&cgroup_mutex)),
		     css);
}

#else /* !CONFIG_VE_CPUS */

static int alloc_cpus(struct ve *ve)
{
	return 0;
}

static void free_cpus(struct ve *ve)
{
}

static void join_cpus(struct cgroup_subsys_state *css)
{
}

#endif /* CONFIG_VE_CPUS */

static struct cgroup_subsys_state *
ve_css_alloc(struct cgroup_subsys_state *parent)
{
	struct ve *ve = &root_ve;

	if (parent) {
		ve = kmem_cache_zalloc(ve_cache, GFP_KERNEL);
		if (!ve)
			return ERR_PTR(-ENOMEM);
	}
	if (parent) {
		ve->shown = ve_times_alloc();
		if (!ve->shown)
			goto free;
		if (alloc_cpus(ve))
			goto free_shown;
	}
	if (ve_ubc_init(ve))
		goto free_cpus;
	spin_lock_init(&ve->lock);
	INIT_WORK(&ve->work, ve_work_fn);
	ve->features = VE_FEATURES_DEFAULT;
	ve_quota_init(ve);
	return &ve->css;

free_cpus:
	free_cpus(ve);
free_shown:
	free_percpu(ve->shown);
free:
	kmem_cache_free(ve_cache, ve);
	return ERR_PTR(-ENOMEM);
}

static int ve_css_online(struct cgroup_subsys_state *css)
{
	struct ve *parent;

	lockdep_assert_held(&cgroup_mutex);

	if (!css->parent)
		return 0;
	parent = css_ve(css->parent);
	if (parent->id)
		return -EPERM;
	parent->nr_children++;
	join_cpus(css);
	return 0;
}

/* The cgroup is being removed, or the controller disabled in the parent. */
static void ve_css_killed(struct cgroup_subsys_state *css)
{
	struct ve *ve = css_ve(css);
	bool forget;

	lockdep_assert_held(&cgroup_mutex);

	css_ve(css->parent)->nr_children--;

	/* With zombies left, complete_stop() will forget the id. */
	spin_lock(&ve->lock);
	ve->dead = true;
	forget = ve->id && ve->state == VE_STATE_STOPPED;
	spin_unlock(&ve->lock);
	if (forget)
		ve_forget_id(ve);
}

/**
 * ve_free - free what the last beancounter of a CT has left
 * @ve: the CT; its css is gone
 */
void ve_free(struct ve *ve)
{
	kmem_cache_free(ve_cache, ve);
}

static void ve_css_free(struct cgroup_subsys_state *css)
{
	struct ve *ve = css_ve(css);

	WARN_ONCE(ve->id && xa_load(&ve_ids, ve->id) == ve,
		  "ve: CT %u is freed with its id\n", ve->id);
	kfree(ve->devices);
	ve_quota_free(ve);
	free_cpus(ve);
	free_percpu(ve->shown);
	ve_ubc_kill(ve);
}

/* Cgroups with the controller can be made once user space runs, not before. */
static int __init ve_cache_init(void)
{
	ve_cache = KMEM_CACHE(ve, SLAB_PANIC);
	return 0;
}
core_initcall(ve_cache_init);

/* ---- tasks come and go ---- */

/* One more task in @ve; how hard it is to refuse for want of numproc. */
static int count_task(struct ve *ve, enum ve_severity sev)
{
	int err;

	if (ve_is_root(ve))
		return 0;
	err = ve_ubc_charge_proc(ve, sev);
	if (!err)
		atomic_inc(&ve->nr_tasks);
	return err;
}

/*
 * Charge @dst with a task that comes from @src.  @sig is the identity of its
 * thread group.  Returns 0, -EPERM or -EBUSY; see ve_check_entry().
 */
static int charge(struct ve *src, struct ve *dst, struct signal_struct *sig)
{
	enum ve_state state;
	bool capable;
	int err;

	if (src == dst) {
		err = ve_check_entry(src->id, dst->id, true,
				     READ_ONCE(dst->state), false);
		return err ?: count_task(dst, VE_HARD);
	}

	capable = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);

	spin_lock(&dst->lock);
	state = dst->state;
	/* The other threads of an init that is being attached. */
	if (state == VE_STATE_STARTING && !dst->init_pid &&
	    dst->init_sig == sig)
		state = VE_STATE_STOPPED;
	err = ve_check_entry(src->id, dst->id, false, state, capable);
	if (!err && dst->id && dst->state == VE_STATE_STOPPED)
		err = ve_begin_start(dst, sig);
	/* a full CT must not keep its administrator out */
	if (!err)
		err = count_task(dst, VE_FORCE);
	spin_unlock(&dst->lock);
	return err;
}

static void uncharge(struct ve *ve)
{
	if (!ve_is_root(ve)) {
		ve_ubc_uncharge_proc(ve);
		ve_uncharge(ve);
	}
}

/* Undo ve_can_attach() for the tasks before @last, or for all. */
static void undo_attach(struct cgroup_taskset *tset, struct task_struct *last)
{
	struct cgroup_subsys_state *css;
	struct task_struct *task;

	cgroup_taskset_for_each(task, css, tset) {
		struct ve *src = css_ve(task_css(task, ve_cgrp_id));

		if (task == last)
			break;
		/* @src is of the host: nobody else is let out. */
		count_task(src, VE_FORCE);
		uncharge(css_ve(css));
	}
}

static int ve_can_attach(struct cgroup_taskset *tset)
{
	struct cgroup_subsys_state *css;
	struct task_struct *task;

	cgroup_taskset_for_each(task, css, tset) {
		struct ve *src = css_ve(task_css(task, ve_cgrp_id));
		int err = charge(src, css_ve(css), task->signal);

		if (err) {
			undo_attach(tset, task);
			return err;
		}
		uncharge(src);
	}
	return 0;
}

static void ve_cancel_attach(struct cgroup_taskset *tset)
{
	undo_attach(tset, NULL);
}

static void ve_attach(struct cgroup_taskset *tset)
{
	struct cgroup_subsys_state *css;
	struct task_struct *task;

	cgroup_taskset_for_each(task, css, tset) {
		if (READ_ONCE(css_ve(css)->state) == VE_STATE_STARTING)
			ve_commit_start(css_ve(css), task);
		ve_wait_enter(css_ve(css), task);
	}
}

/*
 * copy_process() holds cgroup_threadgroup_change_begin(), so neither current
 * nor @cset can change their css before ve_css_fork() or ve_cancel_fork().
 */
static int ve_can_fork(struct task_struct *child, struct css_set *cset)
{
	return charge(css_ve(task_css_check(current, ve_cgrp_id, true)),
		      css_ve(cset->subsys[ve_cgrp_id]), child->signal);
}

static void ve_cancel_fork(struct task_struct *child, struct css_set *cset)
{
	uncharge(css_ve(cset->subsys[ve_cgrp_id]));
}

static void ve_css_fork(struct task_struct *child)
{
	struct ve *ve = css_ve(task_css_check(child, ve_cgrp_id, true));
	enum ve_state state = READ_ONCE(ve->state);

	if (!ve_is_root(ve))
		atomic64_inc(&ve->nr_forks);
	if (state == VE_STATE_STARTING)
		ve_commit_start(ve, child);
	else if (unlikely(state == VE_STATE_STOPPING))
		ve_kill_task(child);	/* see kill_stragglers() */
}

static void ve_css_exit(struct task_struct *task)
{
	struct ve *ve = css_ve(task_css_check(task, ve_cgrp_id, true));

	ve_io_exit(ve, task);
	ve_wait_exit(ve, task);
	/* The two last threads may both see 0; the first one reports. */
	if (READ_ONCE(ve->init_sig) == task->signal &&
	    !atomic_read(&task->signal->live))
		ve_init_exited(ve, task);
}

static void ve_css_release(struct task_struct *task)
{
	uncharge(css_ve(task_css_check(task, ve_cgrp_id, true)));
}

/* ---- files ---- */

static bool opened_by_host(struct kernfs_open_file *of)
{
	return file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN);
}

static int ve_id_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u\n", ve_id(css_ve(seq_css(m))));
	return 0;
}

static ssize_t ve_id_write(struct kernfs_open_file *of, char *buf,
			   size_t nbytes, loff_t off)
{
	struct cgroup_subsys_state *css = of_css(of);
	u32 id;
	int err;

	if (!opened_by_host(of))
		return -EPERM;
	err = ve_parse_id(strstrip(buf), &id);
	if (err)
		return err;
	static_branch_enable(&ve_key);

	/* rmdir waits for us with cgroup_mutex held, unless told otherwise. */
	css_get(css);
	kernfs_break_active_protection(of->kn);
	cgroup_lock();
	err = set_id(css_ve(css), id);
	cgroup_unlock();
	kernfs_unbreak_active_protection(of->kn);
	css_put(css);
	if (err)
		return err;
	ve_load_begin();
	return nbytes;
}

static int ve_state_show(struct seq_file *m, void *v)
{
	struct ve *ve = css_ve(seq_css(m));

	seq_printf(m, "%s\n", ve_state_names[READ_ONCE(ve->state)]);
	return 0;
}

static ssize_t ve_state_write(struct kernfs_open_file *of, char *buf,
			      size_t nbytes, loff_t off)
{
	if (strcmp(strstrip(buf), "START"))
		return -EINVAL;
	if (!opened_by_host(of))
		return -EPERM;
	return ve_start(css_ve(of_css(of))) ?: nbytes;
}

static int ve_init_show(struct seq_file *m, void *v)
{
	struct ve *ve = css_ve(seq_css(m));
	pid_t nr = 0;

	spin_lock(&ve->lock);
	if (ve->init_sig)
		nr = pid_vnr(ve->init_pid);
	spin_unlock(&ve->lock);
	seq_printf(m, "%d\n", nr);
	return 0;
}

static int ve_features_show(struct seq_file *m, void *v)
{
	struct ve *ve = css_ve(seq_css(m));
	char words[80];

	ve_format_features(READ_ONCE(ve->features), words, sizeof(words));
	seq_printf(m, "%s\n", words);
	return 0;
}

static ssize_t ve_features_write(struct kernfs_open_file *of, char *buf,
				 size_t nbytes, loff_t off)
{
	struct ve *ve = css_ve(of_css(of));
	int err = -EBUSY;

	if (!opened_by_host(of))
		return -EPERM;
	spin_lock(&ve->lock);
	if (ve->state == VE_STATE_STOPPED)
		err = ve_parse_features(buf, &ve->features);
	spin_unlock(&ve->lock);
	return err ?: nbytes;
}

static int ve_events_show(struct seq_file *m, void *v)
{
	struct ve *ve = css_ve(seq_css(m));

	spin_lock(&ve->lock);
	seq_printf(m, "state %s\nreason %s\nexit_code %d\ngeneration %llu\ntasks %d\n",
		   ve_state_names[ve->state], ve_reason_names[ve->reason],
		   ve->exit_code, ve->generation, atomic_read(&ve->nr_tasks));
	spin_unlock(&ve->lock);
	return 0;
}

static struct cftype ve_files[] = {
	{
		.name = "id",
		.seq_show = ve_id_show,
		.write = ve_id_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{
		.name = "state",
		.seq_show = ve_state_show,
		.write = ve_state_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{
		.name = "init",
		.seq_show = ve_init_show,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{
		.name = "features",
		.seq_show = ve_features_show,
		.write = ve_features_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{
		.name = "devices",
		.seq_show = ve_devices_show,
		.write = ve_devices_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{
		.name = "loadavg",
		.seq_show = ve_loadavg_show_file,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
#ifdef CONFIG_VE_CPU
	{
		.name = "cpulimit",
		.seq_show = ve_cpulimit_show,
		.write = ve_cpulimit_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{
		.name = "cpuunits",
		.seq_show = ve_cpuunits_show,
		.write = ve_cpuunits_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{
		.name = "cpustat",
		.seq_show = ve_cpustat_show,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
#endif
#ifdef CONFIG_VE_CPUS
	{
		.name = "cpus",
		.seq_show = ve_cpus_show,
		.write = ve_cpus_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
#endif
#ifdef CONFIG_VE_MEM
	{
		.name = "meminfo",
		.seq_show = ve_meminfo_show_file,
		.write = ve_meminfo_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
#endif
#ifdef CONFIG_VE_QUOTA
	{
		.name = "quota",
		.seq_show = ve_quota_show,
		.write = ve_quota_write,
		.flags = CFTYPE_NOT_ON_ROOT,
	},
#endif
#ifdef CONFIG_VE_UBC
	{
		.name = "ubc",
		.seq_show = ve_ubc_show,
		.write = ve_ubc_write,
		.file_offset = offsetof(struct ve, ubc_file),
		.flags = CFTYPE_NOT_ON_ROOT,
	},
#endif
	{
		.name = "events",
		.seq_show = ve_events_show,
		.file_offset = offsetof(struct ve, events_file),
		.flags = CFTYPE_NOT_ON_ROOT,
	},
	{ }	/* terminate */
};

struct cgroup_subsys ve_cgrp_subsys = {
	.css_alloc	= ve_css_alloc,
	.css_online	= ve_css_online,
	.css_killed	= ve_css_killed,
	.css_free	= ve_css_free,
	.can_attach	= ve_can_attach,
	.cancel_attach	= ve_cancel_attach,
	.attach		= ve_attach,
	.can_fork	= ve_can_fork,
	.cancel_fork	= ve_cancel_fork,
	.fork		= ve_css_fork,
	.exit		= ve_css_exit,
	.release	= ve_css_release,
	.dfl_cftypes	= ve_files,
};

/* ---- CPU time ---- */

/**
 * ve_cpu_times - CPU time used in a cgroup since it was made
 * @ve: the css
 * @times: filled with user, nice, system and total time in ns; user does
 *	not include nice
 *
 * Context: may sleep.
 */
void ve_cpu_times(struct ve *ve, u64 times[4])
{
	struct cgroup *cgrp = ve->css.cgroup;
	u64 utime, stime, ntime;

	cgroup_rstat_flush_hold(cgrp);
	cputime_adjust(&cgrp->bstat.cputime, &cgrp->prev_cputime, &utime,
		       &stime);
	ntime = min(cgrp->bstat.ntime, utime);
	times[0] = utime - ntime;
	times[1] = ntime;
	times[2] = stime;
	times[3] = cgrp->bstat.cputime.sum_exec_runtime;
	cgroup_rstat_flush_release(cgrp);
}
