// SPDX-License-Identifier: GPL-2.0
/*
 * Weights of containers (CTs), and of what holds them; see
 * Documentation/admin-guide/vz/cpu.rst.
 */
#include <linux/cgroup.h>
#include <linux/mmu_context.h>
#include <linux/ve_cpu.h>

#include "sched.h"
#include "ve.h"

/* 1000 units weigh what a cgroup weighs by default. */
#define UNITS_DFL	1000UL
#define SHARES_DFL	1024UL

DEFINE_STATIC_KEY_FALSE(ve_sum_key);

static struct task_group *get_tg(struct cgroup *cgrp)
{
	struct cgroup_subsys_state *css;

	guard(rcu)();
	css = rcu_dereference(cgrp->subsys[cpu_cgrp_id]);
	if (!css || !css_tryget(css))
		return NULL;
	return container_of(css, struct task_group, css);
}

/**
 * ve_units_set - set the weight of a cgroup against its siblings
 * @cgrp: the cgroup
 * @units: the weight, VE_UNITS_SUM: that of all its children which have something
 *	to run
 *
 * What is too much for the scheduler is taken as the most that it knows.
 * Context: may sleep.
 * Return: 0, -ENODEV without the cpu controller, -EINVAL for a group of
 * SCHED_IDLE.
 */
int ve_units_set(struct cgroup *cgrp, u32 units)
{
	struct task_group *tg = get_tg(cgrp);
	unsigned long shares;
	int err = 0;

	if (!tg)
		return -ENODEV;
	if (units == VE_UNITS_SUM) {
		static_branch_enable(&ve_sum_key);
		ve_fair_begin();
	} else {
		shares = mult_frac(scale_load((unsigned long)units),
				   SHARES_DFL, UNITS_DFL);
		err = sched_group_set_shares(tg, shares);
	}
	/* its entities learn of it at the next tick, or when something is queued */
	if (!err)
		WRITE_ONCE(tg->ve_fair.sum, units == VE_UNITS_SUM);
	css_put(&tg->css);
	return err;
}

/**
 * ve_units_get - the weight of a cgroup
 * @cgrp: the cgroup
 *
 * Context: any.
 * Return: as for ve_units_set(); 0 without the cpu controller.
 */
u32 ve_units_get(struct cgroup *cgrp)
{
	struct task_group *tg = get_tg(cgrp);
	unsigned long shares;
	u32 units;

	if (!tg)
		return 0;
	shares = mult_frac(READ_ONCE(tg->shares), UNITS_DFL, SHARES_DFL);
	units = READ_ONCE(tg->ve_fair.sum) ? VE_UNITS_SUM :
		DIV_ROUND_CLOSEST(shares, scale_load(1UL));
	css_put(&tg->css);
	return units;
}

/* Out of line half of ve_group_shares(). */
long __ve_group_shares(const struct cfs_rq *cfs_rq, long shares)
{
	const struct ve_fair *f = &cfs_rq->tg->ve_fair;
	unsigned int boost = READ_ONCE(f->boost);

	if (READ_ONCE(f->sum))
		shares = cfs_rq->load.weight;
	else if (boost)
		shares = mul_u64_u32_shr(shares, boost, 10);
	return clamp_t(long, shares, MIN_SHARES, scale_load(MAX_SHARES));
}
