// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what the ve controller decides and parses.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/signal.h>
#include <linux/string.h>

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

static struct kunit_case ve_cases[] = {
	KUNIT_CASE(test_parse_id),
	KUNIT_CASE(test_features),
	KUNIT_CASE(test_parse_device),
	KUNIT_CASE(test_match_device),
	KUNIT_CASE(test_reason),
	KUNIT_CASE(test_entry),
	KUNIT_CASE(test_cancelled_start),
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
