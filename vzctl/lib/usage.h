/* SPDX-License-Identifier: GPL-2.0 */
/* How much of the machine a container uses, has been promised, and may take. */
#ifndef VZ_USAGE_H
#define VZ_USAGE_H

struct vz_conf;
struct vz_ubc;

/*
 * struct vz_usage - bytes, and numbers of tasks; VZ_UNLIMITED for no limit
 * @low: kernel memory and network buffers; @low_max: their limits
 * @ram: memory
 * @mem: memory and swap; @mem_promised: what no other container may take
 * @alloc: allocated memory, used or not; @alloc_promised: what is never refused;
 * @alloc_max: what is refused
 */
struct vz_usage {
	unsigned long low, low_max;
	unsigned long ram;
	unsigned long mem, mem_promised;
	unsigned long alloc, alloc_promised, alloc_max;
	unsigned long tasks, tasks_max;
};

/*
 * vz_usage_get - of one container
 * @u: NULL when it does not run, and then it uses nothing
 * @conf, @global: CTID.conf and vz.conf or NULL, for limits that the kernel does not have
 *
 * The memory that this kernel counts as physpages has kernel memory and network
 * buffers in it.  Where it does not count oomguarpages or privvmpages, what is in RAM and
 * swap stands in for them.  A container whose RAM is limited can use no more than
 * RAM and swap, whatever else is not set.
 */
void vz_usage_get(const struct vz_ubc *u, const struct vz_conf *conf, const struct vz_conf *global,
		  struct vz_usage *ret);
/* add @b to @sum */
void vz_usage_add(struct vz_usage *sum, const struct vz_usage *b);
/* percent of @of; infinity for unlimited, and of nothing */
double vz_usage_percent(unsigned long v, unsigned long of);

#endif /* VZ_USAGE_H */
