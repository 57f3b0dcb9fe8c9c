/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * venet: the way of a packet, and what stays on the link between a container
 * and the host.
 */
#ifndef _VENET_LINK_H
#define _VENET_LINK_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>
#include "acct.h"

/* Why venet_xmit() dropped a packet; in step with venet_drops[] of dev.c. */
enum venet_drop {
	VENET_DROP_MALFORMED,
	VENET_DROP_MULTICAST,
	VENET_DROP_SOURCE,
	VENET_DROP_UNREACH,
	VENET_DROP_BUSY,
	VENET_DROP_MAX,
	VENET_PASS = VENET_DROP_MAX,
};

/**
 * struct venet_way - where a packet goes, and where it is counted
 * @to: the device; NULL: to every container that has joined its group, or
 *	nowhere, because it is answered
 * @solicit: where @to is NULL: the device that a solicitation is for; NULL:
 *	the one that has its target
 * @out: counters of the sender, NULL if it is the host, or does not count this
 * @in: those of the receiver, the same
 * @family: VENET_V4 or VENET_V6
 * @mcast: its destination is a multicast address
 */
struct venet_way {
	struct net_device *to;
	struct net_device *solicit;
	struct venet_stats __percpu *out;
	struct venet_stats __percpu *in;
	unsigned int family;
	bool mcast;
};

/* The host's link-local address is fe80::1. */
#define VENET_LINK_HOST	1

/**
 * venet_is_link6() - is this a link-local address, or a multicast?
 * @ip: the address
 *
 * Return: true if it is one that no container can own.
 */
static inline bool venet_is_link6(const struct in6_addr *ip)
{
	return ip->s6_addr[0] == 0xff ||
	       (ip->s6_addr16[0] & htons(0xffc0)) == htons(0xfe80);
}

/**
 * venet_link_veid() - whose link-local address is it?
 * @ip: an address
 *
 * Return: the id of a container, which need not exist, or 0 if it is nobody's.
 */
static inline u32 venet_link_veid(const struct in6_addr *ip)
{
	u32 veid = ntohl(ip->s6_addr32[3]);

	if (ip->s6_addr32[0] != htonl(0xfe800000) || ip->s6_addr32[1] ||
	    ip->s6_addr32[2] != htonl(1) || veid > VENET_VEID_MAX)
		return 0;
	return veid;
}

/**
 * venet_link_is_host() - is it the host's link-local address?
 * @ip: an address
 *
 * Return: true if it is.
 */
static inline bool venet_link_is_host(const struct in6_addr *ip)
{
	return ip->s6_addr32[0] == htonl(0xfe800000) && !ip->s6_addr32[1] &&
	       !ip->s6_addr32[2] && ip->s6_addr32[3] == htonl(VENET_LINK_HOST);
}

/* dev.c */
extern struct net_device __rcu *venet_host;

/* link.c */
const struct venet_ve *venet_link_owner(const struct net_device *dev, u32 veid,
					const struct in6_addr *ip);
enum venet_drop venet_link6(const struct venet_ve *from,
			    const struct ipv6hdr *ip6h, struct venet_way *way);
enum venet_drop venet_mcast4(const struct venet_ve *from,
			     const struct iphdr *iph, struct venet_way *way);
bool venet_solicit(struct sk_buff *skb, const struct venet_way *way);
bool venet_mcast_to(const struct venet_ve *ve, const struct sk_buff *skb,
		    struct venet_way *way);

#endif /* _VENET_LINK_H */
