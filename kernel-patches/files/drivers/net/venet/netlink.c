// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink family "venet": which addresses and prefixes a container
 * owns. For root of the host only; include/uapi/linux/venet.h is the contract.
 * The commands of the accounting are in netlink_acct.c.
 */

#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <net/addrconf.h>
#include <net/genetlink.h>
#include <net/route.h>
#include "acct.h"
#include "neigh.h"

/* VENET_A_NEIGH is for those who give an address; the others end before it. */
static const struct nla_policy venet_addr_policy[VENET_A_NEIGH + 1] = {
	[VENET_A_VEID]	= NLA_POLICY_FULL_RANGE(NLA_U32, &venet_veid_range),
	[VENET_A_ADDR4]	= NLA_POLICY_EXACT_LEN(sizeof(struct in_addr)),
	[VENET_A_ADDR6]	= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[VENET_A_IFINDEX] = { .type = NLA_REJECT,
			      .reject_message = "The ifindex is read-only" },
	[VENET_A_PLEN]	= NLA_POLICY_RANGE(NLA_U8, 1, VENET_BITS6),
	[VENET_A_NEIGH]	= { .type = NLA_BINARY,
			    .len = VENET_NEIGH_MAX * sizeof(u32) },
};

/* A class has 0.0.0.0/0, what a container owns is smaller. */
static const struct nla_policy venet_net_policy[VENET_A_CLASS + 1] = {
	[VENET_A_ADDR4]	= NLA_POLICY_EXACT_LEN(sizeof(struct in_addr)),
	[VENET_A_ADDR6]	= NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[VENET_A_PLEN]	= NLA_POLICY_MAX(NLA_U8, VENET_BITS6),
	[VENET_A_CLASS]	= NLA_POLICY_MAX(NLA_U8, VENET_CLASS_MAX),
};

static const struct nla_policy venet_class_policy[VENET_A_NET + 1] = {
	[VENET_A_NET]	= NLA_POLICY_NESTED(venet_net_policy),
};

static const struct nla_policy venet_stat_policy[VENET_A_VEID + 1] = {
	[VENET_A_VEID]	= NLA_POLICY_FULL_RANGE(NLA_U32, &venet_veid_range),
};

static const struct netlink_range_validation venet_ct_range = {
	.min = VENET_VEID_HOST,
	.max = VENET_VEID_MAX,
};

static const struct nla_policy venet_ct_policy[VENET_A_VIA_HOST + 1] = {
	[VENET_A_VEID]	= NLA_POLICY_FULL_RANGE(NLA_U32, &venet_ct_range),
	[VENET_A_VIA_HOST] = NLA_POLICY_MAX(NLA_U8, 1),
};

/**
 * venet_nl_get_ip() - read an address or a prefix
 * @tb: attributes
 * @ip: gets the address
 * @extack: gets the reason of a refusal
 *
 * Context: any.
 * Return: 1 with an address or a prefix in @ip, 0 if there is none, -EINVAL.
 */
int venet_nl_get_ip(struct nlattr **tb, struct venet_ip *ip,
		    struct netlink_ext_ack *extack)
{
	struct nlattr *ip4 = tb[VENET_A_ADDR4];
	struct nlattr *ip6 = tb[VENET_A_ADDR6];
	struct nlattr *plen = tb[VENET_A_PLEN];

	memset(ip, 0, sizeof(*ip));
	if (ip4 && ip6) {
		NL_SET_ERR_MSG(extack, "Either an IPv4 or an IPv6 address, not both");
		return -EINVAL;
	}
	if (ip4) {
		ip->family = AF_INET;
		ip->ip4 = nla_get_in_addr(ip4);
	} else if (ip6) {
		ip->family = AF_INET6;
		ip->ip6 = nla_get_in6_addr(ip6);
	} else if (plen) {
		NL_SET_ERR_MSG_ATTR(extack, plen, "A prefix length without an address");
		return -EINVAL;
	} else {
		return 0;
	}

	ip->plen = plen ? nla_get_u8(plen) : venet_ip_bits(ip->family);
	if (ip->plen > venet_ip_bits(ip->family)) {
		NL_SET_ERR_MSG_ATTR(extack, plen, "An IPv4 prefix has 32 bits at most");
		return -EINVAL;
	}
	if (venet_ip_host_bits(ip)) {
		NL_SET_ERR_MSG_ATTR(extack, plen,
				    "The address has bits beyond the prefix length");
		return -EINVAL;
	}
	return 1;
}

