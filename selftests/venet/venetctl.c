// SPDX-License-Identifier: GPL-2.0
/*
 * venetctl: drives venet's netlink interfaces for the tests.
 *
 *	venetctl link VEID NETNS [NAME]	create the device of a CT in NETNS (the name
 *					of `ip netns`, or - for this one); VEID none: without
 *	venetctl rebind NAME VEID	change the id of a device here
 *	venetctl add VEID ADDR...	give addresses to a CT; ADDR/LENGTH for a prefix
 *	venetctl move VEID ADDR...	the same, whoever has them
 *	venetctl answer VEID ADDR [DEV...]	give it, the host answers for it on each DEV
 *	venetctl del VEID|- [ADDR...]	take them; without ADDR all of the CT
 *	venetctl get ADDR		who owns it
 *	venetctl list [VEID]		dump: "VEID ADDR IFINDEX" lines
 *	venetctl addmany VEID FIRST N	N addresses that follow one another
 *	venetctl shuttle VEID VEID ADDR N	move it there and back, N times
 *	venetctl churn VEID ADDR N	delete and add it, N times
 *	venetctl cycles N VEID ADDR4 ADDR6 PREFIX PEER4 PEER6
 *					N times a CT with these addresses: its namespace, its device, some
 *					traffic with the peers, and killed in the middle of it
 *	venetctl classes [CLASS:NET...]	set the class table
 *	venetctl classmany N		a table of N networks
 *	venetctl stat [VEID]		dump: "VEID CLASS 4|6 BYTES PACKETS BYTES PACKETS" lines,
 *					what the CT got and what it sent
 *	venetctl reset [VEID]		reset counters
 *	venetctl via VEID [0|1]		what it exchanges with other CTs passes the host; VEID 0:
 *					what any two do
 *	venetctl raw CMD [TYPE:HEX...]	any request with any attributes; TYPE + 32768 for a nest
 *	venetctl fuzz N VEID VEID	N requests, half of them nonsense, that give and take
 *					addresses and prefixes; then nothing overlaps
 *
 * Prints "ERRNO: text of the kernel" and exits with 1 when the kernel refuses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <net/if.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include "linux/venet.h"

static struct mnl_socket *nl;
static char buf[1 << 20];
static int family;

static void die(const char *what)
{
	printf("%s: %s\n", strerrorname_np(errno) ?: "?", what);
	exit(1);
}

static void usage(void)
{
	fprintf(stderr, "usage: venetctl link|rebind|add|move|answer|del|get|list|addmany|shuttle|churn|cycles|classes|classmany|stat|reset|via|raw|fuzz ...\n");
	exit(2);
}

static void nl_open(int proto)
{
	int one = 1, room = sizeof(buf);

	if (nl)
		mnl_socket_close(nl);
	nl = mnl_socket_open2(proto, SOCK_CLOEXEC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink socket");
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	/* root only; others have few networks to say */
	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	mnl_socket_setsockopt(nl, NETLINK_CAP_ACK, &one, sizeof(one));
}

static int ext_attr(const struct nlattr *attr, void *data)
{
	const char **msg = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		*msg = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

/* The kernel's words for an error; attributes follow the echoed request. */
static const char *ext_msg(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t off = sizeof(*err);
	const char *msg = "";

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return msg;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		off += mnl_nlmsg_get_payload_len(&err->msg);
	mnl_attr_parse(nlh, off, ext_attr, &msg);
	return msg;
}

/* Sends @nlh; calls @cb for each answer. Returns 0, or prints and returns 1. */
static int talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	static unsigned int seq;
	static char in[65536];
	int n;

	nlh->nlmsg_seq = ++seq;
	nlh->nlmsg_flags |= NLM_F_REQUEST;
	if ((nlh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("send");

	for (;;) {
		struct nlmsghdr *h = (struct nlmsghdr *)in;

		n = mnl_socket_recvfrom(nl, in, sizeof(in));
		if (n < 0)
			die("recv");
		for (; mnl_nlmsg_ok(h, n); h = mnl_nlmsg_next(h, &n)) {
			const struct nlmsgerr *err = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR) {
				if (!err->error)
					return 0;
				errno = -err->error;
				printf("%s: %s\n", strerrorname_np(errno),
				       ext_msg(h));
				return 1;
			}
			if (h->nlmsg_type == NLMSG_DONE)
				return 0;
			if (h->nlmsg_flags & NLM_F_DUMP_INTR)
				fprintf(stderr, "dump was interrupted\n");
			if (cb)
				cb(h, data);
		}
	}
}

static struct nlmsghdr *genl(int type, int cmd, int version, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = version;
	return nlh;
}

static int family_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int family_cb(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), family_attr, NULL);
}

