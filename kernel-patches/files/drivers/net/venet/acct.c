// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the traffic of containers.
 *
 * A class of a container has counters once the class is in the table, and the
 * class of all that is in no network always: a host without a table pays one
 * cache line per container and CPU, not sixteen. They are reset by putting new
 * ones in their place, for nobody but its own CPU may write a counter.
 */

#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "acct.h"

static void venet_acct_free_rcu(struct rcu_head *rcu)
{
	struct venet_acct *acct = container_of(rcu, struct venet_acct, rcu);
	int i;

	for (i = 0; i < ARRAY_SIZE(acct->class); i++)
		free_percpu(acct->class[i]);
	kfree(acct);
}

/**
 * venet_acct_free() - free the counters of a container
 * @acct: the counters, which no new reader finds
 *
 * Context: any. They are valid for readers until the end of a grace period.
 */
void venet_acct_free(struct venet_acct *acct)
{
	call_rcu(&acct->rcu, venet_acct_free_rcu);
}

/**
 * venet_acct_grow() - add counters for classes that have none
 * @acct: the counters of a container
 * @mask: classes, one bit each
 *
 * Context: may sleep; the lock of the container's table is held, or @acct is not
 * in use yet.
 * Return: 0 or -ENOMEM. What was added by then stays and does no harm.
 */
int venet_acct_grow(struct venet_acct *acct, u16 mask)
{
	struct venet_stats __percpu *stats;
	int i;

	for (i = VENET_CLASS_NONE + 1; i <= VENET_CLASS_MAX; i++) {
		if (!(mask & BIT(i)) || acct->class[i])
			continue;
		stats = netdev_alloc_pcpu_stats(struct venet_stats);
		if (!stats)
			return -ENOMEM;
		WRITE_ONCE(acct->class[i], stats);
	}
	return 0;
}

/**
 * venet_acct_alloc() - make counters for a container
 * @mask: classes, one bit each; VENET_CLASS_ANY has counters always
 *
 * Context: may sleep.
 * Return: the counters, or NULL.
 */
struct venet_acct *venet_acct_alloc(u16 mask)
{
	struct venet_acct *acct;

	acct = kzalloc(sizeof(*acct), GFP_KERNEL);
	if (!acct)
		return NULL;
	if (venet_acct_grow(acct, mask | BIT(VENET_CLASS_ANY))) {
		venet_acct_free(acct);
		return NULL;
	}
	return acct;
}

static void venet_stats_sum(const struct venet_stats *s,
			    struct venet_traffic *sum)
{
	struct venet_traffic now;
	unsigned int start;
	int f, d;

	do {
		start = u64_stats_fetch_begin(&s->syncp);
		for (f = 0; f < VENET_FAMILIES; f++) {
			for (d = 0; d < VENET_DIRS; d++) {
				now.n[f][d].bytes =
					u64_stats_read(&s->n[f][d].bytes);
				now.n[f][d].packets =
					u64_stats_read(&s->n[f][d].packets);
			}
		}
	} while (u64_stats_fetch_retry(&s->syncp, start));

	for (f = 0; f < VENET_FAMILIES; f++) {
		for (d = 0; d < VENET_DIRS; d++) {
			sum->n[f][d].bytes += now.n[f][d].bytes;
			sum->n[f][d].packets += now.n[f][d].packets;
		}
	}
}

/**
 * venet_acct_read() - what a container's traffic of a class is
 * @acct: its counters
 * @class: the class
 * @sum: gets the traffic, 0 if none is counted
 *
 * Context: any; rcu_read_lock() or the lock of the container's table is held.
 * Return: true if it is counted.
 */
bool venet_acct_read(const struct venet_acct *acct, unsigned int class,
		     struct venet_traffic *sum)
{
	struct venet_stats __percpu *stats = READ_ONCE(acct->class[class]);
	int cpu;

	memset(sum, 0, sizeof(*sum));
	if (!stats)
		return false;
	for_each_possible_cpu(cpu)
		venet_stats_sum(per_cpu_ptr(stats, cpu), sum);
	return true;
}

static int venet_ve_reset(struct venet_table *t, struct venet_ve *ve)
{
	struct venet_acct *acct;

	acct = venet_acct_alloc(venet_classes_mask(t));
	if (!acct)
		return -ENOMEM;
	venet_acct_free(rcu_replace_pointer(ve->acct, acct,
					    lockdep_is_held(&t->lock)));
	return 0;
}

/**
 * venet_acct_reset() - let counters begin with 0 again
 * @t: the table of containers
 * @veid: whose; 0: those of all containers
 * @extack: gets the reason of a refusal
 *
 * What passes at this moment is counted by the old counters or by the new ones.
 *
 * Context: may sleep.
 * Return: 0; -ENOENT: the container has no device; -ENOMEM: not all were reset.
 */
int venet_acct_reset(struct venet_table *t, u32 veid,
		     struct netlink_ext_ack *extack)
{
	unsigned long id = veid;
	struct venet_ve *ve;
	int err = 0;

	mutex_lock(&t->lock);
	if (veid && !xa_load(&t->ves, veid)) {
		NL_SET_ERR_MSG(extack, "The CT has no venet device");
		err = -ENOENT;
	} else {
		xa_for_each_range(&t->ves, id, ve, veid, veid ?: ULONG_MAX) {
			err = venet_ve_reset(t, ve);
			if (err)
				break;
		}
	}
	mutex_unlock(&t->lock);

	return err;
}

/**
 * venet_acct_show() - print a container's line of /proc/vz/venetstat
 * @m: where to
 * @veid: the container
 * @family: VENET_V4 or VENET_V6
 *
 * The id and " %20llu/%20llu" for each class: the bytes that it got and those
 * that it sent. Nothing for a container without a device.
 *
 * Context: any in which @m may be written; does not sleep.
 */
void venet_acct_show(struct seq_file *m, u32 veid, unsigned int family)
{
	const struct venet_acct *acct;
	struct venet_traffic sum;
	struct venet_ve *ve;
	int i;

	rcu_read_lock();
	ve = xa_load(&venet_table.ves, veid);
	if (ve) {
		acct = rcu_dereference(ve->acct);
		seq_printf(m, "%u ", veid);
		for (i = 0; i <= VENET_CLASS_MAX; i++) {
			venet_acct_read(acct, i, &sum);
			seq_printf(m, " %20llu/%20llu",
				   sum.n[family][VENET_IN].bytes,
				   sum.n[family][VENET_OUT].bytes);
		}
		seq_putc(m, '\n');
	}
	rcu_read_unlock();
}
