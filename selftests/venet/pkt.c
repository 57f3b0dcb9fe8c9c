// SPDX-License-Identifier: GPL-2.0
/*
 * pkt: traffic and packets for the tests of venet. One process does both ends:
 * FROM and TO are network namespaces as `ip netns` names them, - is this one.
 *
 *	pkt tcp FROM TO ADDR BYTES	send BYTES over TCP to ADDR, compare
 *	pkt sctp FROM TO ADDR BYTES	the same over SCTP
 *	pkt udp FROM TO ADDR SIZE [N]	N datagrams there and back, compare
 *	pkt gso FROM TO ADDR SIZE SEG	one UDP_SEGMENT send, compare
 *	pkt frags FROM TO SRC ADDR SIZE FRAG ORDER	a datagram in fragments of FRAG bytes, AF_PACKET
 *					on venet0, compare; ORDER: forward reverse twice
 *	pkt probe FROM ADDR SIZE [TTL]	a datagram of SIZE bytes with its headers that nobody may
 *					fragment, to a port of nobody: "ERRNO WHO [MTU]",
 *					as the ICMP error says, or "0"
 *	pkt err FROM ADDR		send a datagram, print the errno it meets
 *	pkt ping FROM ADDR [SIZE]	one echo request and its reply
 *	pkt flood FROM ADDR SECONDS	datagrams as fast as possible
 *	pkt spoof FROM DEV SRC DST [N]	N datagrams with any source, AF_PACKET
 *	pkt bad FROM DEV SRC DST WHAT	one malformed packet, AF_PACKET; WHAT:
 *		empty short ihl0 ihlbig version nonip mismatch gso gsobad
 *	pkt sniff NETNS DEV MS		count the packets that arrive at DEV
 *	pkt mcast FROM DEV SRC GROUP TO TODEV	TO joins GROUP, FROM sends it a datagram
 *	pkt ns FROM DEV TARGET [DST [HOPS]]	a neighbour solicitation; prints "router solicited
 *					override MAC" of the answer, or "none" after PKT_SECONDS
 *	pkt split FROM TO ADDR TO2 SECONDS	datagrams to ADDR, which TO and TO2 have; prints how
 *					many were sent, came to TO, came to TO2, and were lost
 *
 * PKT_MARK in the environment: SO_MARK of all sockets. PKT_SECONDS: how long a receiver waits.
 * PKT_SNDBUF: SO_SNDBUF of all sockets.
 * Exit status 0: done as asked; 1: not, and why is printed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define PORT 7777
#define SECONDS "20"	/* until a receiver gives up */

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

