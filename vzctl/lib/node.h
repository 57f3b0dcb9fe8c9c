/* SPDX-License-Identifier: GPL-2.0 */
/* What the machine has that containers share. */
#ifndef VZ_NODE_H
#define VZ_NODE_H

#include <stdbool.h>

struct vz_error;

/*
 * struct vz_node - sizes in bytes
 * @ram, @swap: as /proc/meminfo has them
 * @lowmem: what the kernel can use for itself: 40 percent of low memory on
 *	32-bit machines, all of @ram elsewhere
 * @threads: the most tasks, kernel.threads-max
 */
struct vz_node {
	unsigned long ram, swap, lowmem, threads;
};

/* VZ_SYSTEM_ERROR when the kernel does not say */
int vz_node_read(struct vz_node *ret, struct vz_error *e);

#endif /* VZ_NODE_H */
