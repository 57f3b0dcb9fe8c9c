/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The neighbours of a network device: asking who has an address, and telling
 * that it is here.  ARP for IPv4, neighbour discovery for IPv6.
 */
#ifndef VZ_NEIGH_H
#define VZ_NEIGH_H

#include <net/if.h>
#include <stdbool.h>

struct vz_neigh {
	int fd;
	int family;			/* AF_INET or AF_INET6 */
	int index;
	char dev[IFNAMSIZ];
	unsigned char mac[6];
};

/*
 * vz_neigh_open - get ready to talk on @dev
 * Returns 0, 1 if it is no Ethernet device, or -errno.
 */
int vz_neigh_open(struct vz_neigh *n, int family, const char *dev);
void vz_neigh_close(struct vz_neigh *n);
/*
 * vz_neigh_ask - who has @addr?
 * Without an address of our own, so that no neighbour notes anything (RFC 5227, RFC 4862).
 */
int vz_neigh_ask(const struct vz_neigh *n, const void *addr);
/* vz_neigh_tell - @addr is here from now on */
int vz_neigh_tell(const struct vz_neigh *n, const void *addr);
/*
 * vz_neigh_answer - take one packet that has come, without waiting
 * True if it says that another machine has an address, which then is in @ret_addr (4 or 16
 * bytes), and the machine's own in @ret_mac.
 */
bool vz_neigh_answer(const struct vz_neigh *n, void *ret_addr, unsigned char *ret_mac);

#endif
