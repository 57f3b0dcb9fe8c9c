// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what the ve controller decides and parses.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/signal.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "internal.h"

static void test_parse_id(struct kunit *test)
{
	u32 id = 7;

	KUNIT_EXPECT_EQ(test, ve_parse_id("1", &id), 0);
	KUNIT_EXPECT_EQ(test, id, 1);
	KUNIT_EXPECT_EQ(test, ve_parse_id("2147483644", &id), 0);
	KUNIT_EXPECT_EQ(test, id, 2147483644);
	KUNIT_EXPECT_EQ(test, ve_parse_id("2147483643", &id), 0);
	KUNIT_EXPECT_EQ(test, id, 2147483643);

	/* Refused, and the result left alone. */
	KUNIT_EXPECT_EQ(test, ve_parse_id("0", &id), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_id("2147483645", &id), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_id("4294967296", &id), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_id("4294967297", &id), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_id("", &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_id("-1", &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_id("+1", &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_id("0x10", &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_id("10 1", &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_id("ten", &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, id, 2147483643);
}

static int features(const char *words, unsigned long *mask)
{
	char buf[128];

	strscpy(buf, words, sizeof(buf));
	return ve_parse_features(buf, mask);
}

static void test_features(struct kunit *test)
{
	unsigned long mask = VE_FEATURES_DEFAULT;
	char buf[80];

	KUNIT_EXPECT_EQ(test, features("nfs -sysfs ppp", &mask), 0);
	KUNIT_EXPECT_EQ(test, mask, VE_FEATURE_NFS | VE_FEATURE_PPP);
	KUNIT_EXPECT_EQ(test, features(" \t bridge\n", &mask), 0);
	KUNIT_EXPECT_EQ(test, mask, VE_FEATURE_NFS | VE_FEATURE_PPP |
			VE_FEATURE_BRIDGE);
	KUNIT_EXPECT_EQ(test, features("", &mask), 0);
	/* The last word counts. */
	KUNIT_EXPECT_EQ(test, features("sit -sit", &mask), 0);
	KUNIT_EXPECT_EQ(test, mask, VE_FEATURE_NFS | VE_FEATURE_PPP |
			VE_FEATURE_BRIDGE);

	/* All or nothing. */
	KUNIT_EXPECT_EQ(test, features("-nfs quux", &mask), -EINVAL);
	KUNIT_EXPECT_EQ(test, features("--nfs", &mask), -EINVAL);
	KUNIT_EXPECT_EQ(test, features("-", &mask), -EINVAL);
	KUNIT_EXPECT_EQ(test, features("nfsdd", &mask), -EINVAL);
	KUNIT_EXPECT_EQ(test, mask, VE_FEATURE_NFS | VE_FEATURE_PPP |
			VE_FEATURE_BRIDGE);

	KUNIT_EXPECT_EQ(test, ve_format_features(mask, buf, sizeof(buf)), 14);
	KUNIT_EXPECT_STREQ(test, buf, "nfs ppp bridge");
	KUNIT_EXPECT_EQ(test, ve_format_features(0, buf, sizeof(buf)), 0);
	KUNIT_EXPECT_STREQ(test, buf, "");
	ve_format_features(~0UL, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf,
			   "sysfs nfs sit ipip ppp ipgre bridge nfsd");
}

static void test_parse_device(struct kunit *test)
{
	static const char * const bad[] = {
		"", "-", "c", "c ", "a 1:3 rw", "c 1 rw", "c 1: rw",
		"c :3 rw", "c 1:3", "c 1:3 ", "c 1:3 x", "c 1:3 m",
		"c  1:3 rw", "c 4096:0 rw", "c 1:1048576 rw", "c -1:3 rw",
		"c 1:3 rw ", "cc 1:3 rw", "c 99999999999:1 rw",
		"c 1:3:4 rw", "- c 1:3 rw", "c *1:3 rw",
	};
	struct ve_device d;
	char buf[24];
	bool del;
	int i;

	KUNIT_EXPECT_EQ(test, ve_parse_device("c 10:229 rwm", &d, &del), 0);
	KUNIT_EXPECT_FALSE(test, del);
	KUNIT_EXPECT_EQ(test, d.type, 'c');
	KUNIT_EXPECT_EQ(test, d.major, 10);
	KUNIT_EXPECT_EQ(test, d.minor, 229);
	KUNIT_EXPECT_EQ(test, d.perm, VE_DEV_READ | VE_DEV_WRITE);
	KUNIT_EXPECT_EQ(test, ve_format_device(&d, buf, sizeof(buf)), 6);
	KUNIT_EXPECT_STREQ(test, buf, "10:229");

	KUNIT_EXPECT_EQ(test, ve_parse_device("b 8:* r", &d, &del), 0);
	KUNIT_EXPECT_EQ(test, d.type, 'b');
	KUNIT_EXPECT_EQ(test, d.minor, VE_DEV_ANY);
	KUNIT_EXPECT_EQ(test, d.perm, VE_DEV_READ);
	ve_format_device(&d, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "8:*");

	KUNIT_EXPECT_EQ(test, ve_parse_device("c *:* w", &d, &del), 0);
	ve_format_device(&d, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "*:*");

	KUNIT_EXPECT_EQ(test, ve_parse_device("c 4095:1048575 r", &d, &del),
			0);
	ve_format_device(&d, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "4095:1048575");

	KUNIT_EXPECT_EQ(test, ve_parse_device("-c 10:229", &d, &del), 0);
	KUNIT_EXPECT_TRUE(test, del);
	KUNIT_EXPECT_EQ(test, ve_parse_device("-c 10:229 rw", &d, &del), 0);
	KUNIT_EXPECT_TRUE(test, del);

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, ve_parse_device(bad[i], &d, &del),
				    -EINVAL, "\"%s\"", bad[i]);
}

static void test_match_device(struct kunit *test)
{
	static const struct ve_device list[] = {
		{ 'c', VE_DEV_READ, 10, 229 },
		{ 'c', VE_DEV_WRITE, 10, VE_DEV_ANY },
		{ 'b', VE_DEV_READ, VE_DEV_ANY, 7 },
	};

	KUNIT_EXPECT_EQ(test, ve_device_match(list, 3, 'c', 10, 229),
			VE_DEV_READ | VE_DEV_WRITE);
	KUNIT_EXPECT_EQ(test, ve_device_match(list, 3, 'c', 10, 200),
			VE_DEV_WRITE);
	KUNIT_EXPECT_EQ(test, ve_device_match(list, 3, 'b', 10, 229), 0);
	KUNIT_EXPECT_EQ(test, ve_device_match(list, 3, 'b', 8, 7),
			VE_DEV_READ);
	KUNIT_EXPECT_EQ(test, ve_device_match(list, 0, 'c', 10, 229), 0);

	KUNIT_EXPECT_EQ(test, ve_device_default('c', 1, 3),
			VE_DEV_READ | VE_DEV_WRITE);
	KUNIT_EXPECT_EQ(test, ve_device_default('c', 143, 99),
			VE_DEV_READ | VE_DEV_WRITE);
	/* The neighbours: mem, port, kmsg, the host's ttys and disks. */
	KUNIT_EXPECT_EQ(test, ve_device_default('c', 1, 1), 0);
	KUNIT_EXPECT_EQ(test, ve_device_default('c', 1, 4), 0);
	KUNIT_EXPECT_EQ(test, ve_device_default('c', 1, 11), 0);
	KUNIT_EXPECT_EQ(test, ve_device_default('c', 4, 0), 0);
	KUNIT_EXPECT_EQ(test, ve_device_default('c', 144, 0), 0);
	KUNIT_EXPECT_EQ(test, ve_device_default('c', 127, 0), 0);
	KUNIT_EXPECT_EQ(test, ve_device_default('b', 1, 3), 0);
}

static void test_reason(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ve_stop_reason(0, false, 0), VE_REASON_EXIT);
	KUNIT_EXPECT_EQ(test, ve_stop_reason(0, false, 3 << 8),
			VE_REASON_EXIT);
	KUNIT_EXPECT_EQ(test, ve_stop_reason(0, false, SIGKILL),
			VE_REASON_KILLED);
	KUNIT_EXPECT_EQ(test, ve_stop_reason(0, false, SIGSEGV | 0x80),
			VE_REASON_KILLED);
	KUNIT_EXPECT_EQ(test, ve_stop_reason(0, true, SIGKILL),
			VE_REASON_OOM);
	/* Chosen by the OOM killer, but gone before it struck. */
	KUNIT_EXPECT_EQ(test, ve_stop_reason(0, true, 0), VE_REASON_EXIT);
	KUNIT_EXPECT_EQ(test, ve_stop_reason(0, true, SIGSEGV),
			VE_REASON_KILLED);
	/* reboot(2) kills the init, or the init exits after it. */
	KUNIT_EXPECT_EQ(test, ve_stop_reason(SIGHUP, false, SIGKILL),
			VE_REASON_REBOOT);
	KUNIT_EXPECT_EQ(test, ve_stop_reason(SIGINT, false, SIGKILL),
			VE_REASON_HALT);
	KUNIT_EXPECT_EQ(test, ve_stop_reason(SIGHUP, true, 0),
			VE_REASON_REBOOT);
}

static void test_entry(struct kunit *test)
{
	static const struct {
		u32 from, to;
		bool same;
		enum ve_state state;
		bool capable;
		int want;
	} cases[] = {
		/* host to host: never our business */
		{ 0, 0, true, VE_STATE_STOPPED, false, 0 },
		{ 0, 0, false, VE_STATE_STOPPED, false, 0 },
		/* host to CT */
		{ 0, 1, false, VE_STATE_STOPPED, true, 0 },
		{ 0, 1, false, VE_STATE_STARTING, true, -EBUSY },
		{ 0, 1, false, VE_STATE_RUNNING, true, 0 },
		{ 0, 1, false, VE_STATE_STOPPING, true, -EBUSY },
		{ 0, 1, false, VE_STATE_STOPPED, false, -EPERM },
		{ 0, 1, false, VE_STATE_STARTING, false, -EPERM },
		{ 0, 1, false, VE_STATE_RUNNING, false, -EPERM },
		{ 0, 1, false, VE_STATE_STOPPING, false, -EPERM },
		/* within a CT */
		{ 1, 1, true, VE_STATE_STARTING, false, 0 },
		{ 1, 1, true, VE_STATE_RUNNING, false, 0 },
		{ 1, 1, true, VE_STATE_STOPPING, false, -EBUSY },
		/* out of a CT, whoever asks */
		{ 1, 0, false, VE_STATE_STOPPED, true, -EPERM },
		{ 1, 2, false, VE_STATE_RUNNING, true, -EPERM },
		{ 1, 2, false, VE_STATE_STOPPED, true, -EPERM },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    ve_check_entry(cases[i].from, cases[i].to,
						   cases[i].same,
						   cases[i].state,
						   cases[i].capable),
				    cases[i].want, "case %d", i);
}

/* The state machine on a CT without a cgroup: what needs no task. */
static void test_cancelled_start(struct kunit *test)
{
	struct signal_struct *sig = (void *)test, *other = (void *)&sig;
	struct ve *ve = kunit_kzalloc(test, sizeof(*ve), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ve);
	spin_lock_init(&ve->lock);
	ve->id = 101;

	spin_lock(&ve->lock);
	KUNIT_EXPECT_EQ(test, ve_begin_start(ve, sig), 0);
	atomic_inc(&ve->nr_tasks);
	spin_unlock(&ve->lock);
	KUNIT_EXPECT_EQ(test, ve->state, VE_STATE_STARTING);
	KUNIT_EXPECT_PTR_EQ(test, ve->init_sig, sig);

	/* The fork fails: as if nothing had been, and nothing is told. */
	ve_uncharge(ve);
	KUNIT_EXPECT_EQ(test, ve->state, VE_STATE_STOPPED);
	KUNIT_EXPECT_NULL(test, ve->init_sig);
	KUNIT_EXPECT_EQ(test, ve->pending, 0);
	KUNIT_EXPECT_EQ(test, ve->generation, 0);

	/* A zombie is left: not yet. */
	atomic_inc(&ve->nr_tasks);
	spin_lock(&ve->lock);
	KUNIT_EXPECT_EQ(test, ve_begin_start(ve, other), -EBUSY);
	spin_unlock(&ve->lock);
	KUNIT_EXPECT_EQ(test, ve->state, VE_STATE_STOPPED);
	ve_uncharge(ve);

	/* The cgroup is gone: never. */
	ve->dead = true;
	spin_lock(&ve->lock);
	KUNIT_EXPECT_EQ(test, ve_begin_start(ve, other), -EBUSY);
	spin_unlock(&ve->lock);
}

#ifdef CONFIG_VE_QUOTA
static int quota(const char *line, struct ve_quota *q)
{
	char buf[64];

	strscpy(buf, line, sizeof(buf));
	return ve_parse_quota(buf, q);
}

static void test_parse_quota(struct kunit *test)
{
	static const char * const bad[] = {
		"", "ids", "ids ", "ids x", "ids -1", "ids 1 2", "ids 2147483648",
		"user", "user 1", "user 1 2 3", "user x 1", "user 1 -2",
		"user 2147483648 1", "nobody 1 2", "user  1 2", "project - x",
	};
	struct ve_quota q = { };
	int i;

	KUNIT_EXPECT_EQ(test, quota("ids 7", &q), 0);
	KUNIT_EXPECT_EQ(test, q.max_ids, 7);
	KUNIT_EXPECT_EQ(test, quota("ids 2147483647", &q), 0);
	KUNIT_EXPECT_EQ(test, q.max_ids, S32_MAX);
	KUNIT_EXPECT_EQ(test, quota("user 10 20", &q), 0);
	KUNIT_EXPECT_EQ(test, q.grace[USRQUOTA].space, 10);
	KUNIT_EXPECT_EQ(test, q.grace[USRQUOTA].inodes, 20);
	KUNIT_EXPECT_EQ(test, quota("group - 0", &q), 0);
	KUNIT_EXPECT_EQ(test, q.grace[GRPQUOTA].space, VE_GRACE_NONE);
	KUNIT_EXPECT_EQ(test, q.grace[GRPQUOTA].inodes, 0);
	KUNIT_EXPECT_EQ(test, quota("project 2147483647 -", &q), 0);
	KUNIT_EXPECT_EQ(test, q.grace[PRJQUOTA].space, S32_MAX);

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, quota(bad[i], &q), -EINVAL, "\"%s\"",
				    bad[i]);
	/* Refused, and all left alone. */
	KUNIT_EXPECT_EQ(test, q.max_ids, S32_MAX);
	KUNIT_EXPECT_EQ(test, q.grace[USRQUOTA].space, 10);
	KUNIT_EXPECT_EQ(test, q.grace[PRJQUOTA].inodes, VE_GRACE_NONE);
}

static void test_quota_limits(struct kunit *test)
{
	struct qc_dqblk now = { .d_spc_softlimit = 5, .d_space = 99 }, change = { };

	KUNIT_EXPECT_TRUE(test, ve_quota_has_limits(&now));
	KUNIT_EXPECT_FALSE(test, ve_quota_has_limits(&change));

	/* What the mask does not name is not changed. */
	change.d_ino_hardlimit = 8;
	ve_quota_merge(&now, &change);
	KUNIT_EXPECT_EQ(test, now.d_ino_hardlimit, 0);
	KUNIT_EXPECT_EQ(test, now.d_spc_softlimit, 5);
	change.d_fieldmask = QC_INO_HARD;
	ve_quota_merge(&now, &change);
	KUNIT_EXPECT_EQ(test, now.d_ino_hardlimit, 8);
	change.d_ino_hardlimit = 0;
	change.d_fieldmask = QC_INO_HARD | QC_SPC_SOFT;
	ve_quota_merge(&now, &change);
	KUNIT_EXPECT_FALSE(test, ve_quota_has_limits(&now));
	KUNIT_EXPECT_EQ(test, now.d_space, 99);
}
#endif

static void test_parse_meminfo(struct kunit *test)
{
	unsigned long pages = 5;

	KUNIT_EXPECT_EQ(test, ve_parse_meminfo("65536", &pages), 0);
	KUNIT_EXPECT_EQ(test, pages, 65536);
	KUNIT_EXPECT_EQ(test, ve_parse_meminfo("0", &pages), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_meminfo("-1", &pages), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_meminfo("", &pages), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_meminfo("1 2", &pages), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_meminfo("None", &pages), -EINVAL);
	KUNIT_EXPECT_EQ(test, pages, 65536);
	KUNIT_EXPECT_EQ(test, ve_parse_meminfo("none", &pages), 0);
	KUNIT_EXPECT_EQ(test, pages, 0);
}

static void test_mem_view(struct kunit *test)
{
	struct ve_mem_raw raw = {
		.limit = ULONG_MAX, .swap_limit = ULONG_MAX,
		.used = 300, .reclaimable = 100, .swap_used = 10,
		.host_total = 1000, .host_swap = 500, .host_swap_free = 400,
	};
	struct ve_mem mem;

	/* no limit */
	ve_mem_view(&raw, &mem);
	KUNIT_EXPECT_FALSE(test, mem.own);
	KUNIT_EXPECT_EQ(test, mem.total, 1000);
	KUNIT_EXPECT_EQ(test, mem.swap_total, 500);
	KUNIT_EXPECT_EQ(test, mem.swap_free, 400);

	/* none that binds: the machine is smaller */
	raw.limit = 1000;
	ve_mem_view(&raw, &mem);
	KUNIT_EXPECT_FALSE(test, mem.own);

	/* ve.meminfo, which cannot show more than there is */
	raw.pages = 600;
	ve_mem_view(&raw, &mem);
	KUNIT_EXPECT_TRUE(test, mem.own);
	KUNIT_EXPECT_EQ(test, mem.total, 600);
	raw.pages = 5000;
	ve_mem_view(&raw, &mem);
	KUNIT_EXPECT_EQ(test, mem.total, 1000);

	/* a limit, which counts first */
	raw.limit = 400;
	raw.swap_limit = 50;
	ve_mem_view(&raw, &mem);
	KUNIT_EXPECT_TRUE(test, mem.own);
	KUNIT_EXPECT_EQ(test, mem.total, 400);
	KUNIT_EXPECT_EQ(test, mem.free, 100);
	KUNIT_EXPECT_EQ(test, mem.available, 200);
	KUNIT_EXPECT_EQ(test, mem.swap_total, 50);
	KUNIT_EXPECT_EQ(test, mem.swap_free, 40);

	/* others have used up the machine's swap */
	raw.host_swap_free = 7;
	ve_mem_view(&raw, &mem);
	KUNIT_EXPECT_EQ(test, mem.swap_free, 7);

	/* limits below the usage, counters that do not fit together */
	raw.limit = 250;
	raw.swap_limit = 5;
	raw.reclaimable = 300;
	ve_mem_view(&raw, &mem);
	KUNIT_EXPECT_EQ(test, mem.free, 0);
	KUNIT_EXPECT_EQ(test, mem.available, 250);
	KUNIT_EXPECT_EQ(test, mem.swap_total, 5);
	KUNIT_EXPECT_EQ(test, mem.swap_free, 0);
}

static void test_parse_cpuunits(struct kunit *test)
{
	u32 units = 7;

	KUNIT_EXPECT_EQ(test, ve_parse_cpuunits("8", &units), 0);
	KUNIT_EXPECT_EQ(test, units, 8);
	KUNIT_EXPECT_EQ(test, ve_parse_cpuunits("500000", &units), 0);
	KUNIT_EXPECT_EQ(test, units, 500000);
	KUNIT_EXPECT_EQ(test, ve_parse_cpuunits("7", &units), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_cpuunits("500001", &units), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_cpuunits("", &units), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_cpuunits("sums", &units), -EINVAL);
	KUNIT_EXPECT_EQ(test, units, 500000);
	KUNIT_EXPECT_EQ(test, ve_parse_cpuunits("sum", &units), 0);
	KUNIT_EXPECT_EQ(test, units, VE_UNITS_SUM);
}

static void test_parse_number(struct kunit *test)
{
	u32 limit = 7;

	KUNIT_EXPECT_EQ(test, ve_parse_number("0", 819200, &limit), 0);
	KUNIT_EXPECT_EQ(test, limit, 0);
	KUNIT_EXPECT_EQ(test, ve_parse_number("819200", 819200, &limit), 0);
	KUNIT_EXPECT_EQ(test, limit, 819200);
	KUNIT_EXPECT_EQ(test, ve_parse_number("819201", 819200, &limit), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_number("4294967296", 819200, &limit), -ERANGE);
	KUNIT_EXPECT_EQ(test, ve_parse_number("", 819200, &limit), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_number("-5", 819200, &limit), -EINVAL);
	KUNIT_EXPECT_EQ(test, ve_parse_number("50%", 819200, &limit), -EINVAL);
	KUNIT_EXPECT_EQ(test, limit, 819200);
}

static void test_cpu_budget(struct kunit *test)
{
	const s64 ms = NSEC_PER_MSEC;

	/* half a CPU for 10 ms */
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(0, 10 * ms, false, 50), 5 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(-7 * ms, 10 * ms, true, 50),
			-2 * ms);
	/* an idle one does not save up */
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(0, 10000 * ms, false, 50), 10 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(90 * ms, 20 * ms, false, 50),
			10 * ms);
	/* one at work loses nothing, nor does one that is woken up late */
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(90 * ms, 4 * ms, false, 50),
			92 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(0, 150 * ms, true, 50), 75 * ms);
	/* but they do not save up for ever, nor when the limit is lowered */
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(0, 10000 * ms, true, 50), 100 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(190 * ms, 0, false, 50), 100 * ms);
	/* several CPUs, the least, the largest */
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(0, 10 * ms, false, 150), 15 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(-ms, 10 * ms, false, 1),
			-ms + ms / 10);
	KUNIT_EXPECT_EQ(test, ve_cpu_refill(S64_MIN / 2, S64_MAX, false,
					    VE_CPULIMIT_MAX),
			S64_MIN / 2 + 3600 * (s64)NSEC_PER_SEC * 8192);

	/* something is left */
	KUNIT_EXPECT_EQ(test, ve_cpu_wait(1, false, 50), 0);
	/* from nothing to what 5 ms give, and that is enough */
	KUNIT_EXPECT_EQ(test, ve_cpu_wait(0, false, 50), 5 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_wait(1, true, 50), 5 * ms - 2);
	KUNIT_EXPECT_EQ(test, ve_cpu_wait(5 * ms / 2, true, 50), 0);
	/* a debt is paid first */
	KUNIT_EXPECT_EQ(test, ve_cpu_wait(-4 * ms, false, 50), 13 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_wait(-4 * ms, true, 5), 85 * ms);
	KUNIT_EXPECT_EQ(test, ve_cpu_wait(-ms, false, 200), 5 * ms + ms / 2);
	/* rounded up: who waits as told has enough */
	KUNIT_EXPECT_GE(test, ve_cpu_refill(0, ve_cpu_wait(0, false, 7), true,
					    7), 5 * ms * 7 / 100);
	KUNIT_EXPECT_GT(test, ve_cpu_wait(S64_MIN / 2, false, 1), 0);
}

