// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes of networks: a table that says of each address in the world, IPv4 and
 * IPv6, of which of 16 classes it is.
 *
 * The table is given as networks; the longest one that contains an address
 * decides. Nested networks are made flat when the table is built: what is left
 * are ranges of addresses in ascending order, at most 2n + 1 of them for n
 * networks, and neighbours of one class are one range. A look-up is a binary
 * search, whatever the lengths of the networks: 4 steps for 4 networks, 16 for
 * the 16384 that there may be. It walks one array and follows no pointers.
 *
 * Without a table there is no pointer to one; a static key would save three
 * instructions, and patch the code of every packet's way each time that a table
 * comes or goes.
 *
 * A table in use never changes. A new one takes its place at once, so that each
 * look-up is one of the old table or of the new one.
 */

#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/overflow.h>
#include <linux/sort.h>
#include "acct.h"

static unsigned int venet_net_family(const struct venet_net *net)
{
	return net->ip.family == AF_INET ? VENET_V4 : VENET_V6;
}

static struct venet_key venet_net_first(const struct venet_net *net)
{
	return net->ip.family == AF_INET ? venet_key4(net->ip.ip4) :
					   venet_key6(&net->ip.ip6);
}

/* The last address, with all bits set beyond the prefix. */
static struct venet_key venet_net_last(const struct venet_net *net)
{
	struct venet_key key = venet_net_first(net);

	if (net->ip.plen < 64) {
		key.hi |= ~0ULL >> net->ip.plen;
		key.lo = ~0ULL;
	} else if (net->ip.plen < 128) {
		key.lo |= ~0ULL >> (net->ip.plen - 64);
	}
	return key;
}

static int venet_key_cmp(const struct venet_key *a, const struct venet_key *b)
{
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return 0;
}

/* By family, by address, and of those that begin alike the wider one first. */
static int venet_net_cmp(const void *x, const void *y)
{
	const struct venet_net *a = x, *b = y;
	struct venet_key ka, kb;

	if (a->ip.family != b->ip.family)
		return a->ip.family == AF_INET ? -1 : 1;
	ka = venet_net_first(a);
	kb = venet_net_first(b);
	return venet_key_cmp(&ka, &kb) ?: a->ip.plen - b->ip.plen;
}

/**
 * venet_classes_alloc() - make a table that is to be filled
 * @max_nets: how many networks it will have at most
 *
 * Context: may sleep.
 * Return: the table, for venet_classes_free() or venet_classes_set(), or NULL.
 */
struct venet_classes *venet_classes_alloc(u32 max_nets)
{
	struct venet_classes *c;

	c = kvzalloc(struct_size(c, nets, max_nets), GFP_KERNEL);
	if (c)
		c->max_nets = max_nets;
	return c;
}

/**
 * venet_classes_free() - free a table
 * @c: the table, which nobody uses, or NULL
 *
 * Context: may sleep.
 */
void venet_classes_free(struct venet_classes *c)
{
	if (!c)
		return;
	kvfree(c->ranges);
	kvfree(c);
}

/**
 * venet_classes_add() - add a network to a table that is not built yet
 * @c: the table
 * @ip: the network; no bits are set beyond its length
 * @class: its class
 *
 * Context: any.
 * Return: 0, or -E2BIG if the table is full.
 */
int venet_classes_add(struct venet_classes *c, const struct venet_ip *ip,
		      u8 class)
{
	if (c->nr_nets == c->max_nets)
		return -E2BIG;
	c->nets[c->nr_nets++] = (struct venet_net){ .ip = *ip, .class = class };
	c->mask |= BIT(class);
	return 0;
}

/* From @start on it is @class, until the next call says otherwise. */
static void venet_ranges_put(struct venet_ranges *v,
			     const struct venet_key *start, u8 class)
{
	/* a narrower network that begins where the wider one does */
	if (v->nr && !venet_key_cmp(&v->range[v->nr - 1].start, start))
		v->nr--;
	if (v->nr && v->range[v->nr - 1].class == class)
		return;
	v->range[v->nr++] = (struct venet_range){ .start = *start,
						  .class = class };
}

/* The innermost of @depth networks ends, and the one that it is in goes on. */
static void venet_ranges_end(struct venet_ranges *v,
			     const struct venet_net *nets, const u16 *open,
			     unsigned int depth)
{
	struct venet_key key = venet_net_last(&nets[open[depth - 1]]);
	u8 class = VENET_CLASS_ANY;

	if (depth > 1)
		class = nets[open[depth - 2]].class;
	if (!++key.lo)
		++key.hi;
	if (key.hi || key.lo)		/* not the end of all addresses */
		venet_ranges_put(v, &key, class);
}

/*
 * Walks the networks of one family in the order of venet_net_cmp(). @open are
 * those that contain the present one, from the widest on: each has a length of
 * its own, so there are no more than lengths.
 */
