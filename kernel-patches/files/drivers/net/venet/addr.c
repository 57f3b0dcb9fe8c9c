// SPDX-License-Identifier: GPL-2.0-only
/*
 * The venet address table: which container owns an address.
 *
 * An address has at most one owner. An owner whose network namespace is
 * being dismantled is no owner any more: dismantling is asynchronous and can
 * take seconds, and a restarted container, or another one, may have its
 * addresses at once. The late end of the old device then finds its container
 * replaced (venet_ve_del() compares the device) and changes nothing.
 */

#include <linux/inet.h>
#include <linux/netlink.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include "venet.h"

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

	err = rhashtable_init(&t->ht4, &venet_ht4_params);
	if (err)
		return err;

	err = rhashtable_init(&t->ht6, &venet_ht6_params);
	if (err)
		goto err_destroy_ht4;

	return 0;

err_destroy_ht4:
	rhashtable_destroy(&t->ht4);
	return err;
}

/**
 * venet_find() - find who owns an address of either family
 * @t: the table
 * @ip: the address
 *
 * Context: rcu_read_lock() held.
 * Return: the entry, valid until rcu_read_unlock(), or as long as @t->lock is
 * held, or NULL.
 */
struct venet_addr *venet_find(struct venet_table *t, const struct venet_ip *ip)
{
	if (ip->family == AF_INET)
		return venet_find4(t, ip->ip4);
	return venet_find6(t, &ip->ip6);
}

static void venet_addr_remove(struct venet_table *t, struct venet_addr *a)
{
	int err;

	lockdep_assert_held(&t->lock);

	if (a->ip.family == AF_INET)
		err = rhashtable_remove_fast(&t->ht4, &a->node,
					     venet_ht4_params);
	else
		err = rhashtable_remove_fast(&t->ht6, &a->node,
					     venet_ht6_params);
	WARN_ON_ONCE(err);
	WARN_ON_ONCE(!a->ve->nr_addrs);

	list_del_rcu(&a->list);
	a->ve->nr_addrs--;
	if (!++t->gen)
		t->gen = 1;
	kfree_rcu(a, rcu);
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

	mutex_lock(&t->lock);
	xa_for_each(&t->ves, veid, ve) {
		xa_erase(&t->ves, veid);
		venet_ve_free(t, ve);
	}
	mutex_unlock(&t->lock);

	xa_destroy(&t->ves);
	rhashtable_destroy(&t->ht6);
	rhashtable_destroy(&t->ht4);
	mutex_destroy(&t->lock);
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

	ve = kzalloc(sizeof(*ve), GFP_KERNEL);
	if (!ve)
		return -ENOMEM;

	ve->veid = veid;
	INIT_LIST_HEAD(&ve->addrs);
	RCU_INIT_POINTER(ve->dev, dev);

	mutex_lock(&t->lock);
	old = xa_store(&t->ves, veid, ve, GFP_KERNEL);
	if (xa_is_err(old)) {
		mutex_unlock(&t->lock);
		kfree(ve);
		return xa_err(old);
	}
	if (old)
		venet_ve_free(t, old);
	mutex_unlock(&t->lock);

	return 0;
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

/* What no container can own; the rest of the stack treats these specially. */
static bool venet_ip_usable(const struct venet_ip *ip)
{
	int type;

	/* All of 0.0.0.0/8: ipv4_is_zeronet() means 0.0.0.0 only. */
	if (ip->family == AF_INET)
		return ip->ip4 & htonl(0xff000000) &&
		       !ipv4_is_loopback(ip->ip4) &&
		       !ipv4_is_multicast(ip->ip4) &&
		       !ipv4_is_lbcast(ip->ip4);

	type = ipv6_addr_type(&ip->ip6);
	return type & IPV6_ADDR_UNICAST &&
	       !(type & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL |
			 IPV6_ADDR_MAPPED));
}

