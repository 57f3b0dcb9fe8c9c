// SPDX-License-Identifier: GPL-2.0-only
/*
 * The venet device: what a container sends is checked here, and goes straight
 * to where it belongs.
 *
 *	CT   --venet_xmit--> CT		a CT (container) owns the destination;
 *					to the host, if that wants to see it
 *	CT   --venet_xmit--> host	nobody owns it; the host routes
 *	host --venet_xmit--> CT		a CT owns the destination
 *	host --venet_xmit--> ICMP error	nobody owns it
 *	CT   --venet_xmit--> host	link-local: see link.c
 *	host --venet_xmit--> CT, CTs	link-local
 *
 * Each packet is queued to the backlog of the receiver (netif_rx), so nothing
 * recurses. A packet cannot circle without losing TTL: it never goes back to
 * the device it came from, one that a container forwards must have a source
 * that the container owns, and what reaches the host is routed there once or
 * dropped.
 *
 * A packet counts as traffic of the container that sends it and of the one that
 * gets it once it is in the receiver's backlog, whatever becomes of it there.
 * What is dropped here does not count.
 *
 * Nothing here trusts what a container sends. Only the fields that are used
 * here are checked here; the receiving stack checks a packet as it checks one
 * from a wire.
 *
 * Life of a device: venet_newlink() makes it known to the table after it is
 * registered, ndo_uninit takes it out. Between ndo_uninit and the end of the
 * device there is a synchronize_net(), so that a device found in the table
 * under RCU is alive; and netif_rx() refuses packets for one that is down.
 */

#include <linux/ethtool.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netfilter_netdev.h>
#include <linux/ratelimit.h>
#include <linux/skbuff.h>
#include <net/addrconf.h>
#include <net/icmp.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/neighbour.h>
#include <net/rtnetlink.h>
#include "link.h"

#define DRV_NAME "venet"

/* In step with enum venet_drop. */
static const struct {
	char name[ETH_GSTRING_LEN];
	enum skb_drop_reason reason;
} venet_drops[VENET_DROP_MAX] = {
	[VENET_DROP_MALFORMED]	= { "tx_drop_malformed",
				    SKB_DROP_REASON_IP_INHDR },
	[VENET_DROP_MULTICAST]	= { "tx_drop_multicast",
				    SKB_DROP_REASON_UNHANDLED_PROTO },
	[VENET_DROP_SOURCE]	= { "tx_drop_source",
				    SKB_DROP_REASON_IP_RPFILTER },
	[VENET_DROP_UNREACH]	= { "tx_drop_unreachable",
				    SKB_DROP_REASON_NO_TX_TARGET },
	[VENET_DROP_BUSY]	= { "tx_drop_busy",
				    SKB_DROP_REASON_NOMEM },
};

struct venet_pcpu_drops {
	u64_stats_t n[VENET_DROP_MAX];
	struct u64_stats_sync syncp;
};

struct venet {
	/* Needed in fast-path */
	u32 veid;			/* 0: the host's */
	struct venet_pcpu_drops __percpu *drops;

	/* Needed in slow-path; under rtnl_lock */
	struct net_device *dev;
	struct list_head list;		/* in venet_devs */
};

struct net_device __rcu *venet_host;
static LIST_HEAD(venet_devs);		/* under rtnl_lock */
static bool venet_exiting;		/* under rtnl_lock */

/* Own state, so that a container cannot silence the messages of others. */
static DEFINE_RATELIMIT_STATE(venet_ratelimit, DEFAULT_RATELIMIT_INTERVAL,
			      DEFAULT_RATELIMIT_BURST);

/* Is this the device of the address's owner? */
static bool venet_owns(const struct net_device *dev, const struct venet_addr *a)
{
	return a && rcu_access_pointer(a->ve->dev) == dev;
}

/*
 * Where to, from @a, which is NULL for the host, if @d owns the destination. A
 * container's packet to an address of its own that it has not configured would
 * only come back: unreachable. *@d becomes NULL if it is the host that gets it.
 */
