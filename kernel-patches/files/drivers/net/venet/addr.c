// SPDX-License-Identifier: GPL-2.0-only
/*
 * The venet address table: which container owns an address.
 *
 * A container owns single addresses and prefixes. Each is an entry of its own:
 * one container may have a prefix, a longer one within it and an address within
 * that, and loses what it is told to lose and nothing else. What two containers
 * own never overlaps.
 *
 * A look-up is one probe of the hash table of single addresses. What is not
 * there is looked for among the prefixes: one probe of their hash table for
 * each length that some prefix of this family has, longest first. A host has few
 * different lengths (an IPv6 /64 and an IPv4 /29 for everybody, say), and their
 * number does not grow with that of the prefixes as the depth of a trie does
 * (lpm_trie, fib). A trie for all would be a longer way to a single address,
 * which stays what it was. Because owners do not overlap the order of the probes
 * only decides which entry is found, never whose.
 *
 * Adding an address asks the same question. Adding a prefix must also find what
 * others own within it and walks all entries for that, which only keeps other
 * writers waiting: an order by address would cost memory in every entry for a
 * thing that is rare.
 *
 * An address has at most one owner. An owner whose network namespace is
 * being dismantled is no owner any more: dismantling is asynchronous and can
 * take seconds, and a restarted container, or another one, may have its
 * addresses at once. The late end of the old device then finds its container
 * replaced (venet_ve_del() compares the device) and changes nothing.
 */

#include <linux/inetdevice.h>
#include <linux/netlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include "acct.h"
#include "neigh.h"

static const struct rhashtable_params venet_htp_params = {
	.head_offset = offsetof(struct venet_addr, node),
	.key_offset = offsetof(struct venet_addr, ip),
	.key_len = sizeof(struct venet_ip),
	.automatic_shrinking = true,
};

/**
 * venet_table_init() - make an empty table
 * @t: the table
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int venet_table_init(struct venet_table *t)
{
	int err;

	memset(t, 0, sizeof(*t));
	mutex_init(&t->lock);
	xa_init(&t->ves);
	t->gen = 1;	/* 0 would mean that a dump knows none */
	t->class_gen = 1;

	err = rhashtable_init(&t->ht4, &venet_ht4_params);
	if (err)
		return err;

	err = rhashtable_init(&t->ht6, &venet_ht6_params);
	if (err)
		goto err_destroy_ht4;

	err = rhashtable_init(&t->htp, &venet_htp_params);
	if (err)
		goto err_destroy_ht6;

	return 0;

err_destroy_ht6:
	rhashtable_destroy(&t->ht6);
err_destroy_ht4:
	rhashtable_destroy(&t->ht4);
	return err;
}

static bool venet_ip_is_single(const struct venet_ip *ip)
{
	return ip->plen == venet_ip_bits(ip->family);
}

/* Makes of @ip the prefix of length @plen it is in, in the form of a key. */
static void venet_ip_mask(struct venet_ip *ip, unsigned int plen)
{
	struct in6_addr net = {};

	if (ip->family == AF_INET)
		net.s6_addr32[0] = ip->ip4 & inet_make_mask(plen);
	else
		ipv6_addr_prefix(&net, &ip->ip6, plen);
	ip->ip6 = net;
	ip->plen = plen;
}

/**
 * venet_ip_equal() - are the first bits of two addresses the same?
 * @a: an address
 * @b: another
 * @plen: how many bits; not more than an address of the family has
 *
 * Context: any.
 * Return: true if the addresses are of one family and their first @plen bits
 * are the same.
 */
bool venet_ip_equal(const struct venet_ip *a, const struct venet_ip *b,
		    unsigned int plen)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return !((a->ip4 ^ b->ip4) & inet_make_mask(plen));
	return ipv6_prefix_equal(&a->ip6, &b->ip6, plen);
}

/* Is one within the other? Prefixes cannot overlap in another way. */
static bool venet_ip_overlap(const struct venet_ip *a, const struct venet_ip *b)
{
	return venet_ip_equal(a, b, min(a->plen, b->plen));
}

/**
 * venet_ip_host_bits() - has an address bits beyond its prefix length?
 * @ip: the address
 *
 * Context: any.
 * Return: true if it has, and so is no prefix.
 */
