// SPDX-License-Identifier: GPL-2.0
/*
 * nlfuzz: random requests to venet's netlink interfaces.
 *
 *	nlfuzz SEED SECONDS GENL-ID VEID VEID
 *
 * Runs in the network namespace of a CT, as its root. The first VEID is its own, the
 * second another one's. Requests are right ones (device kind venet, each command of the
 * generic netlink family with the number GENL-ID) that some faults are made in: attributes
 * of wrong type, size or nesting, twice, cut short, or left out; wrong lengths, flags,
 * namespaces and interfaces. Prints how many requests there were and how each kind of
 * them was answered. The same SEED gives the same requests. Exit status 0: done.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "linux/venet.h"

#define MAX_ERRNO 134

static uint64_t rnd_state;
static unsigned int genl_id, veids[2];
static unsigned char req[8192];
static size_t req_len;

/* answers by what was asked: rtnetlink, generic netlink; and by errno */
static unsigned int answers[2][MAX_ERRNO];
static unsigned int asked[2], silent[2];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* xorshift64* */
static uint64_t rnd64(void)
{
	rnd_state ^= rnd_state >> 12;
	rnd_state ^= rnd_state << 25;
	rnd_state ^= rnd_state >> 27;
	return rnd_state * 2685821657736338717ull;
}

static unsigned int rnd(unsigned int n)
{
	return (rnd64() >> 33) % n;
}

static int one_in(unsigned int n)
{
	return !rnd(n);
}

static void put(const void *p, size_t n)
{
	if (req_len + n > sizeof(req) - 512)
		return;
	memcpy(req + req_len, p, n);
	req_len += n;
}

static void put_random(size_t n)
{
	while (n--) {
		unsigned char c = one_in(3) ? 0 : rnd64();

		put(&c, 1);
	}
}

static void pad(void)
{
	while (req_len % NLA_ALIGNTO)
		put("", 1);
}

