/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * venet internals: who owns which address or prefix, and through which device
 * it is reached.
 *
 *	venet_addr -> venet_ve -> net_device
 *
 * A venet_ve is one container as the network sees it; it owns addresses and
 * has at most one device. A packet needs one look-up of its source (does the
 * owner's device equal the sender?) and one of its destination (where is the
 * owner's device?).
 *
 * Readers are under rcu_read_lock() alone. Writers hold venet_table.lock;
 * where both are needed, rtnl_lock() is taken first:
 *
 *	rtnl_lock > venet_table.lock
 */
#ifndef _VENET_H
#define _VENET_H

#include <linux/bitmap.h>
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rhashtable.h>
#include <linux/xarray.h>
#include <net/ipv6.h>
#include <uapi/linux/venet.h>

struct genl_family;
struct netlink_ext_ack;
struct netlink_range_validation;
struct nlattr;
struct seq_file;
struct sk_buff;
struct venet_acct;
struct venet_classes;
struct venet_neigh;

#define VENET_BITS4	32
#define VENET_BITS6	128

/* Longest text of an address or a prefix. */
#define VENET_IP_STRLEN	(INET6_ADDRSTRLEN + sizeof("/128"))

/**
 * struct venet_ip - an address or a prefix of either family
 * @family: AF_INET or AF_INET6
 * @plen: length of the prefix; VENET_BITS4 or 6 for a single address
 * @ip4: the address when @family is AF_INET; no bits beyond @plen are set
 * @ip6: the address when @family is AF_INET6; no bits beyond @plen are set
 */
struct venet_ip {
	u16 family;
	u16 plen;
	union {
		__be32 ip4;
		struct in6_addr ip6;
	};
};

/**
 * struct venet_ve - a container as the network sees it
 * @dev: its device, NULL once the device or the container has gone
 * @acct: counters of its traffic, never NULL
 * @veid: its id, 1..VENET_VEID_MAX
 * @via_host: what it exchanges with other containers passes the host
 * @nr_addrs: number of entries of @addrs
 * @addrs: its addresses and prefixes in the order in which they were added
 * @rcu: for kfree_rcu()
 */
struct venet_ve {
	struct net_device __rcu *dev;
	struct venet_acct __rcu *acct;
	u32 veid;
	bool via_host;
	u32 nr_addrs;
	struct list_head addrs;
	struct rcu_head rcu;
};

/**
 * struct venet_addr - an address or a prefix that a container owns
 * @node: in venet_table.ht4, ht6 or htp
 * @ip: the address, the key
 * @ve: the owner; does not change in an entry's life
 * @list: in venet_ve.addrs
 * @seq: order of creation, by which a dump finds its place again
 * @neigh: the devices of the host that answer for it, or NULL
 * @rcu: for kfree_rcu()
 */
struct venet_addr {
	struct rhash_head node;
	struct venet_ip ip;
	struct venet_ve *ve;
	struct list_head list;
	u64 seq;
	struct venet_neigh __rcu *neigh;
	struct rcu_head rcu;
};

/**
 * struct venet_table - all containers, all addresses and all prefixes
 * @plens4: the lengths that IPv4 prefixes have, at least one each
 * @plens6: the lengths that IPv6 prefixes have
 * @via_host: what any two containers exchange passes the host
 * @classes: the class of every address; NULL: VENET_CLASS_ANY
 * @ht4: IPv4 addresses
 * @ht6: IPv6 addresses
 * @htp: prefixes of both families
 * @ves: containers by id
 * @lock: serialises writers
 * @nr4: number of IPv4 prefixes by length
 * @nr6: number of IPv6 prefixes by length
 * @seq: source of venet_addr.seq
 * @gen: changes whenever a dump that spans the change would be inconsistent
 * @class_gen: the same for @classes
 */
struct venet_table {
	DECLARE_BITMAP(plens4, VENET_BITS4);
	DECLARE_BITMAP(plens6, VENET_BITS6);
	bool via_host;
	struct venet_classes __rcu *classes;
	struct rhashtable ht4;
	struct rhashtable ht6;
	struct rhashtable htp;
	struct xarray ves;
	struct mutex lock;	/* serialises writers */
	u32 nr4[VENET_BITS4];
	u32 nr6[VENET_BITS6];
	u64 seq;
	u32 gen;
	u32 class_gen;
};

extern struct venet_table venet_table;
extern struct genl_family venet_genl_family;
extern const struct netlink_range_validation venet_veid_range;

/*
 * Two of the look-ups of a packet are what venet has and a pair of devices has
 * not. Only the host's administrator decides what is in the table, so that
 * nobody can make chains longer from outside, and a mixer of a few instructions
 * does: each bit of the address and of the seed changes half of the result.
 */
static inline u32 venet_mix(u32 h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

static inline u32 venet_hash4(const void *key, u32 len, u32 seed)
{
	return venet_mix(*(const u32 *)key ^ seed);
}

static inline u32 venet_hash6(const void *key, u32 len, u32 seed)
{
	const u32 *k = key;
	u64 h = (u64)k[1] << 32 | k[0];

	h = (h ^ seed) * 0x9e3779b97f4a7c15ULL;
	h ^= h >> 32 ^ ((u64)k[3] << 32 | k[2]);
	h *= 0xbf58476d1ce4e5b9ULL;
	return venet_mix(h >> 32 ^ h);
}

/* 0 if they are equal, as memcmp() */
static inline int venet_cmp4(struct rhashtable_compare_arg *arg,
			     const void *obj)
{
	const struct venet_addr *a = obj;

	return a->ip.ip4 != *(const __be32 *)arg->key;
}

static inline int venet_cmp6(struct rhashtable_compare_arg *arg,
			     const void *obj)
{
	const struct venet_addr *a = obj;

	return !ipv6_addr_equal(&a->ip.ip6, arg->key);
}

static const struct rhashtable_params venet_ht4_params = {
	.head_offset = offsetof(struct venet_addr, node),
	.key_offset = offsetof(struct venet_addr, ip.ip4),
	.key_len = sizeof(__be32),
	.hashfn = venet_hash4,
	.obj_cmpfn = venet_cmp4,
	.automatic_shrinking = true,
};

static const struct rhashtable_params venet_ht6_params = {
	.head_offset = offsetof(struct venet_addr, node),
	.key_offset = offsetof(struct venet_addr, ip.ip6),
	.key_len = sizeof(struct in6_addr),
	.hashfn = venet_hash6,
	.obj_cmpfn = venet_cmp6,
	.automatic_shrinking = true,
};

/* addr.c, slow path of the following */
struct venet_addr *venet_find_prefix4(struct venet_table *t, __be32 ip);
struct venet_addr *venet_find_prefix6(struct venet_table *t,
				      const struct in6_addr *ip);

/**
 * venet_find4() - find who owns an IPv4 address
 * @t: the table
 * @ip: the address
 *
 * A single address is found at the first try, whatever prefixes there are, for
 * no prefix can be a longer match.
 *
 * Context: rcu_read_lock() held.
 * Return: the entry, of the address or of the longest prefix that contains it,
 * valid until rcu_read_unlock(), or NULL.
 */
static inline struct venet_addr *venet_find4(struct venet_table *t, __be32 ip)
{
	struct venet_addr *a;

	a = rhashtable_lookup(&t->ht4, &ip, venet_ht4_params);
	if (a || likely(bitmap_empty(t->plens4, VENET_BITS4)))
		return a;
	return venet_find_prefix4(t, ip);
}

/**
 * venet_find6() - find who owns an IPv6 address
 * @t: the table
 * @ip: the address
 *
 * Context: rcu_read_lock() held.
 * Return: as venet_find4().
 */
static inline struct venet_addr *venet_find6(struct venet_table *t,
					     const struct in6_addr *ip)
{
	struct venet_addr *a;

	a = rhashtable_lookup(&t->ht6, ip, venet_ht6_params);
	if (a || likely(bitmap_empty(t->plens6, VENET_BITS6)))
		return a;
	return venet_find_prefix6(t, ip);
}

/**
 * venet_ip_bits() - length of a single address
 * @family: AF_INET or AF_INET6
 *
 * Return: the number of bits.
 */
static inline unsigned int venet_ip_bits(u16 family)
{
	return family == AF_INET ? VENET_BITS4 : VENET_BITS6;
}

/**
 * venet_ve_acct() - the counters of a container, for writers
 * @t: the table
 * @ve: the container
 *
 * Context: @t->lock held.
 * Return: the counters.
 */
static inline struct venet_acct *venet_ve_acct(struct venet_table *t,
					       const struct venet_ve *ve)
{
	return rcu_dereference_protected(ve->acct, lockdep_is_held(&t->lock));
}

/**
 * venet_via_host() - does what two containers exchange pass the host?
 * @t: the table
 * @a: an address of the one
 * @b: an address of the other
 *
 * Context: rcu_read_lock() held.
 * Return: true if the host, or either of them, wants it so.
 */
static inline bool venet_via_host(const struct venet_table *t,
				  const struct venet_addr *a,
				  const struct venet_addr *b)
{
	return READ_ONCE(t->via_host) || READ_ONCE(a->ve->via_host) ||
	       READ_ONCE(b->ve->via_host);
}

/* addr.c */
bool venet_ip_equal(const struct venet_ip *a, const struct venet_ip *b,
		    unsigned int plen);
bool venet_ip_host_bits(const struct venet_ip *ip);
void venet_ip_print(char *buf, size_t size, const struct venet_ip *ip);
int venet_ip_check(const struct venet_ip *ip, struct netlink_ext_ack *extack);
int venet_table_init(struct venet_table *t);
void venet_table_destroy(struct venet_table *t);
struct venet_addr *venet_find(struct venet_table *t, const struct venet_ip *ip);
int venet_ve_check(struct venet_table *t, u32 veid, const struct net *net,
		   struct netlink_ext_ack *extack);
int venet_ve_add(struct venet_table *t, u32 veid, struct net_device *dev);
bool venet_ve_del(struct venet_table *t, u32 veid,
		  const struct net_device *dev);
int venet_ve_set_via_host(struct venet_table *t, u32 veid, bool on,
			  struct netlink_ext_ack *extack);
int venet_ve_get_via_host(struct venet_table *t, u32 veid,
			  struct netlink_ext_ack *extack);
int venet_addr_give(struct venet_table *t, u32 veid, const struct venet_ip *ip,
		    bool move, struct venet_neigh *neigh,
		    struct netlink_ext_ack *extack);
int venet_addr_del(struct venet_table *t, u32 veid, const struct venet_ip *ip,
		   struct netlink_ext_ack *extack);
void venet_addr_show(struct seq_file *m, u32 veid);

/**
 * venet_addr_add() - give an address or a prefix of nobody to a container
 * @t: the table
 * @veid: the container
 * @ip: the address or prefix
 * @extack: gets the reason of a refusal
 *
 * Context: may sleep.
 * Return: as venet_addr_give().
 */
static inline int venet_addr_add(struct venet_table *t, u32 veid,
				 const struct venet_ip *ip,
				 struct netlink_ext_ack *extack)
{
	return venet_addr_give(t, veid, ip, false, NULL, extack);
}

/* netlink.c */
int venet_nl_get_ip(struct nlattr **tb, struct venet_ip *ip,
		    struct netlink_ext_ack *extack);
int venet_nl_put_ip(struct sk_buff *skb, const struct venet_ip *ip);

/* dev.c */
int venet_dev_init(void);
void venet_dev_exit(void);

#endif /* _VENET_H */