bool venet_ip_host_bits(const struct venet_ip *ip)
{
	struct venet_ip net = *ip;

	venet_ip_mask(&net, ip->plen);
	return !venet_ip_equal(&net, ip, venet_ip_bits(ip->family));
}

/**
 * venet_ip_print() - write an address or a prefix: "10.0.0.1", "10.0.0.8/29"
 * @buf: where to
 * @size: its size; VENET_IP_STRLEN is enough
 * @ip: the address or prefix
 *
 * Context: any.
 */
void venet_ip_print(char *buf, size_t size, const struct venet_ip *ip)
{
	int n;

	if (ip->family == AF_INET)
		n = scnprintf(buf, size, "%pI4", &ip->ip4);
	else
		n = scnprintf(buf, size, "%pI6c", &ip->ip6);
	if (!venet_ip_is_single(ip))
		scnprintf(buf + n, size - n, "/%u", ip->plen);
}

static unsigned long *venet_plens(struct venet_table *t,
				  const struct venet_ip *ip)
{
	return ip->family == AF_INET ? t->plens4 : t->plens6;
}

/* The longest prefix that contains @key; no longer than @key, which is spoilt. */
static struct venet_addr *venet_find_prefix(struct venet_table *t,
					    struct venet_ip *key)
{
	const unsigned int bits = venet_ip_bits(key->family);
	unsigned int plen, n = min(key->plen + 1U, bits);
	const unsigned long *plens;
	struct venet_addr *a;

	plens = venet_plens(t, key);
	for (plen = find_last_bit(plens, n); plen < n;
	     n = plen, plen = find_last_bit(plens, n)) {
		venet_ip_mask(key, plen);
		a = rhashtable_lookup(&t->htp, key, venet_htp_params);
		if (a)
			return a;
	}
	return NULL;
}

/**
 * venet_find_prefix4() - find which prefix contains an IPv4 address
 * @t: the table
 * @ip: the address
 *
 * Context: rcu_read_lock() held.
 * Return: the entry of the longest one, valid until rcu_read_unlock(), or NULL.
 */
struct venet_addr *venet_find_prefix4(struct venet_table *t, __be32 ip)
{
	struct venet_ip key;

	key.family = AF_INET;
	key.plen = VENET_BITS4;
	key.ip4 = ip;
	return venet_find_prefix(t, &key);
}

/**
 * venet_find_prefix6() - find which prefix contains an IPv6 address
 * @t: the table
 * @ip: the address
 *
 * Context: rcu_read_lock() held.
 * Return: the entry of the longest one, valid until rcu_read_unlock(), or NULL.
 */
struct venet_addr *venet_find_prefix6(struct venet_table *t,
				      const struct in6_addr *ip)
{
	struct venet_ip key;

	key.family = AF_INET6;
	key.plen = VENET_BITS6;
	key.ip6 = *ip;
	return venet_find_prefix(t, &key);
}

/* The entry of exactly this address or prefix. */
static struct venet_addr *venet_find_entry(struct venet_table *t,
					   const struct venet_ip *ip)
{
	struct venet_ip key = *ip;

	if (!venet_ip_is_single(ip)) {
		venet_ip_mask(&key, ip->plen);
		return rhashtable_lookup(&t->htp, &key, venet_htp_params);
	}
	if (ip->family == AF_INET)
		return rhashtable_lookup(&t->ht4, &ip->ip4, venet_ht4_params);
	return rhashtable_lookup(&t->ht6, &ip->ip6, venet_ht6_params);
}

/**
 * venet_find() - find who owns an address or the whole of a prefix
 * @t: the table
 * @ip: the address or prefix
 *
 * Context: rcu_read_lock() held.
 * Return: the entry of the address, or of the longest prefix that contains
 * @ip, valid until rcu_read_unlock(), or as long as @t->lock is held, or NULL.
 */
struct venet_addr *venet_find(struct venet_table *t, const struct venet_ip *ip)
{
	struct venet_ip key = *ip;
	struct venet_addr *a;

	a = venet_find_entry(t, ip);
	return a ?: venet_find_prefix(t, &key);
}

/* The number of prefixes that are as long as @ip. */
static u32 *venet_nr(struct venet_table *t, const struct venet_ip *ip)
{
	return ip->family == AF_INET ? &t->nr4[ip->plen] : &t->nr6[ip->plen];
}

