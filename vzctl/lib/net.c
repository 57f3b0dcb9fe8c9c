// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of a container: the kernel's table of owners, venet0 inside, routes
 * and proxy neighbours on the host.
 *
 * A container may own a whole prefix: an address with no bit set beyond its length.
 * venet0 then has the first address after the prefix's own, and a route inside makes the
 * others local, too: any of them can be used.  The host has one route to all.
 *
 * /var/lib/vzctl/veip/CTID lists what the host has for the container, one
 * "ADDRESS DEV DEV…" a line, and is written before the host is changed: after
 * a crash it names at least all that has to go.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "lifeint.h"
#include "log.h"
#include "neigh.h"
#include "nl.h"
#include "params.h"
#include "statefile.h"
#include "util.h"
#include "verb.h"
#include "venet.h"

#define VENET		"venet0"
#define STATE_DIR	"/var/lib/vzctl/veip"
#define LO_INDEX	1		/* in each namespace */
#define LOCAL_METRIC	4096

/* ---- addresses as text --------------------------------------------------------- */

struct addr {
	int family, plen;		/* all bits, unless it is a prefix */
	int mask;			/* the length that it was given with */
	unsigned char a[16];
	char text[INET6_ADDRSTRLEN + 4];	/* canonical, with length if it is a prefix */
};

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

int vz_ip_parse(const char *text, int *ret_family, void *ret_addr, int *ret_plen, struct vz_error *e)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	int max = family == AF_INET ? 32 : 128, plen = max;
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char buf[INET6_ADDRSTRLEN];
	unsigned char a[16];

	if (len >= sizeof(buf))
		goto bad;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (inet_pton(family, buf, a) != 1)
		goto bad;
	if (slash && family == AF_INET && strchr(slash + 1, '.')) {
		/* 10.0.0.1/255.255.255.0 */
		struct in_addr m;
		uint32_t mask;

		if (inet_pton(AF_INET, slash + 1, &m) != 1)
			goto bad;
		mask = ntohl(m.s_addr);
		if (mask & (~mask >> 1))
			goto bad;
		plen = __builtin_popcount(mask);
	} else if (slash) {
		uint32_t n;

		if (vz_parse_u32(slash + 1, &n) < 0 || n > (uint32_t)max)
			goto bad;
		plen = (int)n;
	}
	*ret_family = family;
	memcpy(ret_addr, a, addr_len(family));
	*ret_plen = plen;
	return 0;
bad:
	return vz_err(e, VZ_BAD_IP, EINVAL, "Bad IP address %s; expected a.b.c.d[/len] or x::y[/len]", text);
}

static bool is_net(const struct addr *a)
{
	return (size_t)a->plen < addr_len(a->family) * 8;
}

static void addr_text(struct addr *a)
{
	inet_ntop(a->family, a->a, a->text, sizeof(a->text));
	if (is_net(a))
		sprintf(a->text + strlen(a->text), "/%d", a->plen);
}

static int addr_parse(const char *text, struct addr *ret, struct vz_error *e)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	r = vz_ip_parse(text, &ret->family, ret->a, &ret->plen, e);
	if (r < 0)
		return r;
	/* the length of an address is that of the net which it is in */
	ret->mask = ret->plen;
	if (!vz_ip_is_net(ret->family, ret->a, ret->plen))
		ret->plen = (int)addr_len(ret->family) * 8;
	addr_text(ret);
	return 0;
}

/* address number @i of a prefix; of an address: itself */
static struct addr addr_nth(const struct addr *a, unsigned int i)
{
	struct addr one = *a;

	if (is_net(a)) {
		one.a[addr_len(a->family) - 1] |= i & 0xff;
		one.plen = one.mask = (int)addr_len(a->family) * 8;
		addr_text(&one);
	}
	return one;
}

/* what venet0 has of it: the first after that of the network */
static struct addr addr_first(const struct addr *a)
{
	return addr_nth(a, 1);
}

/*
 * The neighbours are asked for each address of a small IPv4 prefix, and told of each.  The
 * kernel answers for a whole prefix; where it cannot, there is an entry for each address of
 * those, and for the one that venet0 has of others.
 */
#define EACH_BITS	8

static unsigned int addr_each(const struct addr *a)
{
	return is_net(a) && a->family == AF_INET && a->plen >= 32 - EACH_BITS ? 1u << (32 - a->plen) : 1;
}

/* number @i of those */
static struct addr addr_each_nth(const struct addr *a, unsigned int i)
{
	return addr_each(a) > 1 ? addr_nth(a, i) : addr_first(a);
}

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
	return memcmp(a, b, (size_t)bits / 8) == 0 &&
	       (bits % 8 == 0 || !((a[bits / 8] ^ b[bits / 8]) & 0xff00 >> bits % 8));
}

/* is one within the other? */
static bool overlap(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && same_bits(a->a, b->a, a->plen < b->plen ? a->plen : b->plen);
}

char **vz_ct_ips(const struct vz_ct *ct)
{
	const char *v = vz_ct_get(ct, "IP_ADDRESS");

	return vz_strv_split(v ? v : "", " \t,");
}

/* ---- links, addresses, routes --------------------------------------------------- */