#if IS_ENABLED(CONFIG_IPV6)
static bool venet_dev_has6(const struct net_device *dev,
			   const struct venet_ip *ip)
{
	struct inet6_dev *idev = __in6_dev_get(dev);
	struct inet6_ifaddr *ifa;
	bool found = false;

	if (!idev)
		return false;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifa, &idev->addr_list, if_list)
		found |= ipv6_prefix_equal(&ifa->addr, &ip->ip6, ip->plen);
	read_unlock_bh(&idev->lock);
	return found;
}
#else
static bool venet_dev_has6(const struct net_device *dev,
			   const struct venet_ip *ip)
{
	return false;
}
#endif

/* Has a device of the host an address within @ip? Under rcu_read_lock(). */
static bool venet_dev_has(const struct net_device *dev,
			  const struct venet_ip *ip)
{
	const struct in_device *in_dev;
	const struct in_ifaddr *ifa;

	if (ip->family == AF_INET6)
		return venet_dev_has6(dev, ip);

	in_dev = __in_dev_get_rcu(dev);
	if (in_dev)
		in_dev_for_each_ifa_rcu(ifa, in_dev)
			if (!((ifa->ifa_local ^ ip->ip4) &
			      inet_make_mask(ip->plen)))
				return true;
	return false;
}

/* A CT with an address of the host would get what other CTs send to the host */
static bool venet_ip_is_hosts(const struct venet_ip *ip)
{
	const struct net_device *dev;
	bool found = false;

	if (ip->plen < venet_ip_bits(ip->family)) {
		rcu_read_lock();
		for_each_netdev_rcu(&init_net, dev) {
			found = venet_dev_has(dev, ip);
			if (found)
				break;
		}
		rcu_read_unlock();
		return found;
	}
	if (ip->family == AF_INET)
		return inet_addr_type(&init_net, ip->ip4) == RTN_LOCAL;
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_chk_addr(&init_net, &ip->ip6, NULL, 0);
#else
	return false;
#endif
}

static int venet_genl_addr_add(struct sk_buff *skb, struct genl_info *info)
{
	struct venet_neigh *neigh = NULL;
	struct venet_ip ip;
	int err;

	err = venet_nl_get_ip(info->attrs, &ip, info->extack);
	if (err < 0)
		return err;
	if (!err || GENL_REQ_ATTR_CHECK(info, VENET_A_VEID)) {
		NL_SET_ERR_MSG(info->extack, "Both the id of the CT and an address are needed");
		return -EINVAL;
	}
	/* with ipv6.disable=1 its tables are not even there */
	if (ip.family == AF_INET6 && !ipv6_mod_enabled()) {
		NL_SET_ERR_MSG(info->extack, "IPv6 is switched off on this host");
		return -EAFNOSUPPORT;
	}
	/* loopback and link-local addresses are also the host's */
	err = venet_ip_check(&ip, info->extack);
	if (err)
		return err;
	if (venet_ip_is_hosts(&ip)) {
		NL_SET_ERR_MSG_FMT(info->extack, "The host itself has %s",
				   ip.plen == venet_ip_bits(ip.family) ?
				   "this address" : "an address of this prefix");
		return -EADDRINUSE;
	}

	if (info->attrs[VENET_A_NEIGH]) {
		neigh = venet_neigh_get(info->attrs[VENET_A_NEIGH], ip.family,
					info->extack);
		if (IS_ERR(neigh))
			return PTR_ERR(neigh);
	}
	err = venet_addr_give(&venet_table,
			      nla_get_u32(info->attrs[VENET_A_VEID]), &ip,
			      info->genlhdr->cmd == VENET_CMD_ADDR_MOVE, neigh,
			      info->extack);
	if (err)
		kfree(neigh);
	else if (neigh)
		err = venet_neigh_listen();
	return err;
}

static int venet_genl_addr_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *veid = info->attrs[VENET_A_VEID];
	struct venet_ip ip;
	int err;

	err = venet_nl_get_ip(info->attrs, &ip, info->extack);
	if (err < 0)
		return err;
	if (!err && !veid) {
		NL_SET_ERR_MSG(info->extack, "The id of a CT or an address is needed");
		return -EINVAL;
	}

	return venet_addr_del(&venet_table, veid ? nla_get_u32(veid) : 0,
			      err ? &ip : NULL, info->extack);
}

