// SPDX-License-Identifier: GPL-2.0
/*
 * Arithmetic: what a CT sees of the memory, what it gets of the CPUs.  No locks,
 * no state.
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "internal.h"

/**
 * ve_mem_view - what a CT sees of its memory
 * @raw: what is known
 * @mem: what it sees
 *
 * A limit counts before what ve.meminfo says, and the machine before a limit
 * that it cannot fill.  Usage may be above a limit that has been lowered, and
 * the counters of @raw were not read at one instant.
 */
void ve_mem_view(const struct ve_mem_raw *raw, struct ve_mem *mem)
{
	unsigned long swap_left;

	mem->own = true;
	if (raw->limit < raw->host_total) {
		mem->total = raw->limit;
	} else if (raw->pages) {
		mem->total = min(raw->pages, raw->host_total);
	} else {
		mem->own = false;
		mem->total = raw->host_total;
	}
	mem->free = mem->total - min(raw->used, mem->total);
	mem->available = min(mem->free + raw->reclaimable, mem->total);

	mem->swap_total = min(raw->swap_limit, raw->host_swap);
	swap_left = mem->swap_total - min(raw->swap_used, mem->swap_total);
	mem->swap_free = min(swap_left, raw->host_swap_free);
}

/*
 * A CT that was idle for VE_CPU_IDLE_NS may use what it would have got in that
 * time.  One that is at work, or has tasks that wait, may save up more, so that it
 * loses nothing when they wake up VE_CPU_LATE_NS late.  A task that has waited
 * goes on when its CT has what it gets in VE_CPU_SLICE_NS, so that tasks that use
 * little at a time do not wait after each bit of it.
 */
#define VE_CPU_IDLE_NS	(20 * NSEC_PER_MSEC)
#define VE_CPU_LATE_NS	(200 * NSEC_PER_MSEC)
#define VE_CPU_SLICE_NS	(5 * NSEC_PER_MSEC)
/* More than any debt is worth; keeps the products below in 64 bits. */
#define VE_CPU_LONG_NS	(3600 * (s64)NSEC_PER_SEC)

static s64 gain(s64 elapsed, u32 limit)
{
	return div_s64(elapsed * limit, 100);
}

/**
 * ve_cpu_refill - what time adds to a budget
 * @budget: CPU time left, ns
 * @elapsed: time since it was filled up the last time, ns, not negative
 * @waiting: tasks wait for it
 * @limit: percent of one CPU, 1..VE_CPULIMIT_MAX
 *
 * Return: the new budget.
 */
s64 ve_cpu_refill(s64 budget, s64 elapsed, bool waiting, u32 limit)
{
	bool idle = !waiting && elapsed >= VE_CPU_IDLE_NS;
	s64 full = gain(idle ? VE_CPU_IDLE_NS : VE_CPU_LATE_NS, limit);

	return min(budget + gain(min(elapsed, VE_CPU_LONG_NS), limit), full);
}

/**
 * ve_cpu_wait - how long a task has to wait
 * @budget: CPU time left, ns
 * @slept: it has waited already
 * @limit: percent of one CPU, 1..VE_CPULIMIT_MAX
 *
 * Return: ns, 0: it may go on.
 */
u64 ve_cpu_wait(s64 budget, bool slept, u32 limit)
{
	s64 slice = gain(VE_CPU_SLICE_NS, limit), want;

	if (budget >= (slept ? slice : 1))
		return 0;
	want = min(slice - budget, VE_CPU_LONG_NS);
	return div_u64((u64)want * 100 + limit - 1, limit);
}

/*
 * The account of a group that is so much CPU time behind doubles its weight: what it is
 * entitled to in VE_FAIR_NS, and what it may get or miss by chance, because a time
 * slice came early or late.  VE_FAIR_TIMES such doublings are the most.
 */
#define VE_FAIR_NS	(50 * NSEC_PER_MSEC)
#define VE_FAIR_SLICE_NS (8 * NSEC_PER_MSEC)
#define VE_FAIR_TIMES	4

/**
 * ve_fair_bound - how far behind or ahead an account goes
 * @due: CPU time that the group was entitled to, ns
 * @elapsed: in which time, ns, not 0
 *
 * Return: ns.
 */
s64 ve_fair_bound(u64 due, u64 elapsed)
{
	u64 ns = max(VE_FAIR_NS, elapsed * 5 / 4);

	return VE_FAIR_TIMES * (mul_u64_u64_div_u64(due, ns, elapsed) +
				VE_FAIR_SLICE_NS);
}

/**
 * ve_fair_boost - what a weight is multiplied with
 * @lag: CPU time that the group is behind, ns, from -@bound to @bound
 * @bound: of ve_fair_bound()
 *
 * Return: 1024ths: two to the power of @lag, between powers on a straight line.
 */
unsigned int ve_fair_boost(s64 lag, s64 bound)
{
	s64 exp = div64_s64(lag * VE_FAIR_TIMES * 1024, bound);
	int whole = exp >> 10;
	unsigned int boost = 1024 + (exp & 1023);

	return whole < 0 ? boost >> -whole : boost << whole;
}

/**
 * ve_oom_over - how far somebody is above a guarantee
 * @held: pages in use
 * @guarantee: pages promised; LONG_MAX and above: all that there is
 *
 * Return: pages, below 0 for what is left of the guarantee.
 */
long ve_oom_over(unsigned long held, unsigned long guarantee)
{
	return min_t(unsigned long, held, LONG_MAX) -
		min_t(unsigned long, guarantee, LONG_MAX);
}

/**
 * ve_batch - what a CPU takes of a beancounter in advance
 * @most: so much at most
 * @barrier: of the beancounter
 * @cpus: how many take, not 0
 *
 * Each may have two of it, which all together are not above half of the barrier: only
 * beyond that precharges are in the way and given up.
 *
 * Return: in units of the beancounter, 0: nothing.
 */
int ve_batch(int most, unsigned long barrier, unsigned int cpus)
{
	return min_t(unsigned long, most, barrier / 4 / cpus);
}

/**
 * ve_share - what each socket may have of a buffer beyond the barrier
 * @barrier: of the beancounter
 * @limit: of the beancounter
 * @sockets: how many there are, not 0
 *
 * Return: bytes.
 */
unsigned long ve_share(unsigned long barrier, unsigned long limit,
		       unsigned long sockets)
{
	return limit > barrier ? (limit - barrier) / sockets : 0;
}
