// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host answers its neighbours for what containers own: ARP requests and
 * IPv6 neighbour solicitations.
 *
 * Linux has proxy entries for that, one for each address. Here an entry of the
 * table of owners says itself by which devices of the host it is answered for,
 * an address or a whole prefix. There is nothing to clean up: who loses an
 * address is not answered for any more, and neither is a container whose
 * device is down.
 *
 * Solicitations for any address of a prefix come to that many multicast groups
 * that the device cannot join them all: it gets all multicast while there is
 * an IPv6 entry for it. The hooks are there while there is any entry.
 *
 * What is answered is only a question about an address, by the address of the
 * device that it came in by. A question that this answers goes no further.
 *
 *	rtnl_lock > venet_table.lock
 */

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/addrconf.h>
#include <net/arp.h>
#include <net/ipv6.h>
#include <net/ipv6_stubs.h>
#include <net/ndisc.h>
#include <net/netlink.h>
#include "acct.h"
#include "neigh.h"

#define VENET_NEIGH4	IS_ENABLED(CONFIG_NETFILTER_FAMILY_ARP)
#define VENET_NEIGH6	(IS_ENABLED(CONFIG_NETFILTER) && IS_ENABLED(CONFIG_IPV6))

/* Devices that get all multicast because of us, by index; under rtnl_lock. */
static DEFINE_XARRAY(venet_nics);
#define VENET_NIC_USED	XA_MARK_1

/**
 * venet_neigh_get() - read VENET_A_NEIGH
 * @attr: the attribute
 * @family: of the address, AF_INET or AF_INET6
 * @extack: gets the reason of a refusal
 *
 * Context: may sleep.
 * Return: the devices, for kfree() or venet_addr_give(); -EOPNOTSUPP if this
 * kernel cannot answer for a range, or a device has no neighbours; -ENODEV,
 * -EINVAL, -ENOMEM.
 */
struct venet_neigh *venet_neigh_get(const struct nlattr *attr, u16 family,
				    struct netlink_ext_ack *extack)
{
	const struct net_device *dev;
	struct venet_neigh *neigh;
	u32 i, nr;

	if (family == AF_INET ? !VENET_NEIGH4 : !VENET_NEIGH6) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "This kernel has no hooks to answer neighbours");
		return ERR_PTR(-EOPNOTSUPP);
	}
	if (nla_len(attr) % sizeof(u32)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "Not an array of u32");
		return ERR_PTR(-EINVAL);
	}
	nr = nla_len(attr) / sizeof(u32);

	neigh = kzalloc(struct_size(neigh, ifindex, nr), GFP_KERNEL);
	if (!neigh)
		return ERR_PTR(-ENOMEM);
	neigh->nr = nr;
	memcpy(neigh->ifindex, nla_data(attr), nr * sizeof(u32));

	rcu_read_lock();
	for (i = 0; i < nr; i++) {
		dev = dev_get_by_index_rcu(&init_net, neigh->ifindex[i]);
		if (dev && dev->type == ARPHRD_ETHER &&
		    !(dev->flags & IFF_NOARP))
			continue;
		rcu_read_unlock();
		kfree(neigh);
		if (dev) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "A device that has no neighbours");
			return ERR_PTR(-EOPNOTSUPP);
		}
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "The host has no device of this index");
		return ERR_PTR(-ENODEV);
	}
	rcu_read_unlock();

	return neigh;
}

/**
 * venet_neigh_put() - write VENET_A_NEIGH
 * @skb: where to
 * @a: the entry
 *
 * Context: rcu_read_lock() held.
 * Return: 0 or -EMSGSIZE.
 */
int venet_neigh_put(struct sk_buff *skb, const struct venet_addr *a)
{
	const struct venet_neigh *neigh = rcu_dereference(a->neigh);

	if (!neigh || !neigh->nr)
		return 0;
	return nla_put(skb, VENET_A_NEIGH, neigh->nr * sizeof(u32),
		       neigh->ifindex);
}

static bool venet_neigh_has(const struct venet_addr *a, int ifindex)
{
	const struct venet_neigh *neigh = rcu_dereference(a->neigh);
	u32 i;

	for (i = 0; neigh && i < neigh->nr; i++)
		if (neigh->ifindex[i] == ifindex)
			return true;
	return false;
}

/*
 * Is this an address that the host answers for on @dev? Not if its owner cannot
 * get a packet, or its namespace is only waiting to be dismantled.
 */
static bool venet_neigh_is(const struct venet_addr *a,
			   const struct net_device *dev)
{
	const struct net_device *to;

	if (!a || !venet_neigh_has(a, dev->ifindex))
		return false;
	to = rcu_dereference(a->ve->dev);
	return to && netif_running(to) && check_net(dev_net(to));
}