static int ubc(const char *line, enum ve_resource *res, unsigned long *barrier,
	       unsigned long *limit)
{
	char buf[80];

	strscpy(buf, line, sizeof(buf));
	return ve_parse_ubc(buf, res, barrier, limit);
}

static void test_parse_ubc(struct kunit *test)
{
	static const char * const bad[] = {
		"", "numproc", "numproc 1", "numproc  1 2", "numproc 1 2 3",
		"numproc 1 2 ", "numproc -1 2", "numproc 1 x", "dummy 1 2",
		"numproc 1 9223372036854775808", "NUMPROC 1 2", "(null) 1 2",
		"numproc 0x1 2", "numproc +1 2", "numproc unlimited unlimit",
	};
	unsigned long barrier = 7, limit = 8;
	enum ve_resource res = VE_NUMPTY;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, ubc(bad[i], &res, &barrier, &limit),
				    -EINVAL, "\"%s\"", bad[i]);
	KUNIT_EXPECT_EQ(test, res, VE_NUMPTY);
	KUNIT_EXPECT_EQ(test, barrier, 7);
	KUNIT_EXPECT_EQ(test, limit, 8);

	KUNIT_EXPECT_EQ(test, ubc("kmemsize 0 14790164", &res, &barrier,
				  &limit), 0);
	KUNIT_EXPECT_EQ(test, res, VE_KMEMSIZE);
	KUNIT_EXPECT_EQ(test, barrier, 0);
	KUNIT_EXPECT_EQ(test, limit, 14790164);
	KUNIT_EXPECT_EQ(test, ubc("swappages 5 unlimited", &res, &barrier,
				  &limit), 0);
	KUNIT_EXPECT_EQ(test, res, VE_SWAPPAGES);
	KUNIT_EXPECT_EQ(test, limit, LONG_MAX);
}

