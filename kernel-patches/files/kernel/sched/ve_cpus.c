// SPDX-License-Identifier: GPL-2.0
/*
 * Number of CPUs that a container (CT) may be on at once; see
 * Documentation/admin-guide/vz/cpu.rst for what users may rely on.
 *
 * A CT with a number N has N slots. A CPU takes one when it chooses a task of the CT, and
 * gives it back when the next task of something else runs there.  Where none is left, the
 * CT is throttled on that CPU, as bandwidth control does it, and another task runs. Whoever
 * gives a slot back wakes up a CPU that waits; a CPU that has had its slot for a while
 * gives it back when others wait. So which CPUs these are follows from where the CT gets
 * on best, and nothing is pinned.
 *
 * Where tasks would have to wait they are not woken up (__ve_cpus_select()), nor are they moved
 * there (__ve_cpus_may_run()), unless others compete with the CT where it is: then it waits in
 * several places and goes on wherever it comes first.
 *
 * A slot is taken under the lock of the runqueue, before the switch, and given back after
 * it: never is a CT on N + 1 CPUs, not for a moment.
 *
 * Slots are not locked.  A CPU that finds none marks itself as waiting and looks again; a
 * CPU that gives one back looks for marks afterwards: one of both sees the other.
 */
#include <linux/cgroup.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/irq_work.h>
#include <linux/mmu_context.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/ve_cpu.h>

#include "../ve/internal.h"
#include "sched.h"
#include "ve.h"

/* How long a CPU keeps a slot that another one waits for, in ticks. */
#define SLICE		DIV_ROUND_UP(HZ, 50)
/* Use of a CPU by others, in 1024ths, that is worth moving away from it. */
#define CONTENDED	64

DEFINE_STATIC_KEY_FALSE(ve_cpus_key);

/**
 * struct ve_cpus_wait - a CT that waits for a slot on one CPU
 * @node: in the list of that CPU, or empty.  Under its runqueue's lock.
 * @cfs_rq: what is throttled
 */
struct ve_cpus_wait {
	struct list_head	node;
	struct cfs_rq		*cfs_rq;
};

DEFINE_PER_CPU(struct ve_cpus_cpu, ve_cpus_cpu);

/* ---- slots ---- */

static bool take(struct ve_cpus *cpus, unsigned int max, int cpu)
{
	int used = atomic_read(&cpus->used);

	do {
		if (used >= max)
			return false;
	} while (!atomic_try_cmpxchg(&cpus->used, &used, used + 1));
	cpumask_set_cpu(cpu, cpus->running);
	return true;
}

static bool is_full(struct ve_cpus *cpus)
{
	unsigned int max = READ_ONCE(cpus->max);

	return max && atomic_read(&cpus->used) >= max;
}

/* Tell a CPU that waits to look, all in turn. */
static void kick(struct ve_cpus *cpus, int cpu)
{
	int i;

	for_each_cpu_wrap(i, cpus->waiting, cpu + 1) {
		if (!cpumask_test_and_clear_cpu(i, cpus->waiting))
			continue;
		irq_work_queue_on(&per_cpu_ptr(&ve_cpus_cpu, i)->work, i);
		break;
	}
}

static void give(struct ve_cpus *cpus, int cpu)
{
	cpumask_clear_cpu(cpu, cpus->running);
	atomic_dec(&cpus->used);
	/* before the look at who waits; mark() has the other half */
	smp_mb__after_atomic();
	kick(cpus, cpu);
}

/* ---- waiting ---- */

/* Mark a CPU as waiting; false if it need not wait any more. */
static bool mark(struct ve_cpus *cpus, int cpu)
{
	cpumask_set_cpu(cpu, cpus->waiting);
	/* give() has the other half */
	smp_mb__after_atomic();
	return is_full(cpus);
}

static noinline bool await_slot(struct ve_cpus_cpu *c, struct ve_cpus *cpus,
				struct cfs_rq *cfs_rq)
{
	int cpu = cpu_of(rq_of(cfs_rq));
	struct ve_cpus_wait *wait = per_cpu_ptr(cpus->wait, cpu);

	throttle_entities(cfs_rq);
	cfs_rq->throttled = CFS_THROTTLED_CPUS;
	wait->cfs_rq = cfs_rq;
	list_move_tail(&wait->node, &c->waits);
	if (!mark(cpus, cpu))
		irq_work_queue_on(&c->work, cpu);
	return false;
}

