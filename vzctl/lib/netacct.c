// SPDX-License-Identifier: GPL-2.0
/* Accounting of traffic: what the kernel is told and asked; contract in netacct.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "error.h"
#include "netacct.h"
#include "nl.h"
#include "util.h"
#include "venet.h"

/* a network in a request: its nest, class, address and length */
#define NET_ROOM	(RTA_LENGTH(0) + RTA_SPACE(1) + RTA_SPACE(16) + RTA_SPACE(1))

/* @r of the kernel, to do @what */
static int refused(struct vz_error *e, int r, const char *what)
{
	if (r == -EOPNOTSUPP)
		return vz_err(e, VZ_BAD_KERNEL, EOPNOTSUPP,
			      "The running kernel does not count the traffic of containers; boot a newer one");
	return vz_err(e, 0, -r, "Unable to %s: %m", what);
}

/* a socket and a request; @veid 0: leave it out */
static int begin(struct vz_genl *g, struct msg *m, uint8_t cmd, uint32_t veid, struct vz_error *e)
{
	int r = vz_genl_open(g, VENET_GENL_NAME);

	if (r == -ENOENT)
		return vz_err(e, VZ_BAD_KERNEL, ENOSYS,
			      "The running kernel has no venet; boot the vz kernel, or load the venet module");
	if (r < 0)
		return refused(e, r, "open a netlink socket");
	vz_genl_msg(m, g, cmd, VENET_GENL_VERSION);
	if (veid)
		put_u32(m, VENET_A_VEID, veid);
	return 0;
}

/* entries of a dump, one after the other */
struct list {
	char *v;
	size_t n, size;
};

/* room for one more, or NULL */
static void *list_add(struct list *l, size_t entry)
{
	if (l->n == l->size) {
		char *p = reallocarray(l->v, l->size = l->size ? l->size * 2 : 64, entry);

		if (!p)
			return NULL;
		l->v = p;
	}
	return l->v + entry * l->n++;
}

static int dump(uint8_t cmd, uint32_t veid, int (*each)(const struct nlmsghdr *h, void *arg), struct list *l,
		const char *what, struct vz_error *e)
{
	_cleanup_genl_ struct vz_genl g = { .fd = -EBADF };
	struct msg m;
	int r;

	r = begin(&g, &m, cmd, veid, e);
	if (r < 0)
		return r;
	r = vz_nl_dump(g.fd, &m, each, l);
	if (r >= 0)
		return 0;
	free(l->v);
	return refused(e, r, what);
}

static uint64_t get_uint(const struct rtattr *a)
{
	uint64_t v = 0;
	uint32_t v4;

	if (RTA_PAYLOAD(a) >= sizeof(v)) {
		memcpy(&v, RTA_DATA(a), sizeof(v));
	} else if (RTA_PAYLOAD(a) >= sizeof(v4)) {
		memcpy(&v4, RTA_DATA(a), sizeof(v4));
		v = v4;
	} else if (RTA_PAYLOAD(a) >= 1) {
		v = *(const unsigned char *)RTA_DATA(a);
	}
	return v;
}

/* ---- classes ---------------------------------------------------------------------- */

static void put_net(struct msg *m, const struct vz_netclass *c)
{
	unsigned char class = (unsigned char)c->class, plen = (unsigned char)c->plen;
	struct rtattr *nest = put(m, VENET_A_NET | NLA_F_NESTED, NULL, 0);

	put(m, VENET_A_CLASS, &class, sizeof(class));
	put(m, c->family == AF_INET ? VENET_A_ADDR4 : VENET_A_ADDR6, c->addr, c->family == AF_INET ? 4 : 16);
	put(m, VENET_A_PLEN, &plen, sizeof(plen));
	nest_end(m, nest);
}