static void genl_open(void)
{
	struct nlmsghdr *nlh;

	nl_open(NETLINK_GENERIC);
	nlh = genl(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VENET_GENL_NAME);
	if (talk(nlh, family_cb, NULL))
		exit(1);
}

static void put_addr(struct nlmsghdr *nlh, const char *s)
{
	const char *slash = strchr(s, '/');
	char addr[INET6_ADDRSTRLEN];
	unsigned char a[16];

	snprintf(addr, sizeof(addr), "%.*s", (int)strcspn(s, "/"), s);
	if (inet_pton(AF_INET, addr, a) == 1)
		mnl_attr_put(nlh, VENET_A_ADDR4, 4, a);
	else if (inet_pton(AF_INET6, addr, a) == 1)
		mnl_attr_put(nlh, VENET_A_ADDR6, 16, a);
	else
		usage();
	if (slash)
		mnl_attr_put_u8(nlh, VENET_A_PLEN, atoi(slash + 1));
}

static int addr_req(int cmd, unsigned int veid, const char *addr)
{
	struct nlmsghdr *nlh = genl(family, cmd, VENET_GENL_VERSION, 0);

	if (veid)
		mnl_attr_put_u32(nlh, VENET_A_VEID, veid);
	if (addr)
		put_addr(nlh, addr);
	return talk(nlh, NULL, NULL);
}

/* Devices by name, or by index. */
static int cmd_answer(unsigned int veid, const char *addr, int argc, char **argv)
{
	struct nlmsghdr *nlh = genl(family, VENET_CMD_ADDR_ADD, VENET_GENL_VERSION, 0);
	uint32_t index[32] = { 0 };
	int i;

	for (i = 0; i < argc && i < 32; i++)
		index[i] = if_nametoindex(argv[i]) ?: strtoul(argv[i], NULL, 0);
	mnl_attr_put_u32(nlh, VENET_A_VEID, veid);
	put_addr(nlh, addr);
	mnl_attr_put(nlh, VENET_A_NEIGH, i * sizeof(*index), index);
	return talk(nlh, NULL, NULL);
}

struct row {
	unsigned int veid, ifindex, plen, len, nr_neigh;
	uint32_t neigh[32];
	unsigned char bytes[16];
	char addr[INET6_ADDRSTRLEN];
};

static int row_attr(const struct nlattr *attr, void *data)
{
	struct row *r = data;

	switch (mnl_attr_get_type(attr)) {
	case VENET_A_VEID:
		r->veid = mnl_attr_get_u32(attr);
		break;
	case VENET_A_IFINDEX:
		r->ifindex = mnl_attr_get_u32(attr);
		break;
	case VENET_A_PLEN:
		r->plen = mnl_attr_get_u8(attr);
		break;
	case VENET_A_NEIGH:
		r->nr_neigh = mnl_attr_get_payload_len(attr) / sizeof(uint32_t);
		memcpy(r->neigh, mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
		break;
	case VENET_A_ADDR4:
	case VENET_A_ADDR6:
		r->len = mnl_attr_get_payload_len(attr);
		memcpy(r->bytes, mnl_attr_get_payload(attr), r->len);
		inet_ntop(r->len == 4 ? AF_INET : AF_INET6, r->bytes, r->addr,
			  sizeof(r->addr));
		break;
	}
	return MNL_CB_OK;
}

static int row_cb(const struct nlmsghdr *nlh, void *data)
{
	struct row r = { 0 };

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), row_attr, &r);
	printf("%u %s", r.veid, r.addr);
	if (r.plen)
		printf("/%u", r.plen);
	printf(" %u", r.ifindex);
	for (unsigned int i = 0; i < r.nr_neigh; i++) {
		char name[IF_NAMESIZE];

		printf(" %s", if_indextoname(r.neigh[i], name) ?: "?");
	}
	putchar('\n');
	return MNL_CB_OK;
}