#ifdef CONFIG_VE_UBC
/* A CT with nothing but beancounters. */
static struct ve *ubc_ve(struct kunit *test)
{
	struct ve *ve = kunit_kzalloc(test, sizeof(*ve), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ve);
	KUNIT_ASSERT_EQ(test, ve_ubc_init(ve), 0);
	return ve;
}

/* Of a resource without precharge. */
static int take(struct ve *ve, unsigned long n, enum ve_severity sev)
{
	return ve_ubc_take(ve, VE_NUMIPTENT, n, sev);
}

static void test_ubc_take(struct kunit *test)
{
	struct ve *ve = ubc_ve(test);
	struct ve_ubc *c = &ve->ubc[VE_NUMIPTENT];

	ve_ubc_set(ve, VE_NUMIPTENT, 10, 12);
	/* to the barrier, and not one more */
	KUNIT_EXPECT_EQ(test, take(ve, 9, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, take(ve, 2, VE_HARD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, take(ve, 1, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, take(ve, 1, VE_HARD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 10);
	/* to the limit */
	KUNIT_EXPECT_EQ(test, take(ve, 3, VE_SOFT), -ENOMEM);
	KUNIT_EXPECT_EQ(test, take(ve, 2, VE_SOFT), 0);
	KUNIT_EXPECT_EQ(test, take(ve, 1, VE_SOFT), -ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 12);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->maxheld), 12);
	/* and above */
	KUNIT_EXPECT_EQ(test, take(ve, 5, VE_FORCE), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 17);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->maxheld), 17);
	/* a limit that was lowered takes nothing away */
	ve_ubc_set(ve, VE_NUMIPTENT, 3, 12);
	KUNIT_EXPECT_EQ(test, take(ve, 1, VE_HARD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, take(ve, 0, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 17);
	atomic_long_set(&c->held, 2);
	KUNIT_EXPECT_EQ(test, take(ve, 1, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->maxheld), 17);
	/* no limit at all */
	ve_ubc_set(ve, VE_NUMIPTENT, LONG_MAX, LONG_MAX);
	KUNIT_EXPECT_EQ(test, take(ve, 1UL << 40, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, take(ve, 1UL << 40, VE_SOFT), 0);
	/* refusals are counted by who was refused */
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->failcnt), 0);
	ve_ubc_free(ve);
}

static void test_ubc_precharge(struct kunit *test)
{
	struct ve *ve = ubc_ve(test);
	struct ve_ubc *c = &ve->ubc[VE_NUMFILE];
	long room = 16 * num_possible_cpus();
	int i;

	/* one CPU, or where we are for so long */
	migrate_disable();
	/* far from the barrier: eight more than wanted */
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 9);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 1);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD),
				0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 9);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 9);
	/* what is given back is kept, up to eight; half of it goes with one more */
	for (i = 0; i < 8; i++)
		ve_ubc_give(ve, VE_NUMFILE, 1);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 9);
	ve_ubc_give(ve, VE_NUMFILE, 1);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 4);
	/* a barrier below that: nothing is kept any more */
	ve_ubc_set(ve, VE_NUMFILE, 3, 5);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD),
				0);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 2, VE_SOFT), 0);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_SOFT), -ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 5);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 5);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 7, VE_FORCE), 0);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 12);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 0, VE_HARD), 0);
	for (i = 0; i < 12; i++)
		ve_ubc_give(ve, VE_NUMFILE, 1);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 0);
	/* up to the barrier, near which none is kept */
	ve_ubc_set(ve, VE_NUMFILE, room + 20, room + 20);
	for (i = 0; i < room + 20; i++)
		KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD),
				0);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), room + 20);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->maxheld), room + 20);
	/* no precharge of locks */
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFLOCK, 1, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ve->ubc[VE_NUMFLOCK].held), 1);
	ve_ubc_give(ve, VE_NUMFLOCK, 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ve->ubc[VE_NUMFLOCK].held), 0);
	migrate_enable();
	ve_ubc_free(ve);
}