static void fail(const char *fmt, ...)
{
	va_list ap;
	int err = errno;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	if (err)
		printf(": %s", strerror(err));
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

static void usage(void)
{
	fprintf(stderr, "usage: pkt tcp|sctp|udp|gso|frags|probe|err|ping|flood|spoof|bad|sniff|mcast|ns|split ...\n");
	exit(2);
}

static int ns_self;

static void ns_enter(const char *name)
{
	char path[256];
	int fd = ns_self;

	if (strcmp(name, "-")) {
		snprintf(path, sizeof(path), "/run/netns/%s", name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail("netns %s", name);
	if (fd != ns_self)
		close(fd);
}

static char scope[IFNAMSIZ];	/* of the last address that had one: ADDR%DEV */

static socklen_t parse(const char *text, uint16_t port, union addr *a)
{
	char s[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof(*a));
	snprintf(s, sizeof(s), "%.*s", (int)strcspn(text, "%"), text);
	if (strchr(text, '%'))
		snprintf(scope, sizeof(scope), "%s", strchr(text, '%') + 1);
	if (inet_pton(AF_INET, s, &a->in.sin_addr) == 1) {
		a->sa.sa_family = AF_INET;
		a->in.sin_port = htons(port);
		return sizeof(a->in);
	}
	if (inet_pton(AF_INET6, s, &a->in6.sin6_addr) == 1) {
		a->sa.sa_family = AF_INET6;
		a->in6.sin6_port = htons(port);
		return sizeof(a->in6);
	}
	usage();
	return 0;
}

static int seconds(void)
{
	return atoi(getenv("PKT_SECONDS") ?: SECONDS);
}

static int new_socket(int family, int type, int proto)
{
	struct timeval tv = { .tv_sec = seconds() };
	int fd = socket(family, type | SOCK_CLOEXEC, proto);
	int one = 1, mark = atoi(getenv("PKT_MARK") ?: "0");
	int sndbuf = atoi(getenv("PKT_SNDBUF") ?: "0");

	if (fd < 0)
		fail("socket");
	if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		fail("SO_MARK");
	if (sndbuf && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf)))
		fail("SO_SNDBUFFORCE");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return fd;
}

/* A socket bound to @a in namespace @to: it answers from the right address. */
static int server(const char *to, const union addr *a, socklen_t len, int type, int proto)
{
	int fd;

	ns_enter(to);
	fd = new_socket(a->sa.sa_family, type, proto);
	if (bind(fd, &a->sa, len))
		fail("bind");
	if (type == SOCK_STREAM && listen(fd, 1))
		fail("listen");
	return fd;
}

static unsigned char pattern(size_t i)
{
	return (i * 2654435761u) >> 24;
}

static void fill(unsigned char *buf, size_t from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf[i] = pattern(from + i);
}

static void compare(const unsigned char *buf, size_t from, size_t n)
{
	size_t i;

	errno = 0;
	for (i = 0; i < n; i++)
		if (buf[i] != pattern(from + i))
			fail("byte %zu differs", from + i);
}

static int wait_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static int cmd_stream(const char *from, const char *to, const char *addr, size_t n, int proto)
{
	static unsigned char buf[256 * 1024];
	/* SCTP sends each piece as one message, which must fit into the send buffer */
	size_t piece = proto == IPPROTO_SCTP ? 32 * 1024 : sizeof(buf);
	size_t done = 0;
	union addr a;
	socklen_t len = parse(addr, PORT, &a);
	int fd, conn;
	ssize_t r;
	pid_t pid;

	fd = server(to, &a, len, SOCK_STREAM, proto);
	pid = fork();
	if (!pid) {
		close(fd);
		ns_enter(from);
		fd = new_socket(a.sa.sa_family, SOCK_STREAM, proto);
		if (connect(fd, &a.sa, len))
			fail("connect");
		while (done < n) {
			size_t c = n - done < piece ? n - done : piece;

			fill(buf, done, c);
			r = write(fd, buf, c);
			if (r <= 0)
				fail("write after %zu bytes", done);
			done += r;
		}
		shutdown(fd, SHUT_WR);
		/* the receiver closes when it has all; over SCTP that may be the end already */
		if (read(fd, buf, 1) && (proto == IPPROTO_TCP || errno != ENOTCONN))
			fail("read");
		_exit(0);
	}
	conn = accept(fd, NULL, NULL);
	if (conn < 0) {
		kill(pid, SIGTERM);
		fail("accept");
	}
	while ((r = read(conn, buf, sizeof(buf))) > 0) {
		compare(buf, done, r);
		done += r;
	}
	errno = 0;
	if (done != n)
		fail("%zu bytes of %zu arrived", done, n);
	close(conn);
	return wait_child(pid);
}

static int cmd_udp(const char *from, const char *to, const char *addr,
		   size_t size, unsigned int n)
{
	unsigned char buf[65536];
	union addr a, peer;
	socklen_t len = parse(addr, PORT, &a), peerlen;
	int fd;
	unsigned int i;
	ssize_t r;
	pid_t pid;

	fd = server(to, &a, len, SOCK_DGRAM, 0);
	pid = fork();
	if (!pid) {
		close(fd);
		ns_enter(from);
		fd = new_socket(a.sa.sa_family, SOCK_DGRAM, 0);
		if (connect(fd, &a.sa, len))
			fail("connect");
		for (i = 0; i < n; i++) {
			fill(buf, i, size);
			if (send(fd, buf, size, 0) != (ssize_t)size)
				fail("send");
			r = recv(fd, buf, sizeof(buf), 0);
			if (r != (ssize_t)size)
				fail("datagram %u: got %zd", i, r);
			compare(buf, i, size);
		}
		_exit(0);
	}
	for (i = 0; i < n; i++) {
		peerlen = sizeof(peer);
		r = recvfrom(fd, buf, sizeof(buf), 0, &peer.sa, &peerlen);
		if (r != (ssize_t)size) {
			kill(pid, SIGTERM);
			fail("datagram %u of %zu bytes: got %zd", i, size, r);
		}
		compare(buf, i, size);
		if (sendto(fd, buf, r, 0, &peer.sa, peerlen) != r)
			fail("sendto");
	}
	return wait_child(pid);
}

static int cmd_gso(const char *from, const char *to, const char *addr,
		   size_t size, int seg)
{
	static unsigned char buf[65536];
	size_t got = 0;
	union addr a;
	socklen_t len = parse(addr, PORT, &a);
	int fd, out;
	ssize_t r;

	fd = server(to, &a, len, SOCK_DGRAM, 0);
	ns_enter(from);
	out = new_socket(a.sa.sa_family, SOCK_DGRAM, 0);
	if (setsockopt(out, IPPROTO_UDP, UDP_SEGMENT, &seg, sizeof(seg)))
		fail("UDP_SEGMENT");
	if (connect(out, &a.sa, len))
		fail("connect");
	fill(buf, 0, size);
	if (send(out, buf, size, 0) != (ssize_t)size)
		fail("send");
	while (got < size) {
		r = recv(fd, buf, sizeof(buf), 0);
		if (r <= 0)
			fail("%zu bytes of %zu arrived", got, size);
		errno = 0;
		if (r > seg)
			fail("a datagram of %zd bytes", r);
		compare(buf, got, r);
		got += r;
	}
	return 0;
}

static int cmd_err(const char *from, const char *addr)
{
	struct timeval tv = { .tv_sec = 3 };
	union addr a;
	socklen_t len = parse(addr, PORT, &a);
	int fd, i, one = 1;
	char c;

	ns_enter(from);
	if (scope[0])
		a.in6.sin6_scope_id = if_nametoindex(scope);
	fd = new_socket(a.sa.sa_family, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	/* else errors that may pass are not reported */
	if (a.sa.sa_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
	if (connect(fd, &a.sa, len) || send(fd, "x", 1, 0) != 1) {
		puts(strerrorname_np(errno));
		return 0;
	}
	i = recv(fd, &c, 1, 0);
	puts(i < 0 ? strerrorname_np(errno) : "0");
	return 0;
}

static uint16_t csum(const void *p, size_t n)
{
	const unsigned char *b = p;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += i & 1 ? b[i] : b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static int cmd_ping(const char *from, const char *addr, size_t size)
{
	static unsigned char buf[65536];
	union addr a;
	socklen_t len = parse(addr, 0, &a);
	bool v4 = a.sa.sa_family == AF_INET;
	struct icmphdr *ic = (struct icmphdr *)buf;
	uint16_t id = getpid();
	int fd, one = 1;
	time_t end = time(NULL) + seconds();

	ns_enter(from);
	if (scope[0])
		a.in6.sin6_scope_id = if_nametoindex(scope);
	fd = new_socket(a.sa.sa_family, SOCK_RAW, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVERR : IPV6_RECVERR,
		   &one, sizeof(one));
	/* who answers for a group does so from an address of its own */
	if (!(!v4 && IN6_IS_ADDR_MULTICAST(&a.in6.sin6_addr)) && connect(fd, &a.sa, len))
		fail("connect");
	fill(buf, 0, size + sizeof(*ic));
	memset(ic, 0, sizeof(*ic));
	ic->type = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	ic->un.echo.id = id;
	if (v4)
		ic->checksum = csum(buf, size + sizeof(*ic));
	if (sendto(fd, buf, size + sizeof(*ic), 0, &a.sa, len) < 0)
		fail("send");
	while (time(NULL) < end) {
		ssize_t r = recv(fd, buf, sizeof(buf), 0);
		size_t off = v4 ? (buf[0] & 15) * 4 : 0;

		if (r < 0)
			fail("recv");
		ic = (struct icmphdr *)(buf + off);
		if (ic->type != (v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) ||
		    ic->un.echo.id != id)
			continue;
		errno = 0;
		if ((size_t)r != off + sizeof(*ic) + size)
			fail("reply of %zd bytes", r);
		compare(buf + off + sizeof(*ic), sizeof(*ic), size);
		return 0;
	}
	errno = 0;
	fail("no reply");
}

static int cmd_flood(const char *from, const char *addr, int seconds)
{
	time_t end = time(NULL) + seconds;
	unsigned char buf[1400] = { 0 };
	union addr a;
	socklen_t len = parse(addr, PORT, &a);
	unsigned int n = 0;
	int fd;

	ns_enter(from);
	fd = new_socket(a.sa.sa_family, SOCK_DGRAM, 0);
	if (connect(fd, &a.sa, len))
		fail("connect");
	while (time(NULL) < end) {
		int i;

		for (i = 0; i < 100; i++)
			n += send(fd, buf, sizeof(buf), 0) > 0;
	}
	printf("%u\n", n);
	return 0;
}

/* The device has no link-layer header: both types send the same bytes. */
static int packet_socket(const char *from, const char *dev, int type, uint16_t proto,
			 struct sockaddr_ll *ll)
{
	int fd;

	ns_enter(from);
	fd = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fail("packet socket");
	memset(ll, 0, sizeof(*ll));
	ll->sll_family = AF_PACKET;
	ll->sll_protocol = htons(proto);
	ll->sll_ifindex = if_nametoindex(dev);
	if (!ll->sll_ifindex)
		fail("%s", dev);
	return fd;
}

/* A UDP datagram with @payload bytes; returns its length. */
static size_t build(unsigned char *p, const char *src, const char *dst,
		    size_t payload)
{
	union addr s, d;
	struct udphdr *udp;
	size_t hdr;

	parse(src, 0, &s);
	parse(dst, 0, &d);
	if (s.sa.sa_family != d.sa.sa_family)
		usage();
	if (s.sa.sa_family == AF_INET) {
		struct iphdr *ip = (struct iphdr *)p;

		hdr = sizeof(*ip);
		memset(ip, 0, hdr);
		ip->version = 4;
		ip->ihl = 5;
		ip->ttl = 64;
		ip->protocol = IPPROTO_UDP;
		ip->tot_len = htons(hdr + sizeof(*udp) + payload);
		ip->saddr = s.in.sin_addr.s_addr;
		ip->daddr = d.in.sin_addr.s_addr;
		ip->check = csum(ip, hdr);
	} else {
		struct ip6_hdr *ip = (struct ip6_hdr *)p;

		hdr = sizeof(*ip);
		memset(ip, 0, hdr);
		ip->ip6_vfc = 6 << 4;
		ip->ip6_plen = htons(sizeof(*udp) + payload);
		ip->ip6_nxt = IPPROTO_UDP;
		ip->ip6_hlim = 64;
		ip->ip6_src = s.in6.sin6_addr;
		ip->ip6_dst = d.in6.sin6_addr;
	}
	udp = (struct udphdr *)(p + hdr);
	memset(udp, 0, sizeof(*udp));
	udp->uh_sport = udp->uh_dport = htons(PORT);
	udp->uh_ulen = htons(sizeof(*udp) + payload);
	fill(p + hdr + sizeof(*udp), 0, payload);
	return hdr + sizeof(*udp) + payload;
}

static int cmd_spoof(const char *from, const char *dev, const char *src,
		     const char *dst, int n)
{
	struct sockaddr_ll ll;
	unsigned char p[256];
	size_t len = build(p, src, dst, 32);
	int fd = packet_socket(from, dev, SOCK_DGRAM,
			       strchr(src, ':') ? ETH_P_IPV6 : ETH_P_IP, &ll);

	while (n--)
		if (sendto(fd, p, len, 0, (struct sockaddr *)&ll, sizeof(ll)) < 0)
			fail("send");
	return 0;
}

static int cmd_bad(const char *from, const char *dev, const char *src,
		   const char *dst, const char *what)
{
	static unsigned char p[65536];
	struct virtio_net_hdr *vh = (struct virtio_net_hdr *)p;
	bool v4 = !strchr(src, ':'), gso = !strncmp(what, "gso", 3);
	unsigned char *q = gso ? p + sizeof(*vh) : p;
	size_t len = build(q, src, dst, gso ? 8000 : 32);
	struct sockaddr_ll ll;
	int fd, one = 1;

	fd = packet_socket(from, dev, gso ? SOCK_RAW : SOCK_DGRAM,
			   v4 ? ETH_P_IP : ETH_P_IPV6, &ll);
	if (!strcmp(what, "empty")) {
		len = 1;
	} else if (!strcmp(what, "short")) {
		len = v4 ? 19 : 39;
	} else if (!strcmp(what, "ihl0")) {
		q[0] = 0x40;
	} else if (!strcmp(what, "ihlbig")) {
		q[0] = 0x4f;
		len = 24;
	} else if (!strcmp(what, "version")) {
		q[0] = 0x95;
	} else if (!strcmp(what, "nonip")) {
		ll.sll_protocol = htons(0x88b5);
	} else if (!strcmp(what, "mismatch")) {
		ll.sll_protocol = htons(v4 ? ETH_P_IPV6 : ETH_P_IP);
	} else if (gso) {
		size_t hdr = v4 ? 20 : 40;

		if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)))
			fail("PACKET_VNET_HDR");
		vh->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vh->gso_type = v4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		vh->gso_size = !strcmp(what, "gsobad") ? 1 : 1400;
		vh->hdr_len = hdr + 20;
		vh->csum_start = hdr;
		vh->csum_offset = 16;
		q[v4 ? 9 : 6] = IPPROTO_TCP;
		q[hdr + 12] = 5 << 4;
		len += sizeof(*vh);
	} else {
		usage();
	}
	/* The kernel may refuse it on the way to the device, which is fine. */
	if (sendto(fd, p, len, 0, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		puts(strerrorname_np(errno));
	return 0;
}

/* The checksum of the datagram that build() left without one. */
static void udp_csum(unsigned char *p, size_t hdr, size_t len)
{
	struct udphdr *udp = (struct udphdr *)(p + hdr);
	static unsigned char pseudo[65536 + 40];
	size_t alen = hdr == 20 ? 8 : 32;

	memset(pseudo, 0, alen + 8);
	memcpy(pseudo, p + hdr - alen, alen);
	pseudo[alen + 2] = (len - hdr) >> 8;
	pseudo[alen + 3] = len - hdr;
	pseudo[alen + 7] = IPPROTO_UDP;
	memcpy(pseudo + alen + 8, udp, len - hdr);
	udp->uh_sum = csum(pseudo, alen + 8 + len - hdr);
}

/* Fragment @i, of @frag bytes but for the last one, of the packet @p of @len bytes. */
static size_t fragment(unsigned char *f, const unsigned char *p, size_t hdr, size_t len, size_t frag,
		       unsigned int i)
{
	size_t off = i * frag, n = len - hdr - off;
	const unsigned char *data = p + hdr + off;
	bool more = n > frag;
	uint16_t id = getpid();	/* not what is left of another run */

	n = more ? frag : n;
	memcpy(f, p, hdr);
	if (hdr == 20) {
		struct iphdr *ip = (struct iphdr *)f;

		ip->id = id;
		ip->frag_off = htons(off / 8 | (more ? 0x2000 : 0));
		ip->tot_len = htons(hdr + n);
		ip->check = 0;
		ip->check = csum(ip, hdr);
	} else {
		struct ip6_hdr *ip = (struct ip6_hdr *)f;
		struct ip6_frag *fh = (struct ip6_frag *)(f + hdr);

		memset(fh, 0, sizeof(*fh));
		fh->ip6f_nxt = ip->ip6_nxt;
		fh->ip6f_offlg = htons(off | more);
		fh->ip6f_ident = id;
		ip->ip6_nxt = IPPROTO_FRAGMENT;
		ip->ip6_plen = htons(sizeof(*fh) + n);
		hdr += sizeof(*fh);
	}
	memcpy(f + hdr, data, n);
	return hdr + n;
}

static int cmd_frags(const char *from, const char *to, const char *src, const char *addr,
		     size_t size, size_t frag, const char *order)
{
	static unsigned char p[65536], f[65536];
	size_t hdr = strchr(src, ':') ? 40 : 20, len = build(p, src, addr, size);
	unsigned int i, k, n = (len - hdr + frag - 1) / frag;
	struct sockaddr_ll ll;
	union addr a;
	int in, out;
	ssize_t r;

	if (frag % 8 || (strcmp(order, "forward") && strcmp(order, "reverse") && strcmp(order, "twice")))
		usage();
	udp_csum(p, hdr, len);
	in = server(to, &a, parse(addr, PORT, &a), SOCK_DGRAM, 0);
	out = packet_socket(from, "venet0", SOCK_DGRAM, hdr == 40 ? ETH_P_IPV6 : ETH_P_IP, &ll);
	for (i = 0; i < n; i++) {
		len = fragment(f, p, hdr, hdr + sizeof(struct udphdr) + size, frag,
			       *order == 'r' ? n - 1 - i : i);
		for (k = 0; k < (*order == 't' ? 2 : 1); k++)
			if (sendto(out, f, len, 0, (struct sockaddr *)&ll, sizeof(ll)) < 0)
				fail("send");
	}
	r = recv(in, p, sizeof(p), 0);
	if (r != (ssize_t)size)
		fail("got %zd", r);
	compare(p, 0, size);
	return 0;
}

static int cmd_probe(const char *from, const char *addr, size_t size, int ttl)
{
	static unsigned char buf[65536];
	union addr a;
	socklen_t len = parse(addr, 9, &a);
	bool v4 = a.sa.sa_family == AF_INET;
	int level = v4 ? IPPROTO_IP : IPPROTO_IPV6, how = v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
	struct iovec iov = { buf, sizeof(buf) };
	char control[512], text[INET6_ADDRSTRLEN];
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct sock_extended_err *ee = NULL;
	struct cmsghdr *c;
	struct pollfd pfd;
	int fd, one = 1;

	ns_enter(from);
	fd = new_socket(a.sa.sa_family, SOCK_DGRAM, 0);
	setsockopt(fd, level, v4 ? IP_RECVERR : IPV6_RECVERR, &one, sizeof(one));
	/* to send it whatever has been learned of the way */
	if (setsockopt(fd, level, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &how, sizeof(how)) ||
	    setsockopt(fd, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, &ttl, sizeof(ttl)))
		fail("setsockopt");
	if (connect(fd, &a.sa, len) || send(fd, buf, size - (v4 ? 28 : 48), 0) < 0) {
		printf("%s -\n", strerrorname_np(errno));
		return 0;
	}
	pfd = (struct pollfd){ .fd = fd };
	if (poll(&pfd, 1, seconds() * 1000) != 1 || recvmsg(fd, &m, MSG_ERRQUEUE) < 0) {
		puts("0");
		return 0;
	}
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == level && c->cmsg_type == (v4 ? IP_RECVERR : IPV6_RECVERR))
			ee = (struct sock_extended_err *)CMSG_DATA(c);
	errno = 0;
	if (!ee)
		fail("an error without a reason");
	memcpy(&a, SO_EE_OFFENDER(ee), sizeof(a));
	inet_ntop(a.sa.sa_family, a.sa.sa_family == AF_INET ? (void *)&a.in.sin_addr :
		  (void *)&a.in6.sin6_addr, text, sizeof(text));
	printf("%s %s", strerrorname_np(ee->ee_errno), a.sa.sa_family == AF_UNSPEC ? "-" : text);
	printf(ee->ee_errno == EMSGSIZE ? " %u\n" : "\n", ee->ee_info);
	return 0;
}

static int cmd_sniff(const char *ns, const char *dev, int ms)
{
	struct sockaddr_ll ll;
	unsigned char p[65536];
	struct timespec t0, t;
	struct pollfd pfd = { .events = POLLIN };
	int n = 0, left = ms;

	pfd.fd = packet_socket(ns, dev, SOCK_DGRAM, ETH_P_ALL, &ll);
	if (bind(pfd.fd, (struct sockaddr *)&ll, sizeof(ll)))
		fail("bind");
	puts("ready");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	while (left > 0 && poll(&pfd, 1, left) > 0) {
		socklen_t len = sizeof(ll);

		if (recvfrom(pfd.fd, p, sizeof(p), 0, (struct sockaddr *)&ll, &len) > 0 &&
		    ll.sll_pkttype != PACKET_OUTGOING)
			n++;
		clock_gettime(CLOCK_MONOTONIC, &t);
		left = ms - (t.tv_sec - t0.tv_sec) * 1000 -
		       (t.tv_nsec - t0.tv_nsec) / 1000000;
	}
	printf("%d\n", n);
	return 0;
}

static int cmd_mcast(const char *from, const char *dev, const char *src,
		     const char *group, const char *to, const char *todev)
{
	union addr g, s;
	socklen_t len = parse(group, PORT, &g);
	struct group_req req = { 0 };
	struct ip_mreqn out = { 0 };
	int in, fd, index, on = 0;
	bool v4 = g.sa.sa_family == AF_INET;
	char c;

	ns_enter(to);
	in = new_socket(g.sa.sa_family, SOCK_DGRAM, 0);
	req.gr_interface = if_nametoindex(todev);
	memcpy(&req.gr_group, &g, len);
	if (bind(in, &g.sa, len) && (v4 || errno != EINVAL))
		fail("bind");
	if (!v4) {	/* a scope is needed to bind to it */
		g.in6.sin6_scope_id = req.gr_interface;
		if (bind(in, &g.sa, len))
			fail("bind");
	}
	if (strcmp(todev, "none") &&
	    setsockopt(in, v4 ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP, &req, sizeof(req)))
		fail("join %s on %s", group, todev);

	ns_enter(from);
	fd = new_socket(g.sa.sa_family, SOCK_DGRAM, 0);
	index = if_nametoindex(dev);
	out.imr_ifindex = index;
	if (v4 ? setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)) :
		 setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)))
		fail("MULTICAST_IF");
	/* no copy for this namespace */
	setsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		   v4 ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, &on, sizeof(on));
	if (strcmp(src, "-")) {
		socklen_t slen = parse(src, 0, &s);

		if (!v4)
			s.in6.sin6_scope_id = index;
		if (bind(fd, &s.sa, slen))
			fail("bind %s", src);
	}
	if (!v4)
		g.in6.sin6_scope_id = index;
	if (sendto(fd, "x", 1, 0, &g.sa, len) != 1)
		fail("send");
	if (recv(in, &c, 1, 0) != 1)
		fail("nothing came");
	return 0;
}