/**
 * venet_nl_put_ip() - write an address or a prefix
 * @skb: where to
 * @ip: the address
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE.
 */
int venet_nl_put_ip(struct sk_buff *skb, const struct venet_ip *ip)
{
	int err;

	if (ip->family == AF_INET)
		err = nla_put_in_addr(skb, VENET_A_ADDR4, ip->ip4);
	else
		err = nla_put_in6_addr(skb, VENET_A_ADDR6, &ip->ip6);
	if (err || ip->plen == venet_ip_bits(ip->family))
		return err;
	return nla_put_u8(skb, VENET_A_PLEN, ip->plen);
}

/* Under rcu_read_lock(). */
static int venet_genl_fill(struct sk_buff *skb, void *hdr,
			   const struct venet_addr *a)
{
	const struct net_device *dev = rcu_dereference(a->ve->dev);

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VENET_A_VEID, a->ve->veid))
		goto err_cancel;
	if (venet_nl_put_ip(skb, &a->ip))
		goto err_cancel;
	if (venet_neigh_put(skb, a))
		goto err_cancel;
	if (dev && nla_put_u32(skb, VENET_A_IFINDEX, dev->ifindex))
		goto err_cancel;

	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static int venet_genl_addr_get(struct sk_buff *skb, struct genl_info *info)
{
	struct venet_addr *a;
	struct sk_buff *msg;
	struct venet_ip ip;
	int err;

	err = venet_nl_get_ip(info->attrs, &ip, info->extack);
	if (err < 0)
		return err;
	if (!err) {
		NL_SET_ERR_MSG(info->extack, "An address is needed");
		return -EINVAL;
	}

	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;

	rcu_read_lock();
	a = venet_find(&venet_table, &ip);
	if (a)
		err = venet_genl_fill(msg, genlmsg_put_reply(msg, info,
							     &venet_genl_family,
							     0,
							     VENET_CMD_ADDR_GET),
				      a);
	else
		err = -ENOENT;
	rcu_read_unlock();

	if (err) {
		if (err == -ENOENT)
			NL_SET_ERR_MSG_FMT(info->extack, "No CT owns this %s",
					   ip.plen == venet_ip_bits(ip.family) ?
					   "address" : "whole prefix");
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

/* Where a dump goes on: the first address of @veid younger than @seq. */
struct venet_dump {
	unsigned long veid;
	unsigned long only;
	u64 seq;
};

static int venet_genl_dump_start(struct netlink_callback *cb)
{
	const struct genl_info *info = genl_info_dump(cb);
	struct venet_dump *d = (struct venet_dump *)cb->ctx;

	NL_ASSERT_DUMP_CTX_FITS(struct venet_dump);

	d->seq = 0;
	d->only = 0;
	if (info->attrs[VENET_A_VEID])
		d->only = nla_get_u32(info->attrs[VENET_A_VEID]);
	if (info->attrs[VENET_A_ADDR4] || info->attrs[VENET_A_ADDR6] ||
	    info->attrs[VENET_A_PLEN]) {
		NL_SET_ERR_MSG(info->extack, "A dump goes by CT, not by address");
		return -EINVAL;
	}
	d->veid = d->only;
	return 0;
}

/*
 * An address that is there from the first message to the last is reported
 * once. User space learns of changes in between by NLM_F_DUMP_INTR.
 */
static int venet_genl_addr_dump(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct venet_dump *d = (struct venet_dump *)cb->ctx;
	struct venet_table *t = &venet_table;
	struct venet_addr *a;
	struct venet_ve *ve;
	unsigned long veid;
	int err = 0;

	mutex_lock(&t->lock);
	cb->seq = t->gen;

	rcu_read_lock();
	xa_for_each_range(&t->ves, veid, ve, d->veid, d->only ?: ULONG_MAX) {
		if (veid != d->veid)
			d->seq = 0;
		d->veid = veid;
		list_for_each_entry(a, &ve->addrs, list) {
			void *hdr;

			if (a->seq <= d->seq)
				continue;
			hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
					  cb->nlh->nlmsg_seq,
					  &venet_genl_family, NLM_F_MULTI,
					  VENET_CMD_ADDR_GET);
			err = venet_genl_fill(skb, hdr, a);
			if (err)
				goto out_unlock;
			genl_dump_check_consistent(cb, hdr);
			d->seq = a->seq;
		}
	}

out_unlock:
	rcu_read_unlock();
	mutex_unlock(&t->lock);

	return skb->len ?: err;
}

static int venet_genl_ct_set(struct sk_buff *skb, struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, VENET_A_VEID) ||
	    GENL_REQ_ATTR_CHECK(info, VENET_A_VIA_HOST)) {
		NL_SET_ERR_MSG(info->extack, "Both the id of the CT and VIA_HOST are needed");
		return -EINVAL;
	}
	return venet_ve_set_via_host(&venet_table,
				     nla_get_u32(info->attrs[VENET_A_VEID]),
				     nla_get_u8(info->attrs[VENET_A_VIA_HOST]),
				     info->extack);
}