static int cmd_get(const char *addr)
{
	struct nlmsghdr *nlh = genl(family, VENET_CMD_ADDR_GET,
				    VENET_GENL_VERSION, 0);

	put_addr(nlh, addr);
	return talk(nlh, row_cb, NULL);
}

static int cmd_list(const char *veid)
{
	struct nlmsghdr *nlh = genl(family, VENET_CMD_ADDR_GET,
				    VENET_GENL_VERSION, NLM_F_DUMP);

	if (veid)
		mnl_attr_put_u32(nlh, VENET_A_VEID, strtoul(veid, NULL, 0));
	return talk(nlh, row_cb, NULL);
}

static int via_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == VENET_A_VIA_HOST)
		printf("%u\n", mnl_attr_get_u8(attr));
	return MNL_CB_OK;
}

static int via_cb(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), via_attr, NULL);
}

/* @on NULL: ask */
static int cmd_via(unsigned int veid, const char *on)
{
	struct nlmsghdr *nlh = genl(family, on ? VENET_CMD_CT_SET : VENET_CMD_CT_GET,
				    VENET_GENL_VERSION, 0);

	mnl_attr_put_u32(nlh, VENET_A_VEID, veid);
	if (on)
		mnl_attr_put_u8(nlh, VENET_A_VIA_HOST, atoi(on));
	return talk(nlh, via_cb, NULL);
}

/* The n-th address after @first. */
static const char *nth(const char *first, unsigned int n)
{
	static char s[INET6_ADDRSTRLEN];
	int af = strchr(first, ':') ? AF_INET6 : AF_INET;
	unsigned char a[16];
	unsigned int last;
	int at = af == AF_INET ? 0 : 12;

	if (inet_pton(af, first, a) != 1)
		usage();
	memcpy(&last, a + at, 4);
	last = htonl(ntohl(last) + n);
	memcpy(a + at, &last, 4);
	return inet_ntop(af, a, s, sizeof(s));
}

static int cmd_link(const char *veid, const char *netns, const char *name)
{
	struct nlattr *info, *data;
	struct nlmsghdr *nlh;
	char path[256];
	int fd = -1, err;

	nl_open(NETLINK_ROUTE);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	/*
	 * rtnetlink looks for the name in this namespace, and finds it. Without
	 * one the first device of its kind is called venet0.
	 */
	if (name)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	if (strcmp(netns, "-")) {
		snprintf(path, sizeof(path), "%s%s", *netns == '/' ? "" : "/run/netns/", netns);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die(path);
		mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, fd);
	}
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "venet");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	if (strcmp(veid, "none"))
		mnl_attr_put_u32(nlh, IFLA_VENET_VEID, strtoul(veid, NULL, 0));
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	err = talk(nlh, NULL, NULL);
	if (fd >= 0)
		close(fd);
	return err;
}

static int cmd_rebind(const char *name, const char *veid)
{
	struct nlattr *info, *data;
	struct nlmsghdr *nlh;

	nl_open(NETLINK_ROUTE);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_NEWLINK;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "venet");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u32(nlh, IFLA_VENET_VEID, strtoul(veid, NULL, 0));
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return talk(nlh, NULL, NULL);
}

static void put_net(struct nlmsghdr *nlh, int class, const char *net)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VENET_A_NET);

	mnl_attr_put_u8(nlh, VENET_A_CLASS, class);
	put_addr(nlh, net);
	mnl_attr_nest_end(nlh, nest);
}