static void test_ubc_closed(struct kunit *test)
{
	struct ve *ve = ubc_ve(test);
	struct ve_ubc *c = &ve->ubc[VE_NUMFILE];
	long room = 16 * num_possible_cpus();
	long all = room + 101;

	migrate_disable();
	ve_ubc_set(ve, VE_NUMFILE, room + 100, room + 102);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 9);
	/* above the barrier by other means: what was kept does not help */
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, room + 100, VE_FORCE),
			0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), all);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_SOFT), 0);
	ve_ubc_give(ve, VE_NUMFILE, 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), all);
	/* far from it again: kept from the next one on */
	ve_ubc_give(ve, VE_NUMFILE, room + 50);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 51);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 60);
	KUNIT_EXPECT_EQ(test, ve_ubc_held(ve, VE_NUMFILE), 52);
	/* a CT that is gone keeps nothing */
	ve_ubc_kill(ve);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 52);
	KUNIT_EXPECT_EQ(test, ve_ubc_take(ve, VE_NUMFILE, 1, VE_HARD), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 53);
	ve_ubc_give(ve, VE_NUMFILE, 52);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 1);
	migrate_enable();
	/* the one that is held keeps @ve; its reference is per CPU no more */
	rcu_barrier();
	KUNIT_EXPECT_FALSE(test, percpu_ref_is_zero(&ve->ubc_ref));
	ve_ubc_free(ve);
}