#if VENET_NEIGH4
/* A request as RFC 826 has it for Ethernet and IPv4, and nothing else. */
static unsigned int venet_neigh_arp(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct net_device *dev = state->in;
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct arphdr *arp = arp_hdr(skb);
	const unsigned char *sha;
	__be32 sip, tip;

	/* arp_rcv() has seen to it that all of it is there */
	if (!in_dev || !IN_DEV_FORWARD(in_dev) || dev->type != ARPHRD_ETHER ||
	    arp->ar_op != htons(ARPOP_REQUEST) ||
	    arp->ar_hrd != htons(ARPHRD_ETHER) ||
	    arp->ar_pro != htons(ETH_P_IP) || arp->ar_pln != sizeof(tip))
		return NF_ACCEPT;

	sha = (const unsigned char *)(arp + 1);
	sip = get_unaligned((__be32 *)(sha + ETH_ALEN));
	tip = get_unaligned((__be32 *)(sha + 2 * ETH_ALEN + sizeof(sip)));
	/* who announces its address does not ask */
	if (sip == tip || !is_valid_ether_addr(sha) ||
	    ether_addr_equal(sha, dev->dev_addr))
		return NF_ACCEPT;
	if (!venet_neigh_is(venet_find4(&venet_table, tip), dev))
		return NF_ACCEPT;

	arp_send(ARPOP_REPLY, ETH_P_ARP, sip, dev, tip, sha, dev->dev_addr,
		 sha);
	return NF_DROP;
}
#endif

#if VENET_NEIGH6
static unsigned int venet_neigh_nd(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct net_device *dev = state->in;
	const struct inet6_dev *idev;
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const struct nd_msg *msg;
	struct in6_addr target;
	bool dad;

	if (ip6h->nexthdr != IPPROTO_ICMPV6 || ip6h->hop_limit != 255)
		return NF_ACCEPT;
	if (!pskb_may_pull(skb, sizeof(*ip6h) + sizeof(*msg)))
		return NF_ACCEPT;
	ip6h = ipv6_hdr(skb);
	msg = (const struct nd_msg *)(ip6h + 1);
	if (msg->icmph.icmp6_type != NDISC_NEIGHBOUR_SOLICITATION ||
	    msg->icmph.icmp6_code ||
	    ntohs(ip6h->payload_len) < sizeof(*msg))
		return NF_ACCEPT;

	target = msg->target;
	idev = __in6_dev_get(dev);
	if (!idev || !READ_ONCE(idev->cnf.forwarding) ||
	    !venet_neigh_is(venet_find6(&venet_table, &target), dev))
		return NF_ACCEPT;

	/* from here on it is ours, as it is or not at all */
	if (nf_ip6_checksum(skb, state->hook, sizeof(*ip6h), IPPROTO_ICMPV6))
		return NF_DROP;
	ip6h = ipv6_hdr(skb);
	dad = ipv6_addr_any(&ip6h->saddr);
	if (dad && !ipv6_addr_is_solict_mult(&ip6h->daddr))
		return NF_DROP;

	ipv6_stub->ndisc_send_na(dev,
				 dad ? &in6addr_linklocal_allnodes :
				       &ip6h->saddr,
				 &target, false, !dad, false, true);
	return NF_DROP;
}
#endif

#if IS_ENABLED(CONFIG_NETFILTER)
static bool venet_hooked[VENET_FAMILIES];	/* under rtnl_lock */

static const struct nf_hook_ops venet_neigh_ops[VENET_FAMILIES] = {
#if VENET_NEIGH4
	[VENET_V4] = {
		.hook		= venet_neigh_arp,
		.pf		= NFPROTO_ARP,
		.hooknum	= NF_ARP_IN,
		.priority	= INT_MAX,
	},
#endif
#if VENET_NEIGH6
	[VENET_V6] = {
		.hook		= venet_neigh_nd,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		/* behind whatever the administrator filters there */
		.priority	= INT_MAX,
	},
#endif
};

static int venet_neigh_hook(unsigned int family, bool on)
{
	const struct nf_hook_ops *ops = &venet_neigh_ops[family];
	int err = 0;

	if (venet_hooked[family] == on || !ops->hook)
		return 0;
	if (on)
		err = nf_register_net_hook(&init_net, ops);
	else
		nf_unregister_net_hook(&init_net, ops);
	if (!err)
		venet_hooked[family] = on;
	return err;
}
#else
/* Nothing to register: venet_neigh_get() has refused what would need it. */
static int venet_neigh_hook(unsigned int family, bool on)
{
	return 0;
}
#endif

