// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the venet address table. The devices are only compared and
 * asked for their network namespace, so empty ones will do.
 */

#include <kunit/test.h>
#include <linux/inet.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include "venet.h"

#define MANY	5000		/* of each family */

struct fixture {
	struct venet_table t;
	struct netlink_ext_ack extack;
	struct net_device *dev1, *dev2;	/* of CT 101 and 102, alive */
	struct net_device *dying;	/* its network namespace has no users */
};

static struct venet_ip ip(const char *s)
{
	struct venet_ip ip = {};

	if (in4_pton(s, -1, (u8 *)&ip.ip4, -1, NULL))
		ip.family = AF_INET;
	else if (in6_pton(s, -1, ip.ip6.s6_addr, -1, NULL))
		ip.family = AF_INET6;
	return ip;
}

/* The n-th of many. */
static struct venet_ip nth4(u32 n)
{
	return (struct venet_ip){
		.family = AF_INET, .ip4 = htonl(0x0a000001 + n),
	};
}

static struct venet_ip nth6(u32 n)
{
	struct venet_ip a = ip("fd00::");

	a.ip6.s6_addr32[3] = htonl(n + 1);
	return a;
}

static int add(struct fixture *f, u32 veid, struct venet_ip a)
{
	f->extack._msg = NULL;
	return venet_addr_add(&f->t, veid, &a, &f->extack);
}

static int del(struct fixture *f, u32 veid, struct venet_ip a)
{
	f->extack._msg = NULL;
	return venet_addr_del(&f->t, veid, &a, &f->extack);
}

/* Return: the owner, 0 if there is none. */
static u32 owner(struct fixture *f, struct venet_ip ip)
{
	const struct venet_addr *a;
	u32 veid;

	rcu_read_lock();
	a = venet_find(&f->t, &ip);
	veid = a ? a->ve->veid : 0;
	rcu_read_unlock();
	return veid;
}

static const struct net_device *target(struct fixture *f, struct venet_ip ip)
{
	const struct net_device *dev = NULL;
	const struct venet_addr *a;

	rcu_read_lock();
	a = venet_find(&f->t, &ip);
	if (a)
		dev = rcu_dereference(a->ve->dev);
	rcu_read_unlock();
	return dev;
}

static unsigned int count(struct fixture *f)
{
	return atomic_read(&f->t.ht4.nelems) + atomic_read(&f->t.ht6.nelems);
}

static struct net_device *fake_dev(struct kunit *test, struct net *net)
{
	struct net_device *dev;

	dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	dev_net_set(dev, net);
	return dev;
}

static int venet_test_init(struct kunit *test)
{
	struct net *dead;
	struct fixture *f;

	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f);
	dead = kunit_kzalloc(test, sizeof(*dead), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, dead);

	f->dev1 = fake_dev(test, &init_net);
	f->dev2 = fake_dev(test, &init_net);
	f->dying = fake_dev(test, dead);

	KUNIT_ASSERT_EQ(test, venet_table_init(&f->t), 0);
	test->priv = f;
	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, 101, f->dev1), 0);
	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, 102, f->dev2), 0);
	return 0;
}

static void venet_test_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	venet_table_destroy(&f->t);
	rcu_barrier();		/* entries point to our memory no longer */
}

static void venet_test_add_del(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.101")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("fd00::101")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.101")), 101);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::101")), 101);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.102")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::102")), 0);
	KUNIT_EXPECT_PTR_EQ(test, target(f, ip("fd00::101")), f->dev1);

	KUNIT_EXPECT_EQ(test, del(f, 101, ip("10.0.0.101")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.101")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::101")), 101);
	KUNIT_EXPECT_EQ(test, del(f, 101, ip("10.0.0.101")), -ENOENT);
	KUNIT_EXPECT_NOT_NULL(test, f->extack._msg);
	KUNIT_EXPECT_EQ(test, count(f), 1);
}

static void venet_test_add_again(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct venet_ip a = ip("10.0.0.1");

	KUNIT_EXPECT_EQ(test, add(f, 101, a), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, a), 0);
	KUNIT_EXPECT_EQ(test, count(f), 1);
}

static void venet_test_conflict(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, ip("10.0.0.1")), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns this address");
	KUNIT_EXPECT_EQ(test, del(f, 102, ip("10.0.0.1")), -ENOENT);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns this address");
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.1")), 101);

	/* whoever owns it */
	KUNIT_EXPECT_EQ(test, del(f, 0, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, ip("10.0.0.1")), 0);
}

static void venet_test_no_device(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, add(f, 103, ip("10.0.0.1")), -ESRCH);
	KUNIT_EXPECT_NOT_NULL(test, f->extack._msg);
	KUNIT_EXPECT_TRUE(test, venet_ve_del(&f->t, 101, NULL));
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.1")), -ESRCH);
	KUNIT_EXPECT_FALSE(test, venet_ve_del(&f->t, 101, NULL));
}

static void venet_test_unusable(struct kunit *test)
{
	static const char * const bad[] = {
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255",
		"224.0.0.1", "239.255.255.255", "255.255.255.255",
		"::", "::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1",
	};
	static const char * const good[] = {
		"1.0.0.0", "10.0.0.255", "169.254.1.1", "192.168.0.1",
		"223.255.255.255", "2001:db8::1", "fd00::",
	};
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, add(f, 101, ip(bad[i])),
				    -EADDRNOTAVAIL, "%s", bad[i]);
		KUNIT_EXPECT_NOT_NULL(test, f->extack._msg);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_EQ_MSG(test, add(f, 101, ip(good[i])), 0,
				    "%s", good[i]);
	KUNIT_EXPECT_EQ(test, count(f), ARRAY_SIZE(good));
}