static void test_ubc_owner(struct kunit *test)
{
	struct ve *ve = ubc_ve(test);
	struct ve_ubc *c = &ve->ubc[VE_NUMIPTENT];
	struct ve_owner nobody = {}, one = { .ve = ve }, two = {}, three = {};

	ve_ubc_set(ve, VE_NUMIPTENT, 2, 3);
	/* what the host has made is charged to nobody */
	KUNIT_EXPECT_EQ(test, ve_ubc_charge_like(&two, &nobody, VE_NUMIPTENT), 0);
	KUNIT_EXPECT_NULL(test, two.ve);
	KUNIT_EXPECT_EQ(test, ve_ubc_charge_like(&two, &one, VE_NUMIPTENT), 0);
	KUNIT_EXPECT_PTR_EQ(test, two.ve, ve);
	/* refused: all or nothing, and counted once */
	KUNIT_EXPECT_EQ(test, ve_ubc_charge_n(&one, VE_NUMIPTENT, 3, VE_SOFT),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->failcnt), 1);
	KUNIT_EXPECT_EQ(test, ve_ubc_charge_n(&one, VE_NUMIPTENT, 2, VE_SOFT), 0);
	KUNIT_EXPECT_EQ(test, ve_ubc_charge_like(&three, &one, VE_NUMIPTENT),
			-ENOMEM);
	KUNIT_EXPECT_NULL(test, three.ve);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 3);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->failcnt), 2);
	/* who takes the place of another is charged in its place */
	ve_ubc_move(&three, &two);
	KUNIT_EXPECT_PTR_EQ(test, three.ve, ve);
	KUNIT_EXPECT_NULL(test, two.ve);
	ve_ubc_uncharge(&two, VE_NUMIPTENT);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 3);
	ve_ubc_uncharge(&three, VE_NUMIPTENT);
	KUNIT_EXPECT_NULL(test, three.ve);
	ve_ubc_uncharge_n(&one, VE_NUMIPTENT, 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->held), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->maxheld), 3);
	ve_ubc_free(ve);
}

