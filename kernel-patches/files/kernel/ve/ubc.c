// SPDX-License-Identifier: GPL-2.0
/*
 * User beancounters; see include/linux/ve_ubc.h for who charges, and
 * Documentation/admin-guide/vz/ubc.rst for what users may rely on.
 *
 * A counter is one atomic, changed by compare and exchange: a charge that does
 * not fit never shows, so a limit is hit exactly whoever races for it.
 *
 * Of what is charged often each CPU keeps a few that are charged and not in use,
 * its precharge: to take and to give one is a compare and exchange of the CPU's own,
 * and looks at nothing else.  None is kept near the barrier or above it, so people
 * see what is in use, and that is what limits are compared with: whoever brings a
 * counter near its barrier, or the barrier near the counter, closes the precharges
 * of all CPUs and gives back what they had.  Who opens one looks again afterwards.
 *
 * What is held has a reference to struct ve, not to its css: the counters are there
 * until the last object is gone, however long after the CT that is (dentries may
 * stay until somebody needs their memory), and nothing else waits for that.
 */
#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/swap.h>
#include <linux/ve_ubc.h>

#include "internal.h"

/* What the memory cgroup of the CT knows. */
#define MEMORY		(BIT(VE_PHYSPAGES) | BIT(VE_SWAPPAGES))

/* How often reclaim tries to make room for kernel memory. */
#define MAX_RECLAIM	5

/* What a page fault may need at once: a page table of each level. */
#define FAULT_SIZE	(5 * PAGE_SIZE)

/* User space is told at most once in a while, the log much less. */
#define TELL_INTERVAL	HZ
#define LOG_INTERVAL	(300 * HZ)
#define LOG_BURST	4

/*
 * What a CPU takes in advance at most; nothing of what is charged seldom.  Buffers of TCP come
 * and go by what is on its way, all at once.
 */
static const int batches[NR_VE_RESOURCES] = {
	[VE_KMEMSIZE]		= 65536,
	[VE_PRIVVMPAGES]	= 256,
	[VE_SHMPAGES]		= 64,
	[VE_NUMPROC]		= 4,
	[VE_NUMTCPSOCK]		= 4,
	[VE_NUMSIGINFO]		= 4,
	[VE_TCPSNDBUF]		= 262144,
	[VE_TCPRCVBUF]		= 262144,
	[VE_OTHERSOCKBUF]	= 16384,
	[VE_DGRAMRCVBUF]	= 16384,
	[VE_NUMOTHERSOCK]	= 4,
	[VE_DCACHESIZE]		= 8192,
	[VE_NUMFILE]		= 8,
};

/* A precharge of which nothing is taken, and to which nothing is given. */
#define CLOSED		INT_MIN

/*
 * What counts objects, each with an owner. One that is held is a reference to the CT, so
 * that an owner needs none of its own.
 */
#define OBJECTS		(BIT(VE_NUMTCPSOCK) | BIT(VE_NUMFLOCK) | \
			 BIT(VE_NUMPTY) | BIT(VE_NUMSIGINFO) | \
			 BIT(VE_NUMOTHERSOCK) | BIT(VE_NUMFILE))

/* What is charged after the fact: a charge may come after what undoes it. */
#define FOLLOWING	(BIT(VE_OTHERSOCKBUF) | BIT(VE_DGRAMRCVBUF))

/* ---- counters ---- */

/* Keep the most that a counter has shown; the result is that. */
static long high(struct ve_ubc *c, long held)
{
	long old = atomic_long_read(&c->maxheld);

	while (held > old && !atomic_long_try_cmpxchg(&c->maxheld, &old, held))
		;
	return max(held, old);
}

/* What a charge of a severity may reach. */
static unsigned long reach(const struct ve_ubc *c, enum ve_severity sev)
{
	switch (sev) {
	case VE_HARD:
		return READ_ONCE(c->barrier);
	case VE_SOFT:
		return READ_ONCE(c->limit);
	default:
		return LONG_MAX;
	}
}