static int link_add(int fd, uint32_t veid, pid_t pid)
{
	struct ifinfomsg i = { 0 };
	struct rtattr *info, *data;
	struct msg m;

	msg_init(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	/* No IFLA_IFNAME: rtnetlink would look for it on the host, and find it.
	 * The first device of the kind in a namespace is called venet0. */
	put_u32(&m, IFLA_NET_NS_PID, (uint32_t)pid);
	info = put(&m, IFLA_LINKINFO, NULL, 0);
	put_str(&m, IFLA_INFO_KIND, "venet");
	data = put(&m, IFLA_INFO_DATA, NULL, 0);
	put_u32(&m, IFLA_VENET_VEID, veid);
	nest_end(&m, data);
	nest_end(&m, info);
	return vz_nl_talk(fd, &m, NULL, 0);
}

static int link_rename(int fd, int index, const char *name)
{
	struct ifinfomsg i = { .ifi_index = index };
	struct msg m;

	msg_init(&m, RTM_SETLINK, 0, &i, sizeof(i));
	put_str(&m, IFLA_IFNAME, name);
	return vz_nl_talk(fd, &m, NULL, 0);
}

static int address(int fd, uint16_t type, int index, const struct addr *a, int plen)
{
	struct ifaddrmsg i = {
		.ifa_family = (unsigned char)a->family,
		.ifa_prefixlen = (unsigned char)plen,
		.ifa_index = (uint32_t)index,
		.ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0,
	};
	struct msg m;

	msg_init(&m, type, type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_REPLACE : 0, &i, sizeof(i));
	put(&m, IFA_LOCAL, a->a, addr_len(a->family));
	put(&m, IFA_ADDRESS, a->a, addr_len(a->family));
	return vz_nl_talk(fd, &m, NULL, 0);
}

/*
 * The addresses of the two ends of the link; see the kernel's venet.rst.  The container's
 * follows from its id: fe80::1:0:0 plus the id.
 */
static const struct addr gateways[] = {
	{ .family = AF_INET, .plen = 32, .a = { 169, 254, 0, 1 } },
	{ .family = AF_INET6, .plen = 128, .a = { 0xfe, 0x80, [15] = 1 } },
};

static void link_address(int fd, int index, uint32_t veid)
{
	struct addr a = { .family = AF_INET6, .plen = 64, .a = { 0xfe, 0x80, [11] = 1 } };
	uint32_t n = htonl(veid);

	memcpy(a.a + 12, &n, sizeof(n));
	/* the container may have no IPv6, and it can do without */
	address(fd, RTM_NEWADDR, index, &a, a.plen);
}

/*
 * The default route in the container, by the host's end as a gateway.  One that is there is
 * left as it is.
 */
static int default_route(int fd, int index, int family)
{
	const struct addr *gw = &gateways[family == AF_INET6];
	struct rtmsg i = {
		.rtm_family = (unsigned char)family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
		.rtm_flags = RTNH_F_ONLINK,
	};
	struct msg m;
	int r;

	msg_init(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	put(&m, RTA_GATEWAY, gw->a, addr_len(family));
	put_u32(&m, RTA_OIF, (uint32_t)index);
	r = vz_nl_talk(fd, &m, NULL, 0);
	return r == -EEXIST ? 0 : r;
}

static int route(int fd, uint16_t type, int index, const struct addr *a, const struct addr *src)
{
	struct rtmsg i = {
		.rtm_family = (unsigned char)a->family,
		.rtm_dst_len = (unsigned char)a->plen,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE :
			     a->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	struct msg m;
	int r;

	msg_init(&m, type, type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_REPLACE : 0, &i, sizeof(i));
	put(&m, RTA_DST, a->a, addr_len(a->family));
	if (src)
		put(&m, RTA_PREFSRC, src->a, addr_len(a->family));
	put_u32(&m, RTA_OIF, (uint32_t)index);
	r = vz_nl_talk(fd, &m, NULL, 0);
	return r == -EEXIST && type == RTM_NEWROUTE ? 0 : r;
}

/*
 * Makes all of prefix @a local in the container.  In the main table and with a large metric:
 * the container's own routes to parts of it, or to all of it, come first.
 */
static int local_route(int fd, uint16_t type, const struct addr *a)
{
	struct rtmsg i = {
		.rtm_family = (unsigned char)a->family,
		.rtm_dst_len = (unsigned char)a->plen,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = RT_SCOPE_HOST,
		.rtm_type = RTN_LOCAL,
	};
	struct msg m;

	msg_init(&m, type, type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_REPLACE : 0, &i, sizeof(i));
	put(&m, RTA_DST, a->a, addr_len(a->family));
	put_u32(&m, RTA_PRIORITY, LOCAL_METRIC);
	put_u32(&m, RTA_OIF, LO_INDEX);
	return vz_nl_talk(fd, &m, NULL, 0);
}

static int proxy_neigh(int fd, uint16_t type, int index, const struct addr *a)
{
	struct ndmsg i = {
		.ndm_family = (unsigned char)a->family,
		.ndm_ifindex = index,
		.ndm_flags = NTF_PROXY,
		.ndm_state = NUD_PERMANENT,
	};
	struct msg m;

	msg_init(&m, type, type == RTM_NEWNEIGH ? NLM_F_CREATE | NLM_F_REPLACE : 0, &i, sizeof(i));
	put(&m, NDA_DST, a->a, addr_len(a->family));
	return vz_nl_talk(fd, &m, NULL, 0);
}

/* ---- the kernel's table of owners ------------------------------------------------- */

static void put_owned(struct msg *m, const struct addr *a)
{
	uint8_t plen = (uint8_t)a->plen;

	put(m, a->family == AF_INET ? VENET_A_ADDR4 : VENET_A_ADDR6, a->a, addr_len(a->family));
	if (is_net(a))
		put(m, VENET_A_PLEN, &plen, sizeof(plen));
}

/* what an answer says: whose, and which address or prefix */
static int get_owned(const struct nlmsghdr *h, uint32_t *ret_veid, struct addr *ret)
{
	const struct rtattr *id = vz_genl_attr(h, VENET_A_VEID), *plen = vz_genl_attr(h, VENET_A_PLEN);
	const struct rtattr *ip4 = vz_genl_attr(h, VENET_A_ADDR4), *ip6 = vz_genl_attr(h, VENET_A_ADDR6);
	const struct rtattr *ip = ip4 ? ip4 : ip6;

	memset(ret, 0, sizeof(*ret));
	ret->family = ip4 ? AF_INET : AF_INET6;
	if (!id || !ip || RTA_PAYLOAD(id) < sizeof(*ret_veid) || RTA_PAYLOAD(ip) < addr_len(ret->family))
		return -EPROTO;
	memcpy(ret_veid, RTA_DATA(id), sizeof(*ret_veid));
	memcpy(ret->a, RTA_DATA(ip), addr_len(ret->family));
	ret->plen = plen && RTA_PAYLOAD(plen) ? *(const uint8_t *)RTA_DATA(plen) :
						(int)addr_len(ret->family) * 8;
	addr_text(ret);
	return 0;
}

/*
 * Gives @a to @veid; the host then answers for all of it on @devs, if the kernel knows how.
 * 0, 1 if it does not and gave it all the same, or -errno.
 */
static int give(const struct vz_genl *g, int host, uint32_t veid, const struct addr *a,
		char *const *devs)
{
	uint32_t index[VENET_NEIGH_MAX];
	size_t n = 0, all = 0;
	struct msg m;
	int r;

	for (char *const *d = devs; d && *d; d++, all++) {
		int i = vz_nl_ifindex(host, *d);

		if (i && n < VENET_NEIGH_MAX)
			index[n++] = (uint32_t)i;
	}
	for (bool range = is_net(a) && n && n == all; ; range = false) {
		vz_genl_msg(&m, g, VENET_CMD_ADDR_ADD, VENET_GENL_VERSION);
		put_u32(&m, VENET_A_VEID, veid);
		put_owned(&m, a);
		if (range)
			put(&m, VENET_A_NEIGH, index, n * sizeof(*index));
		r = vz_nl_talk(g->fd, &m, NULL, 0);
		if (!range || (r != -EOPNOTSUPP && r != -EINVAL))
			return r < 0 ? r : !range;
	}
}

/* @veid 0: leave it out; @a NULL: all addresses of @veid; @ret_veid NULL: no answer expected */
static int owner(const struct vz_genl *g, uint8_t cmd, uint32_t veid, const struct addr *a,
		 uint32_t *ret_veid, struct addr *ret)
{
	union {
		struct nlmsghdr h;
		char buf[1024];
	} answer = { 0 };
	struct msg m;
	int r;

	vz_genl_msg(&m, g, cmd, VENET_GENL_VERSION);
	if (veid)
		put_u32(&m, VENET_A_VEID, veid);
	if (a)
		put_owned(&m, a);
	r = vz_nl_talk(g->fd, &m, answer.buf, sizeof(answer.buf));
	if (r == 0 && ret_veid)
		r = answer.h.nlmsg_len ? get_owned(&answer.h, ret_veid, ret) : -EPROTO;
	return r;
}

/* what others() looks for, and what it found */
struct others {
	uint32_t self;
	const struct addr *a;
	bool found;
	uint32_t *ret_veid;
	struct addr *ret;
};

static int other_entry(const struct nlmsghdr *h, void *arg)
{
	struct others *o = arg;
	struct addr b;
	uint32_t id;

	if (o->found || get_owned(h, &id, &b) < 0 || id == o->self || !overlap(&b, o->a))
		return 0;
	o->found = true;
	*o->ret_veid = id;
	*o->ret = b;
	return 0;
}

/*
 * Which other container than @self, if any, has some of @a?  0, or 1 and whose and what.
 * The kernel says who has all of it; parts are looked for in the list of all.
 */
static int others(const struct vz_genl *g, uint32_t self, const struct addr *a, uint32_t *ret_veid,
		  struct addr *ret)
{
	struct others o = { .self = self, .a = a, .ret_veid = ret_veid, .ret = ret };
	struct msg m;
	int r;

	r = owner(g, VENET_CMD_ADDR_GET, 0, a, ret_veid, ret);
	if (r == 0 || !is_net(a))
		return r == 0 && *ret_veid != self;
	vz_genl_msg(&m, g, VENET_CMD_ADDR_GET, VENET_GENL_VERSION);
	r = vz_nl_dump(g->fd, &m, other_entry, &o);
	return r < 0 ? r : o.found;
}

/* the refusal of @a, because of @b of container @id */
static int in_use(struct vz_error *e, const struct addr *a, uint32_t id, const struct addr *b)
{
	if (strcmp(a->text, b->text) == 0)
		return vz_err(e, VZ_IP_INUSE, EADDRINUSE,
			      "IP address %s is already used by container %u", a->text, id);
	return vz_err(e, VZ_IP_INUSE, EADDRINUSE,
		      "IP address %s is already used by container %u, which has %s", a->text, id, b->text);
}

static bool no_ipv6(const struct vz_ct *ct)
{
	const char *v6 = vz_ct_get(ct, "IPV6");

	return v6 && strcmp(v6, "no") == 0;
}

/* ---- neighbours --------------------------------------------------------------------- */

static bool same_net(const struct addr *a, const struct ifaddrs *i)
{
	const unsigned char *b, *mask;

	if (!i->ifa_netmask)
		return false;
	if (a->family == AF_INET) {
		b = (const unsigned char *)&((const struct sockaddr_in *)i->ifa_addr)->sin_addr;
		mask = (const unsigned char *)&((const struct sockaddr_in *)i->ifa_netmask)->sin_addr;
	} else {
		b = (const unsigned char *)&((const struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;
		mask = (const unsigned char *)&((const struct sockaddr_in6 *)i->ifa_netmask)->sin6_addr;
	}
	for (size_t n = 0; n < addr_len(a->family); n++) {
		if ((a->a[n] ^ b[n]) & mask[n])
			return false;
	}
	return true;
}

static bool link_local(const struct ifaddrs *i)
{
	if (i->ifa_addr->sa_family == AF_INET6)
		return IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)i->ifa_addr)->sin6_addr);
	return (ntohl(((const struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr) >> 16) == 0xa9fe;
}

/*
 * Devices on which the host answers for @a, after NEIGHBOUR_DEVS: `detect` (in
 * whose net it is), `all` (each with an address), or "list:DEV DEV".
 */
static int neigh_devs(const struct vz_ct *ct, const struct addr *a, char ***ret)
{
	const char *how = vz_ct_get(ct, "NEIGHBOUR_DEVS");
	_cleanup_strv_ char **list = NULL, **v = NULL;
	struct ifaddrs *all;
	bool detect;

	*ret = NULL;
	if (how && strncmp(how, "list:", 5) == 0) {
		list = vz_strv_split(how + 5, " \t,");
		*ret = list;
		list = NULL;
		return *ret ? 0 : -ENOMEM;
	}
	detect = how && strcmp(how, "detect") == 0;
	if (getifaddrs(&all) < 0)
		return -errno;
	for (struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != a->family || !(i->ifa_flags & IFF_UP) ||
		    i->ifa_flags & (IFF_LOOPBACK | IFF_NOARP | IFF_SLAVE) ||
		    strncmp(i->ifa_name, "veth", 4) == 0 || vz_strv_has(v, i->ifa_name))
			continue;
		if (detect ? !same_net(a, i) : link_local(i))
			continue;
		if (vz_strv_add(&v, i->ifa_name) < 0) {
			freeifaddrs(all);
			return -ENOMEM;
		}
	}
	freeifaddrs(all);
	*ret = v;
	v = NULL;
	return 0;
}

#define ASK_DEVS	32
#define ASK_MS		1000	/* PROBE_MAX of RFC 5227, RETRANS_TIMER of RFC 4861 */

static void announce(const char *dev, const struct addr *a)
{
	struct vz_neigh n;

	if (vz_neigh_open(&n, a->family, dev) == 0)
		vz_neigh_tell(&n, a->a);
	vz_neigh_close(&n);
}

/* those that were opened for asking, by device and family */
struct asked {
	struct vz_neigh n[ASK_DEVS];
	size_t nr;
};

static struct vz_neigh *asked_open(struct asked *s, int family, const char *dev)
{
	for (size_t k = 0; k < s->nr; k++) {
		if (s->n[k].family == family && strcmp(s->n[k].dev, dev) == 0)
			return &s->n[k];
	}
	if (s->nr == ASK_DEVS || vz_neigh_open(&s->n[s->nr], family, dev) != 0)
		return NULL;
	return &s->n[s->nr++];
}

/* an answer on @n from one who has one of @a, which then is in @ret */
static bool taken(const struct vz_neigh *n, const struct addr *a, size_t n_addrs, struct addr *ret)
{
	unsigned char mac[6];

	*ret = (struct addr){ .family = n->family, .plen = n->family == AF_INET ? 32 : 128 };
	if (!vz_neigh_answer(n, ret->a, mac))
		return false;
	addr_text(ret);
	for (size_t i = 0; i < n_addrs; i++) {
		if (overlap(ret, &a[i]))
			return true;
	}
	return false;
}

/*
 * Does another machine have one of @a?  All are asked for at once.  SKIP_ARPDETECT
 * and ERROR_ON_ARPFAIL say how much we care.
 */
static int detect(const struct vz_ct *ct, const struct addr *a, size_t n, struct vz_error *e)
{
	struct pollfd p[ASK_DEVS];
	struct timespec begin, now;
	struct asked s = { .nr = 0 };
	int r = 0;

	if (ct->skip_arpdetect || vz_ct_get_bool(ct, "SKIP_ARPDETECT", false))
		return 0;
	for (size_t i = 0; i < n; i++) {
		_cleanup_strv_ char **devs = NULL;

		if ((a[i].family == AF_INET6 && no_ipv6(ct)) || neigh_devs(ct, &a[i], &devs) < 0)
			continue;
		for (char **d = devs; d && *d; d++) {
			const struct vz_neigh *to = asked_open(&s, a[i].family, *d);

			for (unsigned int j = 0; to && j < addr_each(&a[i]); j++) {
				struct addr one = addr_each_nth(&a[i], j);

				vz_neigh_ask(to, one.a);
			}
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (s.nr && r == 0) {
		int64_t ms;

		clock_gettime(CLOCK_MONOTONIC, &now);
		ms = ASK_MS - ((int64_t)(now.tv_sec - begin.tv_sec) * 1000 +
			       (now.tv_nsec - begin.tv_nsec) / 1000000);
		for (size_t k = 0; k < s.nr; k++)
			p[k] = (struct pollfd){ .fd = s.n[k].fd, .events = POLLIN };
		if (ms <= 0 || poll(p, s.nr, (int)ms) <= 0)
			break;
		for (size_t k = 0; k < s.nr && r == 0; k++) {
			struct addr has;

			if (!p[k].revents || !taken(&s.n[k], a, n, &has))
				continue;
			if (vz_ct_get_bool(ct, "ERROR_ON_ARPFAIL", false))
				r = vz_err(e, VZ_IP_INUSE, EADDRINUSE,
					   "IP address %s is used by another machine on %s",
					   has.text, s.n[k].dev);
			else
				vz_warn("WARNING: IP address %s is used by another machine on %s",
					has.text, s.n[k].dev);
		}
	}
	for (size_t k = 0; k < s.nr; k++)
		vz_neigh_close(&s.n[k]);
	return r;
}

/* ---- state file ------------------------------------------------------------------------ */

/* lines "ADDRESS DEV DEV" */
static char **state_read(const struct vz_ct *ct)
{
	return vz_statefile_read(STATE_DIR, ct->id);
}

static int state_write(const struct vz_ct *ct, char *const *lines)
{
	return vz_statefile_write(STATE_DIR, ct->id, lines);
}

static bool line_is(const char *line, const struct addr *a)
{
	size_t len = strlen(a->text);

	return strncmp(line, a->text, len) == 0 && (line[len] == ' ' || line[len] == '\0');
}

/* @lines without @a, and with "@a DEV…" at the end when @devs is not NULL */
static char **state_edit(char *const *lines, const struct addr *a, char *const *devs, bool add)
{
	_cleanup_strv_ char **v = vz_strv_split("", " ");
	_cleanup_free_ char *list = NULL, *line = NULL;
	char **ret;

	if (!v)
		return NULL;
	for (char *const *l = lines; l && *l; l++) {
		if (!line_is(*l, a) && vz_strv_add(&v, *l) < 0)
			return NULL;
	}
	if (add) {
		list = devs ? vz_strv_join(devs, " ") : NULL;
		line = list && *list ? vz_asprintf("%s %s", a->text, list) : strdup(a->text);
		if (!line || vz_strv_add(&v, line) < 0)
			return NULL;
	}
	ret = v;
	v = NULL;
	return ret;
}

/* ---- adding and removing ----------------------------------------------------------------- */

struct net {
	struct vz_ct *ct;
	const char *name;		/* of the device inside */
	struct vz_genl g;
	int host, in;			/* rtnetlink sockets, @in -EBADF without a container */
	int host_index, in_index;
};

static void net_close(struct net *n)
{
	vz_genl_close(&n->g);
	n->host = vz_close(n->host);
	n->in = vz_close(n->in);
}

static int no_venet(struct vz_error *e, int err)
{
	return vz_err(e, VZ_NETDEV_ERROR, err,
		      "The kernel has no venet (%m); load the module venet or remove the IP addresses");
}

/* VENET_NAME */
static int device_name(const struct vz_ct *ct, const char **ret, struct vz_error *e)
{
	const char *name = vz_ct_get(ct, "VENET_NAME");

	*ret = name && *name ? name : VENET;
	if (strlen(*ret) < IFNAMSIZ && strcmp(*ret, "lo") && (*ret)[0] != '.' &&
	    strspn(*ret, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == strlen(*ret))
		return 0;
	return vz_err(e, VZ_NETDEV_ERROR, EINVAL,
		      "Bad name of a network device in VENET_NAME=\"%s\"; up to 15 letters and digits", *ret);
}

static int net_open(struct net *n, struct vz_ct *ct, int pidfd, struct vz_error *e)
{
	const char *name;
	int r = device_name(ct, &name, e);

	if (r < 0)
		return r;

	*n = (struct net){ .ct = ct, .name = name, .g.fd = -EBADF, .host = -EBADF, .in = -EBADF };
	r = vz_genl_open(&n->g, VENET_GENL_NAME);
	if (r < 0)
		return no_venet(e, -r);
	n->host = vz_nl_open(NETLINK_ROUTE);
	if (n->host >= 0)
		n->host_index = vz_nl_ifindex(n->host, VENET);
	if (n->host < 0 || !n->host_index) {
		net_close(n);
		return no_venet(e, ENODEV);
	}
	if (pidfd < 0)
		return 0;
	n->in = vz_nl_open_in(pidfd);
	if (n->in < 0) {
		r = vz_err(e, VZ_NETDEV_ERROR, -n->in, "Unable to reach the network of the container: %m");
		net_close(n);
		return r;
	}
	return 0;
}

/*
 * Sockets in the running container.  @need: its device must be there under its name.  It
 * is the container's to rename; that must not keep it an address.
 */
static int net_open_running(struct net *n, struct vz_ct *ct, bool need, struct vz_error *e)
{
	_cleanup_close_ int pidfd = -EBADF;
	int r;

	r = vz_init_pidfd(ct, &pidfd, e);
	if (r < 0)
		return r;
	r = net_open(n, ct, pidfd, e);
	if (r < 0)
		return r;
	n->in_index = vz_nl_ifindex(n->in, n->name);
	/* VENET_NAME may have changed since the start */
	if (!n->in_index)
		n->in_index = vz_nl_ifindex(n->in, VENET);
	if (!n->in_index && need) {
		r = vz_err(e, VZ_NETDEV_ERROR, ENODEV, "The container has no %s", n->name);
		net_close(n);
		return r;
	}
	return 0;
}

/* VE_ROUTE_SRC_DEV: the address of that device is the source of the route */
static bool route_src(const struct vz_ct *ct, int family, struct addr *ret)
{
	const char *dev = vz_ct_get(ct, "VE_ROUTE_SRC_DEV");
	struct ifaddrs *all;
	bool found = false;

	if (!dev || !*dev || getifaddrs(&all) < 0)
		return false;
	for (struct ifaddrs *i = all; i && !found; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != family || strcmp(i->ifa_name, dev) ||
		    link_local(i))
			continue;
		ret->family = family;
		if (family == AF_INET)
			memcpy(ret->a, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, 4);
		else
			memcpy(ret->a, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, 16);
		found = true;
	}
	freeifaddrs(all);
	return found;
}

/* does another line than @line say that the host answers for @one on @dev? */
static bool line_answers(char *const *lines, const char *line, const struct addr *one, const char *dev)
{
	for (char *const *l = lines; l && *l; l++) {
		_cleanup_strv_ char **w = vz_strv_split(*l, " ");
		struct addr b, first;

		if (strcmp(*l, line) == 0 || !w || !w[0] || !vz_strv_has(w + 1, dev) ||
		    addr_parse(w[0], &b, NULL) < 0)
			continue;
		first = addr_first(&b);
		if (addr_each(&b) > 1 ? overlap(&b, one) : overlap(&first, one))
			return true;
	}
	return false;
}

/* the host's part of one line of the state file, one of @lines, best effort */
static void host_del(const struct net *n, const char *line, char *const *lines)
{
	_cleanup_strv_ char **w = vz_strv_split(line, " ");
	struct addr a;

	if (!w || !w[0] || addr_parse(w[0], &a, NULL) < 0)
		return;
	route(n->host, RTM_DELROUTE, n->host_index, &a, NULL);
	for (unsigned int i = 0; i < addr_each(&a); i++) {
		struct addr one = addr_each_nth(&a, i), has;
		uint32_t id;

		/* some of it may be another container's by now */
		if (owner(&n->g, VENET_CMD_ADDR_GET, 0, &one, &id, &has) == 0 && id != n->ct->id)
			continue;
		for (char **d = w + 1; *d; d++) {
			int index = vz_nl_ifindex(n->host, *d);

			if (index && !line_answers(lines, line, &one, *d))
				proxy_neigh(n->host, RTM_DELNEIGH, index, &one);
		}
	}
}

/* what device_addr() looks for, and with which length it is there */
struct on_device {
	const struct addr *a;
	int index, plen;
};

static int device_addr(const struct nlmsghdr *h, void *arg)
{
	const struct ifaddrmsg *i = NLMSG_DATA(h);
	int len = (int)IFA_PAYLOAD(h);
	struct on_device *d = arg;

	if (h->nlmsg_type != RTM_NEWADDR || (int)i->ifa_index != d->index ||
	    i->ifa_family != d->a->family)
		return 0;
	for (const struct rtattr *t = IFA_RTA(i); RTA_OK(t, len); t = RTA_NEXT(t, len)) {
		/* IPv6 has no IFA_LOCAL, and both are the same on our device */
		if (t->rta_type == IFA_ADDRESS && RTA_PAYLOAD(t) >= addr_len(d->a->family) &&
		    memcmp(RTA_DATA(t), d->a->a, addr_len(d->a->family)) == 0)
			d->plen = i->ifa_prefixlen;
	}
	return 0;
}

/* the length is that which the container's own tools may have set */
static int address_del(int fd, int index, const struct addr *a)
{
	struct on_device d = { .a = a, .index = index, .plen = a->plen };
	struct ifaddrmsg i = { .ifa_family = (unsigned char)a->family };
	struct msg m;

	msg_init(&m, RTM_GETADDR, 0, &i, sizeof(i));
	vz_nl_dump(fd, &m, device_addr, &d);
	return address(fd, RTM_DELADDR, index, a, d.plen);
}

/*
 * Addresses of one net: when the first goes, the others stay.  The kernel's default is
 * that they go as well.
 */
static void keep_others(int fd, int index)
{
	struct ifinfomsg i = { .ifi_index = index };
	struct rtattr *spec, *inet, *conf;
	struct msg m;

	msg_init(&m, RTM_SETLINK, 0, &i, sizeof(i));
	spec = put(&m, IFLA_AF_SPEC, NULL, 0);
	inet = put(&m, AF_INET, NULL, 0);
	conf = put(&m, IFLA_INET_CONF, NULL, 0);
	put_u32(&m, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
	nest_end(&m, conf);
	nest_end(&m, inet);
	nest_end(&m, spec);
	vz_nl_talk(fd, &m, NULL, 0);
}

/* what the container has of @a on its devices; what others of @lines need stays */
static int inside_del(const struct net *n, const struct addr *a, char *const *lines)
{
	struct addr first = addr_first(a);
	int r = 0;

	if (is_net(a))
		r = local_route(n->in, RTM_DELROUTE, a);
	/* the container may have removed it itself */
	if (r < 0 && r != -ESRCH && r != -ENODEV)
		return r;
	for (char *const *l = lines; l && *l; l++) {
		_cleanup_strv_ char **w = vz_strv_split(*l, " ");
		struct addr b, other;

		if (!w || !w[0] || line_is(*l, a) || addr_parse(w[0], &b, NULL) < 0)
			continue;
		other = addr_first(&b);
		if (strcmp(other.text, first.text) == 0)
			return 0;
	}
	r = n->in_index ? address_del(n->in, n->in_index, &first) : 0;
	return r == -EADDRNOTAVAIL || r == -ENODEV ? 0 : r;
}

static int del_one(struct net *n, const struct addr *a, struct vz_error *e)
{
	_cleanup_strv_ char **lines = state_read(n->ct), **left = NULL;
	int r;

	r = owner(&n->g, VENET_CMD_ADDR_DEL, n->ct->id, a, NULL, NULL);
	if (r < 0 && r != -ENOENT)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to delete the IP address %s: %m", a->text);
	if (n->in >= 0) {
		r = inside_del(n, a, lines);
		if (r < 0)
			return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to delete %s from " VENET ": %m", a->text);
	}
	for (char **l = lines; l && *l; l++) {
		if (line_is(*l, a))
			host_del(n, *l, lines);
	}
	left = state_edit(lines, a, NULL, false);
	r = left ? state_write(n->ct, left) : -ENOMEM;
	return r < 0 ? vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to write " STATE_DIR "/%u: %m", n->ct->id) : 0;
}

static int add_failed(struct vz_error *e, const struct net *n, int r, const struct addr *a)
{
	struct addr has;
	uint32_t id;

	switch (-r) {
	case EADDRINUSE:
		if (others(&n->g, n->ct->id, a, &id, &has) > 0)
			return in_use(e, a, id, &has);
		return vz_err(e, VZ_IP_INUSE, EADDRINUSE, "IP address %s is already used", a->text);
	case EADDRNOTAVAIL:
	case ERANGE:			/* length 0 */
		return vz_err(e, VZ_IP_NA, EADDRNOTAVAIL, "IP address %s is not one that a container can have", a->text);
	case ESRCH:
		return vz_err(e, VZ_VE_NOT_RUNNING, ESRCH, "Container is not running");
	default:
		return vz_err(e, VZ_ADD_IP_ERROR, -r, "Unable to add the IP address %s: %m", a->text);
	}
}

static int add_one(struct net *n, const struct addr *a, struct vz_error *e)
{
	_cleanup_strv_ char **lines = state_read(n->ct), **more = NULL, **devs = NULL;
	struct addr first = addr_first(a), src;
	bool has_src, each;
	int r;

	r = neigh_devs(n->ct, a, &devs);
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to list the network devices: %m");
	more = state_edit(lines, a, devs, true);
	r = more ? state_write(n->ct, more) : -ENOMEM;
	if (r < 0)
		return vz_err(e, VZ_SYSTEM_ERROR, -r, "Unable to write " STATE_DIR "/%u: %m", n->ct->id);
	vz_fault("start-net-before-add");
	r = give(&n->g, n->host, n->ct->id, a, devs);
	each = r == 1;
	if (r < 0) {
		r = add_failed(e, n, r, a);
		/* it is not ours: leave routes alone */
		state_write(n->ct, lines);
		return r;
	}
	vz_fault("start-net-owned");
	r = address(n->in, RTM_NEWADDR, n->in_index, &first,
		    vz_ct_get_bool(n->ct, "USE_VENET_MASK", false) ? first.mask : first.plen);
	if (r == 0 && is_net(a)) {
		r = local_route(n->in, RTM_NEWROUTE, a);
		if (r == -ENETDOWN) {
			vz_nl_link_up(n->in, LO_INDEX);
			r = local_route(n->in, RTM_NEWROUTE, a);
		}
	}
	if (r == 0)
		r = default_route(n->in, n->in_index, a->family);
	if (r == 0) {
		has_src = route_src(n->ct, a->family, &src);
		r = route(n->host, RTM_NEWROUTE, n->host_index, a, has_src ? &src : NULL);
		if (r == -ENETDOWN) {
			vz_nl_link_up(n->host, n->host_index);
			r = route(n->host, RTM_NEWROUTE, n->host_index, a, has_src ? &src : NULL);
		}
	}
	if (r < 0) {
		vz_err(e, VZ_ADD_IP_ERROR, -r, "Unable to add the IP address %s: %m", a->text);
		del_one(n, a, NULL);
		return r;
	}
	for (char **d = devs; d && *d; d++) {
		int index = vz_nl_ifindex(n->host, *d);

		r = index ? 0 : -ENODEV;
		for (unsigned int i = 0; r == 0 && i < addr_each(a); i++) {
			struct addr one = addr_each_nth(a, i);

			if (each)
				r = proxy_neigh(n->host, RTM_NEWNEIGH, index, &one);
			if (r == 0)
				announce(*d, &one);
		}
		if (r < 0)
			vz_warn("Unable to answer for %s on %s: %s", a->text, *d, strerror(-r));
	}
	vz_fault("start-net-added");
	return 0;
}

static int add_all(struct net *n, char *const *ips, struct vz_error *e)
{
	bool no6 = no_ipv6(n->ct);
	_cleanup_free_ struct addr *all = calloc(vz_strv_len(ips) + 1, sizeof(*all));
	size_t n_all = 0;
	char *const *p;
	struct addr a;
	int r = 0;

	if (!all)
		return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
	for (p = ips; p && *p; p++) {
		r = addr_parse(*p, &all[n_all++], e);
		if (r < 0)
			return r;
	}
	r = detect(n->ct, all, n_all, e);
	if (r < 0)
		return r;
	for (p = ips; p && *p; p++) {
		r = addr_parse(*p, &a, e);
		if (r < 0)
			break;
		if (a.family == AF_INET6 && no6) {
			vz_warn("IPv6 is off (IPV6=no): %s is not set", a.text);
			continue;
		}
		r = add_one(n, &a, e);
		if (r < 0)
			break;
	}
	if (r < 0) {
		for (char *const *u = ips; u != p; u++) {
			if (addr_parse(*u, &a, NULL) == 0)
				del_one(n, &a, NULL);
		}
	}
	return r;
}

int vz_net_ip_add(struct vz_ct *ct, char *const *ips, struct vz_error *e)
{
	struct net n;
	int r;

	r = net_open_running(&n, ct, true, e);
	if (r < 0)
		return r;
	r = add_all(&n, ips, e);
	net_close(&n);
	return r;
}

int vz_net_ip_del(struct vz_ct *ct, char *const *ips, bool all, struct vz_error *e)
{
	_cleanup_strv_ char **lines = NULL;
	struct net n;
	int r;

	r = net_open_running(&n, ct, false, e);
	if (r < 0)
		return r;
	if (all) {
		lines = state_read(ct);
		for (char **l = lines; l && *l; l++)
			(*l)[strcspn(*l, " ")] = '\0';
		ips = lines;
	}
	for (char *const *p = ips; r == 0 && p && *p; p++) {
		struct addr a;

		r = addr_parse(*p, &a, e);
		if (r == 0)
			r = del_one(&n, &a, e);
	}
	/* the default route went with the last address of its kind, or serves the others */
	net_close(&n);
	return r;
}

static int via_host(const struct vz_genl *g, uint32_t id, const char *value, struct vz_error *e)
{
	const uint8_t on = strcmp(value, "host") == 0;
	struct msg m;
	int r;

	vz_genl_msg(&m, g, VENET_CMD_CT_SET, VENET_GENL_VERSION);
	put_u32(&m, VENET_A_VEID, id);
	put(&m, VENET_A_VIA_HOST, &on, sizeof(on));
	r = vz_nl_talk(g->fd, &m, NULL, 0);
	if (r < 0)
		vz_err(e, VZ_NETDEV_ERROR, -r, "Unable to set VENET_ROUTE=\"%s\": %m%s", value,
		       r == -ESRCH ? "; the container has no " VENET : "");
	return r;
}

int vz_net_route(uint32_t id, const char *value, struct vz_error *e)
{
	struct vz_genl g = { .fd = -EBADF };
	int r = vz_genl_open(&g, VENET_GENL_NAME);

	if (r < 0)
		return no_venet(e, -r);
	r = via_host(&g, id, value, e);
	vz_genl_close(&g);
	return r;
}

int vz_net_setup(struct vz_ct *ct, pid_t pid, int pidfd, char *const *ips, struct vz_error *e)
{
	const char *way = vz_conf_get(ct->conf, "VENET_ROUTE");
	bool want = ips && *ips;
	struct net n;
	int r;

	r = net_open(&n, ct, pidfd, e);
	if (r < 0) {
		_cleanup_close_ int in = -EBADF;

		if (want)
			return r;
		/* nothing asked of venet: the loopback device will do */
		vz_error_reset(e);
		in = vz_nl_open_in(pidfd);
		if (in >= 0)
			vz_nl_link_up(in, LO_INDEX);
		return 0;
	}
	r = vz_nl_link_up(n.in, LO_INDEX);
	if (r == 0)
		r = link_add(n.host, ct->id, pid);
	if (r == 0) {
		n.in_index = vz_nl_ifindex(n.in, VENET);
		if (n.in_index && strcmp(n.name, VENET))
			r = link_rename(n.in, n.in_index, n.name);
	}
	if (r == 0) {
		r = n.in_index ? vz_nl_link_up(n.in, n.in_index) : -ENODEV;
		if (r == 0 && !no_ipv6(ct))
			link_address(n.in, n.in_index, ct->id);
		if (r == 0 && vz_ct_get_bool(ct, "USE_VENET_MASK", false))
			keep_others(n.in, n.in_index);
	}
	if (r < 0)
		vz_err(e, VZ_NETDEV_ERROR, -r, "Unable to make %s in the container: %m", n.name);
	/* of its own: that of vz.conf is for the host, see vz-host */
	else if (way && *way)
		r = via_host(&n.g, ct->id, way, e);
	if (r == 0)
		r = add_all(&n, ips, e);
	net_close(&n);
	return r;
}

void vz_net_cleanup(struct vz_ct *ct)
{
	_cleanup_strv_ char **lines = state_read(ct);
	struct net n;

	if (!lines || !*lines)
		return;
	if (net_open(&n, ct, -EBADF, NULL) == 0) {
		for (char **l = lines; *l; l++) {
			_cleanup_strv_ char **w = vz_strv_split(*l, " ");
			struct addr a, has;
			uint32_t id;

			/* it may be another container's by now */
			if (!w || !w[0] || addr_parse(w[0], &a, NULL) < 0 ||
			    (owner(&n.g, VENET_CMD_ADDR_GET, 0, &a, &id, &has) == 0 && id != ct->id &&
			     strcmp(has.text, a.text) == 0))
				continue;
			owner(&n.g, VENET_CMD_ADDR_DEL, ct->id, &a, NULL, NULL);
			host_del(&n, *l, NULL);
		}
		net_close(&n);
	}
	state_write(ct, NULL);
}

/* ---- conflicts ------------------------------------------------------------------------------ */

struct conflict {
	char *const *ips;
	struct vz_error *e;
};

/* has container @id, whose IP_ADDRESS is @value, one of them? */
static int conflict_with(uint32_t id, const char *value, void *arg)
{
	_cleanup_strv_ char **have = vz_strv_split(value, " \t,");
	const struct conflict *c = arg;
	struct addr a, b;

	for (char **h = have; h && *h; h++) {
		if (addr_parse(*h, &b, NULL) < 0)
			continue;
		for (char *const *p = c->ips; p && *p; p++) {
			if (addr_parse(*p, &a, NULL) == 0 && overlap(&a, &b))
				return in_use(c->e, &a, id, &b);
		}
	}
	return 0;
}

int vz_ip_check_conflict(const struct vz_ct *ct, char *const *ips, struct vz_error *e)
{
	struct conflict c = { .ips = ips, .e = e };
	struct vz_genl g = { .fd = -EBADF };
	struct addr a;
	int r;

	for (char *const *p = ips; p && *p; p++) {
		r = addr_parse(*p, &a, e);
		if (r < 0)
			return r;
	}
	r = vz_ct_others(ct->id, "IP_ADDRESS", conflict_with, &c, e);
	if (r < 0)
		return r;
	if (vz_genl_open(&g, VENET_GENL_NAME) < 0)
		return 0;
	r = 0;
	for (char *const *p = ips; p && *p && r == 0; p++) {
		struct addr has;
		uint32_t id;

		if (addr_parse(*p, &a, NULL) == 0 && others(&g, ct->id, &a, &id, &has) > 0)
			r = in_use(e, &a, id, &has);
	}
	vz_genl_close(&g);
	return r;
}
