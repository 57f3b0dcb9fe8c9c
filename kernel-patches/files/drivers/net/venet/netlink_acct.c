// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink family "venet": the class table and the counters. For root of
 * the host only; include/uapi/linux/venet.h is the contract.
 */

#include <net/genetlink.h>
#include "acct.h"

static int venet_nl_get_net(const struct nlattr *attr, struct venet_classes *c,
			    struct netlink_ext_ack *extack)
{
	struct nlattr *tb[VENET_A_CLASS + 1];
	struct venet_ip ip;
	int err;

	/* the policy of the command has seen to the values */
	err = nla_parse_nested(tb, VENET_A_CLASS, attr, NULL, extack);
	if (err)
		return err;
	err = venet_nl_get_ip(tb, &ip, extack);
	if (err < 0)
		return err;
	if (!err || !tb[VENET_A_CLASS]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "A network needs an address and a class");
		return -EINVAL;
	}
	return venet_classes_add(c, &ip, nla_get_u8(tb[VENET_A_CLASS]));
}

static int venet_nl_get_nets(struct genl_info *info, struct venet_classes *c)
{
	const struct nlattr *attr;
	int err, rem;

	nlmsg_for_each_attr_type(attr, VENET_A_NET, info->nlhdr, GENL_HDRLEN,
				 rem) {
		err = venet_nl_get_net(attr, c, info->extack);
		if (err)
			return err;
	}
	return venet_classes_build(c, info->extack);
}

int venet_genl_class_set(struct sk_buff *skb, struct genl_info *info)
{
	struct venet_classes *c;
	const struct nlattr *attr;
	unsigned int n = 0;
	int err, rem;

	nlmsg_for_each_attr_type(attr, VENET_A_NET, info->nlhdr, GENL_HDRLEN,
				 rem)
		n++;
	if (!n)
		return venet_classes_set(&venet_table, NULL);
	if (n > VENET_NETS_MAX) {
		NL_SET_ERR_MSG_FMT(info->extack, "The table has room for %u networks",
				   VENET_NETS_MAX);
		return -E2BIG;
	}

	c = venet_classes_alloc(n);
	if (!c)
		return -ENOMEM;
	err = venet_nl_get_nets(info, c);
	if (err) {
		venet_classes_free(c);
		return err;
	}
	return venet_classes_set(&venet_table, c);
}

static int venet_nl_put_net(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct venet_net *net)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &venet_genl_family, NLM_F_MULTI, VENET_CMD_CLASS_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u8(skb, VENET_A_CLASS, net->class) ||
	    venet_nl_put_ip(skb, &net->ip)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genl_dump_check_consistent(cb, hdr);
	genlmsg_end(skb, hdr);
	return 0;
}

/* A table that is replaced meanwhile shows in NLM_F_DUMP_INTR. */
int venet_genl_class_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct venet_table *t = &venet_table;
	const struct venet_classes *c;
	int err = 0;

	mutex_lock(&t->lock);
	cb->seq = t->class_gen;
	c = rcu_dereference_protected(t->classes, lockdep_is_held(&t->lock));
	for (; c && cb->args[0] < c->nr_nets; cb->args[0]++) {
		err = venet_nl_put_net(skb, cb, &c->nets[cb->args[0]]);
		if (err)
			break;
	}
	mutex_unlock(&t->lock);

	return skb->len ?: err;
}

static int venet_nl_put_traffic(struct sk_buff *skb, unsigned int class,
				unsigned int family,
				const struct venet_traffic *sum)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, VENET_A_STAT);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u8(skb, VENET_STAT_CLASS, class) ||
	    nla_put_u8(skb, VENET_STAT_FAMILY,
		       family == VENET_V4 ? AF_INET : AF_INET6) ||
	    nla_put_uint(skb, VENET_STAT_IN_BYTES,
			 sum->n[family][VENET_IN].bytes) ||
	    nla_put_uint(skb, VENET_STAT_IN_PACKETS,
			 sum->n[family][VENET_IN].packets) ||
	    nla_put_uint(skb, VENET_STAT_OUT_BYTES,
			 sum->n[family][VENET_OUT].bytes) ||
	    nla_put_uint(skb, VENET_STAT_OUT_PACKETS,
			 sum->n[family][VENET_OUT].packets))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int venet_nl_put_stats(struct sk_buff *skb, void *hdr, u32 veid,
			      const struct venet_acct *acct)
{
	struct venet_traffic sum;
	int class;

	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VENET_A_VEID, veid))
		goto err_cancel;
	for (class = 0; class <= VENET_CLASS_MAX; class++) {
		if (!venet_acct_read(acct, class, &sum))
			continue;
		if (venet_nl_put_traffic(skb, class, VENET_V4, &sum) ||
		    venet_nl_put_traffic(skb, class, VENET_V6, &sum))
			goto err_cancel;
	}
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/* Where a dump goes on: at @veid, up to @last. */
struct venet_stat_dump {
	unsigned long veid;
	unsigned long last;
};

int venet_genl_stat_dump_start(struct netlink_callback *cb)
{
	const struct genl_info *info = genl_info_dump(cb);
	struct venet_stat_dump *d = (struct venet_stat_dump *)cb->ctx;

	NL_ASSERT_DUMP_CTX_FITS(struct venet_stat_dump);

	d->veid = 0;
	d->last = ULONG_MAX;
	if (info->attrs[VENET_A_VEID]) {
		d->veid = nla_get_u32(info->attrs[VENET_A_VEID]);
		d->last = d->veid;
	}
	return 0;
}

/*
 * A container that is there from the first message to the last is reported
 * once, all of it at one time.
 */
int venet_genl_stat_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct venet_stat_dump *d = (struct venet_stat_dump *)cb->ctx;
	struct venet_ve *ve;
	unsigned long veid;
	int err = 0;
	void *hdr;

	if (d->veid > d->last)
		return 0;

	rcu_read_lock();
	xa_for_each_range(&venet_table.ves, veid, ve, d->veid, d->last) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &venet_genl_family,
				  NLM_F_MULTI, VENET_CMD_STAT_GET);
		err = venet_nl_put_stats(skb, hdr, veid,
					 rcu_dereference(ve->acct));
		if (err)
			break;
		d->veid = veid + 1;
	}
	rcu_read_unlock();

	return skb->len ?: err;
}

int venet_genl_stat_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *veid = info->attrs[VENET_A_VEID];

	return venet_acct_reset(&venet_table, veid ? nla_get_u32(veid) : 0,
				info->extack);
}