/* Add to a counter; -ENOMEM and no change if that is more than @max. */
static int add(struct ve_ubc *c, unsigned long n, unsigned long max,
	       long *now)
{
	long old = atomic_long_read(&c->held);

	do {
		*now = old + n;
		if (n && *now > 0 && (unsigned long)*now > max)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&c->held, &old, *now));
	return 0;
}

/* ---- precharges ---- */

static int grow(struct ve *ve, enum ve_resource res, unsigned long n,
		unsigned long max, long *now)
{
	int err = add(&ve->ubc[res], n, max, now);

	if (!err && BIT(res) & OBJECTS)
		percpu_ref_get_many(&ve->ubc_ref, n);
	return err;
}

static void shrink(struct ve *ve, enum ve_resource res, unsigned long n)
{
	long left = atomic_long_sub_return(n, &ve->ubc[res].held);

	WARN_ONCE(left < 0 && !(BIT(res) & FOLLOWING),
		  "ve: Uncharging too much %lu h %ld, res %s ub %u\n",
		  n, left + n, ve_ubc_names[res], ve_id(ve));
	if (BIT(res) & OBJECTS)
		percpu_ref_put_many(&ve->ubc_ref, n);
}

/*
 * Out of line half of ve_ubc_give(): this CPU has enough, or keeps none.  What is freed by RCU
 * comes in crowds: half of what is kept goes along, so that the next ones find room.
 */
void __ve_ubc_give(struct ve *ve, enum ve_resource res, unsigned long n)
{
	int half = READ_ONCE(ve->ubc_batch[res]) / 2;

	if (half) {
		int *pre = raw_cpu_ptr(ve->ubc_pre) + res;
		int old = READ_ONCE(*pre);

		if (old > half && try_cmpxchg(pre, &old, half))
			n += old - half;
	}
	shrink(ve, res, n);
}

/* What all CPUs keep. */
static long kept(struct ve *ve, enum ve_resource res)
{
	long sum = 0;
	int cpu;

	if (!batches[res] || !ve->ubc_pre)
		return 0;
	for_each_possible_cpu(cpu)
		sum += max(READ_ONCE(per_cpu_ptr(ve->ubc_pre, cpu)[res]), 0);
	return sum;
}

/* Close the precharges of all CPUs; false if they had nothing. */
static bool close_all(struct ve *ve, enum ve_resource res)
{
	long sum = 0;
	int cpu;

	if (!batches[res])
		return false;
	for_each_possible_cpu(cpu) {
		int *pre = per_cpu_ptr(ve->ubc_pre, cpu) + res;

		if (READ_ONCE(*pre) != CLOSED)
			sum += max(xchg(pre, CLOSED), 0);
	}
	if (sum)
		shrink(ve, res, sum);
	return sum;
}

/*
 * Up to where precharges are kept, -1: they are not. Each CPU may have two batches, one
 * that it took and one that it was given.
 */
static long open_max(struct ve *ve, enum ve_resource res)
{
	unsigned long barrier = READ_ONCE(ve->ubc[res].barrier);
	unsigned long spare = 2UL * READ_ONCE(ve->ubc_batch[res]) *
		num_possible_cpus();

	return READ_ONCE(ve->ubc_dead) || barrier < spare ? -1 :
		(long)(barrier - spare);
}

/* Open this CPU's precharge, or add to it, with @n that are charged already. */
static void keep(struct ve *ve, enum ve_resource res, int n)
{
	int *pre = raw_cpu_ptr(ve->ubc_pre) + res;
	int old = READ_ONCE(*pre);

	/* other CPUs may close it */
	while (!try_cmpxchg(pre, &old, max(old, 0) + n))
		;
}

/**
 * ve_ubc_held - what is in use
 * @ve: the CT
 * @res: of which resource
 *
 * Return: that; while others charge it may be a little off.
 */