/* Somebody has unthrottled it, or there is nothing left to wait for. */
static void forget(struct ve_cpus *cpus, int cpu)
{
	list_del_init(&per_cpu_ptr(cpus->wait, cpu)->node);
	cpumask_clear_cpu(cpu, cpus->waiting);
}

void __ve_cpus_unthrottled(struct cfs_rq *cfs_rq)
{
	if (cfs_rq->throttled == CFS_THROTTLED_CPUS)
		forget(cfs_rq->tg->ve_cpus, cpu_of(rq_of(cfs_rq)));
}

/*
 * What runs was chosen without a group; it does not have the rest of its slice before that is
 * looked at.  See set_protect_slice().
 */
static void unprotect(struct cfs_rq *cfs_rq)
{
	struct sched_entity *se = cfs_rq->tg->se[cpu_of(rq_of(cfs_rq))], *curr;

	for (; se; se = se->parent) {
		curr = cfs_rq_of(se)->curr;
		if (curr && curr->vlag == curr->deadline)
			curr->vlag++;
	}
}

/* In an interrupt of the CPU that waits: let those compete again for whom there is a slot. */
static void look(struct irq_work *work)
{
	struct ve_cpus_cpu *c = container_of(work, struct ve_cpus_cpu, work);
	struct ve_cpus_wait *wait, *next;
	struct rq *rq = this_rq();
	int cpu = cpu_of(rq);

	guard(rq_lock)(rq);
	update_rq_clock(rq);
	rq_clock_start_loop_update(rq);
	list_for_each_entry_safe(wait, next, &c->waits, node) {
		struct ve_cpus *cpus = wait->cfs_rq->tg->ve_cpus;

		if (is_full(cpus) && mark(cpus, cpu))
			continue;
		unprotect(wait->cfs_rq);
		unthrottle_cfs_rq(wait->cfs_rq);
		resched_curr(rq);
		/*
		 * It may have nothing to run by now, or go on with what it runs: the
		 * next one is told as well, unless somebody was faster.
		 */
		if (!is_full(cpus))
			kick(cpus, cpu);
	}
	rq_clock_stop_loop_update(rq);
}

/* ---- what the scheduler asks ---- */

void __ve_cpus_begin(struct rq *rq)
{
	struct ve_cpus_cpu *c = per_cpu_ptr(&ve_cpus_cpu, cpu_of(rq));

	if (c->claim && c->claim != c->held)
		give(c->claim, cpu_of(rq));
	c->claim = NULL;
}

static struct ve_cpus *task_cpus(struct task_struct *p)
{
	return css_ve(task_css_check(p, ve_cgrp_id, true))->cpus;
}

static bool claim(struct ve_cpus_cpu *c, struct ve_cpus *cpus,
		  unsigned int max, struct cfs_rq *cfs_rq)
{
	if (c->held == cpus) {
		if (atomic_read(&cpus->used) <= max &&
		    !(c->yield && !cpumask_empty(cpus->waiting))) {
			c->claim = cpus;
			return true;
		}
	} else if (take(cpus, max, cpu_of(rq_of(cfs_rq)))) {
		c->claim = cpus;
		return true;
	}
	return await_slot(c, cpus, cfs_rq);
}

/*
 * A CPU that is going away has to get rid of its tasks.  Without the controller cpu, no
 * group of the task is that of its CT.
 */
bool __ve_cpus_claim(struct rq *rq, struct task_struct *p)
{
	struct ve_cpus_cpu *c = per_cpu_ptr(&ve_cpus_cpu, cpu_of(rq));
	struct ve_cpus *cpus = task_cpus(p);
	unsigned int max = cpus ? READ_ONCE(cpus->max) : 0;
	struct sched_entity *se = &p->se;

	if (c->claim)
		__ve_cpus_begin(rq);
	if (!max || !rq->online || p->sched_class != &fair_sched_class)
		return true;
	for (; se; se = se->parent) {
		if (cfs_rq_of(se)->tg->ve_cpus == cpus)
			return claim(c, cpus, max, cfs_rq_of(se));
	}
	return true;
}

