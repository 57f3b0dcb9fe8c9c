// SPDX-License-Identifier: GPL-2.0
/* vzdqdump: the second level of a quota as text, for vzdqload on another host. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ct.h"
#include "dump.h"
#include "error.h"
#include "util.h"
#include "vzquota.h"

const char vzq_name[] = "vzdqdump";

static const char usage[] =
"Usage: vzdqdump [-h] [-V] [-q] [-v] [-b] QUOTAID [-U] [-G] [-T] [-F] [-f] [-c FILE]\n"
"  -U  users: usage, limits and when grace times end\n"
"  -G  groups\n"
"  -T  grace times of users and groups\n"
"  -F  the container's disk\n"
"  -f  also when the quota is off\n"
"All of them where none of -U -G -T -F is given.  vzdqload reads it.\n";

static const char *const types[] = DUMP_TYPES;

/* eight fields: usage, limits and end of the grace time of space and of inodes */
static void put_amounts(const struct vz_quota *q)
{
	char soft[24], hard[24];

	for (int i = 0; i < 2; i++)
		printf(" %llu %s %s %lld", (unsigned long long)q->used[i], vzq_limit_text(q->soft[i], soft),
		       vzq_limit_text(q->hard[i], hard), (long long)q->end[i]);
	putchar('\n');
}

static void put_ugid(int type, uint32_t ugid, const struct vz_quota *q, void *arg)
{
	printf("%s %u", types[type], ugid);
	put_amounts(q);
}

static void put_grace(int type, const int32_t grace[2])
{
	printf("grace %s", types[type]);
	for (int i = 0; i < 2; i++) {
		if (grace[i] == VZ_GRACE_FS)
			printf(" -");
		else
			printf(" %d", grace[i]);
	}
	putchar('\n');
}

static int put_disk(const struct vzq_quota *q, const struct vz_ct *ct)
{
	_cleanup_error_ struct vz_error e = { 0 };
	int32_t grace[2] = { (int32_t)q->grace[0], (int32_t)q->grace[1] };
	struct vz_quota now;
	uint32_t ids = q->ugids ? q->max_ugids : 0;
	int r = vz_quota_get(q->fd, VZ_QUOTA_PROJECT, q->id, &now);

	if (r < 0)
		return vzq_fail(VZQ_IOCTL, "Unable to read quota %u: %s", q->id, strerror(-r));
	if (!q->on) {
		memcpy(now.soft, q->lim.soft, sizeof(now.soft));
		memcpy(now.hard, q->lim.hard, sizeof(now.hard));
	}
	if (ct) {
		const char *v = vz_ct_get(ct, "QUOTAUGIDLIMIT");

		if (!v || vz_parse_u32(v, &ids) < 0)
			ids = 0;
		if (vz_ct_quota_grace(ct, VZ_QUOTA_PROJECT, grace, &e) < 0)
			return vzq_fail_e(VZQ_IOCTL, &e);
	}
	printf("ugids %u\n%s", ids, types[VZ_QUOTA_PROJECT]);
	put_amounts(&now);
	put_grace(VZ_QUOTA_PROJECT, grace);
	return 0;
}

static int dump(struct vzq_quota *q, uint32_t id, const struct vzq_args *a)
{
	static const char letters[] = { [VZ_QUOTA_USER] = 'U', [VZ_QUOTA_GROUP] = 'G' };
	bool all = !a->flag['U'] && !a->flag['G'] && !a->flag['T'] && !a->flag['F'];
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_ct_ struct vz_ct *ct = NULL;
	int32_t grace[2];
	int r = vzq_load(q, id, a->value['c']);

	if (r)
		return r;
	if (!q->on && !a->flag['f'])
		return vzq_fail(VZQ_NOTRUNNING, "Quota %u is not on (-f dumps it all the same)", id);
	r = vzq_open(q);
	if (r)
		return r;
	ct = vzq_ct(id);
	if (!vzq_base(ct, VZ_QUOTA_USER) && (all || a->flag['U'] || a->flag['G'] || a->flag['T']))
		return vzq_fail(VZQ_UGID, "Quota %u is no container's, so it has no users and groups of its own "
				"(-F dumps the disk alone)", id);
	printf(DUMP_HEAD "\n");
	if (!vzq_opt.batch)
		printf("# quota %u: %s\n", id, q->path);
	if (all || a->flag['F'])
		r = put_disk(q, ct);
	for (int t = VZ_QUOTA_USER; t <= VZ_QUOTA_GROUP && r == 0 && (all || a->flag['T']); t++) {
		if (vz_ct_quota_grace(ct, t, grace, &e) < 0)
			return vzq_fail_e(VZQ_IOCTL, &e);
		put_grace(t, grace);
	}
	for (int t = VZ_QUOTA_USER; t <= VZ_QUOTA_GROUP && r == 0; t++) {
		if (!all && !a->flag[(int)letters[t]])
			continue;
		r = vz_quota_each(q->fd, t, vzq_base(ct, t), put_ugid, NULL);
		if (r < 0)
			return vzq_fail(VZQ_IOCTL, "Unable to read the quotas of %ss: %s", types[t], strerror(-r));
	}
	if (r)
		return r;
	/* half a dump must not look like a whole one */
	printf(DUMP_END "\n");
	if (fflush(stdout) != 0 || ferror(stdout))
		return vzq_fail(VZQ_SYSTEM, "Unable to write the dump: %s", strerror(errno));
	return VZQ_OK;
}

int main(int argc, char **argv)
{
	static const struct vzq_syntax syntax = { "c", "UGTFf", 1 };

	return vzq_main(&syntax, usage, argc, argv, dump);
}