long ve_ubc_held(struct ve *ve, enum ve_resource res)
{
	return max(atomic_long_read(&ve->ubc[res].held) - kept(ve, res), 0);
}

/*
 * A charge has made it @now with the precharges. Whoever closes them has changed what
 * open_max() or held says before, and we have opened ours: one of both sees the other.
 */
static void went_to(struct ve *ve, enum ve_resource res, long now)
{
	struct ve_ubc *c = &ve->ubc[res];

	high(c, now - kept(ve, res));
	if (atomic_long_read(&c->held) > open_max(ve, res))
		close_all(ve, res);
}

/* Out of line half of ve_ubc_take(): this CPU has too few, or none. */
int __ve_ubc_take(struct ve *ve, enum ve_resource res, unsigned long n,
		  enum ve_severity sev)
{
	unsigned long batch = READ_ONCE(ve->ubc_batch[res]);
	struct ve_ubc *c = &ve->ubc[res];
	long far, now;

	if (n <= batch) {
		far = open_max(ve, res);
		if (far >= 0 && !grow(ve, res, n + batch, far, &now)) {
			keep(ve, res, batch);
			went_to(ve, res, now);
			return 0;
		}
	}
	while (grow(ve, res, n, reach(c, sev), &now)) {
		if (!close_all(ve, res))
			return -ENOMEM;
	}
	went_to(ve, res, now);
	return 0;
}

/**
 * ve_ubc_set - set the limits of a counter
 * @ve: the CT
 * @res: of which resource
 * @barrier: what VE_HARD may reach
 * @limit: what VE_SOFT may reach
 *
 * Context: any.
 */
void ve_ubc_set(struct ve *ve, enum ve_resource res, unsigned long barrier,
		unsigned long limit)
{
	WRITE_ONCE(ve->ubc[res].barrier, barrier);
	WRITE_ONCE(ve->ubc[res].limit, limit);
	WRITE_ONCE(ve->ubc_batch[res],
		   ve_batch(batches[res], barrier, num_possible_cpus()));
	/* before the look at precharges; went_to() has the other half */
	smp_mb();
	close_all(ve, res);
}

/* ---- life ---- */

static struct ve *get_ve(struct ve *ve)
{
	percpu_ref_get(&ve->ubc_ref);
	return ve;
}

static void put_ve(struct ve *ve)
{
	percpu_ref_put(&ve->ubc_ref);
}

/**
 * ve_ubc_free - undo ve_ubc_init()
 * @ve: not the root
 *
 * Context: may sleep.
 */
void ve_ubc_free(struct ve *ve)
{
	if (ve->ubc_wq)
		destroy_workqueue(ve->ubc_wq);
	percpu_ref_exit(&ve->ubc_ref);
	free_percpu(ve->ubc_pre);
}

static void free_fn(struct work_struct *work)
{
	struct ve *ve = container_of(to_rcu_work(work), struct ve, ubc_rcu);

	ve_ubc_free(ve);
	ve_free(ve);
}

/*
 * The last owner has let go.  Not the place to free anything: it may be an obj_cgroup,
 * and whoever put that may free per-CPU memory and hold the lock which that takes.
 */
static void release(struct percpu_ref *ref)
{
	struct ve *ve = container_of(ref, struct ve, ubc_ref);

	queue_rcu_work(system_unbound_wq, &ve->ubc_rcu);
}

/**
 * ve_ubc_kill - the css is gone, and @ve goes with the last owner
 * @ve: the CT; not the root
 *
 * Context: any.
 */
void ve_ubc_kill(struct ve *ve)
{
	int res;

	WRITE_ONCE(ve->ubc_dead, true);
	/* went_to() has the other half */
	smp_mb();
	for (res = 0; res < NR_VE_RESOURCES; res++)
		close_all(ve, res);
	percpu_ref_kill(&ve->ubc_ref);
}