static void venet_nic_forget(unsigned long ifindex)
{
	struct net_device *dev = __dev_get_by_index(&init_net, ifindex);

	xa_erase(&venet_nics, ifindex);
	if (dev)
		dev_set_allmulti(dev, -1);
}

static int venet_nic_use(u32 ifindex)
{
	struct net_device *dev;
	int err;

	if (!xa_load(&venet_nics, ifindex)) {
		dev = __dev_get_by_index(&init_net, ifindex);
		if (!dev)
			return 0;	/* it has gone meanwhile */
		err = xa_err(xa_store(&venet_nics, ifindex, xa_mk_value(1),
				      GFP_KERNEL));
		if (err)
			return err;
		err = dev_set_allmulti(dev, 1);
		if (err) {
			xa_erase(&venet_nics, ifindex);
			return err;
		}
	}
	xa_set_mark(&venet_nics, ifindex, VENET_NIC_USED);
	return 0;
}

/* What there is to listen to, by what the table says. */
static int venet_neigh_sync(void)
{
	struct venet_table *t = &venet_table;
	bool any[VENET_FAMILIES] = {};
	const struct venet_neigh *neigh;
	struct venet_addr *a;
	struct venet_ve *ve;
	unsigned long i;
	void *entry;
	int err = 0, e;
	u32 n;

	ASSERT_RTNL();

	xa_for_each(&venet_nics, i, entry)
		xa_clear_mark(&venet_nics, i, VENET_NIC_USED);

	mutex_lock(&t->lock);
	xa_for_each(&t->ves, i, ve) {
		list_for_each_entry(a, &ve->addrs, list) {
			neigh = rcu_dereference_protected(a->neigh,
							  lockdep_is_held(&t->lock));
			if (!neigh || !neigh->nr)
				continue;
			any[a->ip.family == AF_INET ? VENET_V4 : VENET_V6] = true;
			for (n = 0; a->ip.family == AF_INET6 && n < neigh->nr; n++) {
				e = venet_nic_use(neigh->ifindex[n]);
				err = err ?: e;
			}
		}
	}
	mutex_unlock(&t->lock);

	xa_for_each(&venet_nics, i, entry)
		if (!xa_get_mark(&venet_nics, i, VENET_NIC_USED))
			venet_nic_forget(i);

	for (i = 0; i < VENET_FAMILIES; i++) {
		e = venet_neigh_hook(i, any[i]);
		err = err ?: e;
	}
	return err;
}

static void venet_neigh_work_fn(struct work_struct *work)
{
	rtnl_lock();
	venet_neigh_sync();
	rtnl_unlock();
}

static DECLARE_WORK(venet_neigh_work, venet_neigh_work_fn);

/**
 * venet_neigh_drop() - an entry of the table has gone, or is replaced
 * @neigh: its devices, or NULL
 *
 * Context: any; the table's lock may be held.
 */
void venet_neigh_drop(struct venet_neigh *neigh)
{
	if (!neigh)
		return;
	kfree_rcu(neigh, rcu);
	schedule_work(&venet_neigh_work);
}

/**
 * venet_neigh_listen() - an entry of the table is new, or has other devices
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or what a device says that cannot get all multicast.
 */
int venet_neigh_listen(void)
{
	int err;

	rtnl_lock();
	err = venet_neigh_sync();
	rtnl_unlock();
	return err;
}

static int venet_neigh_event(struct notifier_block *nb, unsigned long event,
			     void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	/* it ends, or moves to another namespace */
	if (event == NETDEV_UNREGISTER && net_eq(dev_net(dev), &init_net) &&
	    xa_erase(&venet_nics, dev->ifindex))
		dev_set_allmulti(dev, -1);
	return NOTIFY_DONE;
}

static struct notifier_block venet_neigh_nb = {
	.notifier_call = venet_neigh_event,
};

/**
 * venet_neigh_init() - be ready to answer
 *
 * Context: may sleep.
 * Return: 0 or a negative errno.
 */
int venet_neigh_init(void)
{
	return register_netdevice_notifier(&venet_neigh_nb);
}

/**
 * venet_neigh_exit() - answer for nothing any more
 *
 * Context: may sleep; no entry has devices, and none gets any.
 */
void venet_neigh_exit(void)
{
	cancel_work_sync(&venet_neigh_work);
	venet_neigh_listen();
	unregister_netdevice_notifier(&venet_neigh_nb);
	synchronize_net();	/* whoever is in a hook */
}
