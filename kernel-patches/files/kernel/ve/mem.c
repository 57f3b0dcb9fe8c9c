// SPDX-License-Identifier: GPL-2.0
/*
 * Memory as a CT sees it; see include/linux/ve_mem.h for who asks and
 * Documentation/admin-guide/vz/memory.rst for what users may rely on.
 *
 * Nothing is counted here: limits and usage are those of the memory cgroup of
 * the CT, which is the CT's cgroup itself.
 */
#include <linux/cgroup.h>
#include <linux/hugetlb.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/loadavg.h>
#include <linux/seq_file.h>
#include <linux/swap.h>
#include <linux/ve_mem.h>
#include <linux/vmstat.h>

#include "internal.h"

#define K(x)	((x) << (PAGE_SHIFT - 10))

/*
 * The memory cgroup of the current task's CT with a reference for
 * mem_cgroup_put(), NULL on the host and without the memory controller.
 */
static struct mem_cgroup *current_memcg(struct ve **ret)
{
	struct ve *ve = ve_current();

	*ret = ve;
	return ve ? ve_get_memcg(ve) : NULL;
}

/* A limit above the CT binds it as well. */
static void get_limits(struct mem_cgroup *memcg, struct ve_mem_raw *raw)
{
	raw->limit = PAGE_COUNTER_MAX;
	raw->swap_limit = PAGE_COUNTER_MAX;
	for (; memcg && !mem_cgroup_is_root(memcg);
	     memcg = parent_mem_cgroup(memcg)) {
		raw->limit = min(raw->limit, READ_ONCE(memcg->memory.max));
		raw->swap_limit = min(raw->swap_limit,
				      READ_ONCE(memcg->swap.max));
	}
}

static unsigned long slab_pages(struct mem_cgroup *memcg, int item)
{
	return memcg_page_state(memcg, item) >> PAGE_SHIFT;
}

static void get_mem(struct ve *ve, struct mem_cgroup *memcg,
		    struct ve_mem *mem)
{
	struct sysinfo host = { };
	struct ve_mem_raw raw = {
		.pages = READ_ONCE(ve->meminfo),
		.used = page_counter_read(&memcg->memory),
		.swap_used = page_counter_read(&memcg->swap),
	};

	mem_cgroup_flush_stats(memcg);
	get_limits(memcg, &raw);
	raw.reclaimable = memcg_page_state(memcg, NR_ACTIVE_FILE) +
		memcg_page_state(memcg, NR_INACTIVE_FILE) +
		slab_pages(memcg, NR_SLAB_RECLAIMABLE_B);
	raw.host_total = totalram_pages();
	si_swapinfo(&host);
	raw.host_swap = host.totalswap;
	raw.host_swap_free = host.freeswap;
	ve_mem_view(&raw, mem);
}

/* current_memcg(), and what its CT sees. */
static struct mem_cgroup *current_mem(struct ve_mem *mem)
{
	struct mem_cgroup *memcg;
	struct ve *ve;

	memcg = current_memcg(&ve);
	if (memcg)
		get_mem(ve, memcg, mem);
	return memcg;
}

static void show_pages(struct seq_file *m, const char *name, unsigned long nr)
{
	seq_put_decimal_ull_width(m, name, K(nr), 8);
	seq_write(m, " kB\n", 4);
}

/*
 * Lines of what cannot be told apart by CT (vmalloc, commit, bounce buffers)
 * are left out.
 */