static int venet_addr_insert(struct venet_table *t, struct venet_ve *ve,
			     const struct venet_ip *ip)
{
	struct venet_addr *a;
	int err;

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;

	a->ip = *ip;
	a->ve = ve;
	a->seq = ++t->seq;

	if (ip->family == AF_INET)
		err = rhashtable_insert_fast(&t->ht4, &a->node,
					     venet_ht4_params);
	else
		err = rhashtable_insert_fast(&t->ht6, &a->node,
					     venet_ht6_params);
	if (err) {
		kfree(a);
		return err;
	}

	list_add_tail_rcu(&a->list, &ve->addrs);
	ve->nr_addrs++;
	return 0;
}

/**
 * venet_addr_add() - give an address to a container
 * @t: the table
 * @veid: the container
 * @ip: the address
 * @extack: gets the reason of a refusal
 *
 * Adding what the container has already is no error.
 *
 * Context: may sleep.
 * Return: 0;
 * -EADDRNOTAVAIL: no container can own this address;
 * -ESRCH: the container has no device;
 * -EADDRINUSE: another container owns it;
 * -ENOMEM or another error of rhashtable_insert_fast().
 */
int venet_addr_add(struct venet_table *t, u32 veid, const struct venet_ip *ip,
		   struct netlink_ext_ack *extack)
{
	struct venet_addr *a;
	struct venet_ve *ve;
	int err;

	if (!venet_ip_usable(ip)) {
		NL_SET_ERR_MSG(extack,
			       "Not an address that a CT can own (unspecified, loopback, link-local, multicast or broadcast)");
		return -EADDRNOTAVAIL;
	}

	mutex_lock(&t->lock);

	ve = xa_load(&t->ves, veid);
	if (!ve) {
		NL_SET_ERR_MSG(extack, "The CT has no venet device");
		err = -ESRCH;
		goto out_unlock;
	}

	rcu_read_lock();
	a = venet_find(t, ip);
	rcu_read_unlock();	/* the entry stays: we hold t->lock */
	if (a && a->ve == ve) {
		err = 0;
		goto out_unlock;
	}
	if (a) {
		if (!venet_ve_is_dying(t, a->ve)) {
			NL_SET_ERR_MSG_FMT(extack, "CT %u owns this address",
					   a->ve->veid);
			err = -EADDRINUSE;
			goto out_unlock;
		}
		venet_addr_remove(t, a);
	}

	err = venet_addr_insert(t, ve, ip);

out_unlock:
	mutex_unlock(&t->lock);
	return err;
}

/**
 * venet_addr_del() - take addresses from containers
 * @t: the table
 * @veid: the container, 0: whoever owns @ip
 * @ip: the address, NULL: all addresses of @veid
 * @extack: gets the reason of a refusal
 *
 * Context: may sleep.
 * Return: 0; -ENOENT: no such container (@ip NULL) or it does not own @ip.
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
		NL_SET_ERR_MSG(extack, "No CT owns this address");
		err = -ENOENT;
	} else if (veid && a->ve->veid != veid) {
		NL_SET_ERR_MSG_FMT(extack, "CT %u owns this address",
				   a->ve->veid);
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
 * One " %15s" for an IPv4 and one " %39s" for an IPv6 address, no newline;
 * nothing for a container that has none.
 *
 * Context: any in which @m may be written; does not sleep.
 */
void venet_addr_show(struct seq_file *m, u32 veid)
{
	char buf[INET6_ADDRSTRLEN];
	struct venet_addr *a;
	struct venet_ve *ve;

	rcu_read_lock();
	ve = xa_load(&venet_table.ves, veid);
	if (ve) {
		list_for_each_entry_rcu(a, &ve->addrs, list) {
			if (a->ip.family == AF_INET) {
				snprintf(buf, sizeof(buf), "%pI4", &a->ip.ip4);
				seq_printf(m, " %15s", buf);
			} else {
				snprintf(buf, sizeof(buf), "%pI6c", &a->ip.ip6);
				seq_printf(m, " %39s", buf);
			}
		}
	}
	rcu_read_unlock();
}
