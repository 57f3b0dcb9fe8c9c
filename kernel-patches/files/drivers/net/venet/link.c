// SPDX-License-Identifier: GPL-2.0-only
/*
 * The link between a container and the host: link-local addresses and
 * link-local multicast.
 *
 * A link has two ends, the container and the host, and what is link-local stays
 * on it. No container hears, or reaches, another one by these addresses:
 *
 *	container --> host	fe80::1, and groups that the host has joined
 *	host --> container	the container's address
 *	host --> containers	groups, each that has joined the group
 *
 * The link-local address of a container follows from its id, so that it needs
 * no entry in the table and nobody can take that of another one: fe80::1:0:0
 * plus the id.
 *
 * Solicitations are answered here for the other end, which as a device without
 * neighbours joins no group for them, though it may be asked who it is.
 *
 * Only groups of the link are carried: 224.0.0.0/24 and ff02::/16. Membership is
 * that which the other end's stack has noted; what it would only throw away
 * does not cross. Broadcast and groups of a wider scope are dropped.
 */

#include <linux/igmp.h>
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>
#include <net/ipv6_stubs.h>
#include <net/ndisc.h>
#include "link.h"

static bool venet_joined4(const struct net_device *dev, __be32 group)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct ip_mc_list *im;

	if (!in_dev)
		return false;
	for (im = rcu_dereference(in_dev->mc_list); im;
	     im = rcu_dereference(im->next_rcu))
		if (im->multiaddr == group)
			return true;
	return false;
}

#if IS_ENABLED(CONFIG_IPV6)
static bool venet_joined6(const struct net_device *dev,
			  const struct in6_addr *group)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);
	const struct ifmcaddr6 *mc;

	if (!idev)
		return false;
	for (mc = rcu_dereference(idev->mc_list); mc;
	     mc = rcu_dereference(mc->next))
		if (ipv6_addr_equal(&mc->mca_addr, group))
			return true;
	return false;
}
#else
static bool venet_joined6(const struct net_device *dev,
			  const struct in6_addr *group)
{
	return false;
}
#endif

/**
 * venet_link_owner() - may this device send from this link-local address?
 * @dev: the device of a container
 * @veid: the container
 * @ip: the source of a packet
 *
 * The device of an earlier run of the container may not.
 *
 * Context: rcu_read_lock() held.
 * Return: the container, or NULL if it may not.
 */
const struct venet_ve *venet_link_owner(const struct net_device *dev, u32 veid,
					const struct in6_addr *ip)
{
	const struct venet_ve *ve;

	if (likely(venet_link_veid(ip) != veid))
		return NULL;
	ve = xa_load(&venet_table.ves, veid);
	return ve && rcu_access_pointer(ve->dev) == dev ? ve : NULL;
}

/* To the host, which has joined the group if it is one. */
static enum venet_drop venet_to_host(struct venet_way *way, bool joined)
{
	if (way->mcast && !joined)
		return VENET_DROP_MULTICAST;
	if (!way->to || !netif_running(way->to))
		return VENET_DROP_UNREACH;
	return VENET_PASS;
}

/**
 * venet_mcast4() - where does an IPv4 multicast or broadcast go?
 * @from: the container that sends it, from an address that it owns; NULL: the
 *	host
 * @iph: its header
 * @way: gets the answer
 *
 * Context: rcu_read_lock() held.
 * Return: VENET_PASS, or why it is dropped.
 */
enum venet_drop venet_mcast4(const struct venet_ve *from,
			     const struct iphdr *iph, struct venet_way *way)
{
	if (!ipv4_is_local_multicast(iph->daddr))
		return VENET_DROP_MULTICAST;

	way->mcast = true;
	way->to = NULL;
	way->out = NULL;
	way->in = NULL;
	if (!from)
		return VENET_PASS;

	way->to = rcu_dereference(venet_host);
	way->out = venet_ve_stats(from, venet_class4(&venet_table, iph->daddr));
	return venet_to_host(way,
			     way->to && venet_joined4(way->to, iph->daddr));
}

/**
 * venet_link6() - where does a packet go whose source or destination is
 * link-local, or its destination a multicast address?
 * @from: the container that sends it, from an address that it owns or its
 *	link-local one; NULL: the host
 * @ip6h: its header
 * @way: gets the answer
 *
 * Context: rcu_read_lock() held.
 * Return: VENET_PASS, or why it is dropped.
 */
