// SPDX-License-Identifier: GPL-2.0
/*
 * User beancounters of memory: address spaces, dentries, and the choice of a
 * victim when the machine is out of memory. See include/linux/ve_mm.h and
 * ve_ubc.h for who charges.
 */
#include <linux/cgroup.h>
#include <linux/dcache.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include <linux/ve_mem.h>
#include <linux/ve_mm.h>
#include <linux/vmstat.h>

#include "internal.h"

/* How much of its unused dentries a CT gives up, first 1/2^n of them. */
#define SHRINK_PRIORITY	4

/* Of the RAM, what belongs to the host before it gives a victim, percent. */
#define HOST_GUARANTEE	75

/*
 * vm.ve_host_oomguarpages: the barrier of the host's oomguarpages.  What it has is charged
 * to nobody, but it is asked for a victim like a CT that has this guarantee.
 */
static unsigned long host_oomguarpages __read_mostly;

static struct ctl_table sysctls[] = {
	{
		.procname	= "ve_host_oomguarpages",
		.data		= &host_oomguarpages,
		.maxlen		= sizeof(host_oomguarpages),
		.mode		= 0600,
		.proc_handler	= proc_doulongvec_minmax,
	},
};

static int __init host_init(void)
{
	host_oomguarpages = totalram_pages() / 100 * HOST_GUARANTEE;
	register_sysctl_init("vm", sysctls);
	return 0;
}
late_initcall(host_init);

/* ---- memory cgroups ---- */

/* Out of line half of ve_memcg_is_ct(). */
bool __ve_memcg_is_ct(struct mem_cgroup *memcg)
{
	struct cgroup_subsys_state *css;

	guard(rcu)();
	css = rcu_dereference(memcg->css.cgroup->subsys[ve_cgrp_id]);
	return css && ve_id(css_ve(css));
}

/* Out of line half of ve_memcg_refused(). */
void __ve_memcg_refused(struct mem_cgroup *memcg, bool swap)
{
	struct cgroup_subsys_state *css;

	css = cgroup_get_e_css(memcg->css.cgroup, &ve_cgrp_subsys);
	if (ve_id(css_ve(css)))
		ve_ubc_refused(css_ve(css), swap ? VE_SWAPPAGES : VE_PHYSPAGES);
	css_put(css);
}

/* ---- address spaces ---- */

/**
 * ve_mm_init - whose address space it is
 * @mm: a new one, perhaps a copy of another
 *
 * Context: process context.
 */
void ve_mm_init(struct mm_struct *mm)
{
	mm->ve = (struct ve_mm){ };
	ve_ubc_own(&mm->ve.owner);
	/* a copy has no mappings yet */
	mm->data_vm = 0;
	mm->stack_vm = 0;
}

/* Out of line half of ve_mm_exit(). */
void __ve_mm_exit(struct mm_struct *mm)
{
	ve_ubc_uncharge_n(&mm->ve.owner, VE_PRIVVMPAGES, mm->ve.privvm);
	ve_ubc_uncharge_n(&mm->ve.owner, VE_LOCKEDPAGES, mm->ve.locked);
	ve_ubc_disown(&mm->ve.owner);
}

/* @charged pages of an address space become @now. */
static void settle(struct ve_owner *owner, enum ve_resource res,
		   unsigned long *charged, unsigned long now)
{
	if (now < *charged)
		ve_ubc_uncharge_n(owner, res, *charged - now);
	else if (now > *charged)
		/* the kernel's own, like the first page of a stack */
		ve_ubc_charge_n(owner, res, now - *charged, VE_FORCE);
	*charged = now;
}

/* Out of line half of ve_mm_settle(). */
void __ve_mm_settle(struct mm_struct *mm)
{
	settle(&mm->ve.owner, VE_PRIVVMPAGES, &mm->ve.privvm,
	       mm->data_vm + mm->stack_vm);
	settle(&mm->ve.owner, VE_LOCKEDPAGES, &mm->ve.locked, mm->locked_vm);
}
EXPORT_SYMBOL_GPL(__ve_mm_settle);

/* Out of line half of ve_mm_charge(). */
int __ve_mm_charge(struct mm_struct *mm, unsigned long npages, bool need)
{
	int err = ve_ubc_charge_n(&mm->ve.owner, VE_PRIVVMPAGES, npages,
				  need ? VE_SOFT : VE_HARD);

	if (!err)
		mm->ve.privvm += npages;
	return err;
}

/* Out of line half of ve_mm_charge_locked(). */
int __ve_mm_charge_locked(struct mm_struct *mm, unsigned long npages)
{
	int err = ve_ubc_charge_n(&mm->ve.owner, VE_LOCKEDPAGES, npages,
				  VE_HARD);

	if (!err)
		mm->ve.locked += npages;
	return err;
}

/* Out of line half of ve_mm_guaranteed(). */
bool __ve_mm_guaranteed(struct mm_struct *mm)
{
	struct ve *ve = mm->ve.owner.ve;
	long barrier = READ_ONCE(ve->ubc[VE_VMGUARPAGES].barrier);

	return barrier && !ve_ubc_above(ve, VE_PRIVVMPAGES, 0, barrier);
}

/* ---- dentries ---- */

