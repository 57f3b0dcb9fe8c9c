/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command table of vzctl.  main.c parses flags, action and CTID, opens the
 * container, takes the lock and calls the verb, which returns an exit code.
 */
#ifndef VZ_VERB_H
#define VZ_VERB_H

#include <stdbool.h>

#include "ct.h"
#include "error.h"

/*
 * struct vz_verb_ctx - what main.c hands to a verb
 * @argc, @argv: what follows the CTID (argv[0] is the first option or word)
 * @skiplock: --skiplock was given, so the container may not be locked
 * @quiet, @verbose: for verbs that pass them on to other programs
 */
struct vz_verb_ctx {
	struct vz_ct *ct;
	int argc;
	char **argv;
	bool skiplock;
	bool quiet;
	int verbose;
};

enum {
	VZ_VERB_LOCK	= 1 << 0,	/* takes LOCKDIR/CTID.lck */
	VZ_VERB_CONF	= 1 << 1,	/* needs CTID.conf */
	VZ_VERB_CT0	= 1 << 2,	/* allowed for CT0 */
	VZ_VERB_KERNEL	= 1 << 3,	/* needs the ve controller, else VZ_BAD_KERNEL */
	VZ_VERB_BROKEN	= 1 << 5,	/* works without CTID.conf when that cannot be parsed */
	VZ_VERB_CHECK	= 1 << 4,	/* warns of values in CTID.conf that are not valid */
};

struct vz_verb {
	const char *name;
	const char *lock_status;
	unsigned int flags;
	int (*run)(struct vz_verb_ctx *ctx);
};

/* one file a verb, in tools/ */
int verb_create(struct vz_verb_ctx *ctx);
int verb_destroy(struct vz_verb_ctx *ctx);
int verb_start(struct vz_verb_ctx *ctx);
int verb_stop(struct vz_verb_ctx *ctx);
int verb_restart(struct vz_verb_ctx *ctx);
int verb_status(struct vz_verb_ctx *ctx);
int verb_mount(struct vz_verb_ctx *ctx);
int verb_umount(struct vz_verb_ctx *ctx);
int verb_enter(struct vz_verb_ctx *ctx);
int verb_exec(struct vz_verb_ctx *ctx);
int verb_exec2(struct vz_verb_ctx *ctx);
int verb_exec3(struct vz_verb_ctx *ctx);
int verb_runscript(struct vz_verb_ctx *ctx);
int verb_quotaon(struct vz_verb_ctx *ctx);
int verb_quotaoff(struct vz_verb_ctx *ctx);
int verb_quotainit(struct vz_verb_ctx *ctx);
int verb_set(struct vz_verb_ctx *ctx);
int verb_event(struct vz_verb_ctx *ctx);	/* hidden: what the udev rule runs */
int verb_tidy(struct vz_verb_ctx *ctx);		/* hidden: what vz-host runs at boot */

/*
 * vz_fault - fault-injection point for the tests
 * @point: a string literal, "VERB-where"
 *
 * Kills the process with SIGKILL when the environment has VZ_FAULT=@point and
 * the process is not AT_SECURE; otherwise a comparison with NULL.  Each point
 * leaves its name in a section of its own, which `vzctl --fault-points` lists.
 */
#define vz_fault(point) do {							\
	static const char vz_fault_name_[]					\
		__attribute__((section("vz_faults"), used, aligned(1))) = point;	\
	vz_fault_hit(vz_fault_name_);						\
} while (0)
void vz_fault_hit(const char *point);
/* print the names of all points, one a line */
void vz_fault_list(void);

#endif /* VZ_VERB_H */