static void show(struct seq_file *m, struct mem_cgroup *memcg,
		 const struct ve_mem *mem)
{
	unsigned long anon[2], file[2], slab[2];

	anon[0] = memcg_page_state(memcg, NR_INACTIVE_ANON);
	anon[1] = memcg_page_state(memcg, NR_ACTIVE_ANON);
	file[0] = memcg_page_state(memcg, NR_INACTIVE_FILE);
	file[1] = memcg_page_state(memcg, NR_ACTIVE_FILE);
	slab[0] = slab_pages(memcg, NR_SLAB_UNRECLAIMABLE_B);
	slab[1] = slab_pages(memcg, NR_SLAB_RECLAIMABLE_B);

	show_pages(m, "MemTotal:       ", mem->total);
	show_pages(m, "MemFree:        ", mem->free);
	show_pages(m, "MemAvailable:   ", mem->available);
	show_pages(m, "Buffers:        ", 0);
	show_pages(m, "Cached:         ",
		   memcg_page_state(memcg, NR_FILE_PAGES));
#ifdef CONFIG_SWAP
	show_pages(m, "SwapCached:     ",
		   memcg_page_state(memcg, NR_SWAPCACHE));
#endif
	show_pages(m, "Active:         ", anon[1] + file[1]);
	show_pages(m, "Inactive:       ", anon[0] + file[0]);
	show_pages(m, "Active(anon):   ", anon[1]);
	show_pages(m, "Inactive(anon): ", anon[0]);
	show_pages(m, "Active(file):   ", file[1]);
	show_pages(m, "Inactive(file): ", file[0]);
	show_pages(m, "Unevictable:    ",
		   memcg_page_state(memcg, NR_UNEVICTABLE));
	show_pages(m, "SwapTotal:      ", mem->swap_total);
	show_pages(m, "SwapFree:       ", mem->swap_free);
	show_pages(m, "Dirty:          ",
		   memcg_page_state(memcg, NR_FILE_DIRTY));
	show_pages(m, "Writeback:      ",
		   memcg_page_state(memcg, NR_WRITEBACK));
	show_pages(m, "AnonPages:      ",
		   memcg_page_state(memcg, NR_ANON_MAPPED));
	show_pages(m, "Mapped:         ",
		   memcg_page_state(memcg, NR_FILE_MAPPED));
	show_pages(m, "Shmem:          ", memcg_page_state(memcg, NR_SHMEM));
	show_pages(m, "KReclaimable:   ", slab[1]);
	show_pages(m, "Slab:           ", slab[0] + slab[1]);
	show_pages(m, "SReclaimable:   ", slab[1]);
	show_pages(m, "SUnreclaim:     ", slab[0]);
	seq_printf(m, "KernelStack:    %8lu kB\n",
		   memcg_page_state(memcg, NR_KERNEL_STACK_KB));
	show_pages(m, "PageTables:     ",
		   memcg_page_state(memcg, NR_PAGETABLE));
	show_pages(m, "Percpu:         ",
		   memcg_page_state(memcg, MEMCG_PERCPU_B) >> PAGE_SHIFT);
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	show_pages(m, "AnonHugePages:  ",
		   memcg_page_state(memcg, NR_ANON_THPS));
	show_pages(m, "ShmemHugePages: ",
		   memcg_page_state(memcg, NR_SHMEM_THPS));
	show_pages(m, "FileHugePages:  ",
		   memcg_page_state(memcg, NR_FILE_THPS));
#endif
	/* the machine's pool, whose page size programs want to know */
	hugetlb_report_meminfo(m);
}

/* Out of line half of ve_meminfo_show(). */
bool __ve_meminfo_show(struct seq_file *m)
{
	struct mem_cgroup *memcg;
	struct ve_mem mem;

	memcg = current_mem(&mem);
	if (!memcg)
		return false;
	if (mem.own)
		show(m, memcg, &mem);
	mem_cgroup_put(memcg);
	return mem.own;
}

/*
 * Out of line half of ve_swaps_show().  The name is the one that OpenVZ's
 * containers had.
 */
void __ve_swaps_show(struct seq_file *m)
{
	unsigned long size, used;
	struct mem_cgroup *memcg;
	struct ve_mem mem;

	memcg = current_mem(&mem);
	if (!memcg)
		return;
	mem_cgroup_put(memcg);
	if (!mem.swap_total)
		return;
	size = K(mem.swap_total);
	used = K(mem.swap_total - mem.swap_free);
	seq_printf(m, "%-40spartition\t%lu\t%s%lu\t%s%d\n", "/dev/null", size,
		   size < 10000000 ? "\t" : "", used,
		   used < 10000000 ? "\t" : "", -1);
}

/* Items of /proc/vmstat that memory cgroups know. */
static const enum node_stat_item vmstat_items[] = {
	NR_INACTIVE_ANON, NR_ACTIVE_ANON, NR_INACTIVE_FILE, NR_ACTIVE_FILE,
	NR_UNEVICTABLE, NR_SLAB_RECLAIMABLE_B, NR_SLAB_UNRECLAIMABLE_B,
	NR_ANON_MAPPED, NR_FILE_MAPPED, NR_FILE_PAGES, NR_FILE_DIRTY,
	NR_WRITEBACK, NR_SHMEM, NR_SHMEM_THPS, NR_FILE_THPS, NR_ANON_THPS,
	NR_KERNEL_STACK_KB, NR_PAGETABLE,
#ifdef CONFIG_SWAP
	NR_SWAPCACHE,
#endif
};