/*
 * A dentry belongs to whom its obj_cgroup does: it needs no owner of its own, and
 * the size of struct dentry is dear.
 */
static struct ve *dentry_ve(struct dentry *dentry)
{
	struct ve_owner *owner = mem_cgroup_slab_owner(dentry);
	struct ve *ve = owner ? READ_ONCE(owner->ve) : NULL;

	/* the root has none */
	return ve && ve->ubc_pre ? ve : NULL;
}

/* Let unused dentries of a CT go until another one fits. */
static int shrink_dentries(struct ve *ve)
{
	struct mem_cgroup *memcg = ve_get_memcg(ve);
	int err = -ENOMEM;
	int i;

	if (!memcg)
		return err;
	for (i = SHRINK_PRIORITY; i >= 0 && err; i--) {
		mem_cgroup_shrink_slab(memcg, GFP_KERNEL, i);
		err = ve_ubc_take(ve, VE_DCACHESIZE, sizeof(struct dentry),
				  VE_SOFT);
		if (fatal_signal_pending(current))
			break;
	}
	mem_cgroup_put(memcg);
	return err;
}

static noinline int take_dentry(struct ve *ve)
{
	enum ve_severity sev = VE_SOFT;
	int err;

	/* who dies, or makes room already, is not kept from it; nor is the host */
	if (current->flags & (PF_EXITING | PF_MEMALLOC) || ve_current() != ve)
		sev = VE_FORCE;
	err = __ve_ubc_take(ve, VE_DCACHESIZE, sizeof(struct dentry), sev);
	if (err)
		err = shrink_dentries(ve);
	if (err)
		ve_ubc_refused(ve, VE_DCACHESIZE);
	return err;
}

/* Out of line half of ve_ubc_charge_dentry(). */
int __ve_ubc_charge_dentry(struct dentry *dentry)
{
	struct ve *ve = dentry_ve(dentry);

	if (!ve || ve_ubc_use(ve, VE_DCACHESIZE, sizeof(struct dentry)))
		return 0;
	return take_dentry(ve);
}

/* Out of line half of ve_ubc_uncharge_dentry(). */
void __ve_ubc_uncharge_dentry(struct dentry *dentry)
{
	struct ve *ve = dentry_ve(dentry);

	if (ve)
		ve_ubc_give(ve, VE_DCACHESIZE, sizeof(struct dentry));
}

/* ---- out of memory ---- */

/**
 * ve_oomguar_held - memory of a CT that would not go without a victim
 * @ve: the CT
 *
 * Context: process context, may sleep.
 * Return: pages: anonymous, shared and swapped out.
 */
unsigned long ve_oomguar_held(struct ve *ve)
{
	struct mem_cgroup *memcg = ve_get_memcg(ve);
	unsigned long pages;

	if (!memcg)
		return 0;
	mem_cgroup_flush_stats(memcg);
	pages = memcg_page_state(memcg, NR_ANON_MAPPED) +
		memcg_page_state(memcg, NR_SHMEM) +
		page_counter_read(&memcg->swap);
	mem_cgroup_put(memcg);
	return pages;
}

static const enum ve_resource buffers[] = {
	VE_KMEMSIZE, VE_TCPSNDBUF, VE_TCPRCVBUF, VE_OTHERSOCKBUF,
	VE_DGRAMRCVBUF,
};

static unsigned long sub(unsigned long a, unsigned long b)
{
	return a - min(a, b);
}

/* Out of line half of ve_ubc_oom_begin(). */
void __ve_ubc_oom_begin(void)
{
	unsigned long barrier, host, held, id = 0;
	struct sysinfo swap = { };
	struct ve *ve;
	int i;

	si_swapinfo(&swap);
	host = global_node_page_state(NR_ANON_MAPPED) +
		global_node_page_state(NR_SHMEM) +
		swap.totalswap - swap.freeswap;
	while ((ve = ve_next(&id))) {
		held = ve_oomguar_held(ve);
		host = sub(host, held);
		for (i = 0; i < ARRAY_SIZE(buffers); i++)
			held += ve_ubc_held(ve, buffers[i]) >> PAGE_SHIFT;
		barrier = READ_ONCE(ve->ubc[VE_OOMGUARPAGES].barrier);
		ve->oom_over = ve_oom_over(held, barrier);
		ve_put(ve);
	}
	barrier = READ_ONCE(host_oomguarpages);
	ve_root()->oom_over = ve_oom_over(host, barrier);
}

static long task_over(struct task_struct *p)
{
	struct ve *ve = css_ve(task_css(p, ve_cgrp_id));

	return (ve_id(ve) ? ve : ve_root())->oom_over;
}

/* Out of line half of ve_ubc_oom_compare(). */
int __ve_ubc_oom_compare(struct task_struct *a, struct task_struct *b)
{
	long over_a = task_over(a), over_b = task_over(b);

	return over_a == over_b ? 0 : over_a > over_b ? 1 : -1;
}

/* Out of line half of ve_ubc_oom_kill(). */
void __ve_ubc_oom_kill(struct task_struct *victim)
{
	struct ve *ve;

	rcu_read_lock();
	ve = css_ve(task_css(victim, ve_cgrp_id));
	if (ve_id(ve))
		ve_ubc_refused(ve, VE_OOMGUARPAGES);
	rcu_read_unlock();
}