/* @a is in no hash table and no list any more. */
static void venet_addr_forget(struct venet_table *t, struct venet_addr *a)
{
	a->ve->nr_addrs--;
	if (!++t->gen)
		t->gen = 1;
	venet_neigh_drop(rcu_replace_pointer(a->neigh, NULL,
					     lockdep_is_held(&t->lock)));
	kfree_rcu(a, rcu);
}

static void venet_addr_remove(struct venet_table *t, struct venet_addr *a)
{
	int err;

	lockdep_assert_held(&t->lock);

	if (!venet_ip_is_single(&a->ip)) {
		err = rhashtable_remove_fast(&t->htp, &a->node,
					     venet_htp_params);
		if (!--*venet_nr(t, &a->ip))
			clear_bit(a->ip.plen, venet_plens(t, &a->ip));
	} else if (a->ip.family == AF_INET) {
		err = rhashtable_remove_fast(&t->ht4, &a->node,
					     venet_ht4_params);
	} else {
		err = rhashtable_remove_fast(&t->ht6, &a->node,
					     venet_ht6_params);
	}
	WARN_ON_ONCE(err);
	WARN_ON_ONCE(!a->ve->nr_addrs);

	list_del_rcu(&a->list);
	venet_addr_forget(t, a);
}

static void venet_ve_purge(struct venet_table *t, struct venet_ve *ve)
{
	struct venet_addr *a, *tmp;

	list_for_each_entry_safe(a, tmp, &ve->addrs, list)
		venet_addr_remove(t, a);
	WARN_ON_ONCE(ve->nr_addrs);
}

/* @ve is out of t->ves already: readers that still hold it find no device. */
static void venet_ve_free(struct venet_table *t, struct venet_ve *ve)
{
	lockdep_assert_held(&t->lock);

	RCU_INIT_POINTER(ve->dev, NULL);
	venet_ve_purge(t, ve);
	venet_acct_free(venet_ve_acct(t, ve));
	kfree_rcu(ve, rcu);
}

static struct net_device *venet_ve_dev(struct venet_table *t,
				       const struct venet_ve *ve)
{
	return rcu_dereference_protected(ve->dev, lockdep_is_held(&t->lock));
}

/* A device is detached before it is freed, so the device here is alive. */
static bool venet_ve_is_dying(struct venet_table *t, const struct venet_ve *ve)
{
	const struct net_device *dev = venet_ve_dev(t, ve);

	return !dev || !check_net(dev_net(dev));
}

/**
 * venet_table_destroy() - free a table and all that is in it
 * @t: the table; nobody may use it any more
 *
 * Context: may sleep.
 */
void venet_table_destroy(struct venet_table *t)
{
	struct venet_ve *ve;
	unsigned long veid;

	venet_classes_set(t, NULL);
	mutex_lock(&t->lock);
	xa_for_each(&t->ves, veid, ve) {
		xa_erase(&t->ves, veid);
		venet_ve_free(t, ve);
	}
	mutex_unlock(&t->lock);

	xa_destroy(&t->ves);
	rhashtable_destroy(&t->htp);
	rhashtable_destroy(&t->ht6);
	rhashtable_destroy(&t->ht4);
	mutex_destroy(&t->lock);
	rcu_barrier();		/* venet_acct_free() */
}

/**
 * venet_ve_check() - may a container get a device in this namespace?
 * @t: the table
 * @veid: the container
 * @net: where the device will be
 * @extack: gets the reason of a refusal
 *
 * A device of the same container in another namespace is no obstacle: it is
 * that of an earlier run, see venet_ve_add().
 *
 * Context: may sleep; holds rtnl_lock, so that the answer stays true.
 * Return: 0 or -EEXIST.
 */
int venet_ve_check(struct venet_table *t, u32 veid, const struct net *net,
		   struct netlink_ext_ack *extack)
{
	const struct net_device *dev;
	struct venet_ve *ve;
	int err = 0;

	mutex_lock(&t->lock);
	ve = xa_load(&t->ves, veid);
	dev = ve ? venet_ve_dev(t, ve) : NULL;
	if (dev && net_eq(dev_net(dev), net)) {
		NL_SET_ERR_MSG(extack, "The CT has a venet device already");
		err = -EEXIST;
	}
	mutex_unlock(&t->lock);