static int cmd_classes(int argc, char **argv)
{
	struct nlmsghdr *nlh = genl(family, VENET_CMD_CLASS_SET,
				    VENET_GENL_VERSION, 0);
	int i;

	for (i = 0; i < argc; i++) {
		const char *colon = strchr(argv[i], ':');

		if (!colon)
			usage();
		put_net(nlh, atoi(argv[i]), colon + 1);
	}
	return talk(nlh, NULL, NULL);
}

/* Of the addresses from 10.0.0.0 on each second one, in classes 2 to 15. */
static int cmd_classmany(unsigned int n)
{
	struct nlmsghdr *nlh = genl(family, VENET_CMD_CLASS_SET,
				    VENET_GENL_VERSION, 0);
	unsigned int i;

	if (n * 32ULL + 64 > sizeof(buf))
		usage();
	for (i = 0; i < n; i++)
		put_net(nlh, 2 + i % 14, nth("10.0.0.0", 2 * i));
	return talk(nlh, NULL, NULL);
}

static int stat_attr(const struct nlattr *attr, void *data)
{
	unsigned long long *v = data, n = 0;
	unsigned int type = mnl_attr_get_type(attr);

	if (type > VENET_STAT_MAX)
		return MNL_CB_OK;
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		n = mnl_attr_get_u8(attr);
		break;
	case 4:
		n = mnl_attr_get_u32(attr);
		break;
	case 8:
		n = mnl_attr_get_u64(attr);
		break;
	}
	v[type] = n;
	return MNL_CB_OK;
}

static int stats_attr(const struct nlattr *attr, void *data)
{
	unsigned long long v[VENET_STAT_MAX + 1] = { 0 };
	unsigned int *veid = data;

	switch (mnl_attr_get_type(attr)) {
	case VENET_A_VEID:
		*veid = mnl_attr_get_u32(attr);
		break;
	case VENET_A_STAT:
		mnl_attr_parse_nested(attr, stat_attr, v);
		printf("%u %llu %d %llu %llu %llu %llu\n", *veid, v[VENET_STAT_CLASS],
		       v[VENET_STAT_FAMILY] == AF_INET6 ? 6 : 4,
		       v[VENET_STAT_IN_BYTES], v[VENET_STAT_IN_PACKETS],
		       v[VENET_STAT_OUT_BYTES], v[VENET_STAT_OUT_PACKETS]);
		break;
	}
	return MNL_CB_OK;
}

static int stats_cb(const struct nlmsghdr *nlh, void *data)
{
	unsigned int veid = 0;

	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), stats_attr, &veid);
}

/* @veid "0": leave it out */
static int cmd_stat(int cmd, int flags, const char *veid)
{
	struct nlmsghdr *nlh = genl(family, cmd, VENET_GENL_VERSION, flags);

	if (strcmp(veid, "0"))
		mnl_attr_put_u32(nlh, VENET_A_VEID, strtoul(veid, NULL, 0));
	return talk(nlh, stats_cb, NULL);
}

/* A request as no honest program would send it: attributes as TYPE:HEX. */
static int cmd_raw(int argc, char **argv)
{
	struct nlmsghdr *nlh = genl(family, atoi(argv[0]), VENET_GENL_VERSION,
				    0);
	unsigned char v[64];
	int i;

	for (i = 1; i < argc; i++) {
		const char *hex = strchr(argv[i], ':');
		size_t n = 0;

		if (!hex)
			usage();
		for (hex++; hex[0] && hex[1] && n < sizeof(v); hex += 2)
			sscanf(hex, "%2hhx", &v[n++]);
		mnl_attr_put(nlh, atoi(argv[i]), n, v);
	}
	return talk(nlh, row_cb, NULL);
}

/* The same numbers in every run. */
static unsigned int rnd(unsigned int n)
{
	static unsigned long long x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (x >> 11) % n;
}