/* An attribute; now and then with a fault. */
static void attr(unsigned int type, const void *p, size_t n)
{
	struct nlattr a = { .nla_type = type, .nla_len = NLA_HDRLEN + n };
	size_t have = n;

	if (one_in(24))
		return;
	if (one_in(16))
		a.nla_type = one_in(2) ? rnd(64) : rnd64();
	if (one_in(32))
		a.nla_type |= one_in(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
	if (one_in(12)) {
		have = rnd(n + 8);
		a.nla_len = NLA_HDRLEN + have;
	}
	/* a length that is not that of what follows */
	if (one_in(48))
		a.nla_len = one_in(2) ? rnd(8) : rnd64();
	put(&a, sizeof(a));
	put(p, have < n ? have : n);
	if (have > n)
		put_random(have - n);
	pad();
	if (one_in(24))
		attr(type, p, n);
}

static void attr_u32(unsigned int type, uint32_t v)
{
	attr(type, &v, sizeof(v));
}

static size_t nest_begin(unsigned int type)
{
	struct nlattr a = { .nla_type = type | (one_in(2) ? NLA_F_NESTED : 0) };
	size_t at = req_len;

	put(&a, sizeof(a));
	return at;
}

static void nest_end(size_t at)
{
	size_t n = req_len - at;

	if (req_len + 64 > sizeof(req))
		return;
	if (one_in(24))
		n = rnd(n + 16);
	memcpy(req + at, &(uint16_t){ n }, sizeof(uint16_t));
}

static uint32_t some_veid(void)
{
	static const uint32_t edge[] = { 0, 1, 2147483644, 2147483645, 0x80000000, 0xffffffff };

	if (one_in(8))
		return rnd64();
	if (one_in(8))
		return edge[rnd(sizeof(edge) / sizeof(edge[0]))];
	return veids[rnd(2)];
}

static void put_addr(void)
{
	unsigned char a[16] = { 10, 91, 0, rnd(8) };
	unsigned char b[16] = { 0xfd, 0x91, [15] = rnd(8) };

	if (one_in(2))
		attr(VENET_A_ADDR4, a, 4);
	else
		attr(VENET_A_ADDR6, b, 16);
	if (one_in(4)) {
		unsigned char n = rnd(140);

		attr(VENET_A_PLEN, &n, 1);
	}
}

static void put_net(void)
{
	unsigned char class = rnd(18);
	size_t nest = nest_begin(VENET_A_NET);

	attr(VENET_A_CLASS, &class, 1);
	put_addr();
	if (one_in(16))
		put_net();
	nest_end(nest);
}

static void genl_request(struct nlmsghdr *h)
{
	struct genlmsghdr g = {
		.cmd = one_in(16) ? rnd(256) : 1 + rnd(VENET_CMD_MAX),
		.version = one_in(16) ? rnd(256) : VENET_GENL_VERSION,
	};
	unsigned char on = rnd(4);

	h->nlmsg_type = genl_id;
	if (one_in(3))
		h->nlmsg_flags |= NLM_F_DUMP;
	put(&g, sizeof(g));
	if (!one_in(4))
		attr_u32(VENET_A_VEID, some_veid());
	if (!one_in(3))
		put_addr();
	while (one_in(3))
		put_net();
	if (one_in(3))
		attr(VENET_A_VIA_HOST, &on, 1);
	while (one_in(4)) {
		unsigned char junk[64];

		memset(junk, rnd64(), sizeof(junk));
		attr(rnd(VENET_A_MAX + 3), junk, rnd(sizeof(junk)));
	}
}

/* IFLA_LINKINFO of a venet device */
static void put_info(void)
{
	static const char *const kinds[] = { "venet", "venet", "venet", "venet0", "VENET", "", "vene" };
	const char *kind = kinds[rnd(sizeof(kinds) / sizeof(kinds[0]))];
	size_t info = nest_begin(IFLA_LINKINFO), data;

	attr(IFLA_INFO_KIND, kind, strlen(kind) + !one_in(8));
	if (!one_in(6)) {
		data = nest_begin(one_in(24) ? IFLA_INFO_SLAVE_DATA : IFLA_INFO_DATA);
		attr_u32(IFLA_VENET_VEID, some_veid());
		while (one_in(4))
			attr_u32(rnd(4), rnd64());
		nest_end(data);
	}
	if (one_in(12))
		put_info();
	nest_end(info);
}

static void link_request(struct nlmsghdr *h, unsigned int ifindex)
{
	static const uint16_t types[] = { RTM_NEWLINK, RTM_NEWLINK, RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK,
					  RTM_GETLINK };
	struct ifinfomsg i = { .ifi_family = one_in(16) ? rnd(256) : AF_UNSPEC };
	char name[IFNAMSIZ];

	h->nlmsg_type = types[rnd(sizeof(types) / sizeof(types[0]))];
	if (h->nlmsg_type == RTM_NEWLINK && !one_in(8))
		h->nlmsg_flags |= NLM_F_CREATE | (one_in(2) ? NLM_F_EXCL : 0);
	if (h->nlmsg_type == RTM_GETLINK && one_in(2))
		h->nlmsg_flags |= NLM_F_DUMP;
	/* not all: a request without is one to create */
	if (one_in(2))
		i.ifi_index = one_in(8) ? rnd(1000) : ifindex;
	/* up, always: others send through it meanwhile */
	i.ifi_flags = IFF_UP | (one_in(8) ? rnd64() : 0);
	i.ifi_change = one_in(4) ? IFF_UP : 0;
	put(&i, sizeof(i));
	if (!one_in(6))
		put_info();
	if (one_in(3)) {
		snprintf(name, sizeof(name), "venet%u", rnd(3));
		attr(IFLA_IFNAME, name, strlen(name) + 1);
	}
	if (one_in(3))	/* process 1 is in the host's */
		attr_u32(IFLA_NET_NS_PID, one_in(2) ? 1 : (uint32_t)getpid());
	if (one_in(6))
		attr_u32(IFLA_NET_NS_FD, rnd(8));
	if (one_in(6))
		attr_u32(IFLA_TARGET_NETNSID, rnd(4) - 1);
	if (one_in(6))
		attr_u32(IFLA_LINK_NETNSID, rnd(4) - 1);
	if (one_in(6))
		attr_u32(IFLA_LINK, one_in(2) ? ifindex : rnd(8));
	if (one_in(6))
		attr_u32(IFLA_NEW_IFINDEX, rnd64() >> 33);
	if (one_in(8))
		attr_u32(IFLA_NUM_TX_QUEUES, rnd64() >> (32 + rnd(32)));
	if (one_in(8))
		attr_u32(IFLA_TXQLEN, rnd64());
	if (one_in(8))
		attr_u32(IFLA_MTU, one_in(2) ? 1500 : rnd64());
	if (one_in(8))
		attr_u32(IFLA_GSO_MAX_SIZE, rnd64() >> (32 + rnd(32)));
	if (one_in(8))
		attr_u32(IFLA_GROUP, rnd(4));
	if (one_in(8))
		attr_u32(IFLA_MASTER, rnd(4));
	if (one_in(8))
		attr(IFLA_ADDRESS, "\2\0\0\0\0\1", rnd(32) % 7);
	while (one_in(6)) {
		unsigned char junk[64];

		memset(junk, rnd64(), sizeof(junk));
		attr(rnd(IFLA_MAX + 4), junk, rnd(sizeof(junk)));
	}
}

static int nl_socket(int proto)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK };
	struct timeval tv = { .tv_usec = 100000 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, proto), one = 1, room = 1 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("netlink");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	return fd;
}

