/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * venet accounting: how much a container sends and gets, by the class of the
 * network at the other end.
 *
 *	venet_table.classes	address -> class; replaced as a whole
 *	venet_ve.acct		class -> counters, one cache line per CPU each
 *
 * A packet that passes from a container or to one costs a look-up of the class,
 * none at all without a table, and two additions. The rules of venet.h apply:
 * readers are under rcu_read_lock(), writers hold venet_table.lock.
 */
#ifndef _VENET_ACCT_H
#define _VENET_ACCT_H

#include <linux/rcupdate.h>
#include <linux/u64_stats_sync.h>
#include <linux/unaligned.h>
#include "venet.h"

struct genl_info;
struct netlink_callback;
struct sk_buff;

enum {
	VENET_V4,
	VENET_V6,
	VENET_FAMILIES,
};

enum {
	VENET_IN,
	VENET_OUT,
	VENET_DIRS,
};

/**
 * struct venet_stats - counters of one class of one container, of one CPU
 * @n: by family and direction
 * @syncp: makes the values whole for readers on 32-bit machines
 *
 * 64 bytes on 64-bit machines.
 */
struct venet_stats {
	struct {
		u64_stats_t bytes;
		u64_stats_t packets;
	} n[VENET_FAMILIES][VENET_DIRS];
	struct u64_stats_sync syncp;
} ____cacheline_aligned_in_smp;

/**
 * struct venet_acct - counters of a container
 * @class: by class; NULL is not counted, always so for VENET_CLASS_NONE. A class
 *	that was in the table once keeps its counters until they are reset.
 * @rcu: for call_rcu()
 */
struct venet_acct {
	struct venet_stats __percpu *class[VENET_CLASS_MAX + 1];
	struct rcu_head rcu;
};

/**
 * struct venet_traffic - what was counted of one class, by family and direction
 * @n: the sum over all CPUs
 */
struct venet_traffic {
	struct {
		u64 bytes;
		u64 packets;
	} n[VENET_FAMILIES][VENET_DIRS];
};

/**
 * struct venet_key - an address as a number of 128 bits
 * @hi: the first 64 bits; those of an IPv4 address come first
 * @lo: the others
 */
struct venet_key {
	u64 hi;
	u64 lo;
};

/**
 * struct venet_net - a network and its class
 * @ip: the network
 * @class: 0..VENET_CLASS_MAX
 */
struct venet_net {
	struct venet_ip ip;
	u8 class;
};

/**
 * struct venet_range - addresses that follow one another and are of one class
 * @start: the first one; the range ends before the start of the next
 * @class: their class
 */
struct venet_range {
	struct venet_key start;
	u8 class;
};

/**
 * struct venet_ranges - the classes of all addresses of a family
 * @nr: number of ranges, at least one
 * @range: the ranges, ascending; the first one starts at 0
 */
struct venet_ranges {
	u32 nr;
	struct venet_range *range;
};

/**
 * struct venet_classes - the class table; does not change once it is in use
 * @v: what look-ups need, by family
 * @ranges: the memory of it
 * @mask: the classes that occur, one bit each
 * @nr_nets: number of entries of @nets
 * @max_nets: how many there is room for
 * @nets: the networks as they were given, in the order of venet_classes_build()
 */
struct venet_classes {
	struct venet_ranges v[VENET_FAMILIES];
	struct venet_range *ranges;
	u16 mask;
	u32 nr_nets;
	u32 max_nets;
	struct venet_net nets[] __counted_by(max_nets);
};

/* class.c */
struct venet_classes *venet_classes_alloc(u32 max_nets);
void venet_classes_free(struct venet_classes *c);
int venet_classes_add(struct venet_classes *c, const struct venet_ip *ip,
		      u8 class);
int venet_classes_build(struct venet_classes *c,
			struct netlink_ext_ack *extack);
int venet_classes_set(struct venet_table *t, struct venet_classes *c);
u16 venet_classes_mask(struct venet_table *t);
unsigned int venet_class_find(const struct venet_classes *c,
			      unsigned int family, struct venet_key key);