static enum venet_drop venet_target(const struct net_device *dev,
				    const struct venet_addr *a,
				    const struct venet_addr **d,
				    struct net_device **to)
{
	if (*d && a && (*d)->ve != a->ve &&
	    unlikely(venet_via_host(&venet_table, a, *d)))
		*d = NULL;

	if (*d)
		*to = rcu_dereference((*d)->ve->dev);
	else if (a)
		*to = rcu_dereference(venet_host);
	else
		return VENET_DROP_UNREACH;

	if (!*to || *to == dev || !netif_running(*to))
		return VENET_DROP_UNREACH;
	return VENET_PASS;
}

static enum venet_drop venet_route4(struct sk_buff *skb,
				    const struct net_device *dev,
				    struct venet_way *way)
{
	const struct venet *v = netdev_priv(dev);
	const struct venet_addr *a = NULL, *d;
	const struct iphdr *iph;
	enum venet_drop why;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return VENET_DROP_MALFORMED;
	iph = ip_hdr(skb);
	if (iph->version != 4 || iph->ihl < 5 ||
	    !pskb_may_pull(skb, iph->ihl * 4))
		return VENET_DROP_MALFORMED;
	iph = ip_hdr(skb);

	if (v->veid) {
		a = venet_find4(&venet_table, iph->saddr);
		if (!venet_owns(dev, a)) {
			if (a && __ratelimit(&venet_ratelimit))
				pr_warn("Dropped packet, source wrong veid=%u src-IP=%pI4 dst-IP=%pI4\n",
					v->veid, &iph->saddr, &iph->daddr);
			return VENET_DROP_SOURCE;
		}
	}

	if (unlikely(ipv4_is_multicast(iph->daddr) ||
		     ipv4_is_lbcast(iph->daddr)))
		return venet_mcast4(a ? a->ve : NULL, iph, way);

	d = venet_find4(&venet_table, iph->daddr);
	why = venet_target(dev, a, &d, &way->to);
	if (likely(why == VENET_PASS)) {
		way->out = venet_acct_stats(a, venet_class4(&venet_table,
							    iph->daddr));
		way->in = venet_acct_stats(d, venet_class4(&venet_table,
							   iph->saddr));
	}
	return why;
}

static enum venet_drop venet_route6(struct sk_buff *skb,
				    const struct net_device *dev,
				    struct venet_way *way)
{
	const struct venet *v = netdev_priv(dev);
	const struct venet_addr *a = NULL, *d;
	const struct ipv6hdr *ip6h;
	const struct venet_ve *ve;
	enum venet_drop why;

	if (!pskb_may_pull(skb, sizeof(*ip6h)))
		return VENET_DROP_MALFORMED;
	ip6h = ipv6_hdr(skb);
	if (ip6h->version != 6)
		return VENET_DROP_MALFORMED;

	if (v->veid) {
		a = venet_find6(&venet_table, &ip6h->saddr);
		if (!venet_owns(dev, a)) {
			ve = venet_link_owner(dev, v->veid, &ip6h->saddr);
			if (ve)
				return venet_link6(ve, ip6h, way);
			if (a && __ratelimit(&venet_ratelimit))
				pr_warn("Dropped packet, source wrong veid=%u src-IP=%pI6c dst-IP=%pI6c\n",
					v->veid, &ip6h->saddr, &ip6h->daddr);
			return VENET_DROP_SOURCE;
		}
	}

	d = venet_find6(&venet_table, &ip6h->daddr);
	if (unlikely(!d && venet_is_link6(&ip6h->daddr)))
		return venet_link6(a ? a->ve : NULL, ip6h, way);

	why = venet_target(dev, a, &d, &way->to);
	if (likely(why == VENET_PASS)) {
		way->out = venet_acct_stats(a, venet_class6(&venet_table,
							    &ip6h->daddr));
		way->in = venet_acct_stats(d, venet_class6(&venet_table,
							   &ip6h->saddr));
	}
	return why;
}