/* Tell the world what was refused since the last time. */
static void work_fn(struct work_struct *work)
{
	struct ve *ve = container_of(to_delayed_work(work), struct ve,
				     ubc_work);
	unsigned long failed = xchg(&ve->ubc_failed, 0);
	char id[24], names[256];
	char *envp[3] = { id, names };
	bool alive;
	int i, len;

	WRITE_ONCE(ve->ubc_told, jiffies);
	len = scnprintf(names, sizeof(names), "VE_UBC=");
	for_each_set_bit(i, &failed, NR_VE_RESOURCES) {
		len += scnprintf(names + len, sizeof(names) - len, "%s%s",
				 names[len - 1] == '=' ? "" : " ",
				 ve_ubc_names[i]);
		if (__ratelimit(&ve->ubc_log))
			pr_info("Fatal resource shortage: %s, UB %u.\n",
				ve_ubc_names[i], ve_id(ve));
	}

	/* a css that is not killed yet can be had */
	spin_lock(&ve->lock);
	alive = !ve->dead && css_tryget(&ve->css);
	spin_unlock(&ve->lock);
	if (alive) {
		cgroup_file_notify(&ve->ubc_file);
		css_put(&ve->css);
	}
	snprintf(id, sizeof(id), "VE_ID=%u", ve_id(ve));
	ve_send_uevent(envp, ve_id(ve), "ubc");
	put_ve(ve);
}

/**
 * ve_ubc_init - nothing held, no limits
 * @ve: a new css, all zeroes but the css
 *
 * Return: 0 or -ENOMEM.
 */
int ve_ubc_init(struct ve *ve)
{
	int i;

	/* nothing is charged to the root */
	if (ve != ve_root()) {
		if (percpu_ref_init(&ve->ubc_ref, release, 0, GFP_KERNEL))
			return -ENOMEM;
		ve->ubc_pre = __alloc_percpu(NR_VE_RESOURCES * sizeof(int),
					     sizeof(int));
		if (!ve->ubc_pre) {
			percpu_ref_exit(&ve->ubc_ref);
			return -ENOMEM;
		}
	}
	for (i = 0; i < NR_VE_RESOURCES; i++) {
		ve->ubc[i].barrier = LONG_MAX;
		ve->ubc[i].limit = LONG_MAX;
		ve->ubc_batch[i] = batches[i];
	}
	/* nothing is promised to whom nothing was sold */
	ve->ubc[VE_VMGUARPAGES].barrier = 0;
	ve->ubc[VE_OOMGUARPAGES].barrier = 0;
	ve->ubc_told = jiffies - TELL_INTERVAL;
	ratelimit_state_init(&ve->ubc_log, LOG_INTERVAL, LOG_BURST);
	ratelimit_set_flags(&ve->ubc_log, RATELIMIT_MSG_ON_RELEASE);
	INIT_DELAYED_WORK(&ve->ubc_work, work_fn);
	INIT_RCU_WORK(&ve->ubc_rcu, free_fn);
	return 0;
}

/* Out of line half of ve_workqueue(). */
struct workqueue_struct *__ve_workqueue(struct ve *ve)
{
	struct workqueue_struct *wq = READ_ONCE(ve->ubc_wq);
	struct workqueue_struct *other = NULL;

	if (wq)
		return wq;
	wq = alloc_ordered_workqueue("ve%u", 0, ve_id(ve));
	if (!wq)
		return NULL;
	if (try_cmpxchg(&ve->ubc_wq, &other, wq))
		return wq;
	destroy_workqueue(wq);
	return other;
}

/**
 * ve_ubc_refused - count a refusal, and tell user space soon
 * @ve: the CT
 * @res: what was refused
 *
 * Context: any, with any lock held.
 */