/* acct.c */
struct venet_acct *venet_acct_alloc(u16 mask);
int venet_acct_grow(struct venet_acct *acct, u16 mask);
void venet_acct_free(struct venet_acct *acct);
bool venet_acct_read(const struct venet_acct *acct, unsigned int class,
		     struct venet_traffic *sum);
int venet_acct_reset(struct venet_table *t, u32 veid,
		     struct netlink_ext_ack *extack);
void venet_acct_show(struct seq_file *m, u32 veid, unsigned int family);

/* netlink_acct.c */
int venet_genl_class_set(struct sk_buff *skb, struct genl_info *info);
int venet_genl_class_dump(struct sk_buff *skb, struct netlink_callback *cb);
int venet_genl_stat_dump_start(struct netlink_callback *cb);
int venet_genl_stat_dump(struct sk_buff *skb, struct netlink_callback *cb);
int venet_genl_stat_reset(struct sk_buff *skb, struct genl_info *info);

static inline struct venet_key venet_key4(__be32 ip)
{
	return (struct venet_key){ .hi = (u64)ntohl(ip) << 32 };
}

static inline struct venet_key venet_key6(const struct in6_addr *ip)
{
	return (struct venet_key){
		.hi = get_unaligned_be64(ip->s6_addr),
		.lo = get_unaligned_be64(ip->s6_addr + 8),
	};
}

/**
 * venet_class4() - the class of an IPv4 address
 * @t: the table
 * @ip: the address, of anybody
 *
 * Context: rcu_read_lock() held.
 * Return: that of the longest network which contains it, VENET_CLASS_ANY if
 * there is none.
 */
static inline unsigned int venet_class4(const struct venet_table *t, __be32 ip)
{
	const struct venet_classes *c = rcu_dereference(t->classes);

	return c ? venet_class_find(c, VENET_V4, venet_key4(ip)) :
		   VENET_CLASS_ANY;
}

/**
 * venet_class6() - the class of an IPv6 address
 * @t: the table
 * @ip: the address
 *
 * Context: rcu_read_lock() held.
 * Return: as venet_class4().
 */
static inline unsigned int venet_class6(const struct venet_table *t,
					const struct in6_addr *ip)
{
	const struct venet_classes *c = rcu_dereference(t->classes);

	return c ? venet_class_find(c, VENET_V6, venet_key6(ip)) :
		   VENET_CLASS_ANY;
}

/**
 * venet_ve_stats() - where a container's traffic of a class is counted
 * @ve: the container
 * @class: the class
 *
 * Context: rcu_read_lock() held.
 * Return: the counters, valid until rcu_read_unlock(), or NULL if this is not
 * counted.
 */
static inline struct venet_stats __percpu *
venet_ve_stats(const struct venet_ve *ve, unsigned int class)
{
	return READ_ONCE(rcu_dereference(ve->acct)->class[class]);
}

/**
 * venet_acct_stats() - where a container's traffic of a class is counted
 * @a: an entry of the container, or NULL: the host, which is not counted
 * @class: the class
 *
 * Whoever has found a class in the table finds its counters: they are there
 * before the table is, see venet_classes_set(), and before the container is.
 *
 * Context: rcu_read_lock() held.
 * Return: the counters, valid until rcu_read_unlock(), or NULL if this is not
 * counted.
 */
static inline struct venet_stats __percpu *
venet_acct_stats(const struct venet_addr *a, unsigned int class)
{
	return a ? venet_ve_stats(a->ve, class) : NULL;
}

/**
 * venet_acct_add() - count a packet
 * @stats: of venet_acct_stats()
 * @family: VENET_V4 or VENET_V6
 * @dir: VENET_IN or VENET_OUT
 * @len: its length
 *
 * Context: BH disabled, rcu_read_lock() held.
 */
static inline void venet_acct_add(struct venet_stats __percpu *stats,
				  unsigned int family, unsigned int dir,
				  unsigned int len)
{
	struct venet_stats *s;

	if (!stats)
		return;
	s = this_cpu_ptr(stats);
	u64_stats_update_begin(&s->syncp);
	u64_stats_add(&s->n[family][dir].bytes, len);
	u64_stats_inc(&s->n[family][dir].packets);
	u64_stats_update_end(&s->syncp);
}

#endif /* _VENET_ACCT_H */
