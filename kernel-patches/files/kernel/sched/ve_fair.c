// SPDX-License-Identifier: GPL-2.0
/*
 * Containers (CTs) get what they are entitled to by their weights over all CPUs together; see
 * Documentation/admin-guide/vz/cpu.rst for what users may rely on.
 *
 * On each CPU the groups of tasks that are there share it by their weights, exactly.  Which
 * groups are there is up to the load balancer, and that is content when no CPU has much more
 * to do than another: where ten groups of the same weight have one to five tasks each, some get
 * a third more than others, for as long as nothing changes.
 *
 * So there is an account for each CT, and for each group of the host next to them: what it was
 * entitled to less what it has got.  Who is behind weighs more, on each CPU where it is, who is
 * ahead less, until all are even.  The load balancer sees these weights as well, and moves
 * tasks away from CPUs where many are behind.
 *
 * Who does not use what he is entitled to leaves it to the others.  Either his tasks do not
 * wait for others, by the load tracking of the scheduler or because his limit makes them wait; or
 * they do, for he has few of them or a number of CPUs, and he is behind more and more.  The
 * account goes up to a bound only; there he comes first and gets whatever he can use.  That is
 * water-filling, without knowing what anybody could use.
 *
 * A pass does all this a few times in a time slice's round, in a worker, for less than a 200th of
 * one CPU.  Nothing is added to what a switch between tasks costs.
 */
#include <linux/cpumask.h>
#include <linux/math64.h>
#include <linux/mmu_context.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "../ve/internal.h"
#include "sched.h"
#include "ve.h"

/* Between two passes, and when there is nothing to share. */
#define PASS_JIFFIES	DIV_ROUND_UP(HZ, 25)
#define REST_JIFFIES	HZ
/* A pass that takes long is followed by so much longer a time without one. */
#define PASS_COST	200
/* Part of the time of a CPU, in 1024ths, that is not worth to be called waiting. */
#define WAITING		8
/* Who does not wait for others loses so much of what he is behind with each pass. */
#define SATED_SHIFT	9
#define LIMITED_SHIFT	4

/**
 * struct pass - all groups together
 * @elapsed: time since the last pass, ns
 * @nr: groups that had something to run
 * @used: CPU time of those that are not full, ns
 * @weight: shares of those
 * @late: lags of all that are not at the bound, ns
 * @kept: shares of those
 * @again: one more is full
 * @bottom: somebody is as far ahead as he can get
 */
struct pass {
	u64		elapsed;
	unsigned int	nr;
	u64		used;
	u64		weight;
	s64		late;
	u64		kept;
	bool		again;
	bool		bottom;
};

static u64 last_pass;

/* CTs, and groups of the host, which all share the CPUs; under RCU. */
static void each_group(void (*fn)(struct task_group *tg, struct pass *p),
		       struct pass *p)
{
	struct task_group *tg, *child;

	list_for_each_entry_rcu(tg, &root_task_group.children, siblings) {
		if (!READ_ONCE(tg->ve_fair.sum)) {
			fn(tg, p);
			continue;
		}
		list_for_each_entry_rcu(child, &tg->children, siblings)
			fn(child, p);
	}
}

/* How much its tasks have waited on a CPU of late, in 1024ths. */
static unsigned long waited(const struct cfs_rq *cfs_rq)
{
	unsigned long runnable = READ_ONCE(cfs_rq->avg.runnable_avg);

#ifdef CONFIG_CFS_BANDWIDTH
	/* load tracking does not see that */
	if (READ_ONCE(cfs_rq->throttled) && READ_ONCE(cfs_rq->h_nr_queued))
		return 1024;
#endif
	return runnable - min(READ_ONCE(cfs_rq->avg.util_avg), runnable);
}

/* What a CT has besides; NULL: it is a group of the host. */
static struct ve_cpu *cpu_of_ct(const struct task_group *tg)
{
	struct cgroup_subsys_state *css;

	css = rcu_dereference(tg->css.cgroup->subsys[ve_cgrp_id]);
	return css ? &css_ve(css)->cpu : NULL;
}

/* Has its limit held it back since it was looked at before? */
static bool is_limited(struct ve_fair *f, struct ve_cpu *ct)
{
	u64 was = f->throttled;

	if (!ct)
		return false;
	f->throttled = atomic64_read(&ct->nr_throttled);
	return atomic_read(&ct->nr_waiting) || f->throttled != was;
}