	return err;
}

static struct venet_ve *venet_ve_alloc(struct venet_table *t, u32 veid,
				       struct net_device *dev)
{
	struct venet_acct *acct;
	struct venet_ve *ve;

	lockdep_assert_held(&t->lock);

	ve = kzalloc(sizeof(*ve), GFP_KERNEL);
	if (!ve)
		return NULL;

	acct = venet_acct_alloc(venet_classes_mask(t));
	if (!acct) {
		kfree(ve);
		return NULL;
	}

	ve->veid = veid;
	INIT_LIST_HEAD(&ve->addrs);
	RCU_INIT_POINTER(ve->dev, dev);
	RCU_INIT_POINTER(ve->acct, acct);
	return ve;
}

/**
 * venet_ve_add() - give a container its device
 * @t: the table
 * @veid: the container, 1..VENET_VEID_MAX
 * @dev: its device, registered
 *
 * Replaces what is left of an earlier run of the same container; its
 * addresses go, for the new run gets its own list.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int venet_ve_add(struct venet_table *t, u32 veid, struct net_device *dev)
{
	struct venet_ve *ve, *old;
	int err = 0;

	mutex_lock(&t->lock);
	ve = venet_ve_alloc(t, veid, dev);
	if (!ve) {
		err = -ENOMEM;
		goto out_unlock;
	}
	old = xa_store(&t->ves, veid, ve, GFP_KERNEL);
	if (xa_is_err(old)) {
		err = xa_err(old);
		old = ve;
	}
	if (old)
		venet_ve_free(t, old);

out_unlock:
	mutex_unlock(&t->lock);
	return err;
}

/**
 * venet_ve_del() - forget a container and all its addresses
 * @t: the table
 * @veid: the container
 * @dev: only if this is its device; NULL: whatever device it has
 *
 * After a grace period no reader finds the container, an address of it or
 * its device.
 *
 * Context: may sleep.
 * Return: true if there was something to forget.
 */
bool venet_ve_del(struct venet_table *t, u32 veid, const struct net_device *dev)
{
	struct venet_ve *ve;
	bool found = false;

	mutex_lock(&t->lock);
	ve = xa_load(&t->ves, veid);
	if (ve && (!dev || venet_ve_dev(t, ve) == dev)) {
		xa_erase(&t->ves, veid);
		venet_ve_free(t, ve);
		found = true;
	}
	mutex_unlock(&t->lock);

	return found;
}

/* @t->lock held. Where it is noted for a container, or NULL. */
static bool *venet_via_host_flag(struct venet_table *t, u32 veid,
				 struct netlink_ext_ack *extack)
{
	struct venet_ve *ve;

	if (veid == VENET_VEID_HOST)
		return &t->via_host;
	ve = xa_load(&t->ves, veid);
	if (ve)
		return &ve->via_host;
	NL_SET_ERR_MSG(extack, "The CT has no venet device");
	return NULL;
}

/**
 * venet_ve_set_via_host() - let what a container exchanges with others pass
 * the host, or go straight
 * @t: the table
 * @veid: the container; VENET_VEID_HOST: all of them, as long as that is on
 * @on: pass the host
 * @extack: gets the reason of a refusal
 *
 * Packets that are on their way go on as they began.
 *
 * Context: may sleep.
 * Return: 0 or -ESRCH.
 */
int venet_ve_set_via_host(struct venet_table *t, u32 veid, bool on,
			  struct netlink_ext_ack *extack)
{
	bool *flag;

	mutex_lock(&t->lock);
	flag = venet_via_host_flag(t, veid, extack);
	if (flag)
		WRITE_ONCE(*flag, on);
	mutex_unlock(&t->lock);

	return flag ? 0 : -ESRCH;
}

/**
 * venet_ve_get_via_host() - what venet_ve_set_via_host() has set
 * @t: the table
 * @veid: the container, or VENET_VEID_HOST
 * @extack: gets the reason of a refusal
 *
 * Context: may sleep.
 * Return: 0, 1 or -ESRCH.
 */
int venet_ve_get_via_host(struct venet_table *t, u32 veid,
			  struct netlink_ext_ack *extack)
{
	bool *flag;
	int ret;