void ve_ubc_refused(struct ve *ve, enum ve_resource res)
{
	unsigned long since = jiffies - READ_ONCE(ve->ubc_told);

	atomic_long_inc(&ve->ubc[res].failcnt);
	if (!ve_id(ve) || test_and_set_bit(res, &ve->ubc_failed))
		return;
	get_ve(ve);
	if (!queue_delayed_work(system_unbound_wq, &ve->ubc_work,
				since < TELL_INTERVAL ?
				TELL_INTERVAL - since : 0))
		put_ve(ve);
}

static int charge(struct ve *ve, enum ve_resource res, unsigned long n,
		  enum ve_severity sev)
{
	int err = ve_ubc_take(ve, res, n, sev);

	if (err)
		ve_ubc_refused(ve, res);
	return err;
}

/* ---- objects ---- */

static noinline int charge_object(struct ve_owner *owner, enum ve_resource res,
				  struct ve *ve, enum ve_severity sev)
{
	int err = charge(ve, res, 1, sev);

	if (!err)
		owner->ve = ve;
	return err;
}

/* Out of line half of ve_ubc_charge(). */
int __ve_ubc_charge(struct ve_owner *owner, enum ve_resource res,
		    enum ve_severity sev)
{
	struct ve *ve = current_ve();

	if (!ve)
		return 0;
	if (!ve_ubc_use(ve, res, 1))
		return charge_object(owner, res, ve, sev);
	owner->ve = ve;
	return 0;
}
EXPORT_SYMBOL_GPL(__ve_ubc_charge);

/* Out of line half of ve_ubc_charge_task(). */
int __ve_ubc_charge_task(struct ve_owner *owner, enum ve_resource res,
			 struct task_struct *task)
{
	struct ve *ve;
	int err = 0;

	/* A css, and with it what it refers to, is freed after a grace period. */
	rcu_read_lock();
	ve = css_ve(task_css(task, ve_cgrp_id));
	if (ve_id(ve))
		err = charge_object(owner, res, ve, VE_HARD);
	rcu_read_unlock();
	return err;
}

/* Out of line half of ve_ubc_charge_like(). */
int __ve_ubc_charge_like(struct ve_owner *owner, const struct ve_owner *other,
			 enum ve_resource res)
{
	return charge_object(owner, res, other->ve, VE_HARD);
}

/* Out of line half of ve_ubc_uncharge(). */
void __ve_ubc_uncharge(struct ve_owner *owner, enum ve_resource res)
{
	struct ve *ve = owner->ve;

	owner->ve = NULL;
	ve_ubc_give(ve, res, 1);
}
EXPORT_SYMBOL_GPL(__ve_ubc_uncharge);

/* Out of line half of ve_ubc_own(). */
void __ve_ubc_own(struct ve_owner *owner)
{
	struct ve *ve = current_ve();

	if (ve)
		owner->ve = get_ve(ve);
}
EXPORT_SYMBOL_GPL(__ve_ubc_own);

/* Out of line half of ve_ubc_disown(). */
void __ve_ubc_disown(struct ve_owner *owner)
{
	put_ve(owner->ve);
	owner->ve = NULL;
}
EXPORT_SYMBOL_GPL(__ve_ubc_disown);

/* Out of line half of ve_aio_nr(). */
unsigned long *__ve_aio_nr(const struct ve_owner *owner)
{
	return &owner->ve->aio_nr;
}

/* Out of line half of ve_ubc_charge_n(). */
int __ve_ubc_charge_n(struct ve_owner *owner, enum ve_resource res,
		      unsigned long n, enum ve_severity sev)
{
	return charge(owner->ve, res, n, sev);
}
EXPORT_SYMBOL_GPL(__ve_ubc_charge_n);

/* Out of line half of ve_ubc_uncharge_n(). */
void __ve_ubc_uncharge_n(struct ve_owner *owner, enum ve_resource res,
			 unsigned long n)
{
	ve_ubc_give(owner->ve, res, n);
}
EXPORT_SYMBOL_GPL(__ve_ubc_uncharge_n);

