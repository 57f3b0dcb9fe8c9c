/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network devices through rtnetlink, as netif.c and netdev.c need them.
 *
 * @fd is a socket of vz_nl_open() or vz_nl_open_in(): what it acts on is in that
 * socket's network namespace.  Functions return 0 or the kernel's -errno.
 */
#ifndef VZ_LINKS_H
#define VZ_LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netif.h"

#define VZ_LINK_KIND	16
#define VZ_LINK_HW	65		/* MAX_ADDR_LEN bytes in hexadecimal and the end */
#define VZ_LINK_PARENT	64

/*
 * struct vz_link - what the kernel says of a device
 * @index: in its namespace; the container cannot change it
 * @lower: index of the device below it, or of the other end of a veth; 0 for none
 * @netns: id of the namespace that @lower is in, -1 for the device's own
 * @master: index of the bridge, bond, … that it is part of, 0 for none
 * @flags: IFF_*
 * @mtu: bytes
 * @name: in its namespace, where the container chooses it
 * @kind: of a device made by software ("veth", "bridge", …), "" for hardware
 * @mac: what it sends with; zeros unless it has that many bytes
 * @hw: hexadecimal digits of the address that it was made with, which nothing
 *	changes; "" for none
 * @parent: "BUS/DEVICE" that it is the network part of, without blanks; "" for none
 */
struct vz_link {
	int index;
	int lower;
	int netns;
	int master;
	unsigned int flags;
	uint32_t mtu;
	char name[IFNAMSIZ];
	char kind[VZ_LINK_KIND];
	unsigned char mac[VZ_MAC_LEN];
	char hw[VZ_LINK_HW];
	char parent[VZ_LINK_PARENT];
};

/* -ENODEV when there is none */
int vz_link_get(int fd, const char *name, struct vz_link *ret);
/*
 * Is that the name, or a further name, of a device?  The kernel loads no module because of the
 * question, as it does for SIOCGIFINDEX.
 */
bool vz_link_taken(int fd, const char *name);
/* all of them; a @each that does not return 0 ends it, and its value is returned */
int vz_link_each(int fd, int (*each)(const struct vz_link *l, void *arg), void *arg);

int vz_link_del(int fd, int index);
/* "%d" in @name becomes the lowest free number */
int vz_link_rename(int fd, int index, const char *name);
int vz_link_set_mac(int fd, int index, const unsigned char mac[VZ_MAC_LEN]);
int vz_link_set_mtu(int fd, int index, uint32_t mtu);
/* @master 0: part of nothing */
int vz_link_set_master(int fd, int index, int master);
/*
 * vz_link_move - to another network namespace
 * @ns: that namespace
 * @name: what it is called there, NULL for what it is called now
 * It is down there and has lost addresses, routes and queueing.  -EEXIST: the name is
 * taken; -EINVAL: it is one that cannot move.
 */
int vz_link_move(int fd, int index, int ns, const char *name);
/* the further names of a device, allocated */
int vz_link_altnames(int fd, int index, char ***ret);
int vz_link_drop_altname(int fd, int index, const char *name);

/* the network namespace of @pidfd's process, or -errno */
int vz_netns_open(int pidfd);
/* that of the socket @fd */
int vz_netns_of(int fd);
/* the caller's own, or -errno */
int vz_netns_own(void);
/* what vz_link.netns is for devices whose other end is in @ns, or -errno */
int vz_netns_id(int fd, int ns);

/* ---- macfilter.c ------------------------------------------------------------------ */

/*
 * vz_macfilter_set - let frames pass with one address only
 * @fd: rtnetlink where the host's end is
 * @index: the host's end of a pair
 * @mac: of the container's end
 *
 * What comes from the container has to have @mac as its source, what goes there has to have
 * it as its destination or one of several receivers; the rest is dropped.  Replaces
 * a filter that is there, with no moment between without one.
 */
int vz_macfilter_set(int fd, int index, const unsigned char mac[VZ_MAC_LEN]);
/* 0 also when there is none */
int vz_macfilter_clear(int fd, int index);

struct sock_filter;
#define VZ_MACFILTER_OPS	8	/* instructions at most */
/* the two programs, for the test; returns their length in instructions */
unsigned int vz_macfilter_from(const unsigned char mac[VZ_MAC_LEN], struct sock_filter *ret);
unsigned int vz_macfilter_to(const unsigned char mac[VZ_MAC_LEN], struct sock_filter *ret);

#endif /* VZ_LINKS_H */