static int venet_genl_ct_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	int via_host;
	void *hdr;
	u32 veid;

	if (GENL_REQ_ATTR_CHECK(info, VENET_A_VEID)) {
		NL_SET_ERR_MSG(info->extack, "The id of a CT is needed");
		return -EINVAL;
	}
	veid = nla_get_u32(info->attrs[VENET_A_VEID]);
	via_host = venet_ve_get_via_host(&venet_table, veid, info->extack);
	if (via_host < 0)
		return via_host;

	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &venet_genl_family, 0,
				VENET_CMD_CT_GET);
	if (!hdr || nla_put_u32(msg, VENET_A_VEID, veid) ||
	    nla_put_u8(msg, VENET_A_VIA_HOST, via_host)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static const struct genl_split_ops venet_genl_ops[] = {
	{
		.cmd	= VENET_CMD_ADDR_ADD,
		.doit	= venet_genl_addr_add,
		.policy	= venet_addr_policy,
		.maxattr = VENET_A_NEIGH,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	}, {
		.cmd	= VENET_CMD_ADDR_DEL,
		.doit	= venet_genl_addr_del,
		.policy	= venet_addr_policy,
		.maxattr = VENET_A_PLEN,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	}, {
		.cmd	= VENET_CMD_ADDR_GET,
		.doit	= venet_genl_addr_get,
		.policy	= venet_addr_policy,
		.maxattr = VENET_A_PLEN,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	}, {
		.cmd	= VENET_CMD_ADDR_GET,
		.start	= venet_genl_dump_start,
		.dumpit	= venet_genl_addr_dump,
		.policy	= venet_addr_policy,
		.maxattr = VENET_A_PLEN,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	}, {
		.cmd	= VENET_CMD_CLASS_SET,
		.doit	= venet_genl_class_set,
		.policy	= venet_class_policy,
		.maxattr = ARRAY_SIZE(venet_class_policy) - 1,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	}, {
		.cmd	= VENET_CMD_CLASS_GET,
		.dumpit	= venet_genl_class_dump,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	}, {
		.cmd	= VENET_CMD_STAT_GET,
		.start	= venet_genl_stat_dump_start,
		.dumpit	= venet_genl_stat_dump,
		.policy	= venet_stat_policy,
		.maxattr = ARRAY_SIZE(venet_stat_policy) - 1,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	}, {
		.cmd	= VENET_CMD_STAT_RESET,
		.doit	= venet_genl_stat_reset,
		.policy	= venet_stat_policy,
		.maxattr = ARRAY_SIZE(venet_stat_policy) - 1,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	}, {
		.cmd	= VENET_CMD_CT_SET,
		.doit	= venet_genl_ct_set,
		.policy	= venet_ct_policy,
		.maxattr = ARRAY_SIZE(venet_ct_policy) - 1,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	}, {
		.cmd	= VENET_CMD_CT_GET,
		.doit	= venet_genl_ct_get,
		.policy	= venet_ct_policy,
		.maxattr = ARRAY_SIZE(venet_ct_policy) - 1,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	}, {
		.cmd	= VENET_CMD_ADDR_MOVE,
		.doit	= venet_genl_addr_add,
		.policy	= venet_addr_policy,
		.maxattr = VENET_A_NEIGH,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

struct genl_family venet_genl_family __ro_after_init = {
	.name		= VENET_GENL_NAME,
	.version	= VENET_GENL_VERSION,
	.maxattr	= VENET_A_MAX,
	.split_ops	= venet_genl_ops,
	.n_split_ops	= ARRAY_SIZE(venet_genl_ops),
	.parallel_ops	= true,
	.module		= THIS_MODULE,
};