static void venet_ranges_build(struct venet_ranges *v,
			       const struct venet_net *nets, u32 nr)
{
	static const struct venet_key zero;
	u16 open[VENET_BITS6 + 1];
	struct venet_key first, last;
	unsigned int depth = 0;
	u32 i;

	BUILD_BUG_ON(VENET_NETS_MAX > U16_MAX);

	venet_ranges_put(v, &zero, VENET_CLASS_ANY);
	for (i = 0; i < nr; i++) {
		first = venet_net_first(&nets[i]);
		for (; depth; depth--) {
			last = venet_net_last(&nets[open[depth - 1]]);
			if (venet_key_cmp(&last, &first) >= 0)
				break;
			venet_ranges_end(v, nets, open, depth);
		}
		venet_ranges_put(v, &first, nets[i].class);
		open[depth++] = i;
	}
	for (; depth; depth--)
		venet_ranges_end(v, nets, open, depth);
}

static int venet_nets_check(const struct venet_classes *c,
			    struct netlink_ext_ack *extack)
{
	char buf[VENET_IP_STRLEN];
	u32 i;

	for (i = 1; i < c->nr_nets; i++) {
		if (venet_net_cmp(&c->nets[i - 1], &c->nets[i]))
			continue;
		venet_ip_print(buf, sizeof(buf), &c->nets[i].ip);
		NL_SET_ERR_MSG_FMT(extack, "Network %s is given twice", buf);
		return -EEXIST;
	}
	return 0;
}

/**
 * venet_classes_build() - make a table ready for look-ups
 * @c: the table, to which nothing is added any more
 * @extack: gets the reason of a refusal
 *
 * Sorts the networks: IPv4 first, by address, the wider ones first.
 *
 * Context: may sleep.
 * Return: 0; -EEXIST: a network is there twice; -ENOMEM.
 */
int venet_classes_build(struct venet_classes *c, struct netlink_ext_ack *extack)
{
	u32 nr4 = 0;
	int err;

	sort(c->nets, c->nr_nets, sizeof(c->nets[0]), venet_net_cmp, NULL);
	err = venet_nets_check(c, extack);
	if (err)
		return err;

	while (nr4 < c->nr_nets && venet_net_family(&c->nets[nr4]) == VENET_V4)
		nr4++;
	/* each begins one and ends one, and each family begins with one */
	c->ranges = kvcalloc(2 * c->nr_nets + VENET_FAMILIES,
			     sizeof(*c->ranges), GFP_KERNEL);
	if (!c->ranges)
		return -ENOMEM;
	c->v[VENET_V4].range = c->ranges;
	c->v[VENET_V6].range = c->ranges + 2 * nr4 + 1;
	venet_ranges_build(&c->v[VENET_V4], c->nets, nr4);
	venet_ranges_build(&c->v[VENET_V6], c->nets + nr4, c->nr_nets - nr4);
	return 0;
}

/**
 * venet_classes_mask() - the classes for which there must be counters
 * @t: the table of containers
 *
 * Context: @t->lock held.
 * Return: a bit for each class.
 */
u16 venet_classes_mask(struct venet_table *t)
{
	const struct venet_classes *c;

	c = rcu_dereference_protected(t->classes, lockdep_is_held(&t->lock));
	return c ? c->mask : 0;
}

/**
 * venet_classes_set() - replace the class table
 * @t: the table of containers
 * @c: the classes, built, which this takes over; NULL: none any more
 *
 * First every container gets counters for the classes that it does not have,
 * then packets may find these classes.
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM: the old table stays and the new one is freed.
 */
int venet_classes_set(struct venet_table *t, struct venet_classes *c)
{
	struct venet_classes *old;
	struct venet_ve *ve;
	unsigned long veid;
	int err = 0;

	mutex_lock(&t->lock);
	xa_for_each(&t->ves, veid, ve) {
		err = venet_acct_grow(venet_ve_acct(t, ve), c ? c->mask : 0);
		if (err) {
			old = c;
			goto out_unlock;
		}
	}
	old = rcu_replace_pointer(t->classes, c, lockdep_is_held(&t->lock));
	if (!++t->class_gen)
		t->class_gen = 1;

out_unlock:
	mutex_unlock(&t->lock);
	if (!err && old)
		synchronize_rcu();
	venet_classes_free(old);
	return err;
}

/**
 * venet_class_find() - find the class of an address
 * @c: the class table
 * @family: VENET_V4 or VENET_V6
 * @key: the address
 *
 * Context: rcu_read_lock() held.
 * Return: the class.
 */
unsigned int venet_class_find(const struct venet_classes *c,
			      unsigned int family, struct venet_key key)
{
	const struct venet_range *r = c->v[family].range;
	u32 n, half;

	/* the last of @n ranges that does not start behind the address */
	for (n = c->v[family].nr; n > 1; n -= half) {
		half = n / 2;
		if (venet_key_cmp(&r[half].start, &key) <= 0)
			r += half;
	}
	return r->class;
}