/* An address in 10.94.0.0/24 or fd94::/120 with a length, bits beyond it cleared or not. */
static void put_random_addr(struct nlmsghdr *nlh)
{
	unsigned char a[16] = { 0xfd, 0x94 };
	int v6 = rnd(2), plen = 24 + rnd(9);

	if (!v6)
		memcpy(a, (unsigned char []){ 10, 94, 0, 0 }, 4);
	a[v6 ? 15 : 3] = rnd(256);
	if (rnd(16))
		a[v6 ? 15 : 3] &= 0xff00 >> (plen - 24);
	mnl_attr_put(nlh, v6 ? VENET_A_ADDR6 : VENET_A_ADDR4, v6 ? 16 : 4, a);
	if (plen < 32 || rnd(2))
		mnl_attr_put_u8(nlh, VENET_A_PLEN, v6 ? plen + 96 : plen);
}

static void put_garbage(struct nlmsghdr *nlh)
{
	unsigned char v[24];
	unsigned int i, n = rnd(sizeof(v));

	for (i = 0; i < n; i++)
		v[i] = rnd(256);
	mnl_attr_put(nlh, rnd(VENET_A_MAX + 3), n, v);
}

static int fuzz_cb(const struct nlmsghdr *nlh, void *data)
{
	return MNL_CB_OK;
}

#define ROWS 1024

static struct row rows[ROWS];
static unsigned int nrows;

static int rows_cb(const struct nlmsghdr *nlh, void *data)
{
	if (nrows == ROWS)
		return MNL_CB_OK;
	memset(&rows[nrows], 0, sizeof(rows[nrows]));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), row_attr, &rows[nrows++]);
	return MNL_CB_OK;
}

static int rows_overlap(const struct row *a, const struct row *b)
{
	unsigned int n = a->plen ?: a->len * 8, m = b->plen ?: b->len * 8, i;

	if (a->veid == b->veid || a->len != b->len)
		return 0;
	for (i = 0; i < n && i < m; i++)
		if ((a->bytes[i / 8] ^ b->bytes[i / 8]) & 0x80 >> i % 8)
			return 0;
	fprintf(stderr, "CT %u: %s/%u, CT %u: %s/%u\n", a->veid, a->addr, n, b->veid, b->addr, m);
	return 1;
}

static int cmd_fuzz(unsigned int n, unsigned int veid1, unsigned int veid2)
{
	unsigned int i, j, k, ok[VENET_CMD_MAX + 1] = { 0 };
	struct nlmsghdr *nlh;

	/* refusals are not news */
	if (!freopen("/dev/null", "w", stdout))
		die("/dev/null");
	for (i = 0; i < n; i++) {
		int cmd = rnd(3) ? VENET_CMD_ADDR_ADD : rnd(VENET_CMD_MAX + 2);

		nlh = genl(family, cmd, VENET_GENL_VERSION, rnd(64) ? 0 : NLM_F_DUMP);
		if (rnd(8))
			mnl_attr_put_u32(nlh, VENET_A_VEID, rnd(2) ? veid1 : veid2);
		if (rnd(8))
			put_random_addr(nlh);
		while (!rnd(2))
			put_garbage(nlh);
		if (!talk(nlh, fuzz_cb, NULL) && cmd <= VENET_CMD_MAX)
			ok[cmd]++;
		if (i % 256)
			continue;
		nrows = 0;
		talk(genl(family, VENET_CMD_ADDR_GET, VENET_GENL_VERSION, NLM_F_DUMP), rows_cb, NULL);
		for (j = 0; j < nrows; j++)
			for (k = 0; k < j; k++)
				if (rows_overlap(&rows[j], &rows[k]))
					return 1;
	}
	fprintf(stderr, "of %u requests %u added, %u took, %u asked; %u entries\n", n,
		ok[VENET_CMD_ADDR_ADD], ok[VENET_CMD_ADDR_DEL], ok[VENET_CMD_ADDR_GET], nrows);
	return !ok[VENET_CMD_ADDR_ADD] || !ok[VENET_CMD_ADDR_DEL] || !nrows;
}