int vz_netclass_set(const struct vz_netclass *v, size_t n, struct vz_error *e)
{
	_cleanup_genl_ struct vz_genl g = { .fd = -EBADF };
	size_t size = sizeof(struct msg) + n * NET_ROOM;
	_cleanup_free_ struct msg *m = calloc(1, size);
	int room = (int)size, r;

	if (!m)
		return vz_err(e, 0, ENOMEM, "%m");
	r = begin(&g, m, VENET_CMD_CLASS_SET, 0, e);
	if (r < 0)
		return r;
	/* all of them are one message, so that they take effect at once */
	setsockopt(g.fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	for (size_t i = 0; i < n; i++)
		put_net(m, &v[i]);
	r = vz_nl_talk(g.fd, m, NULL, 0);
	return r < 0 ? refused(e, r, "set the network classes") : 0;
}

static int each_net(const struct nlmsghdr *h, void *arg)
{
	const struct rtattr *class = vz_genl_attr(h, VENET_A_CLASS), *plen = vz_genl_attr(h, VENET_A_PLEN);
	const struct rtattr *ip4 = vz_genl_attr(h, VENET_A_ADDR4), *ip6 = vz_genl_attr(h, VENET_A_ADDR6);
	const struct rtattr *ip = ip4 ? ip4 : ip6;
	struct vz_netclass *c;
	size_t len = ip4 ? 4 : 16;

	if (!class || !ip || RTA_PAYLOAD(ip) < len)
		return -EPROTO;
	c = list_add(arg, sizeof(*c));
	if (!c)
		return -ENOMEM;
	memset(c, 0, sizeof(*c));
	c->class = (unsigned int)get_uint(class);
	c->family = ip4 ? AF_INET : AF_INET6;
	memcpy(c->addr, RTA_DATA(ip), len);
	c->plen = plen ? (int)get_uint(plen) : (int)len * 8;
	return 0;
}

int vz_netclass_get(struct vz_netclass **ret, size_t *ret_n, struct vz_error *e)
{
	struct list l = { 0 };
	int r = dump(VENET_CMD_CLASS_GET, 0, each_net, &l, "read the network classes", e);

	if (r < 0)
		return r;
	*ret = (struct vz_netclass *)(void *)l.v;
	*ret_n = l.n;
	return 0;
}

/* ---- traffic ---------------------------------------------------------------------- */

static int no_counters(uint32_t veid, struct vz_error *e)
{
	return vz_err(e, VZ_VE_NOT_RUNNING, ENOENT,
		      "Container %u has no counters: it is not running, or has no venet device", veid);
}

static int get_stat(const struct rtattr *nest, uint32_t veid, struct list *l)
{
	const struct rtattr *a = RTA_DATA(nest);
	int len = (int)RTA_PAYLOAD(nest);
	uint64_t v[VENET_STAT_MAX + 1] = { 0 };
	struct vz_traffic *t;

	for (; RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if ((a->rta_type & NLA_TYPE_MASK) <= VENET_STAT_MAX)
			v[a->rta_type & NLA_TYPE_MASK] = get_uint(a);
	}
	t = list_add(l, sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct vz_traffic){
		.veid = veid,
		.class = (unsigned int)v[VENET_STAT_CLASS],
		.family = (int)v[VENET_STAT_FAMILY],
		.in_bytes = v[VENET_STAT_IN_BYTES],
		.in_packets = v[VENET_STAT_IN_PACKETS],
		.out_bytes = v[VENET_STAT_OUT_BYTES],
		.out_packets = v[VENET_STAT_OUT_PACKETS],
	};
	return 0;
}

static int each_ct(const struct nlmsghdr *h, void *arg)
{
	const struct rtattr *id = vz_genl_attr(h, VENET_A_VEID);
	const struct rtattr *a = (const struct rtattr *)((const char *)NLMSG_DATA(h) + GENL_HDRLEN);
	int len = (int)(h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN)), r = 0;

	if (!id)
		return -EPROTO;
	for (; r == 0 && RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if ((a->rta_type & NLA_TYPE_MASK) == VENET_A_STAT)
			r = get_stat(a, (uint32_t)get_uint(id), arg);
	}
	return r;
}

int vz_traffic_get(uint32_t veid, struct vz_traffic **ret, size_t *ret_n, struct vz_error *e)
{
	struct list l = { 0 };
	int r = dump(VENET_CMD_STAT_GET, veid, each_ct, &l, "read the counters", e);

	if (r < 0)
		return r;
	if (veid && !l.n)
		return no_counters(veid, e);
	*ret = (struct vz_traffic *)(void *)l.v;
	*ret_n = l.n;
	return 0;
}

int vz_traffic_reset(uint32_t veid, struct vz_error *e)
{
	_cleanup_genl_ struct vz_genl g = { .fd = -EBADF };
	struct msg m;
	int r;

	r = begin(&g, &m, VENET_CMD_STAT_RESET, veid, e);
	if (r < 0)
		return r;
	r = vz_nl_talk(g.fd, &m, NULL, 0);
	if (r == -ENOENT)
		return no_counters(veid, e);
	return r < 0 ? refused(e, r, "reset the counters") : 0;
}
