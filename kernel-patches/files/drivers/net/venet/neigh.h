/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * venet: the host answers its neighbours for what containers own.
 */
#ifndef _VENET_NEIGH_H
#define _VENET_NEIGH_H

#include <linux/slab.h>
#include "venet.h"

/**
 * struct venet_neigh - the devices of the host that answer for an address
 * @rcu: for kfree_rcu()
 * @nr: number of devices
 * @ifindex: the devices
 */
struct venet_neigh {
	struct rcu_head rcu;
	u32 nr;
	u32 ifindex[] __counted_by(nr);
};

struct venet_neigh *venet_neigh_get(const struct nlattr *attr, u16 family,
				    struct netlink_ext_ack *extack);
int venet_neigh_put(struct sk_buff *skb, const struct venet_addr *a);
void venet_neigh_drop(struct venet_neigh *neigh);
int venet_neigh_listen(void);
int venet_neigh_init(void);
void venet_neigh_exit(void);

#endif /* _VENET_NEIGH_H */