/* Until the answer that ends it, if there is one: a message that is cut short gets none. */
static void take_answers(int fd, int kind, uint32_t seq, int expected)
{
	static unsigned char in[65536];

	for (;;) {
		ssize_t n = recv(fd, in, sizeof(in), expected ? 0 : MSG_DONTWAIT);
		struct nlmsghdr *h = (struct nlmsghdr *)in;

		if (n <= 0) {
			silent[kind] += expected;
			return;
		}
		for (; NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			int err;

			if (h->nlmsg_type != NLMSG_ERROR && h->nlmsg_type != NLMSG_DONE)
				continue;
			err = h->nlmsg_type == NLMSG_ERROR ? -((struct nlmsgerr *)NLMSG_DATA(h))->error : 0;
			answers[kind][err > 0 && err < MAX_ERRNO ? err : 0]++;
			if (h->nlmsg_seq == seq)
				expected = 0;
		}
	}
}

/* A request; kind 0: rtnetlink, 1: generic netlink */
static void ask(int fd, int kind, unsigned int ifindex)
{
	static uint32_t seq;
	struct nlmsghdr h = { .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = ++seq };
	int whole = 1;

	memset(req, 0, sizeof(req));
	req_len = sizeof(h);
	if (kind)
		genl_request(&h);
	else
		link_request(&h, ifindex);
	if (one_in(32))
		h.nlmsg_flags |= rnd64();
	h.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	h.nlmsg_len = req_len;
	if (one_in(32)) {
		h.nlmsg_len = one_in(2) ? rnd(req_len + 32) : rnd64();
		whole = h.nlmsg_len >= sizeof(h) && h.nlmsg_len <= req_len;
	}
	memcpy(req, &h, sizeof(h));
	if (send(fd, req, req_len, 0) < 0 && errno != ENOBUFS)
		die("send");
	asked[kind]++;
	take_answers(fd, kind, seq, whole);
}

static void report(int kind, const char *name)
{
	unsigned int e;

	printf("%s: %u asked", name, asked[kind]);
	for (e = 0; e < MAX_ERRNO; e++)
		if (answers[kind][e])
			printf(", %u %s", answers[kind][e], e ? strerrorname_np(e) ?: "?" : "answered");
	printf(", %u without an answer\n", silent[kind]);
}

int main(int argc, char **argv)
{
	unsigned int ifindex = if_nametoindex("venet0");
	int rt, ge;
	time_t end;

	if (argc != 6) {
		fprintf(stderr, "usage: nlfuzz SEED SECONDS GENL-ID VEID VEID\n");
		return 2;
	}
	rnd_state = strtoull(argv[1], NULL, 0) * 0x9e3779b97f4a7c15ull + 1;
	end = time(NULL) + atoi(argv[2]);
	genl_id = atoi(argv[3]);
	veids[0] = strtoul(argv[4], NULL, 0);
	veids[1] = strtoul(argv[5], NULL, 0);
	rt = nl_socket(NETLINK_ROUTE);
	ge = nl_socket(NETLINK_GENERIC);
	while (time(NULL) < end) {
		int i;

		for (i = 0; i < 50; i++) {
			ask(rt, 0, ifindex);
			ask(ge, 1, ifindex);
		}
	}
	report(0, "rtnetlink");
	report(1, "generic netlink");
	return 0;
}