static enum venet_drop venet_route(struct sk_buff *skb,
				   const struct net_device *dev,
				   struct venet_way *way)
{
	/* No link-layer header; a packet socket may have set anything. */
	skb_reset_network_header(skb);

	way->mcast = false;

	switch (skb->protocol) {
	case htons(ETH_P_IP):
		way->family = VENET_V4;
		return venet_route4(skb, dev, way);
	case htons(ETH_P_IPV6):
		way->family = VENET_V6;
		return venet_route6(skb, dev, way);
	default:
		return VENET_DROP_MALFORMED;
	}
}

/* Tell the sender, which may be beyond this host, that nobody is there. */
static void venet_send_unreach(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else if (ipv6_mod_enabled())
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH,
				0);
}

/*
 * The crossing: everything that one network namespace knows about a packet
 * and another must not see or obey ends here. What is left are the bytes,
 * their checksum and GSO state, the flow hash, and the sending socket: its
 * send buffer is charged until the receiving stack takes the packet
 * (ip_rcv_core() orphans it), which is the back-pressure for the sender.
 */
static void venet_scrub(struct sk_buff *skb, struct net_device *to)
{
	/* route, conntrack, ipsec, mark, trace, input device */
	skb_scrub_packet(skb, true);

	/* the time to send it at, which would hold up a queue of the host */
	skb_set_delivery_time(skb, 0, SKB_CLOCK_REALTIME);

	/* skb->priority and queue choose tc classes */
	skb->priority = 0;
	skb_set_queue_mapping(skb, 0);

	/* nft may set it, an LSM on the other side may obey it */
	skb_init_secmark(skb);

	/* marks of tc that would let it pass by the receiver's hooks */
	skb_reset_redirect(skb);
#ifdef CONFIG_NET_CLS_ACT
	skb->tc_skip_classify = 0;
#endif
	nf_skip_egress(skb, false);

	/* may confirm a neighbour of the sender, not one of the receiver */
	skb_set_dst_pending_confirm(skb, 0);

	skb_reset_mac_header(skb);
	skb->dev = to;
}

static void venet_count_drop(struct net_device *dev, enum venet_drop why)
{
	const struct venet *v = netdev_priv(dev);
	struct venet_pcpu_drops *drops = this_cpu_ptr(v->drops);

	dev_core_stats_tx_dropped_inc(dev);
	u64_stats_update_begin(&drops->syncp);
	u64_stats_inc(&drops->n[why]);
	u64_stats_update_end(&drops->syncp);
}

/* Gives @skb away; false if the receiver has no room for it. */
static bool venet_deliver(struct sk_buff *skb, struct net_device *dev,
			  const struct venet_way *way)
{
	unsigned int len = skb->len;

	venet_scrub(skb, way->to);
	if (unlikely(way->mcast))
		skb->pkt_type = PACKET_MULTICAST;

	if (unlikely(__netif_rx(skb) != NET_RX_SUCCESS)) {
		venet_count_drop(dev, VENET_DROP_BUSY);
		return false;
	}
	dev_sw_netstats_tx_add(dev, 1, len);
	dev_sw_netstats_rx_add(way->to, len);
	venet_acct_add(way->out, way->family, VENET_OUT, len);
	venet_acct_add(way->in, way->family, VENET_IN, len);
	return true;
}

/*
 * A solicitation, which is answered, or another multicast of the host: a copy
 * for each container that has joined the group. Containers cannot cause this;
 * what they send has one receiver.
 */
static enum venet_drop venet_flood(struct sk_buff *skb, struct net_device *dev,
				   struct venet_way *way)
{
	enum venet_drop why = VENET_DROP_MULTICAST;
	struct sk_buff *copy;
	struct venet_ve *ve;
	unsigned long veid;