/* What has it used, and does it have something to run? */
static void look(struct task_group *tg, struct pass *p)
{
	struct ve_fair *f = &tg->ve_fair;
	bool active = false, was = f->active;
	unsigned long waiting = 0;
	struct ve_cpu *ct;
	u64 used = 0;
	int cpu;

	f->active = false;
	if (!atomic_long_read(&tg->load_avg)) {
		f->lag = 0;
		WRITE_ONCE(f->boost, 0);
		return;
	}
	for_each_possible_cpu(cpu) {
		used += READ_ONCE(tg->se[cpu]->sum_exec_runtime);
		active |= READ_ONCE(tg->cfs_rq[cpu]->h_nr_queued);
		waiting += waited(tg->cfs_rq[cpu]);
	}
	/* a CT pays for those who work for it */
	ct = cpu_of_ct(tg);
	if (ct)
		used += atomic64_read(&ct->worked);
	f->delta = was ? used - f->used : 0;
	f->used = used;
	f->active = active || f->delta;
	if (!f->active) {
		/* nothing is owed to who does not want it, but a debt is not forgotten at once */
		f->lag = min(f->lag / 2, 0);
		WRITE_ONCE(f->boost, 0);
		return;
	}
	p->nr++;
	f->limited = is_limited(f, ct);
	f->hungry = was && waiting > WAITING && !f->limited;
	/* what it has used in this pass is not known */
	f->full = !was;
	if (f->full)
		return;
	p->used += f->delta;
	p->weight += tg->shares;
}

static u64 due(const struct task_group *tg, const struct pass *p)
{
	return mul_u64_u64_div_u64(p->used, tg->shares, p->weight);
}

/*
 * Who uses less than is due, and either does not wait or has come to the bound, which is not the
 * same in each pass, leaves the rest to the others.
 */
static void fill(struct task_group *tg, struct pass *p)
{
	struct ve_fair *f = &tg->ve_fair;
	u64 share;

	if (!f->active || f->full || !p->weight)
		return;
	share = due(tg, p);
	if (f->delta >= share ||
	    (f->hungry &&
	     f->lag < ve_fair_bound(share, p->elapsed) * 3 / 4))
		return;
	f->full = true;
	p->used -= f->delta;
	p->weight -= tg->shares;
	p->again = true;
}

/* It waits, and has been as far behind as it can get. */
static bool at_bound(const struct ve_fair *f)
{
	return f->full && f->hungry;
}

static void charge(struct task_group *tg, struct pass *p)
{
	struct ve_fair *f = &tg->ve_fair;

	if (!f->active)
		return;
	if (f->full && !f->hungry)
		/*
		 * It gets what it wants, or may have; perhaps it would with
		 * less weight.
		 */
		f->lag -= max(f->lag, 0) >>
			(f->limited ? LIMITED_SHIFT : SATED_SHIFT);
	else
		f->lag += (s64)(due(tg, p) - f->delta);
	if (f->lag <= -ve_fair_bound(due(tg, p), p->elapsed))
		p->bottom = true;
	if (!at_bound(f)) {
		p->late += f->lag;
		p->kept += tg->shares;
	}
}

/*
 * Accounts are kept between those who share: what somebody could not use is no debt of the
 * others.  But what somebody at the bottom has got and is not charged for is still owed to them.
 */
static void weigh(struct task_group *tg, struct pass *p)
{
	struct ve_fair *f = &tg->ve_fair;
	s64 bound, all;

	if (!f->active)
		return;
	bound = ve_fair_bound(due(tg, p), p->elapsed);
	if (!at_bound(f) && p->kept && (p->late < 0 || !p->bottom)) {
		all = mul_u64_u64_div_u64(abs(p->late), tg->shares, p->kept);
		f->lag -= p->late < 0 ? -all : all;
	}
	f->lag = clamp(f->lag, -bound, bound);
	WRITE_ONCE(f->boost, ve_fair_boost(f->lag, bound));
}

static void forget(struct task_group *tg, struct pass *p)
{
	tg->ve_fair.lag = 0;
	WRITE_ONCE(tg->ve_fair.boost, 0);
}

static void again(unsigned long delay);

static void pass_fn(struct work_struct *work)
{
	u64 now = ktime_get_mono_fast_ns();
	struct pass p = { .elapsed = max(now - last_pass, 1) };

	last_pass = now;
	guard(rcu)();
	/* One CPU is shared exactly, and one group shares with nobody. */
	if (num_online_cpus() > 1)
		each_group(look, &p);
	if (p.nr < 2) {
		each_group(forget, &p);
		again(REST_JIFFIES);
		return;
	}
	do {
		p.again = false;
		each_group(fill, &p);
	} while (p.again);
	/* unless all of them have come since the last pass */
	if (p.weight) {
		each_group(charge, &p);
		each_group(weigh, &p);
	}
	now = ktime_get_mono_fast_ns() - now;
	again(max_t(unsigned long, PASS_JIFFIES,
		    nsecs_to_jiffies(now * PASS_COST)));
}

static DECLARE_DELAYED_WORK(pass_work, pass_fn);

static void again(unsigned long delay)
{
	queue_delayed_work(system_highpri_wq, &pass_work, delay);
}

/**
 * ve_fair_begin - there is a group that holds CTs
 *
 * Context: any.
 */
void ve_fair_begin(void)
{
	again(0);
}
