// SPDX-License-Identifier: GPL-2.0
/*
 * See neigh.h.  Packet sockets, because the source of a question must be no
 * address at all, which the kernel's stack does not send.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "neigh.h"
#include "util.h"

/* a solicitation or an advertisement, with the link-layer address of who sends it */
struct nd {
	struct ip6_hdr ip;
	struct nd_neighbor_advert na;
	struct nd_opt_hdr opt;
	unsigned char mac[ETH_ALEN];
};

/* neighbour advertisements and nothing else, of all that an IPv6 host gets */
static int only_answers(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offsetof(struct ip6_hdr, ip6_nxt)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sizeof(struct ip6_hdr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

int vz_neigh_open(struct vz_neigh *n, int family, const char *dev)
{
	uint16_t proto = htons(family == AF_INET ? ETH_P_ARP : ETH_P_IPV6);
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = proto };
	/* of no protocol yet: nothing comes before there is a filter */
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };
	int r;

	*n = (struct vz_neigh){ .fd = -EBADF, .family = family };
	if (fd < 0)
		return -errno;
	if (strlen(dev) >= IFNAMSIZ)
		return -ENODEV;
	strcpy(ifr.ifr_name, dev);
	if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0)
		return -errno;
	n->index = ll.sll_ifindex = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
		return -errno;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return 1;
	memcpy(n->mac, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	r = family == AF_INET6 ? only_answers(fd) : 0;
	if (r < 0)
		return r;
	if (bind(fd, (struct sockaddr *)&ll, sizeof(ll)) < 0)
		return -errno;
	memcpy(n->dev, ifr.ifr_name, IFNAMSIZ);
	n->fd = fd;
	fd = -EBADF;
	return 0;
}

void vz_neigh_close(struct vz_neigh *n)
{
	n->fd = vz_close(n->fd);
}

static int send_to(const struct vz_neigh *n, const void *p, size_t len, const unsigned char *mac)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = n->index, .sll_halen = ETH_ALEN,
		.sll_protocol = htons(n->family == AF_INET ? ETH_P_ARP : ETH_P_IPV6),
	};

	memcpy(to.sll_addr, mac, ETH_ALEN);
	return sendto(n->fd, p, len, 0, (const struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

static int arp(const struct vz_neigh *n, const void *addr, bool tell)
{
	static const unsigned char all[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct ether_arp p = {
		.arp_hrd = htons(ARPHRD_ETHER), .arp_pro = htons(ETHERTYPE_IP),
		.arp_hln = ETH_ALEN, .arp_pln = 4, .arp_op = htons(ARPOP_REQUEST),
	};

	memcpy(p.arp_sha, n->mac, ETH_ALEN);
	memcpy(p.arp_tpa, addr, 4);
	if (tell)
		memcpy(p.arp_spa, addr, 4);
	return send_to(n, &p, sizeof(p), all);
}

/* the checksum of ICMPv6: of the packet and the addresses in its header */
static uint16_t icmp6_sum(const struct ip6_hdr *ip)
{
	const unsigned char *addrs = (const unsigned char *)&ip->ip6_src;
	const unsigned char *body = (const unsigned char *)(ip + 1);
	size_t len = ntohs(ip->ip6_plen);
	uint32_t sum = (uint32_t)len + IPPROTO_ICMPV6;

	for (size_t i = 0; i < 32; i += 2)
		sum += (uint32_t)(addrs[i] << 8 | addrs[i + 1]);
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(body[i] << 8 | body[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static int nd(const struct vz_neigh *n, const void *addr, bool tell)
{
	unsigned char mac[ETH_ALEN] = { 0x33, 0x33 };
	size_t len = tell ? sizeof(struct nd) : offsetof(struct nd, opt);
	struct nd p = {
		.ip = { .ip6_flow = htonl(6u << 28), .ip6_nxt = IPPROTO_ICMPV6, .ip6_hlim = 255,
			.ip6_plen = htons((uint16_t)(len - sizeof(p.ip))) },
		.na = { .nd_na_type = tell ? ND_NEIGHBOR_ADVERT : ND_NEIGHBOR_SOLICIT },
		.opt = { .nd_opt_type = ND_OPT_TARGET_LINKADDR, .nd_opt_len = 1 },
	};

	memcpy(&p.na.nd_na_target, addr, 16);
	memcpy(p.mac, n->mac, ETH_ALEN);
	if (tell) {
		p.na.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
		memcpy(&p.ip.ip6_src, addr, 16);
		inet_pton(AF_INET6, "ff02::1", &p.ip.ip6_dst);
	} else {
		inet_pton(AF_INET6, "ff02::1:ff00:0", &p.ip.ip6_dst);
		memcpy(p.ip.ip6_dst.s6_addr + 13, (const unsigned char *)addr + 13, 3);
	}
	memcpy(mac + 2, p.ip.ip6_dst.s6_addr + 12, 4);
	p.na.nd_na_cksum = icmp6_sum(&p.ip);
	return send_to(n, &p, len, mac);
}

int vz_neigh_ask(const struct vz_neigh *n, const void *addr)
{
	return n->family == AF_INET ? arp(n, addr, false) : nd(n, addr, false);
}

int vz_neigh_tell(const struct vz_neigh *n, const void *addr)
{
	return n->family == AF_INET ? arp(n, addr, true) : nd(n, addr, true);
}

bool vz_neigh_answer(const struct vz_neigh *n, void *ret_addr, unsigned char *ret_mac)
{
	struct sockaddr_ll from = { 0 };
	socklen_t from_len = sizeof(from);
	union {
		struct ether_arp arp;
		struct nd nd;
	} in;
	ssize_t len;

	len = recvfrom(n->fd, &in, sizeof(in), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
	if (len < 0 || from.sll_pkttype == PACKET_OUTGOING ||
	    memcmp(from.sll_addr, n->mac, ETH_ALEN) == 0)
		return false;
	if (n->family == AF_INET) {
		if ((size_t)len < sizeof(in.arp) || in.arp.arp_op != htons(ARPOP_REPLY))
			return false;
		memcpy(ret_addr, in.arp.arp_spa, 4);
		memcpy(ret_mac, in.arp.arp_sha, ETH_ALEN);
		return memcmp(ret_mac, n->mac, ETH_ALEN) != 0;
	}
	if ((size_t)len < offsetof(struct nd, opt) || in.nd.ip.ip6_hlim != 255)
		return false;
	memcpy(ret_addr, &in.nd.na.nd_na_target, 16);
	memcpy(ret_mac, from.sll_addr, ETH_ALEN);
	return true;
}