	if (way->family == VENET_V6 &&
	    ipv6_addr_is_solict_mult(&ipv6_hdr(skb)->daddr)) {
		if (!venet_solicit(skb, way))
			return VENET_DROP_MULTICAST;
		dev_sw_netstats_tx_add(dev, 1, skb->len);
		venet_acct_add(way->out, way->family, VENET_OUT, skb->len);
		return VENET_PASS;
	}

	xa_for_each(&venet_table.ves, veid, ve) {
		if (!venet_mcast_to(ve, skb, way))
			continue;
		copy = skb_clone(skb, GFP_ATOMIC);
		if (!copy) {
			venet_count_drop(dev, VENET_DROP_BUSY);
			continue;
		}
		venet_deliver(copy, dev, way);
		why = VENET_PASS;
	}
	return why;
}

/*
 * A dropped packet is no error for the sender: NET_XMIT_DROP would tell a
 * container's socket that its own queue is full. It is, only if the receiver's
 * backlog is.
 */
static netdev_tx_t venet_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct venet_way way;
	enum venet_drop why;
	int ret = NETDEV_TX_OK;

	rcu_read_lock();

	why = venet_route(skb, dev, &way);
	if (unlikely(why != VENET_PASS)) {
		if (why == VENET_DROP_UNREACH)
			venet_send_unreach(skb);
		goto drop;
	}

	/* The receiver may keep it long: no pages of the sender's user space */
	if (unlikely(skb_orphan_frags(skb, GFP_ATOMIC))) {
		why = VENET_DROP_BUSY;
		goto drop;
	}

	skb_tx_timestamp(skb);
	if (unlikely(!way.to)) {
		why = venet_flood(skb, dev, &way);
		if (why != VENET_PASS)
			goto drop;
		consume_skb(skb);
	} else if (unlikely(!venet_deliver(skb, dev, &way))) {
		ret = NET_XMIT_DROP;
	}

	rcu_read_unlock();
	return ret;

drop:
	venet_count_drop(dev, why);
	kfree_skb_reason(skb, venet_drops[why].reason);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

static int venet_ndo_init(struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);

	v->drops = netdev_alloc_pcpu_stats(struct venet_pcpu_drops);
	if (!v->drops)
		return -ENOMEM;

	v->dev = dev;
	list_add_tail(&v->list, &venet_devs);
	return 0;
}

static void venet_ndo_uninit(struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);

	if (v->veid)
		venet_ve_del(&venet_table, v->veid, dev);
	list_del(&v->list);
}

static void venet_destructor(struct net_device *dev)
{
	struct venet *v = netdev_priv(dev);

	free_percpu(v->drops);
}

/*
 * A packet for an address of nobody may come in and go out by the same device.
 * A redirect would name no better way, and would use up what the sender may
 * get of ICMP, so that it misses the error that follows. The flag of the device
 * alone has no effect: redirects go out if it or that of "all" is set. The
 * latter is the administrator's on the host, and nobody's yet in a new CT.
 */
static int venet_open(struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	const struct venet *v = netdev_priv(dev);

	if (in_dev)
		IN_DEV_CONF_SET(in_dev, SEND_REDIRECTS, false);
	if (in_dev && v->veid)
		IPV4_DEVCONF_ALL(dev_net(dev), SEND_REDIRECTS) = false;
	return 0;
}

/*
 * There is no link-layer header to make for a neighbour. The stack would still
 * go through dev_hard_header() for each packet, because the device has
 * header_ops for packet sockets.
 */
static int venet_neigh_construct(struct net_device *dev, struct neighbour *n)
{
	n->output = neigh_direct_output;
	return 0;
}

static const struct net_device_ops venet_netdev_ops = {
	.ndo_neigh_construct	= venet_neigh_construct,
	.ndo_open		= venet_open,
	.ndo_init		= venet_ndo_init,
	.ndo_uninit		= venet_ndo_uninit,
	.ndo_start_xmit		= venet_xmit,
	.ndo_features_check	= passthru_features_check,
};