static void test_workqueue(struct kunit *test)
{
	struct ve *ve = ubc_ve(test), *other = ubc_ve(test);
	struct ve_owner nobody = {}, one = { .ve = ve }, two = { .ve = other };

	KUNIT_EXPECT_PTR_EQ(test, ve_workqueue(&nobody), system_unbound_wq);
	KUNIT_EXPECT_NULL(test, ve->ubc_wq);
	KUNIT_ASSERT_NOT_NULL(test, ve_workqueue(&one));
	KUNIT_EXPECT_PTR_EQ(test, ve_workqueue(&one), ve->ubc_wq);
	KUNIT_ASSERT_NOT_NULL(test, ve_workqueue(&two));
	KUNIT_EXPECT_PTR_NE(test, ve_workqueue(&two), ve_workqueue(&one));
	ve_ubc_free(other);
	ve_ubc_free(ve);
}
#endif

static void test_oom_over(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ve_oom_over(0, 0), 0);
	KUNIT_EXPECT_EQ(test, ve_oom_over(100, 30), 70);
	KUNIT_EXPECT_EQ(test, ve_oom_over(30, 100), -70);
	/* all is promised, or more than there can be */
	KUNIT_EXPECT_EQ(test, ve_oom_over(100, LONG_MAX), 100 - LONG_MAX);
	KUNIT_EXPECT_EQ(test, ve_oom_over(100, ULONG_MAX), 100 - LONG_MAX);
	KUNIT_EXPECT_EQ(test, ve_oom_over(ULONG_MAX, 0), LONG_MAX);
}