static int cmd_ns(const char *from, const char *dev, const char *target, const char *dst,
		  int hops)
{
	struct {
		struct nd_neighbor_solicit ns;
		unsigned char opt[8];
	} req = { .ns.nd_ns_type = ND_NEIGHBOR_SOLICIT };
	size_t n = sizeof(req.ns);
	time_t end = time(NULL) + seconds();
	unsigned char buf[1500];
	struct ifreq ifr = { 0 };
	union addr t, d;
	socklen_t len;
	int fd;

	parse(target, 0, &t);
	req.ns.nd_ns_target = t.in6.sin6_addr;
	len = parse(dst ?: "ff02::1:ff00:0", 0, &d);
	if (!dst)
		memcpy(d.in6.sin6_addr.s6_addr + 13, t.in6.sin6_addr.s6_addr + 13, 3);
	ns_enter(from);
	fd = new_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	d.in6.sin6_scope_id = if_nametoindex(dev);
	setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops));
	setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
	strncpy(ifr.ifr_name, dev, IFNAMSIZ - 1);
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, strlen(dev) + 1))
		fail("%s", dev);
	if (!ioctl(fd, SIOCGIFHWADDR, &ifr) && ifr.ifr_hwaddr.sa_family == 1) {
		req.opt[0] = ND_OPT_SOURCE_LINKADDR;
		req.opt[1] = 1;
		memcpy(req.opt + 2, ifr.ifr_hwaddr.sa_data, 6);
		n += 8;
	}
	if (sendto(fd, &req, n, 0, &d.sa, len) < 0)
		fail("send");
	while (time(NULL) < end) {
		struct nd_neighbor_advert *na = (struct nd_neighbor_advert *)buf;
		uint32_t f;
		ssize_t r = recv(fd, buf, sizeof(buf), 0);

		if (r < 0)
			break;
		if (r < (ssize_t)sizeof(*na) || na->nd_na_type != ND_NEIGHBOR_ADVERT ||
		    memcmp(&na->nd_na_target, &t.in6.sin6_addr, 16))
			continue;
		f = na->nd_na_flags_reserved;
		printf("%d %d %d", !!(f & ND_NA_FLAG_ROUTER), !!(f & ND_NA_FLAG_SOLICITED),
		       !!(f & ND_NA_FLAG_OVERRIDE));
		if (r >= (ssize_t)sizeof(*na) + 8 && buf[sizeof(*na)] == ND_OPT_TARGET_LINKADDR)
			for (int i = 0; i < 6; i++)
				printf("%c%02x", i ? ':' : ' ', buf[sizeof(*na) + 2 + i]);
		putchar('\n');
		return 0;
	}
	puts("none");
	return 0;
}