/* Out of line half of ve_ubc_replace(). */
int __ve_ubc_replace(struct ve_owner *to, struct ve_owner *from,
		     enum ve_resource res, unsigned long n_to,
		     unsigned long n_from)
{
	struct ve *ve = current_ve();
	unsigned long more = n_to;
	int err;

	if (!ve)
		return 0;
	if (from->ve == ve)
		more -= min(n_to, n_from);
	err = charge(ve, res, more, VE_SOFT);
	if (err)
		return err;
	if (from->ve != ve) {
		to->ve = get_ve(ve);
		return 0;
	}
	if (n_from > n_to)
		ve_ubc_give(ve, res, n_from - n_to);
	ve_ubc_move(to, from);
	return 0;
}
EXPORT_SYMBOL_GPL(__ve_ubc_replace);

/**
 * ve_ubc_charge_proc - a task comes to a css
 * @ve: the css; not the root
 * @sev: VE_HARD for a fork inside, VE_FORCE for who comes from the host
 *
 * Needs no owner: a task knows its css, which is there as long as it is.
 * Context: any.
 * Return: 0 or -ENOMEM.
 */
int ve_ubc_charge_proc(struct ve *ve, enum ve_severity sev)
{
	return charge(ve, VE_NUMPROC, 1, sev);
}

/**
 * ve_ubc_uncharge_proc - a task of a css is gone, or never came
 * @ve: the css; not the root
 */
void ve_ubc_uncharge_proc(struct ve *ve)
{
	ve_ubc_give(ve, VE_NUMPROC, 1);
}

/* ---- kernel memory ---- */

/*
 * The CT of an obj_cgroup, which keeps it for good: what has been charged is uncharged
 * there, whoever inherits the obj_cgroup.  That of the host is the root, without a
 * reference.
 */
static struct ve *kmem_owner(struct ve_owner *owner, struct mem_cgroup *memcg)
{
	struct ve *ve = READ_ONCE(owner->ve), *old = NULL;
	struct cgroup_subsys_state *css;

	if (ve)
		return ve;
	css = cgroup_get_e_css(memcg->css.cgroup, &ve_cgrp_subsys);
	ve = css_ve(css);
	ve = ve_id(ve) ? get_ve(ve) : ve_root();
	css_put(css);
	if (!try_cmpxchg(&owner->ve, &old, ve)) {
		if (!ve_is_root(ve))
			put_ve(ve);
		ve = old;
	}
	return ve;
}

/* Out of line half of ve_ubc_charge_kmem(). */
int __ve_ubc_charge_kmem(struct ve_owner *owner, struct mem_cgroup *memcg,
			 gfp_t gfp, unsigned int nr_pages,
			 enum ve_severity sev)
{
	unsigned long size = (unsigned long)nr_pages << PAGE_SHIFT;
	struct ve *ve = READ_ONCE(owner->ve);
	int tries = MAX_RECLAIM;

	/* as nearly always; the root has none */
	if (likely(ve && ve->ubc_pre && ve_ubc_use(ve, VE_KMEMSIZE, size)))
		return 0;
	ve = kmem_owner(owner, memcg);
	if (ve_is_root(ve))
		return 0;
	/* who dies gives more than it takes */
	if (gfp & __GFP_NOFAIL || !gfpflags_allow_blocking(gfp) ||
	    current->flags & (PF_EXITING | PF_MEMALLOC))
		sev = VE_FORCE;
	while (ve_ubc_take(ve, VE_KMEMSIZE, size, sev)) {
		if (!tries-- || fatal_signal_pending(current)) {
			ve_ubc_refused(ve, VE_KMEMSIZE);
			return -ENOMEM;
		}
		/* dentries and inodes of its own first */
		try_to_free_mem_cgroup_pages(memcg, SWAP_CLUSTER_MAX, gfp, 0,
					     NULL);
	}
	return 0;
}