static void test_fair(struct kunit *test)
{
	const s64 ms = NSEC_PER_MSEC;
	unsigned int last = 0;
	s64 lag;

	/* half of a CPU: 50 ms and a slice are a doubling, four of these the bound */
	KUNIT_EXPECT_EQ(test, ve_fair_bound(20 * ms, 40 * ms), 4 * 33 * ms);
	KUNIT_EXPECT_EQ(test, ve_fair_bound(0, 40 * ms), 4 * 8 * ms);
	/* passes that are far apart move an account as little as others */
	KUNIT_EXPECT_EQ(test, ve_fair_bound(100 * ms, 200 * ms), 4 * 133 * ms);
	/* 64 CPUs in an hour */
	KUNIT_EXPECT_EQ(test, ve_fair_bound(64 * 3600000 * ms, 3600000 * ms),
			4 * (64 * 4500000 + 8) * ms);

	KUNIT_EXPECT_EQ(test, ve_fair_boost(0, 40 * ms), 1024);
	KUNIT_EXPECT_EQ(test, ve_fair_boost(10 * ms, 40 * ms), 2048);
	KUNIT_EXPECT_EQ(test, ve_fair_boost(15 * ms, 40 * ms), 3072);
	KUNIT_EXPECT_EQ(test, ve_fair_boost(40 * ms, 40 * ms), 16384);
	KUNIT_EXPECT_EQ(test, ve_fair_boost(-10 * ms, 40 * ms), 512);
	KUNIT_EXPECT_EQ(test, ve_fair_boost(-5 * ms, 40 * ms), 768);
	KUNIT_EXPECT_EQ(test, ve_fair_boost(-40 * ms, 40 * ms), 64);
	for (lag = -40 * ms; lag <= 40 * ms; lag += ms / 16) {
		unsigned int boost = ve_fair_boost(lag, 40 * ms);

		KUNIT_EXPECT_GE(test, boost, last);
		last = boost;
	}
}