/* Each datagram is waited for before the next one, so that none is lost in a queue. */
static int cmd_split(const char *from, const char *to, const char *addr, const char *to2,
		     int secs)
{
	unsigned int sent = 0, got[2] = { 0 }, last, lost = 0;
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	time_t end = time(NULL) + secs;
	union addr a;
	socklen_t len = parse(addr, PORT, &a);
	int out, i;

	p[0].fd = server(to, &a, len, SOCK_DGRAM, 0);
	p[1].fd = server(to2, &a, len, SOCK_DGRAM, 0);
	ns_enter(from);
	out = new_socket(a.sa.sa_family, SOCK_DGRAM, 0);
	if (connect(out, &a.sa, len))
		fail("connect");
	while (time(NULL) < end) {
		if (send(out, &sent, sizeof(sent), 0) != sizeof(sent)) {
			lost++;
			continue;
		}
		sent++;
		if (poll(p, 2, 2000) <= 0) {
			lost++;
			continue;
		}
		for (i = 0; i < 2; i++)
			while (recv(p[i].fd, &last, sizeof(last), MSG_DONTWAIT) > 0)
				got[i]++;
	}
	printf("%u %u %u %u\n", sent, got[0], got[1], lost);
	return 0;
}

int main(int argc, char **argv)
{
	const char *cmd = argc > 1 ? argv[1] : "";
	char **a = argv + 2;
	int n = argc - 2;

	ns_self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (!strcmp(cmd, "tcp") && n == 4)
		return cmd_stream(a[0], a[1], a[2], strtoul(a[3], NULL, 0), IPPROTO_TCP);
	if (!strcmp(cmd, "sctp") && n == 4)
		return cmd_stream(a[0], a[1], a[2], strtoul(a[3], NULL, 0), IPPROTO_SCTP);
	if (!strcmp(cmd, "udp") && n >= 4)
		return cmd_udp(a[0], a[1], a[2], strtoul(a[3], NULL, 0),
			       n > 4 ? atoi(a[4]) : 1);
	if (!strcmp(cmd, "gso") && n == 5)
		return cmd_gso(a[0], a[1], a[2], strtoul(a[3], NULL, 0), atoi(a[4]));
	if (!strcmp(cmd, "frags") && n == 7)
		return cmd_frags(a[0], a[1], a[2], a[3], strtoul(a[4], NULL, 0),
				 strtoul(a[5], NULL, 0), a[6]);
	if (!strcmp(cmd, "probe") && n >= 3)
		return cmd_probe(a[0], a[1], strtoul(a[2], NULL, 0), n > 3 ? atoi(a[3]) : 64);
	if (!strcmp(cmd, "err") && n == 2)
		return cmd_err(a[0], a[1]);
	if (!strcmp(cmd, "ping") && n >= 2)
		return cmd_ping(a[0], a[1], n > 2 ? strtoul(a[2], NULL, 0) : 56);
	if (!strcmp(cmd, "flood") && n == 3)
		return cmd_flood(a[0], a[1], atoi(a[2]));
	if (!strcmp(cmd, "spoof") && n >= 4)
		return cmd_spoof(a[0], a[1], a[2], a[3], n > 4 ? atoi(a[4]) : 1);
	if (!strcmp(cmd, "bad") && n == 5)
		return cmd_bad(a[0], a[1], a[2], a[3], a[4]);
	if (!strcmp(cmd, "sniff") && n == 3)
		return cmd_sniff(a[0], a[1], atoi(a[2]));
	if (!strcmp(cmd, "mcast") && n == 6)
		return cmd_mcast(a[0], a[1], a[2], a[3], a[4], a[5]);
	if (!strcmp(cmd, "ns") && n >= 3)
		return cmd_ns(a[0], a[1], a[2], n > 3 ? a[3] : NULL, n > 4 ? atoi(a[4]) : 255);
	if (!strcmp(cmd, "split") && n == 5)
		return cmd_split(a[0], a[1], a[2], a[3], atoi(a[4]));
	usage();
	return 2;
}