	mutex_lock(&t->lock);
	flag = venet_via_host_flag(t, veid, extack);
	ret = flag ? *flag : -ESRCH;
	mutex_unlock(&t->lock);

	return ret;
}

/* What no container can own; the rest of the stack treats these specially. */
static bool venet_ip_usable(const struct venet_ip *ip)
{
	/* All of 0.0.0.0/8: ipv4_is_zeronet() means 0.0.0.0 only. */
	static const struct venet_ip unusable4[] = {
		{ AF_INET, 8, { .ip4 = htonl(0x00000000) } },
		{ AF_INET, 8, { .ip4 = htonl(INADDR_LOOPBACK & 0xff000000) } },
		{ AF_INET, 4, { .ip4 = htonl(INADDR_UNSPEC_GROUP) } },
		{ AF_INET, 32, { .ip4 = htonl(INADDR_BROADCAST) } },
	};
	static const struct venet_ip unusable6[] = {
		{ AF_INET6, 128, { .ip6 = IN6ADDR_ANY_INIT } },
		{ AF_INET6, 128, { .ip6 = IN6ADDR_LOOPBACK_INIT } },
		/* link-local, multicast, IPv4 in IPv6 */
		{ AF_INET6, 10, { .ip6.s6_addr = { 0xfe, 0x80 } } },
		{ AF_INET6, 8, { .ip6.s6_addr = { 0xff } } },
		{ AF_INET6, 96, { .ip6.s6_addr = { [10] = 0xff, 0xff } } },
	};
	int i;

	if (ip->family == AF_INET) {
		for (i = 0; i < ARRAY_SIZE(unusable4); i++)
			if (venet_ip_overlap(ip, &unusable4[i]))
				return false;
	} else {
		for (i = 0; i < ARRAY_SIZE(unusable6); i++)
			if (venet_ip_overlap(ip, &unusable6[i]))
				return false;
	}
	return true;
}

/**
 * venet_ip_check() - is this what a container can own?
 * @ip: the address or prefix
 * @extack: gets the reason of a refusal
 *
 * Context: any.
 * Return: 0 or -EADDRNOTAVAIL.
 */
int venet_ip_check(const struct venet_ip *ip, struct netlink_ext_ack *extack)
{
	if (venet_ip_usable(ip))
		return 0;
	if (venet_ip_is_single(ip))
		NL_SET_ERR_MSG(extack,
			       "Not an address that a CT can own (unspecified, loopback, link-local, multicast or broadcast)");
	else
		NL_SET_ERR_MSG(extack,
			       "Has addresses that no CT can own (unspecified, loopback, link-local, multicast or broadcast)");
	return -EADDRNOTAVAIL;
}

static struct venet_addr *venet_addr_alloc(struct venet_table *t,
					   struct venet_ve *ve,
					   const struct venet_ip *ip)
{
	struct venet_addr *a;

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return NULL;

	a->ip = *ip;
	venet_ip_mask(&a->ip, ip->plen);
	a->ve = ve;
	a->seq = ++t->seq;
	return a;
}

static int venet_addr_insert(struct venet_table *t, struct venet_ve *ve,
			     const struct venet_ip *ip,
			     struct venet_neigh *neigh)
{
	struct venet_addr *a;
	int err;

	a = venet_addr_alloc(t, ve, ip);
	if (!a)
		return -ENOMEM;
	RCU_INIT_POINTER(a->neigh, neigh);

	if (!venet_ip_is_single(ip))
		err = rhashtable_insert_fast(&t->htp, &a->node,
					     venet_htp_params);
	else if (ip->family == AF_INET)
		err = rhashtable_insert_fast(&t->ht4, &a->node,
					     venet_ht4_params);
	else
		err = rhashtable_insert_fast(&t->ht6, &a->node,
					     venet_ht6_params);
	if (err) {
		kfree(a);
		return err;
	}
	if (!venet_ip_is_single(ip) && !(*venet_nr(t, ip))++)
		set_bit(ip->plen, venet_plens(t, ip));

	list_add_tail_rcu(&a->list, &ve->addrs);
	ve->nr_addrs++;
	return 0;
}

/*
 * Gives @old, of another container, to @ve. A packet finds the one owner or the
 * other, at no moment none.
 */
