/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory as a container sees it: what procfs, sysinfo(2) and tmpfs ask.
 *
 * The memory of a CT is that of its cgroup; see
 * Documentation/admin-guide/vz/memory.rst for the user's contract.  Who asks
 * decides: a task of the host gets the machine's figures, wherever it looks.
 *
 * Everything below is empty when CONFIG_VE_MEM is off, and is behind the
 * static key of the first CT.
 */
#ifndef _LINUX_VE_MEM_H
#define _LINUX_VE_MEM_H

#include <linux/ve.h>

struct mem_cgroup;
struct seq_file;
struct sysinfo;

#ifdef CONFIG_VE_MEM

/* memcontrol.c */
unsigned long memcg_events(struct mem_cgroup *memcg, int event);

bool __ve_meminfo_show(struct seq_file *m);
void __ve_swaps_show(struct seq_file *m);
void __ve_vmstat(unsigned long *v, unsigned int nr);
void __ve_sysinfo(struct sysinfo *info);
unsigned long __ve_totalram_pages(unsigned long host);

/**
 * ve_meminfo_show - print /proc/meminfo for a task of a CT
 * @m: where to
 *
 * Context: process context, may sleep.
 * Return: false if the machine's figures are to be printed.
 */
static inline bool ve_meminfo_show(struct seq_file *m)
{
	return static_branch_unlikely(&ve_key) && __ve_meminfo_show(m);
}

/**
 * ve_swaps_show - print /proc/swaps, below its header, for a task of a CT
 * @m: where to
 *
 * Context: process context, may sleep.
 */
static inline void ve_swaps_show(struct seq_file *m)
{
	if (static_branch_unlikely(&ve_key))
		__ve_swaps_show(m);
}

/**
 * ve_swaps_hidden - are the swap areas of the machine nothing for the reader
 *
 * Context: process context.
 * Return: true for a task of a CT.
 */
static inline bool ve_swaps_hidden(void)
{
	return ve_current();
}

/**
 * ve_vmstat - what /proc/vmstat says to a task of a CT
 * @v: all items, in the order of vmstat_text; replaced by those of the CT
 * @nr: how many
 *
 * Context: process context, may sleep.
 */
static inline void ve_vmstat(unsigned long *v, unsigned int nr)
{
	if (static_branch_unlikely(&ve_key))
		__ve_vmstat(v, nr);
}

/**
 * ve_sysinfo - what sysinfo(2) says to a task of a CT
 * @info: what it says on the host, mem_unit being PAGE_SIZE; updated
 *
 * Context: process context, may sleep.
 */
static inline void ve_sysinfo(struct sysinfo *info)
{
	if (static_branch_unlikely(&ve_key))
		__ve_sysinfo(info);
}

/**
 * ve_totalram_pages - the RAM of the current task's CT
 * @host: the RAM of the machine
 *
 * Context: process context.  Takes only RCU.
 * Return: pages, at most @host.
 */
static inline unsigned long ve_totalram_pages(unsigned long host)
{
	return static_branch_unlikely(&ve_key) ?
		__ve_totalram_pages(host) : host;
}

#else /* !CONFIG_VE_MEM */

static inline bool ve_meminfo_show(struct seq_file *m)
{
	return false;
}

static inline void ve_swaps_show(struct seq_file *m)
{
}

static inline bool ve_swaps_hidden(void)
{
	return false;
}

static inline void ve_vmstat(unsigned long *v, unsigned int nr)
{
}

static inline void ve_sysinfo(struct sysinfo *info)
{
}

static inline unsigned long ve_totalram_pages(unsigned long host)
{
	return host;
}

#endif /* CONFIG_VE_MEM */

#if defined(CONFIG_VE_UBC) && defined(CONFIG_MEMCG)

bool __ve_memcg_is_ct(struct mem_cgroup *memcg);
void __ve_memcg_refused(struct mem_cgroup *memcg, bool swap);

/**
 * ve_memcg_is_ct - is the memory of a cgroup that of a CT, all of it
 * @memcg: the memory cgroup
 *
 * Context: any.
 * Return: true if its limits are what the CT was sold; false for cgroups inside.
 */
static inline bool ve_memcg_is_ct(struct mem_cgroup *memcg)
{
	return static_branch_unlikely(&ve_key) && __ve_memcg_is_ct(memcg);
}

/**
 * ve_memcg_refused - tell of a failure that a memory cgroup has counted
 * @memcg: of a CT, or inside
 * @swap: swappages, or physpages
 *
 * Context: any.
 */
static inline void ve_memcg_refused(struct mem_cgroup *memcg, bool swap)
{
	if (static_branch_unlikely(&ve_key))
		__ve_memcg_refused(memcg, swap);
}

#else

static inline bool ve_memcg_is_ct(struct mem_cgroup *memcg)
{
	return false;
}

static inline void ve_memcg_refused(struct mem_cgroup *memcg, bool swap)
{
}

#endif /* CONFIG_VE_UBC && CONFIG_MEMCG */

#endif /* _LINUX_VE_MEM_H */