static void venet_get_drvinfo(struct net_device *dev,
			      struct ethtool_drvinfo *info)
{
	strscpy(info->driver, DRV_NAME, sizeof(info->driver));
}

static int venet_get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ? VENET_DROP_MAX : -EOPNOTSUPP;
}

static void venet_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	int i;

	if (sset != ETH_SS_STATS)
		return;
	for (i = 0; i < VENET_DROP_MAX; i++)
		ethtool_puts(&data, venet_drops[i].name);
}

static void venet_get_ethtool_stats(struct net_device *dev,
				    struct ethtool_stats *stats, u64 *data)
{
	const struct venet *v = netdev_priv(dev);
	int cpu, i;

	for_each_possible_cpu(cpu) {
		const struct venet_pcpu_drops *drops;
		u64 n[VENET_DROP_MAX];
		unsigned int start;

		drops = per_cpu_ptr(v->drops, cpu);
		do {
			start = u64_stats_fetch_begin(&drops->syncp);
			for (i = 0; i < VENET_DROP_MAX; i++)
				n[i] = u64_stats_read(&drops->n[i]);
		} while (u64_stats_fetch_retry(&drops->syncp, start));

		for (i = 0; i < VENET_DROP_MAX; i++)
			data[i] += n[i];
	}
}

static const struct ethtool_ops venet_ethtool_ops = {
	.get_drvinfo		= venet_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= venet_get_sset_count,
	.get_strings		= venet_get_strings,
	.get_ethtool_stats	= venet_get_ethtool_stats,
	.get_ts_info		= ethtool_op_get_ts_info,
};

static const struct device_type venet_type = { .name = DRV_NAME };

static void venet_setup(struct net_device *dev)
{
	static const netdev_features_t venet_features =
		NETIF_F_SG |
		NETIF_F_FRAGLIST |
		NETIF_F_HW_CSUM |
		NETIF_F_RXCSUM |
		NETIF_F_SCTP_CRC |
		NETIF_F_HIGHDMA |
		NETIF_F_GSO_SOFTWARE |
		NETIF_F_GSO_ENCAP_ALL;

	dev->netdev_ops = &venet_netdev_ops;
	dev->ethtool_ops = &venet_ethtool_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	SET_NETDEV_DEVTYPE(dev, &venet_type);

	dev->type = ARPHRD_VOID;
	dev->flags = IFF_NOARP | IFF_POINTOPOINT | IFF_MULTICAST;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;

	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->priv_flags |= IFF_DISABLE_NETPOLL;
	dev->lltx = true;
	dev->netns_immutable = true;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;

	/* Not in hw_features: on, and nobody can switch them off. */
	dev->features = venet_features | NETIF_F_VLAN_CHALLENGED;
	dev->hw_enc_features = venet_features;

	/* An ICMP error needs the route of the packet that caused it */
	netif_keep_dst(dev);

	dev->needs_free_netdev = true;
	dev->priv_destructor = venet_destructor;
}

static int venet_validate(struct nlattr *tb[], struct nlattr *data[],
			  struct netlink_ext_ack *extack)
{
	if (tb[IFLA_ADDRESS] || tb[IFLA_BROADCAST]) {
		NL_SET_ERR_MSG(extack, "venet has no link-layer addresses");
		return -EOPNOTSUPP;
	}
	return 0;
}

static size_t venet_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u32));	/* IFLA_VENET_VEID */
}

static int venet_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct venet *v = netdev_priv(dev);

	return nla_put_u32(skb, IFLA_VENET_VEID, v->veid);
}

/*
 * What a living device has for rtnl_link_ops: it looks like the kind "venet",
 * but without .dellink and .changelink nobody can delete or re-bind it, for
 * these have no say in who asks and a container is root in its namespace.
 * A device ends with its network namespace.
 */
static struct rtnl_link_ops venet_live_ops = {
	.kind		= DRV_NAME,
	.get_size	= venet_get_size,
	.fill_info	= venet_fill_info,
};