static int venet_addr_move(struct venet_table *t, struct venet_addr *old,
			   struct venet_ve *ve, struct venet_neigh *neigh)
{
	struct venet_addr *a;
	int err;

	a = venet_addr_alloc(t, ve, &old->ip);
	if (!a)
		return -ENOMEM;
	/* the networks outside are the same, whoever owns it */
	if (!neigh)
		neigh = rcu_replace_pointer(old->neigh, NULL,
					    lockdep_is_held(&t->lock));
	RCU_INIT_POINTER(a->neigh, neigh);

	if (!venet_ip_is_single(&a->ip))
		err = rhashtable_replace_fast(&t->htp, &old->node, &a->node,
					      venet_htp_params);
	else if (a->ip.family == AF_INET)
		err = rhashtable_replace_fast(&t->ht4, &old->node, &a->node,
					      venet_ht4_params);
	else
		err = rhashtable_replace_fast(&t->ht6, &old->node, &a->node,
					      venet_ht6_params);
	WARN_ON_ONCE(err);	/* @old is there, and we hold t->lock */

	list_add_tail_rcu(&a->list, &ve->addrs);
	ve->nr_addrs++;
	list_del_rcu(&old->list);
	venet_addr_forget(t, old);
	return 0;
}

/* Says who owns @a and so stands in the way of @ip. */
static void venet_say_owner(struct netlink_ext_ack *extack,
			    const struct venet_addr *a,
			    const struct venet_ip *ip)
{
	char buf[VENET_IP_STRLEN];

	if (a->ip.plen == ip->plen) {
		NL_SET_ERR_MSG_FMT(extack, "CT %u owns this %s", a->ve->veid,
				   venet_ip_is_single(ip) ? "address" :
							    "prefix");
		return;
	}
	venet_ip_print(buf, sizeof(buf), &a->ip);
	NL_SET_ERR_MSG_FMT(extack, "CT %u owns %s", a->ve->veid, buf);
}

/*
 * An entry of another CT that holds @ip, other than @except. Those of CTs that
 * are dying do not count and go.
 */
static struct venet_addr *venet_evict_holders(struct venet_table *t,
					      const struct venet_ve *ve,
					      const struct venet_ip *ip,
					      const struct venet_addr *except)
{
	struct venet_addr *a;

	for (;;) {
		struct venet_ip key = *ip;

		rcu_read_lock();
		a = venet_find(t, ip);
		if (a && a == except)
			a = venet_find_prefix(t, &key);
		rcu_read_unlock();	/* the entry stays: we hold t->lock */
		if (!a || a->ve == ve)
			return NULL;
		if (!venet_ve_is_dying(t, a->ve))
			return a;
		venet_addr_remove(t, a);
	}
}

/* The same for what overlaps with @ip, a prefix. */
static struct venet_addr *venet_evict_overlaps(struct venet_table *t,
					       const struct venet_ve *ve,
					       const struct venet_ip *ip,
					       const struct venet_addr *except)
{
	struct venet_addr *a, *tmp;
	struct venet_ve *other;
	unsigned long veid;

	/* nothing goes for a request that is refused */
	xa_for_each(&t->ves, veid, other) {
		if (other == ve || venet_ve_is_dying(t, other))
			continue;
		list_for_each_entry(a, &other->addrs, list)
			if (a != except && venet_ip_overlap(&a->ip, ip))
				return a;
	}
	xa_for_each(&t->ves, veid, other) {
		if (other == ve || !venet_ve_is_dying(t, other))
			continue;
		list_for_each_entry_safe(a, tmp, &other->addrs, list)
			if (a != except && venet_ip_overlap(&a->ip, ip))
				venet_addr_remove(t, a);
	}
	return NULL;
}

/**
 * venet_addr_give() - give an address or a prefix to a container
 * @t: the table
 * @veid: the container
 * @ip: the address or prefix
 * @move: also if another container owns it, just it and not a part of it or
 *	more: it loses it at the same moment
 * @neigh: where the host answers for it, or NULL: as before; taken unless the
 *	call fails
 * @extack: gets the reason of a refusal
 *
 * Adding what the container has already is no error.
 *
 * Context: may sleep.
 * Return: 0;
 * -EADDRNOTAVAIL: no container can own this address, or a part of the prefix;
 * -ESRCH: the container has no device;
 * -EADDRINUSE: another container owns it or a part of it;
 * -ENOMEM or another error of rhashtable_insert_fast().
 */