/* Out of line half of ve_ubc_uncharge_kmem(). */
void __ve_ubc_uncharge_kmem(struct ve_owner *owner, unsigned int nr_pages)
{
	if (!ve_is_root(owner->ve))
		ve_ubc_give(owner->ve, VE_KMEMSIZE,
			    (unsigned long)nr_pages << PAGE_SHIFT);
}

/* Out of line half of ve_ubc_release_kmem(). */
void __ve_ubc_release_kmem(struct ve_owner *owner)
{
	if (!ve_is_root(owner->ve))
		put_ve(owner->ve);
	owner->ve = NULL;
}

/* Out of line half of ve_ubc_fault_failed(). */
bool __ve_ubc_fault_failed(void)
{
	struct ve *ve = current_ve();
	unsigned long limit;
	struct ve_ubc *c;

	if (!ve)
		return false;
	/* it may have wanted an anon_vma as well as a page table */
	c = &ve->ubc[VE_KMEMSIZE];
	limit = min(READ_ONCE(c->barrier), READ_ONCE(c->limit));
	if (atomic_long_read(&c->held) < (long)(limit - min(limit, FAULT_SIZE)))
		return false;
	pr_info_ratelimited("CT: %u: %s (%d) killed: a page fault needs kernel memory, and kmemsize has none left\n",
			    ve_id(ve), current->comm, task_tgid_nr(current));
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, current, PIDTYPE_TGID);
	return true;
}

/* ---- files ---- */

/* One row as people see it. */
struct row {
	unsigned long held, maxheld, barrier, limit, failcnt;
};

static unsigned long pages_or_unlimited(unsigned long pages)
{
	return pages < PAGE_COUNTER_MAX ? pages : LONG_MAX;
}

/* The memory cgroup counts; the barrier of its resources means nothing. */
static void memory_row(struct ve *ve, enum ve_resource res, struct row *row)
{
	struct mem_cgroup *memcg = ve_get_memcg(ve);
	struct page_counter *counter;
	enum memcg_memory_event event;

	*row = (struct row){ .limit = LONG_MAX };
	if (!memcg)
		return;
	counter = res == VE_PHYSPAGES ? &memcg->memory : &memcg->swap;
	event = res == VE_PHYSPAGES ? MEMCG_OOM : MEMCG_SWAP_FAIL;
	row->held = page_counter_read(counter);
	row->maxheld = READ_ONCE(counter->watermark);
	row->limit = pages_or_unlimited(READ_ONCE(counter->max));
	row->failcnt = atomic_long_read(&memcg->memory_events[event]);
	mem_cgroup_put(memcg);
}

static void get_row(struct ve *ve, enum ve_resource res, struct row *row)
{
	struct ve_ubc *c = &ve->ubc[res];

	if (BIT(res) & MEMORY) {
		memory_row(ve, res, row);
		return;
	}
	*row = (struct row){
		.held	 = ve_ubc_held(ve, res),
		.barrier = READ_ONCE(c->barrier),
		.limit	 = READ_ONCE(c->limit),
		.failcnt = atomic_long_read(&c->failcnt),
	};
	if (res == VE_OOMGUARPAGES)
		row->held = ve_oomguar_held(ve);
	row->maxheld = high(c, row->held);
}

/* read(2) on ve.ubc: the resources that are counted. */
int ve_ubc_show(struct seq_file *m, void *v)
{
	struct ve *ve = css_ve(seq_css(m));
	struct row row;
	int i;

	for (i = 0; i < NR_VE_RESOURCES; i++) {
		if (!ve_ubc_names[i])
			continue;
		get_row(ve, i, &row);
		seq_printf(m, "%s %lu %lu %lu %lu %lu\n", ve_ubc_names[i],
			   row.held, row.maxheld, row.barrier, row.limit,
			   row.failcnt);
	}
	return 0;
}