/*
 * rtnetlink has checked CAP_NET_ADMIN against the user namespace that owns
 * @src_net, the namespace of the asking socket. Asking from the initial one
 * thus means to be root of the host, whatever namespace the device goes to.
 */
static int venet_newlink(struct net *src_net, struct net_device *dev,
			 struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	struct venet *v = netdev_priv(dev);
	u32 veid;
	int err;

	if (!net_eq(src_net, &init_net)) {
		NL_SET_ERR_MSG(extack, "Only the host may create a venet device");
		return -EPERM;
	}
	if (!data || !data[IFLA_VENET_VEID]) {
		NL_SET_ERR_MSG(extack, "The id of the CT is missing (IFLA_VENET_VEID)");
		return -EINVAL;
	}
	if (net_eq(dev_net(dev), &init_net)) {
		NL_SET_ERR_MSG(extack, "A CT's venet device must be in the CT's network namespace");
		return -EINVAL;
	}
	if (venet_exiting) {
		NL_SET_ERR_MSG(extack, "venet is being unloaded");
		return -ENODEV;
	}

	veid = nla_get_u32(data[IFLA_VENET_VEID]);
	err = venet_ve_check(&venet_table, veid, dev_net(dev), extack);
	if (err)
		return err;

	v->veid = veid;
	dev->rtnl_link_ops = &venet_live_ops;
	err = register_netdevice(dev);
	if (err)
		return err;

	err = venet_ve_add(&venet_table, veid, dev);
	if (err)
		unregister_netdevice(dev);
	return err;
}

/* Only for the failure of what comes after venet_newlink(). */
static void venet_dellink(struct net_device *dev, struct list_head *head)
{
	unregister_netdevice_queue(dev, head);
}

const struct netlink_range_validation venet_veid_range = {
	.min = 1,
	.max = VENET_VEID_MAX,
};

static const struct nla_policy venet_policy[IFLA_VENET_MAX + 1] = {
	[IFLA_VENET_VEID] = NLA_POLICY_FULL_RANGE(NLA_U32, &venet_veid_range),
};

static struct rtnl_link_ops venet_link_ops = {
	.kind		= DRV_NAME,
	.priv_size	= sizeof(struct venet),
	.setup		= venet_setup,
	.validate	= venet_validate,
	.newlink	= venet_newlink,
	.dellink	= venet_dellink,
	.policy		= venet_policy,
	.maxtype	= IFLA_VENET_MAX,
};

/* The host's device: made with the driver, always there, id 0. */
static int venet_host_create(void)
{
	struct net_device *dev;
	int err;

	dev = alloc_netdev(sizeof(struct venet), "venet0", NET_NAME_PREDICTABLE,
			   venet_setup);
	if (!dev)
		return -ENOMEM;
	dev->rtnl_link_ops = &venet_live_ops;

	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		return err;
	}

	rcu_assign_pointer(venet_host, dev);
	return 0;
}

/**
 * venet_dev_init() - make the host's device and the rtnetlink kind
 *
 * Context: may sleep; venet_table is ready.
 * Return: 0 or a negative errno.
 */
int venet_dev_init(void)
{
	int err;

	err = venet_host_create();
	if (err)
		return err;

	err = rtnl_link_register(&venet_link_ops);
	if (err)
		venet_dev_exit();
	return err;
}

/**
 * venet_dev_exit() - remove all devices and the rtnetlink kind
 *
 * rtnl_link_unregister() comes last, because it also waits for devices that
 * the end of a network namespace is removing at this moment.
 *
 * Context: may sleep.
 */
void venet_dev_exit(void)
{
	struct venet *v;
	LIST_HEAD(kill);

	rtnl_lock();
	venet_exiting = true;
	RCU_INIT_POINTER(venet_host, NULL);
	list_for_each_entry(v, &venet_devs, list)
		unregister_netdevice_queue(v->dev, &kill);
	unregister_netdevice_many(&kill);
	rtnl_unlock();

	rtnl_link_unregister(&venet_link_ops);
}