/* In a namespace of its own: its device up, with an address and a default route */
static int in_ct_up(unsigned int ifindex)
{
	struct ifinfomsg *i;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = RTM_NEWLINK;
	i = mnl_nlmsg_put_extra_header(nlh, sizeof(*i));
	i->ifi_index = ifindex;
	i->ifi_flags = IFF_UP;
	i->ifi_change = IFF_UP;
	return talk(nlh, NULL, NULL);
}

static int in_ct_addr(unsigned int ifindex, const char *addr)
{
	int af = strchr(addr, ':') ? AF_INET6 : AF_INET;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	unsigned char a[16];
	struct ifaddrmsg *i;

	nlh->nlmsg_type = RTM_NEWADDR;
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	i = mnl_nlmsg_put_extra_header(nlh, sizeof(*i));
	i->ifa_family = af;
	i->ifa_prefixlen = af == AF_INET ? 32 : 128;
	i->ifa_index = ifindex;
	inet_pton(af, addr, a);
	mnl_attr_put(nlh, IFA_LOCAL, af == AF_INET ? 4 : 16, a);
	return talk(nlh, NULL, NULL);
}

static int in_ct_route(unsigned int ifindex, int af)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *r;

	nlh->nlmsg_type = RTM_NEWROUTE;
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	r = mnl_nlmsg_put_extra_header(nlh, sizeof(*r));
	r->rtm_family = af;
	r->rtm_table = RT_TABLE_MAIN;
	r->rtm_protocol = RTPROT_BOOT;
	r->rtm_scope = af == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	r->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(nlh, RTA_OIF, ifindex);
	return talk(nlh, NULL, NULL);
}

/* Sends to both until it is killed. */
static void in_ct_flood(const char *peer4, const char *peer6)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(7777) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(7777) };
	int fd4 = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0);
	static const char data[9000];
	unsigned int i;

	inet_pton(AF_INET, peer4, &a4.sin_addr);
	inet_pton(AF_INET6, peer6, &a6.sin6_addr);
	for (i = 0; ; i++) {
		size_t size = i % 8 ? 200 : sizeof(data);	/* some in fragments */

		sendto(fd4, data, size, 0, (struct sockaddr *)&a4, sizeof(a4));
		sendto(fd6, data, size, 0, (struct sockaddr *)&a6, sizeof(a6));
	}
}

/* The process of the CT: says when it has its namespace, waits for its device. */
static void in_ct(int say, int wait, char **a)
{
	unsigned int ifindex;
	char c = 0;

	if (unshare(CLONE_NEWNET) || write(say, &c, 1) != 1 || read(wait, &c, 1) != 1)
		die("unshare");
	ifindex = if_nametoindex("venet0");
	nl_open(NETLINK_ROUTE);
	if (in_ct_up(ifindex) || in_ct_addr(ifindex, a[0]) || in_ct_addr(ifindex, a[1]) ||
	    in_ct_route(ifindex, AF_INET) || in_ct_route(ifindex, AF_INET6))
		exit(1);
	if (write(say, &c, 1) != 1)
		die("write");
	in_ct_flood(a[3], a[4]);
}