int venet_addr_give(struct venet_table *t, u32 veid, const struct venet_ip *ip,
		    bool move, struct venet_neigh *neigh,
		    struct netlink_ext_ack *extack)
{
	struct venet_addr *a, *own;
	struct venet_ve *ve;
	int err;

	err = venet_ip_check(ip, extack);
	if (err)
		return err;

	mutex_lock(&t->lock);

	ve = xa_load(&t->ves, veid);
	if (!ve) {
		NL_SET_ERR_MSG(extack, "The CT has no venet device");
		err = -ESRCH;
		goto out_unlock;
	}

	rcu_read_lock();
	own = venet_find_entry(t, ip);
	rcu_read_unlock();	/* the entry stays: we hold t->lock */
	if (own && own->ve == ve) {
		if (neigh)
			venet_neigh_drop(rcu_replace_pointer(own->neigh, neigh,
							     true));
		goto out_unlock;
	}
	if (!move)
		own = NULL;

	if (venet_ip_is_single(ip))
		a = venet_evict_holders(t, ve, ip, own);
	else
		a = venet_evict_overlaps(t, ve, ip, own);
	if (a) {
		venet_say_owner(extack, a, ip);
		err = -EADDRINUSE;
		goto out_unlock;
	}

	if (own)
		err = venet_addr_move(t, own, ve, neigh);
	else
		err = venet_addr_insert(t, ve, ip, neigh);

out_unlock:
	mutex_unlock(&t->lock);
	return err;
}

/**
 * venet_addr_del() - take addresses and prefixes from containers
 * @t: the table
 * @veid: the container, 0: whoever owns @ip
 * @ip: the address or prefix, NULL: all of @veid
 * @extack: gets the reason of a refusal
 *
 * Only the entry that was added with just this length goes, not what overlaps.
 *
 * Context: may sleep.
 * Return: 0; -ENOENT: no such container (@ip NULL) or it does not own @ip, or
 * only as a part of a prefix.
 */
int venet_addr_del(struct venet_table *t, u32 veid, const struct venet_ip *ip,
		   struct netlink_ext_ack *extack)
{
	struct venet_addr *a;
	struct venet_ve *ve;
	int err = 0;

	mutex_lock(&t->lock);

	if (!ip) {
		ve = xa_load(&t->ves, veid);
		if (ve) {
			venet_ve_purge(t, ve);
		} else {
			NL_SET_ERR_MSG(extack, "The CT has no venet device");
			err = -ENOENT;
		}
		goto out_unlock;
	}

	rcu_read_lock();
	a = venet_find(t, ip);
	rcu_read_unlock();	/* the entry stays: we hold t->lock */
	if (!a) {
		NL_SET_ERR_MSG_FMT(extack, "No CT owns this %s",
				   venet_ip_is_single(ip) ? "address" :
							    "prefix");
		err = -ENOENT;
	} else if (a->ip.plen != ip->plen || (veid && a->ve->veid != veid)) {
		venet_say_owner(extack, a, ip);
		err = -ENOENT;
	} else {
		venet_addr_remove(t, a);
	}

out_unlock:
	mutex_unlock(&t->lock);
	return err;
}

/**
 * venet_addr_show() - print the addresses of a container for /proc/vz/veinfo
 * @m: where to
 * @veid: the container
 *
 * One " %15s" for an IPv4 and one " %39s" for an IPv6 address, with "/LENGTH"
 * for a prefix, no newline; nothing for a container that has none.
 *
 * Context: any in which @m may be written; does not sleep.
 */
void venet_addr_show(struct seq_file *m, u32 veid)
{
	char buf[VENET_IP_STRLEN];
	struct venet_addr *a;
	struct venet_ve *ve;

	rcu_read_lock();
	ve = xa_load(&venet_table.ves, veid);
	if (ve) {
		list_for_each_entry_rcu(a, &ve->addrs, list) {
			venet_ip_print(buf, sizeof(buf), &a->ip);
			seq_printf(m, a->ip.family == AF_INET ? " %15s" : " %39s", buf);
		}
	}
	rcu_read_unlock();
}
