/* SPDX-License-Identifier: GPL-2.0 */
/* Traffic of containers, counted by classes of networks (networks_classes(5)). */
#ifndef VZ_NETACCT_H
#define VZ_NETACCT_H

#include <stddef.h>
#include <stdint.h>

struct vz_error;

#define VZ_NETCLASS_FILE	"/etc/vz/conf/networks_classes"
#define VZ_NETCLASS_MAX		15	/* 0: not counted; 1: what is in no network */

/*
 * struct vz_netclass - a network and its class
 * @class: 0 to VZ_NETCLASS_MAX
 * @family: AF_INET or AF_INET6
 * @plen: its length; no bits of @addr are set beyond it
 * @line: where it comes from, 0 for the kernel
 */
struct vz_netclass {
	unsigned int class;
	int family, plen;
	unsigned char addr[16];
	unsigned int line;
};

/* room for the text of a network */
#define VZ_NETCLASS_TEXT	64

/*
 * struct vz_traffic - what a container got and sent
 * @veid: the container
 * @class: of the networks at the other end
 * @family: AF_INET or AF_INET6
 */
struct vz_traffic {
	uint32_t veid;
	unsigned int class;
	int family;
	uint64_t in_bytes, in_packets, out_bytes, out_packets;
};

/* netclass.c: the file of classes */

/*
 * vz_netclass_load - read a file of "CLASS NETWORK" lines
 * Sorts them and leaves out those that are there again.  -errno and VZ_SYSTEM_ERROR;
 * -EINVAL with VZ_INVALID_CONFIG and a text that names file and line.
 */
int vz_netclass_load(const char *path, struct vz_netclass **ret, size_t *ret_n, struct vz_error *e);
/* "10.0.0.0/8", into @buf of VZ_NETCLASS_TEXT bytes, which it returns */
const char *vz_netclass_text(const struct vz_netclass *c, char *buf);

/* netacct.c: the kernel.  VZ_BAD_KERNEL where it cannot count */

/* replace all networks; none: everything is of class 1 */
int vz_netclass_set(const struct vz_netclass *v, size_t n, struct vz_error *e);
int vz_netclass_get(struct vz_netclass **ret, size_t *ret_n, struct vz_error *e);
/* by container, class and family; @veid 0: all containers; VZ_VE_NOT_RUNNING */
int vz_traffic_get(uint32_t veid, struct vz_traffic **ret, size_t *ret_n, struct vz_error *e);
/* count from 0 again; @veid 0: all containers; VZ_VE_NOT_RUNNING */
int vz_traffic_reset(uint32_t veid, struct vz_error *e);

#endif /* VZ_NETACCT_H */