void __ve_cpus_settle(struct rq *rq)
{
	struct ve_cpus_cpu *c = per_cpu_ptr(&ve_cpus_cpu, cpu_of(rq));
	struct ve_cpus *old = c->held;

	if (current->sched_class != &fair_sched_class)
		__ve_cpus_begin(rq);
	if (c->claim == old)
		return;
	c->held = c->claim;
	c->since = jiffies;
	c->yield = false;
	if (old)
		give(old, cpu_of(rq));
}

void __ve_cpus_tick(struct rq *rq)
{
	struct ve_cpus_cpu *c = per_cpu_ptr(&ve_cpus_cpu, cpu_of(rq));
	struct ve_cpus *cpus = c->held;

	if (!cpus || cpumask_empty(cpus->waiting) ||
	    time_before(jiffies, c->since + SLICE))
		return;
	c->yield = true;
	resched_curr(rq);
}

/* There is a slot for a CPU, or it has one; what is no CT needs none. */
static bool has_slot(struct ve_cpus *cpus, int cpu)
{
	return !cpus || !is_full(cpus) || cpumask_test_cpu(cpu, cpus->running);
}

int __ve_cpus_select(struct task_struct *p, int cpu)
{
	unsigned int nr, least = UINT_MAX;
	struct ve_cpus *cpus;
	int i, best = cpu;

	guard(rcu)();
	cpus = task_cpus(p);
	if (has_slot(cpus, cpu))
		return cpu;
	for_each_cpu_and(i, cpus->running, p->cpus_ptr) {
		nr = READ_ONCE(cpu_rq(i)->nr_running);
		if (nr < least || (nr == least && i == task_cpu(p))) {
			least = nr;
			best = i;
		}
	}
	return best;
}

/*
 * Others have used a CPU so much of late that a CT which has more tasks than one there is better
 * off with some of them elsewhere: these run, or wait, when the others do.
 */
static bool is_contended(const struct task_group *tg, int cpu)
{
	const struct cfs_rq *cfs_rq = tg->cfs_rq[cpu];
	unsigned long all = READ_ONCE(cpu_rq(cpu)->cfs.avg.util_avg);

	return READ_ONCE(cfs_rq->h_nr_queued) > 1 &&
		all > READ_ONCE(cfs_rq->avg.util_avg) + CONTENDED;
}

bool __ve_cpus_may_run(struct task_struct *p, int cpu)
{
	const struct task_group *tg = task_group(p);
	struct ve_cpus *cpus;

	guard(rcu)();
	cpus = task_cpus(p);
	if (has_slot(cpus, cpu))
		return true;
	while (tg && tg->ve_cpus != cpus)
		tg = tg->parent;
	return tg && is_contended(tg, task_cpu(p));
}

/* ---- life ---- */

void __ve_cpus_offline(struct rq *rq)
{
	struct ve_cpus_cpu *c = per_cpu_ptr(&ve_cpus_cpu, cpu_of(rq));
	struct ve_cpus_wait *wait, *next;

	/* The clock has been updated; see unthrottle_offline_cfs_rqs(). */
	rq_clock_start_loop_update(rq);
	list_for_each_entry_safe(wait, next, &c->waits, node)
		unthrottle_cfs_rq(wait->cfs_rq);
	rq_clock_stop_loop_update(rq);
}

/**
 * ve_cpus_alloc - slots of a CT, no limit
 *
 * Context: may sleep.
 * Return: them, with a reference of the caller; NULL: no memory.
 */
struct ve_cpus *ve_cpus_alloc(void)
{
	struct ve_cpus *cpus = kzalloc(sizeof(*cpus), GFP_KERNEL);
	int cpu;

	if (!cpus)
		return NULL;
	if (!zalloc_cpumask_var(&cpus->running, GFP_KERNEL))
		goto free;
	if (!zalloc_cpumask_var(&cpus->waiting, GFP_KERNEL))
		goto free_running;
	cpus->wait = alloc_percpu(struct ve_cpus_wait);
	if (!cpus->wait)
		goto free_waiting;
	for_each_possible_cpu(cpu)
		INIT_LIST_HEAD(&per_cpu_ptr(cpus->wait, cpu)->node);
	refcount_set(&cpus->ref, 1);
	return cpus;

free_waiting:
	free_cpumask_var(cpus->waiting);
free_running:
	free_cpumask_var(cpus->running);
free:
	kfree(cpus);
	return NULL;
}