/* The same bytes in the other family are another address. */
static void venet_test_families(struct kunit *test)
{
	struct venet_ip a4 = ip("10.0.0.1"), a6 = {};
	struct fixture *f = test->priv;

	/* an IPv6 address that begins with the bytes of the IPv4 one */
	a6.family = AF_INET6;
	a6.ip6.s6_addr32[0] = a4.ip4;

	KUNIT_EXPECT_EQ(test, add(f, 101, a4), 0);
	KUNIT_EXPECT_EQ(test, owner(f, a6), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, a6), 0);
	KUNIT_EXPECT_EQ(test, owner(f, a4), 101);
	KUNIT_EXPECT_EQ(test, owner(f, a6), 102);
}

/* A restarted CT: the old device is still there and ends later. */
static void venet_test_takeover(struct kunit *test)
{
	struct net_device *new = fake_dev(test, &init_net);
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.2")), 0);

	KUNIT_EXPECT_EQ(test, venet_ve_add(&f->t, 101, new), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, count(f), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_PTR_EQ(test, target(f, ip("10.0.0.1")), new);

	/* the late end of the old one changes nothing */
	KUNIT_EXPECT_FALSE(test, venet_ve_del(&f->t, 101, f->dev1));
	KUNIT_EXPECT_PTR_EQ(test, target(f, ip("10.0.0.1")), new);

	KUNIT_EXPECT_TRUE(test, venet_ve_del(&f->t, 101, new));
	KUNIT_EXPECT_EQ(test, count(f), 0);
}

/* Another CT gets an address whose owner is only waiting to be dismantled. */
static void venet_test_dying_owner(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, 103, f->dying), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, ip("fd00::1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, ip("fd00::2")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("fd00::1")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::1")), 101);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::2")), 103);

	KUNIT_EXPECT_TRUE(test, venet_ve_del(&f->t, 103, f->dying));
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::1")), 101);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::2")), 0);
}

static void venet_test_check(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, venet_ve_check(&f->t, 101, &init_net, &f->extack),
			-EEXIST);
	KUNIT_EXPECT_NOT_NULL(test, f->extack._msg);
	KUNIT_EXPECT_EQ(test, venet_ve_check(&f->t, 101, dev_net(f->dying),
					     &f->extack), 0);
	KUNIT_EXPECT_EQ(test, venet_ve_check(&f->t, 103, &init_net, &f->extack),
			0);
}

static void venet_test_purge(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("fd00::1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, ip("10.0.0.2")), 0);

	KUNIT_EXPECT_EQ(test, venet_addr_del(&f->t, 101, NULL, &f->extack), 0);
	KUNIT_EXPECT_EQ(test, count(f), 1);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.2")), 102);
	KUNIT_EXPECT_EQ(test, venet_addr_del(&f->t, 101, NULL, &f->extack), 0);
	KUNIT_EXPECT_EQ(test, venet_addr_del(&f->t, 103, NULL, &f->extack),
			-ENOENT);

	/* the CT is still there */
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.1")), 0);
}

static void venet_test_many(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 n, bad = 0;

	for (n = 0; n < MANY; n++) {
		bad += !!add(f, 101 + n % 2, nth4(n));
		bad += !!add(f, 101 + n % 2, nth6(n));
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, count(f), 2 * MANY);

	for (n = 0; n < MANY; n++) {
		bad += owner(f, nth4(n)) != 101 + n % 2;
		bad += owner(f, nth6(n)) != 101 + n % 2;
		bad += add(f, 102 - n % 2, nth4(n)) != -EADDRINUSE;
		bad += add(f, 102 - n % 2, nth6(n)) != -EADDRINUSE;
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, owner(f, nth4(MANY)), 0);
	KUNIT_EXPECT_EQ(test, owner(f, nth6(MANY)), 0);

	/* every third by hand, the rest with its CT */
	for (n = 0; n < MANY; n += 3)
		bad += !!del(f, 0, nth4(n));
	for (n = 0; n < MANY; n++)
		bad += (owner(f, nth4(n)) == 0) != (n % 3 == 0);
	KUNIT_EXPECT_EQ(test, bad, 0);

	KUNIT_EXPECT_TRUE(test, venet_ve_del(&f->t, 101, f->dev1));
	for (n = 0; n < MANY; n++)
		bad += owner(f, nth6(n)) != (n % 2 ? 102 : 0);
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_TRUE(test, venet_ve_del(&f->t, 102, f->dev2));
	KUNIT_EXPECT_EQ(test, count(f), 0);
}

static struct kunit_case venet_test_cases[] = {
	KUNIT_CASE(venet_test_add_del),
	KUNIT_CASE(venet_test_add_again),
	KUNIT_CASE(venet_test_conflict),
	KUNIT_CASE(venet_test_no_device),
	KUNIT_CASE(venet_test_unusable),
	KUNIT_CASE(venet_test_families),
	KUNIT_CASE(venet_test_takeover),
	KUNIT_CASE(venet_test_dying_owner),
	KUNIT_CASE(venet_test_check),
	KUNIT_CASE(venet_test_purge),
	KUNIT_CASE_SLOW(venet_test_many),
	{}
};

static struct kunit_suite venet_test_suite = {
	.name = "venet",
	.init = venet_test_init,
	.exit = venet_test_exit,
	.test_cases = venet_test_cases,
};

kunit_test_suites(&venet_test_suite);