/* And events; not those of swap areas in 6.12. */
static const enum vm_event_item vmstat_events[] = {
	PGFAULT, PGMAJFAULT, PGREFILL, PGACTIVATE, PGDEACTIVATE, PGLAZYFREE,
	PGLAZYFREED, PGSCAN_KSWAPD, PGSCAN_DIRECT, PGSCAN_KHUGEPAGED,
	PGSTEAL_KSWAPD, PGSTEAL_DIRECT, PGSTEAL_KHUGEPAGED,
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	THP_FAULT_ALLOC, THP_COLLAPSE_ALLOC, THP_SWPOUT, THP_SWPOUT_FALLBACK,
#endif
};

/* Out of line half of ve_vmstat(). */
void __ve_vmstat(unsigned long *v, unsigned int nr)
{
	unsigned long *node = v + NR_VM_ZONE_STAT_ITEMS +
		NR_VM_NUMA_EVENT_ITEMS;
	unsigned long *events = node + NR_VM_NODE_STAT_ITEMS + NR_VM_STAT_ITEMS;
	struct mem_cgroup *memcg;
	struct ve_mem mem;
	int i;

	if (!ve_current())
		return;
	memset(v, 0, nr * sizeof(*v));
	memcg = current_mem(&mem);
	if (!memcg)
		return;
	v[NR_FREE_PAGES] = mem.free;
	for (i = 0; i < ARRAY_SIZE(vmstat_items); i++) {
		enum node_stat_item item = vmstat_items[i];

		node[item] = memcg_page_state(memcg, item);
		if (vmstat_item_in_bytes(item))
			node[item] >>= PAGE_SHIFT;
		if (vmstat_item_print_in_thp(item))
			node[item] /= HPAGE_PMD_NR;
	}
#ifdef CONFIG_VM_EVENT_COUNTERS
	for (i = 0; i < ARRAY_SIZE(vmstat_events); i++)
		events[vmstat_events[i]] = memcg_events(memcg, vmstat_events[i]);
#endif
	mem_cgroup_put(memcg);
}

/* Out of line half of ve_sysinfo(). */
void __ve_sysinfo(struct sysinfo *info)
{
	struct ve *ve = ve_current();
	struct mem_cgroup *memcg;
	unsigned long avg[3];
	struct ve_mem mem;
	int i;

	if (!ve)
		return;
	info->procs = min(atomic_read(&ve->nr_tasks), U16_MAX);
	ve_get_avenrun(ve, avg);
	for (i = 0; i < 3; i++)
		info->loads[i] = avg[i] << (SI_LOAD_SHIFT - FSHIFT);
	memcg = current_mem(&mem);
	if (!memcg)
		return;
	if (mem.own) {
		info->totalram = mem.total;
		info->freeram = mem.free;
		info->sharedram = memcg_page_state(memcg, NR_SHMEM);
		info->bufferram = 0;
		info->totalhigh = 0;
		info->freehigh = 0;
		info->totalswap = mem.swap_total;
		info->freeswap = mem.swap_free;
	}
	mem_cgroup_put(memcg);
}

/* Out of line half of ve_totalram_pages(). */
unsigned long __ve_totalram_pages(unsigned long host)
{
	struct ve_mem_raw raw = { .host_total = host };
	struct mem_cgroup *memcg;
	struct ve_mem mem;
	struct ve *ve;

	memcg = current_memcg(&ve);
	if (!memcg)
		return host;
	raw.pages = READ_ONCE(ve->meminfo);
	get_limits(memcg, &raw);
	mem_cgroup_put(memcg);
	ve_mem_view(&raw, &mem);
	return mem.total;
}

/* ---- ve.meminfo ---- */

/* write(2) on ve.meminfo: "none", or pages. */
ssize_t ve_meminfo_write(struct kernfs_open_file *of, char *buf, size_t nbytes,
			 loff_t off)
{
	struct ve *ve = css_ve(of_css(of));
	int err;

	if (!file_ns_capable(of->file, &init_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	err = ve_parse_meminfo(strstrip(buf), &ve->meminfo);
	return err ?: nbytes;
}

/* read(2) on ve.meminfo. */
int ve_meminfo_show_file(struct seq_file *m, void *v)
{
	unsigned long pages = READ_ONCE(css_ve(seq_css(m))->meminfo);

	if (pages)
		seq_printf(m, "%lu\n", pages);
	else
		seq_puts(m, "none\n");
	return 0;
}
