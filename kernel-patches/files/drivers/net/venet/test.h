/* SPDX-License-Identifier: GPL-2.0-only */
/* What the KUnit tests of venet share. */
#ifndef _VENET_TEST_H
#define _VENET_TEST_H

#include <linux/inet.h>
#include "acct.h"

static inline struct venet_ip net(const char *s, unsigned int plen)
{
	struct venet_ip ip = {};

	if (in4_pton(s, -1, (u8 *)&ip.ip4, -1, NULL))
		ip.family = AF_INET;
	else if (in6_pton(s, -1, ip.ip6.s6_addr, -1, NULL))
		ip.family = AF_INET6;
	ip.plen = plen;
	return ip;
}

static inline struct venet_ip ip(const char *s)
{
	return net(s, strchr(s, ':') ? VENET_BITS6 : VENET_BITS4);
}

#endif /* _VENET_TEST_H */
