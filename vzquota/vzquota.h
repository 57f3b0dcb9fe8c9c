/* SPDX-License-Identifier: GPL-2.0 */
/* What vzquota, vzdqcheck, vzdqdump and vzdqload share. */
#ifndef VZQUOTA_H
#define VZQUOTA_H

#include <stdbool.h>
#include <stdint.h>

#include "quota.h"

struct vz_ct;
struct vz_error;

/* Exit codes; they never change meaning. */
enum {
	VZQ_OK		= 0,
	VZQ_SYSTEM	= 1,
	VZQ_USAGE	= 2,
	VZQ_IOCTL	= 3,	/* the kernel refused */
	VZQ_BADFILE	= 4,
	VZQ_RUNNING	= 5,
	VZQ_NOTRUNNING	= 6,
	VZQ_LOCKED	= 7,
	VZQ_CROSSES	= 8,
	VZQ_UGID	= 9,	/* information: second level not on */
	VZQ_DIRTY	= 10,	/* information: the figures do not agree */
	VZQ_NOFILE	= 11,
	VZQ_INTERNAL	= 12,
	VZQ_NOMOUNT	= 13,
};

/* ---- messages ---------------------------------------------------------------------- */

/* of the tool; each has its own */
extern const char vzq_name[];

/* options that all tools have */
struct vzq_options {
	bool batch, quiet, json;
	int verbose;
};
extern struct vzq_options vzq_opt;

/* print an error and return its exit code */
int vzq_fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int vzq_fail_e(int code, const struct vz_error *e);
/* a warning, whatever -q says */
void vzq_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* with -v */
void vzq_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- command lines ------------------------------------------------------------------- */

#define VZQ_MAX_ARGS	4

/*
 * struct vzq_syntax - what a command takes
 * @values, @flags: letters of the options with and without a value
 * @n_args: how many arguments there are beside them, at most VZQ_MAX_ARGS
 */
struct vzq_syntax {
	const char *values, *flags;
	int n_args;
};

/*
 * struct vzq_args - what it got
 * @value, @flag: by letter
 * @n_args: how many there were; those beyond VZQ_MAX_ARGS are counted, not kept
 */
struct vzq_args {
	const char *value[128];
	bool flag[128];
	const char *arg[VZQ_MAX_ARGS];
	int n_args;
};

/* 0, or an exit code after a message; the caller looks at n_args */
int vzq_parse(const struct vzq_syntax *s, int argc, char **argv, struct vzq_args *ret);
/*
 * vzq_start - the command line of a vzdq tool
 * @s: without the general options -h -V -q -v -b, which are seen to here, and with one
 *	argument, @what
 * 0; or -1 when there is no more to do, with the exit code in *@ret_code.
 */
int vzq_start(const struct vzq_syntax *s, const char *what, const char *usage, int argc, char **argv,
	      struct vzq_args *ret, int *ret_code);
int vzq_parse_id(const char *text, uint32_t *ret);

/* KiB with an optional suffix, and a count; "unlimited" is LONG_MAX; -EINVAL */
int vzq_parse_limit(const char *text, unsigned long *ret);
int vzq_parse_count(const char *text, unsigned long *ret);
/* the reverse, in KiB; returns @buf */
char *vzq_limit_text(unsigned long v, char buf[24]);

/* ---- one quota ----------------------------------------------------------------------- */

/*
 * struct vzq_quota - one QUOTAID
 * @fd: its directory, once vzq_open() was called; -EBADF before
 * @file, @path: its quota file and its directory, absolute
 * @known: has a quota file; without one it is that of a container, which is on
 * @lim: limits as asked for; those in the kernel are these while it is on
 * @grace: [0] blocks, [1] inodes, seconds; kept, and told the kernel by vzctl
 */
struct vzq_quota {
	uint32_t id;
	int fd;
	char *file, *path;
	bool known, on;
	struct vz_quota lim;
	uint32_t grace[2];
	bool ugids;
	uint32_t max_ugids;
};

/* a quota without limits, directory and file, to be filled; @file: another place for its file, or NULL */
int vzq_new(struct vzq_quota *q, uint32_t id, const char *file);
/*
 * vzq_load - read the quota file of @id
 * Exit codes: 4 for one that makes no sense, 11 where there is neither a file nor
 * a container with a private area.
 */
int vzq_load(struct vzq_quota *q, uint32_t id, const char *file);
int vzq_save(struct vzq_quota *q);
/* open the directory; 1, or 3 where the file system has no project quota */
int vzq_open(struct vzq_quota *q);
void vzq_free(struct vzq_quota *q);

/* the container with this id, or NULL */
struct vz_ct *vzq_ct(uint32_t id);
/* first host id of the users or groups of @ct; 0 where it has none of its own */
uint32_t vzq_base(const struct vz_ct *ct, int type);
/*
 * vzq_main - the main() of a vzdq tool for one quota: vzq_start(), then @run, whose exit
 * code it returns; @q is empty
 */
int vzq_main(const struct vzq_syntax *s, const char *usage, int argc, char **argv,
	     int (*run)(struct vzq_quota *q, uint32_t id, const struct vzq_args *a));

/* setup.c: `vzquota setup PATH` */
int vzq_setup(const char *path);

#endif /* VZQUOTA_H */