/* @a: ADDR4 ADDR6 PREFIX PEER4 PEER6 */
static int cycle(const char *veid, char **a, unsigned int nth_cycle)
{
	unsigned int id = strtoul(veid, NULL, 0);
	int from[2], to[2], err, status;
	char path[64], c = 0;
	pid_t pid;

	if (pipe2(from, O_CLOEXEC) || pipe2(to, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		in_ct(from[1], to[0], a);
	close(from[1]);
	close(to[0]);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	err = read(from[0], &c, 1) != 1 || cmd_link(veid, path, NULL);
	nl_open(NETLINK_GENERIC);
	err = err || addr_req(VENET_CMD_ADDR_ADD, id, a[0]) || addr_req(VENET_CMD_ADDR_ADD, id, a[1]) ||
	      addr_req(VENET_CMD_ADDR_ADD, id, a[2]) || write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1;
	/* sometimes its addresses go first */
	usleep(nth_cycle % 7 * 1000);
	if (!err && nth_cycle % 3 == 0)
		err = addr_req(VENET_CMD_ADDR_DEL, id, nth_cycle % 2 ? a[0] : NULL);
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		err = 1;
	close(from[0]);
	close(to[1]);
	return err;
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";
	unsigned long veid = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	unsigned int i, n;
	int err = 0;

	if (!strcmp(cmd, "link") && argc > 3)
		return cmd_link(argv[2], argv[3], argc > 4 ? argv[4] : NULL);
	if (!strcmp(cmd, "rebind") && argc > 3)
		return cmd_rebind(argv[2], argv[3]);

	genl_open();
	if (!strcmp(cmd, "add") && argc > 3) {
		for (i = 3; i < (unsigned int)argc && !err; i++)
			err = addr_req(VENET_CMD_ADDR_ADD, veid, argv[i]);
	} else if (!strcmp(cmd, "move") && argc > 3) {
		for (i = 3; i < (unsigned int)argc && !err; i++)
			err = addr_req(VENET_CMD_ADDR_MOVE, veid, argv[i]);
	} else if (!strcmp(cmd, "shuttle") && argc == 6) {
		n = strtoul(argv[5], NULL, 0);
		for (i = 0; i < 2 * n && !err; i++)
			err = addr_req(VENET_CMD_ADDR_MOVE,
				       i % 2 ? veid : strtoul(argv[3], NULL, 0), argv[4]);
	} else if (!strcmp(cmd, "answer") && argc > 3) {
		err = cmd_answer(veid, argv[3], argc - 4, argv + 4);
	} else if (!strcmp(cmd, "del") && argc == 3) {
		err = addr_req(VENET_CMD_ADDR_DEL, veid, NULL);
	} else if (!strcmp(cmd, "del") && argc > 3) {
		for (i = 3; i < (unsigned int)argc && !err; i++)
			err = addr_req(VENET_CMD_ADDR_DEL, veid, argv[i]);
	} else if (!strcmp(cmd, "get") && argc == 3) {
		err = cmd_get(argv[2]);
	} else if (!strcmp(cmd, "list")) {
		err = cmd_list(argc > 2 ? argv[2] : NULL);
	} else if (!strcmp(cmd, "addmany") && argc > 4) {
		n = strtoul(argv[4], NULL, 0);
		for (i = 0; i < n && !err; i++)
			err = addr_req(VENET_CMD_ADDR_ADD, veid,
				       nth(argv[3], i));
	} else if (!strcmp(cmd, "churn") && argc > 4) {
		n = strtoul(argv[4], NULL, 0);
		for (i = 0; i < n && !err; i++)
			err = addr_req(VENET_CMD_ADDR_DEL, veid, argv[3]) ||
			      addr_req(VENET_CMD_ADDR_ADD, veid, argv[3]);
	} else if (!strcmp(cmd, "cycles") && argc == 9) {
		for (i = 0; i < veid && !err; i++)
			err = cycle(argv[3], argv + 4, i);
		if (err)
			fprintf(stderr, "at cycle %u\n", i);
	} else if (!strcmp(cmd, "classes")) {
		err = cmd_classes(argc - 2, argv + 2);
	} else if (!strcmp(cmd, "classmany") && argc == 3) {
		err = cmd_classmany(strtoul(argv[2], NULL, 0));
	} else if (!strcmp(cmd, "stat")) {
		err = cmd_stat(VENET_CMD_STAT_GET, NLM_F_DUMP, argc > 2 ? argv[2] : "0");
	} else if (!strcmp(cmd, "reset")) {
		err = cmd_stat(VENET_CMD_STAT_RESET, 0, argc > 2 ? argv[2] : "0");
	} else if (!strcmp(cmd, "via") && argc > 2) {
		err = cmd_via(veid, argc > 3 ? argv[3] : NULL);
	} else if (!strcmp(cmd, "raw") && argc > 2) {
		err = cmd_raw(argc - 2, argv + 2);
	} else if (!strcmp(cmd, "fuzz") && argc == 5) {
		err = cmd_fuzz(veid, strtoul(argv[3], NULL, 0), strtoul(argv[4], NULL, 0));
	} else {
		usage();
	}
	return err;
}
