// SPDX-License-Identifier: GPL-2.0
/* How much of the machine a container uses; contract in usage.h. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "ubc.h"
#include "usage.h"
#include "util.h"

struct source {
	const struct vz_ubc *u;
	const struct vz_conf *conf, *global;
};

static const enum vz_ubc_res kernel_memory[] = {
	VZ_KMEMSIZE, VZ_TCPSNDBUF, VZ_TCPRCVBUF, VZ_OTHERSOCKBUF, VZ_DGRAMRCVBUF,
};

/* has the kernel ever counted any? */
static bool counted(const struct source *s, enum vz_ubc_res res)
{
	return s->u && s->u->v[res][VZ_MAXHELD];
}

static unsigned long held(const struct source *s, enum vz_ubc_res res)
{
	return s->u ? s->u->v[res][VZ_HELD] : 0;
}

static unsigned long pages(unsigned long n)
{
	return vz_sat_mul(n, VZ_PAGE_SIZE);
}

/*
 * Barrier or limit.  A row without limits in which nothing was ever counted is
 * one that the kernel does not know much about.  False when nobody set it.
 */
static bool limit(const struct source *s, enum vz_ubc_res res, enum vz_ubc_count which,
		  unsigned long *ret)
{
	unsigned long v[2];

	if (s->u && (counted(s, res) || s->u->v[res][VZ_BARRIER] != VZ_UNLIMITED ||
		     s->u->v[res][VZ_LIMIT] != VZ_UNLIMITED)) {
		*ret = s->u->v[res][which];
		return true;
	}
	if (!vz_ubc_conf(s->conf, res, v) && !vz_ubc_conf(s->global, res, v))
		return false;
	*ret = v[which - VZ_BARRIER];
	return true;
}

/* VM_OVERCOMMIT times @v */
static unsigned long overcommit(const struct source *s, unsigned long v)
{
	const char *text = vz_conf_get(s->conf, "VM_OVERCOMMIT");

	if (!text || !*text)
		text = vz_conf_get(s->global, "VM_OVERCOMMIT");
	vz_overcommit(text, v, &v);
	return v;
}

void vz_usage_get(const struct vz_ubc *u, const struct vz_conf *conf, const struct vz_conf *global,
		  struct vz_usage *ret)
{
	const struct source s = { u, conf, global };
	unsigned long ram = VZ_UNLIMITED, swap = VZ_UNLIMITED, oom = 0, guar = 0, priv = VZ_UNLIMITED;
	struct vz_usage r = { .tasks_max = VZ_UNLIMITED };
	bool vswap, has_oom, has_guar;

	for (size_t i = 0; i < ARRAY_SIZE(kernel_memory); i++) {
		unsigned long lim = VZ_UNLIMITED;

		limit(&s, kernel_memory[i], VZ_LIMIT, &lim);
		r.low = vz_sat_add(r.low, held(&s, kernel_memory[i]));
		r.low_max = vz_sat_add(r.low_max, lim);
	}
	r.ram = pages(held(&s, VZ_PHYSPAGES));
	r.mem = counted(&s, VZ_OOMGUARPAGES) ?
		vz_sat_add(pages(held(&s, VZ_OOMGUARPAGES)), r.low) :
		vz_sat_add(r.ram, pages(held(&s, VZ_SWAPPAGES)));
	r.alloc = counted(&s, VZ_PRIVVMPAGES) ?
		  vz_sat_add(pages(held(&s, VZ_PRIVVMPAGES)), r.low) : r.mem;

	limit(&s, VZ_PHYSPAGES, VZ_LIMIT, &ram);
	limit(&s, VZ_SWAPPAGES, VZ_LIMIT, &swap);
	vswap = ram != VZ_UNLIMITED;
	has_oom = limit(&s, VZ_OOMGUARPAGES, VZ_BARRIER, &oom);
	has_guar = limit(&s, VZ_VMGUARPAGES, VZ_BARRIER, &guar);
	limit(&s, VZ_PRIVVMPAGES, VZ_LIMIT, &priv);
	if (vswap) {
		if (!has_oom)
			oom = ram;
		if (!has_guar)
			guar = vz_sat_add(ram, swap);
		if (priv == VZ_UNLIMITED)
			priv = overcommit(&s, vz_sat_add(ram, swap));
		/* kernel memory is part of RAM */
		if (r.low_max > pages(ram))
			r.low_max = pages(ram);
	}
	r.mem_promised = vz_sat_add(pages(oom), vswap ? 0 : r.low_max);
	r.alloc_promised = vz_sat_add(pages(guar), vswap ? 0 : r.low_max);
	r.alloc_max = vz_sat_add(pages(priv), vswap ? 0 : r.low_max);

	r.tasks = held(&s, VZ_NUMPROC);
	limit(&s, VZ_NUMPROC, VZ_BARRIER, &r.tasks_max);
	*ret = r;
}

void vz_usage_add(struct vz_usage *sum, const struct vz_usage *b)
{
	sum->low = vz_sat_add(sum->low, b->low);
	sum->low_max = vz_sat_add(sum->low_max, b->low_max);
	sum->ram = vz_sat_add(sum->ram, b->ram);
	sum->mem = vz_sat_add(sum->mem, b->mem);
	sum->mem_promised = vz_sat_add(sum->mem_promised, b->mem_promised);
	sum->alloc = vz_sat_add(sum->alloc, b->alloc);
	sum->alloc_promised = vz_sat_add(sum->alloc_promised, b->alloc_promised);
	sum->alloc_max = vz_sat_add(sum->alloc_max, b->alloc_max);
	sum->tasks = vz_sat_add(sum->tasks, b->tasks);
	sum->tasks_max = vz_sat_add(sum->tasks_max, b->tasks_max);
}

double vz_usage_percent(unsigned long v, unsigned long of)
{
	return v == VZ_UNLIMITED ? INFINITY : of ? (double)v * 100 / (double)of : v ? INFINITY : 0;
}