/* write(2) on ve.ubc: a name, the barrier and the limit. */
ssize_t ve_ubc_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
		     loff_t off)
{
	struct ve *ve = css_ve(of_css(of));
	unsigned long barrier, limit;
	enum ve_resource res;
	int err;

	if (!file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	err = ve_parse_ubc(strstrip(buf), &res, &barrier, &limit);
	if (err)
		return err;
	if (BIT(res) & MEMORY)
		return -EOPNOTSUPP;
	ve_ubc_set(ve, res, barrier, limit);
	return nbytes;
}

/**
 * ve_ubc_print_precharge - /proc/bc/ID/precharge
 * @m: where to
 * @ve: the CT
 */
void ve_ubc_print_precharge(struct seq_file *m, struct ve *ve)
{
	int i;

	seq_printf(m, "%-12s %16s %10s %10s\n", "resource", "real_held",
		   "precharge", "max_precharge");
	for (i = 0; i < NR_VE_RESOURCES; i++) {
		if (!ve_ubc_names[i] || BIT(i) & MEMORY)
			continue;
		seq_printf(m, "%-12s %16ld %10ld %10d\n", ve_ubc_names[i],
			   atomic_long_read(&ve->ubc[i].held), kept(ve, i),
			   READ_ONCE(ve->ubc_batch[i]));
	}
}

/* The id, or as many blanks, a name and five numbers of 20 digits, each after a blank. */
#define ID_LEN		12
#define NUMBERS_AT	(ID_LEN + 12)
#define ROW_LEN		(NUMBERS_AT + 5 * 21 + 1)

/* A number that ends before @end; most are no limit, and that is long. */
static void put_number(char *end, unsigned long n)
{
	static const char unlimited[] = "9223372036854775807";

	if (BITS_PER_LONG == 64 && n == LONG_MAX) {
		memcpy(end - sizeof(unlimited) + 1, unlimited,
		       sizeof(unlimited) - 1);
		return;
	}
	do {
		*--end = '0' + n % 10;
		n /= 10;
	} while (n);
}

/**
 * ve_ubc_print - the rows of a CT
 * @m: where to
 * @ve: the CT
 * @uid: its id before the first row
 * @old: as in /proc/user_beancounters: without swappages, but with the rows that
 *	nothing is counted in any more
 *
 * With hundreds of CTs these are more than ten thousand rows, for which the formats of
 * seq_printf() take long.
 */
void ve_ubc_print(struct seq_file *m, struct ve *ve, bool uid, bool old)
{
	char line[ROW_LEN];
	struct row row;
	int i;

	for (i = 0; i < NR_VE_RESOURCES; i++) {
		const char *name = ve_ubc_names[i];
		char *end = line + NUMBERS_AT;
		int from = 0;

		if (old ? i == VE_SWAPPAGES : !name)
			continue;
		name = name ?: "dummy";
		memset(line, ' ', sizeof(line) - 1);
		line[ROW_LEN - 1] = '\n';
		if (uid && !i) {
			/* longer than that with ten digits */
			seq_printf(m, "%9u:  ", ve_id(ve));
			from = ID_LEN;
		}
		memcpy(line + ID_LEN, name, strlen(name));
		get_row(ve, i, &row);
		put_number(end += 21, row.held);
		put_number(end += 21, row.maxheld);
		put_number(end += 21, row.barrier);
		put_number(end += 21, row.limit);
		put_number(end += 21, row.failcnt);
		seq_write(m, line + from, sizeof(line) - from);
	}
}

/**
 * ve_ubc_print_header - the first two lines of /proc/user_beancounters
 * @m: where to
 */
void ve_ubc_print_header(struct seq_file *m)
{
	seq_printf(m, "Version: 2.5\n%10s  %-12s %20s %20s %20s %20s %20s\n",
		   "uid", "resource", "held", "maxheld", "barrier", "limit",
		   "failcnt");
}