static void free_rcu(struct rcu_head *head)
{
	struct ve_cpus *cpus = container_of(head, struct ve_cpus, rcu);

	free_percpu(cpus->wait);
	free_cpumask_var(cpus->waiting);
	free_cpumask_var(cpus->running);
	kfree(cpus);
}

/**
 * ve_cpus_put - let go
 * @cpus: of ve_cpus_alloc(), or NULL
 *
 * Context: any.
 */
void ve_cpus_put(struct ve_cpus *cpus)
{
	if (cpus && refcount_dec_and_test(&cpus->ref))
		call_rcu(&cpus->rcu, free_rcu);
}

/**
 * ve_cpus_join - tell the scheduler about a cgroup that has both controllers
 * @cpu_css: the css of the cpu controller, or NULL
 * @ve_css: the css of the ve controller, or NULL
 *
 * Called when the second of both comes online.
 * Context: under cgroup_mutex.
 */
void ve_cpus_join(struct cgroup_subsys_state *cpu_css,
		  struct cgroup_subsys_state *ve_css)
{
	struct ve_cpus *cpus;

	lockdep_assert_held(&cgroup_mutex);

	if (!cpu_css || !ve_css || !ve_css->parent)
		return;
	cpus = css_ve(ve_css)->cpus;
	refcount_inc(&cpus->ref);
	container_of(cpu_css, struct task_group, css)->ve_cpus = cpus;
}

void ve_cpus_online(struct task_group *tg)
{
	struct cgroup *cgrp = tg->css.cgroup;

	ve_cpus_join(&tg->css,
		     rcu_dereference_protected(cgrp->subsys[ve_cgrp_id],
					       lockdep_is_held(&cgroup_mutex)));
}

/* No task will come any more. */
void ve_cpus_unregister(struct task_group *tg)
{
	struct ve_cpus *cpus = tg->ve_cpus;
	int cpu;

	if (!cpus)
		return;
	for_each_possible_cpu(cpu) {
		struct ve_cpus_wait *wait = per_cpu_ptr(cpus->wait, cpu);

		if (list_empty_careful(&wait->node))
			continue;
		guard(rq_lock_irqsave)(cpu_rq(cpu));
		/* it may be that of a group which took the place of this one */
		if (wait->cfs_rq == tg->cfs_rq[cpu])
			forget(cpus, cpu);
	}
}

void ve_cpus_free(struct task_group *tg)
{
	ve_cpus_put(tg->ve_cpus);
}

/**
 * ve_cpus_set - set the number of slots
 * @cpus: of the CT
 * @max: the number, 0: no limit
 *
 * Context: may sleep.
 */
void ve_cpus_set(struct ve_cpus *cpus, unsigned int max)
{
	int cpu;

	if (max && !static_key_enabled(&ve_cpus_key)) {
		guard(cpus_read_lock)();
		/* throttled_hierarchy() and its like look at that */
		cfs_bandwidth_usage_inc();
		static_branch_enable_cpuslocked(&ve_cpus_key);
	}
	WRITE_ONCE(cpus->max, max);
	/* before the look at who waits; mark() has the other half */
	smp_mb();
	guard(cpus_read_lock)();
	for_each_online_cpu(cpu) {
		/* what runs there runs without a slot, or with one too many */
		resched_cpu(cpu);
		if (cpumask_test_and_clear_cpu(cpu, cpus->waiting))
			irq_work_queue_on(&per_cpu_ptr(&ve_cpus_cpu, cpu)->work,
					  cpu);
	}
}

/**
 * ve_cpus_max - how many CPUs a CT may be on at once
 * @cpus: of the CT
 *
 * Context: any.
 * Return: that, 0: any number.
 */
unsigned int ve_cpus_max(const struct ve_cpus *cpus)
{
	return READ_ONCE(cpus->max);
}

static int __init ve_cpus_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ve_cpus_cpu *c = per_cpu_ptr(&ve_cpus_cpu, cpu);

		INIT_LIST_HEAD(&c->waits);
		c->work = IRQ_WORK_INIT_HARD(look);
	}
	return 0;
}
early_initcall(ve_cpus_init);