enum venet_drop venet_link6(const struct venet_ve *from,
			    const struct ipv6hdr *ip6h, struct venet_way *way)
{
	const struct in6_addr *d = &ip6h->daddr;
	const struct venet_ve *ve;

	way->mcast = ipv6_addr_is_multicast(d);
	way->to = NULL;
	way->out = NULL;
	way->in = NULL;

	if (way->mcast && IPV6_ADDR_MC_SCOPE(d) != IPV6_ADDR_SCOPE_LINKLOCAL)
		return VENET_DROP_MULTICAST;

	if (from) {
		if (!way->mcast && !venet_link_is_host(d))
			return VENET_DROP_UNREACH;
		way->to = rcu_dereference(venet_host);
		way->out = venet_ve_stats(from, venet_class6(&venet_table, d));
		if (ipv6_addr_is_solict_mult(d)) {
			way->solicit = way->to;
			way->to = NULL;
			return VENET_PASS;
		}
		return venet_to_host(way,
				     way->to && venet_joined6(way->to, d));
	}

	way->solicit = NULL;
	if (way->mcast)
		return VENET_PASS;

	ve = xa_load(&venet_table.ves, venet_link_veid(d));
	if (!ve)
		return VENET_DROP_UNREACH;
	way->to = rcu_dereference(ve->dev);
	if (!way->to || !netif_running(way->to))
		return VENET_DROP_UNREACH;
	way->in = venet_ve_stats(ve, venet_class6(&venet_table, &ip6h->saddr));
	return VENET_PASS;
}

/* Of whom does the host want to know where he is? */
static struct net_device *venet_solicited(const struct in6_addr *target)
{
	const struct venet_addr *a = venet_find6(&venet_table, target);
	const struct venet_ve *ve;

	ve = a ? a->ve : xa_load(&venet_table.ves, venet_link_veid(target));
	return ve ? rcu_dereference(ve->dev) : NULL;
}

/**
 * venet_solicit() - answer a neighbour solicitation
 * @skb: an IPv6 packet to a group for solicitations
 * @way: of venet_link6()
 *
 * The answer is what the stack of the other end would say, and comes out of its
 * device as any packet does.
 *
 * Context: BH disabled, rcu_read_lock() held.
 * Return: true if it was one for an address that the other end has.
 */
bool venet_solicit(struct sk_buff *skb, const struct venet_way *way)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct net_device *to = way->solicit;
	const struct inet6_dev *idev;
	const struct ipv6hdr *ip6h;
	const struct nd_msg *msg;
	struct in6_addr saddr, target;

	if (!pskb_may_pull(skb, sizeof(*ip6h) + sizeof(*msg)))
		return false;
	ip6h = ipv6_hdr(skb);
	msg = (const struct nd_msg *)(ip6h + 1);
	if (ip6h->nexthdr != IPPROTO_ICMPV6 || ip6h->hop_limit != 255 ||
	    msg->icmph.icmp6_type != NDISC_NEIGHBOUR_SOLICITATION ||
	    msg->icmph.icmp6_code || ipv6_addr_any(&ip6h->saddr))
		return false;

	saddr = ip6h->saddr;
	target = msg->target;
	if (!to)
		to = venet_solicited(&target);
	idev = to ? __in6_dev_get(to) : NULL;
	if (!idev || !netif_running(to) ||
	    !ipv6_chk_addr(dev_net(to), &target, to, 1))
		return false;

	ipv6_stub->ndisc_send_na(to, &saddr, &target,
				 READ_ONCE(idev->cnf.forwarding), true, true,
				 false);
	return true;
#else
	return false;
#endif
}

/**
 * venet_mcast_to() - does a container get a multicast of the host?
 * @ve: the container
 * @skb: the packet, with the header that venet_mcast4() or venet_link6() saw
 * @way: gets where it goes
 *
 * Context: rcu_read_lock() held.
 * Return: true if its device is up and has joined the group.
 */
bool venet_mcast_to(const struct venet_ve *ve, const struct sk_buff *skb,
		    struct venet_way *way)
{
	struct net_device *dev = rcu_dereference(ve->dev);
	unsigned int class;

	if (!dev || !netif_running(dev))
		return false;
	if (way->family == VENET_V4) {
		if (!venet_joined4(dev, ip_hdr(skb)->daddr))
			return false;
		class = venet_class4(&venet_table, ip_hdr(skb)->saddr);
	} else {
		if (!venet_joined6(dev, &ipv6_hdr(skb)->daddr))
			return false;
		class = venet_class6(&venet_table, &ipv6_hdr(skb)->saddr);
	}
	way->to = dev;
	way->in = venet_ve_stats(ve, class);
	return true;
}