static void test_batch(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ve_batch(8, LONG_MAX, 64), 8);
	KUNIT_EXPECT_EQ(test, ve_batch(8, 128, 4), 8);
	KUNIT_EXPECT_EQ(test, ve_batch(8, 127, 4), 7);
	KUNIT_EXPECT_EQ(test, ve_batch(8, 15, 4), 0);
	KUNIT_EXPECT_EQ(test, ve_batch(8, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, ve_batch(0, LONG_MAX, 1), 0);
	KUNIT_EXPECT_EQ(test, ve_batch(262144, 1720320, 2), 215040);
}

static void test_share(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ve_share(1000, 1100, 1), 100);
	KUNIT_EXPECT_EQ(test, ve_share(1000, 1100, 3), 33);
	KUNIT_EXPECT_EQ(test, ve_share(1000, 1100, 101), 0);
	/* no reserve, or a limit below the barrier */
	KUNIT_EXPECT_EQ(test, ve_share(1000, 1000, 1), 0);
	KUNIT_EXPECT_EQ(test, ve_share(1000, 10, 1), 0);
	KUNIT_EXPECT_EQ(test, ve_share(0, LONG_MAX, 2), LONG_MAX / 2);
}

static struct kunit_case ve_cases[] = {
	KUNIT_CASE(test_parse_id),
	KUNIT_CASE(test_features),
	KUNIT_CASE(test_parse_device),
	KUNIT_CASE(test_match_device),
	KUNIT_CASE(test_reason),
	KUNIT_CASE(test_entry),
	KUNIT_CASE(test_cancelled_start),
	KUNIT_CASE(test_parse_number),
	KUNIT_CASE(test_parse_cpuunits),
	KUNIT_CASE(test_cpu_budget),
	KUNIT_CASE(test_parse_ubc),
#ifdef CONFIG_VE_UBC
	KUNIT_CASE(test_ubc_take),
	KUNIT_CASE(test_ubc_precharge),
	KUNIT_CASE(test_ubc_closed),
	KUNIT_CASE(test_ubc_owner),
	KUNIT_CASE(test_workqueue),
#endif
	KUNIT_CASE(test_oom_over),
	KUNIT_CASE(test_fair),
	KUNIT_CASE(test_batch),
	KUNIT_CASE(test_share),
	KUNIT_CASE(test_parse_meminfo),
	KUNIT_CASE(test_mem_view),
#ifdef CONFIG_VE_QUOTA
	KUNIT_CASE(test_parse_quota),
	KUNIT_CASE(test_quota_limits),
#endif
	{ }
};

static struct kunit_suite ve_suite = {
	.name = "ve",
	.test_cases = ve_cases,
};

kunit_test_suite(ve_suite);

MODULE_DESCRIPTION("KUnit tests of the ve controller");
MODULE_LICENSE("GPL");
