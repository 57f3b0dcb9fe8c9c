// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the venet address table. The devices are only compared and
 * asked for their network namespace, so empty ones will do.
 */

#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/inetdevice.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include "link.h"
#include "test.h"

#define MANY	5000		/* of each family */

struct fixture {
	struct venet_table t;
	struct netlink_ext_ack extack;
	struct net_device *dev1, *dev2;	/* of CT 101 and 102, alive */
	struct net_device *dying;	/* its network namespace has no users */
};

/* The n-th of many. */
static struct venet_ip nth4(u32 n)
{
	return (struct venet_ip){
		.family = AF_INET, .plen = VENET_BITS4,
		.ip4 = htonl(0x0a000001 + n),
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
	return atomic_read(&f->t.ht4.nelems) + atomic_read(&f->t.ht6.nelems) +
	       atomic_read(&f->t.htp.nelems);
}

/* How long is the entry by which the address is found? 0 if there is none. */
static u32 match(struct fixture *f, struct venet_ip ip)
{
	const struct venet_addr *a;
	u32 plen;

	rcu_read_lock();
	a = venet_find(&f->t, &ip);
	plen = a ? a->ip.plen : 0;
	rcu_read_unlock();
	return plen;
}

/* The same by the way that packets take. */
static u32 match4(struct fixture *f, const char *s)
{
	const struct venet_addr *a;
	u32 plen;

	rcu_read_lock();
	a = venet_find4(&f->t, ip(s).ip4);
	plen = a ? a->ip.plen : 0;
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(kunit_get_current_test(), plen, match(f, ip(s)));
	return plen;
}

static u32 match6(struct fixture *f, const char *s)
{
	const struct venet_addr *a;
	struct in6_addr ip6 = ip(s).ip6;
	u32 plen;

	rcu_read_lock();
	a = venet_find6(&f->t, &ip6);
	plen = a ? a->ip.plen : 0;
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(kunit_get_current_test(), plen, match(f, ip(s)));
	return plen;
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

static void venet_test_via_host(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct venet_table *t = &f->t;
	struct venet_addr *a, *b;

	KUNIT_ASSERT_EQ(test, add(f, 101, ip("10.0.0.1")), 0);
	KUNIT_ASSERT_EQ(test, add(f, 102, ip("10.0.0.2")), 0);
	rcu_read_lock();
	a = venet_find4(t, ip("10.0.0.1").ip4);
	b = venet_find4(t, ip("10.0.0.2").ip4);
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_FALSE(test, venet_via_host(t, a, b));

	/* either of the two */
	KUNIT_EXPECT_EQ(test, venet_ve_set_via_host(t, 101, true, &f->extack),
			0);
	KUNIT_EXPECT_TRUE(test, venet_via_host(t, a, b));
	KUNIT_EXPECT_TRUE(test, venet_via_host(t, b, a));
	KUNIT_EXPECT_EQ(test, venet_ve_get_via_host(t, 101, &f->extack), 1);
	KUNIT_EXPECT_EQ(test, venet_ve_get_via_host(t, 102, &f->extack), 0);
	KUNIT_EXPECT_EQ(test, venet_ve_get_via_host(t, 0, &f->extack), 0);
	KUNIT_EXPECT_EQ(test, venet_ve_set_via_host(t, 101, false, &f->extack),
			0);
	KUNIT_EXPECT_FALSE(test, venet_via_host(t, a, b));

	/* all of them; what one CT says is kept */
	KUNIT_EXPECT_EQ(test, venet_ve_set_via_host(t, 0, true, &f->extack), 0);
	KUNIT_EXPECT_TRUE(test, venet_via_host(t, a, b));
	KUNIT_EXPECT_EQ(test, venet_ve_get_via_host(t, 101, &f->extack), 0);
	KUNIT_EXPECT_EQ(test, venet_ve_set_via_host(t, 0, false, &f->extack),
			0);
	KUNIT_EXPECT_FALSE(test, venet_via_host(t, a, b));

	KUNIT_EXPECT_EQ(test, venet_ve_set_via_host(t, 103, true, &f->extack),
			-ESRCH);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "The CT has no venet device");
	KUNIT_EXPECT_EQ(test, venet_ve_get_via_host(t, 103, &f->extack),
			-ESRCH);
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
	a6.plen = VENET_BITS6;
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

/* Both ends of a prefix are in it, their neighbours are not. */
static void venet_test_prefix(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.8", 29)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, net("2001:db8:1::", 64)), 0);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.7"), 0);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.8"), 29);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.15"), 29);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.16"), 0);
	KUNIT_EXPECT_EQ(test, match6(f, "2001:db8::ffff"), 0);
	KUNIT_EXPECT_EQ(test, match6(f, "2001:db8:1::"), 64);
	KUNIT_EXPECT_EQ(test, match6(f, "2001:db8:1::ffff:ffff:ffff:ffff"), 64);
	KUNIT_EXPECT_EQ(test, match6(f, "2001:db8:1:1::"), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.9")), 101);
	KUNIT_EXPECT_PTR_EQ(test, target(f, ip("10.0.0.9")), f->dev1);
	KUNIT_EXPECT_EQ(test, owner(f, ip("2001:db8:1::7")), 102);
	KUNIT_EXPECT_PTR_EQ(test, target(f, ip("2001:db8:1::7")), f->dev2);

	/* again is no error, and no second entry */
	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.8", 29)), 0);
	KUNIT_EXPECT_EQ(test, count(f), 2);

	KUNIT_EXPECT_EQ(test, del(f, 101, net("10.0.0.8", 29)), 0);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.9"), 0);
	KUNIT_EXPECT_EQ(test, match6(f, "2001:db8:1::7"), 64);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(f->t.plens4, VENET_BITS4));
	KUNIT_EXPECT_EQ(test, del(f, 0, net("2001:db8:1::", 64)), 0);
	KUNIT_EXPECT_EQ(test, match6(f, "2001:db8:1::7"), 0);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(f->t.plens6, VENET_BITS6));
	KUNIT_EXPECT_EQ(test, count(f), 0);
}

/* Every length there is, one within the other: the longest match is found. */
static void venet_test_prefix_longest(struct kunit *test)
{
	struct venet_ip a, all = ip("5555:5555:5555:5555:5555:5555:5555:5555");
	struct fixture *f = test->priv;
	u32 n, bad = 0;

	for (n = 2; n < VENET_BITS4; n++) {
		a = net("170.170.170.170", n);
		a.ip4 &= inet_make_mask(n);
		bad += !!add(f, 101, a);
	}
	for (n = 3; n < VENET_BITS6; n++) {
		memset(&a, 0, sizeof(a));
		a.family = AF_INET6;
		ipv6_addr_prefix(&a.ip6, &all.ip6, n);
		a.plen = n;
		bad += !!add(f, 101, a);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, count(f), 30 + 125);

	/* the address that first differs in bit n is in the prefix of length n */
	for (n = 2; n < VENET_BITS4; n++) {
		a = ip("170.170.170.170");
		a.ip4 ^= htonl(1U << (31 - n));
		bad += match(f, a) != n;
	}
	for (n = 3; n < VENET_BITS6; n++) {
		a = all;
		a.ip6.s6_addr[n / 8] ^= 0x80 >> n % 8;
		bad += match(f, a) != n;
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, match4(f, "170.170.170.170"), 31);

	/* a prefix is in the longest that has all of it */
	KUNIT_EXPECT_EQ(test, match(f, net("170.170.170.170", 31)), 31);
	KUNIT_EXPECT_EQ(test, match(f, net("170.170.170.168", 31)), 30);
	KUNIT_EXPECT_EQ(test, match(f, net("170.170.170.0", 24)), 24);
	KUNIT_EXPECT_EQ(test, match(f, net("170.170.170.0", 23)), 23);

	KUNIT_EXPECT_TRUE(test, venet_ve_del(&f->t, 101, NULL));
	KUNIT_EXPECT_EQ(test, count(f), 0);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(f->t.plens4, VENET_BITS4));
	KUNIT_EXPECT_TRUE(test, bitmap_empty(f->t.plens6, VENET_BITS6));
}

static void venet_test_prefix_conflict(struct kunit *test)
{
	struct fixture *f = test->priv;

	/* an address within a prefix */
	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.8", 29)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, ip("10.0.0.9")), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.0.0.8/29");
	KUNIT_EXPECT_EQ(test, add(f, 102, ip("10.0.0.16")), 0);
	KUNIT_EXPECT_EQ(test, del(f, 102, ip("10.0.0.9")), -ENOENT);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.0.0.8/29");

	/* the same prefix, one within, one around */
	KUNIT_EXPECT_EQ(test, add(f, 102, net("10.0.0.8", 29)), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns this prefix");
	KUNIT_EXPECT_EQ(test, add(f, 102, net("10.0.0.12", 30)), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.0.0.8/29");
	KUNIT_EXPECT_EQ(test, add(f, 102, net("10.0.0.0", 24)), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.0.0.8/29");
	KUNIT_EXPECT_EQ(test, add(f, 102, net("10.0.0.0", 29)), 0);

	/* a prefix around an address */
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("2001:db8:1::42")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, net("2001:db8:1::", 64)),
			-EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 2001:db8:1::42");
	KUNIT_EXPECT_EQ(test, owner(f, ip("2001:db8:1::1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, net("2001:db8:1:1::", 64)), 0);

	/* prefixes of the two families have nothing to do with each other */
	KUNIT_EXPECT_EQ(test, add(f, 101, net("32.1.0.0", 16)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, net("2001::", 32)), 0);

	/* moved */
	KUNIT_EXPECT_EQ(test, del(f, 101, net("10.0.0.8", 29)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, net("10.0.0.8", 29)), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.9")), 102);
	KUNIT_EXPECT_EQ(test, add(f, 102, net("10.0.0.0", 24)), 0);
}

/* The longest text of a refusal is not cut off. */
static void venet_test_prefix_text(struct kunit *test)
{
	struct venet_ip a = net("2001:1db8:1111:1222:1333:1444:1555:1666", 127);
	struct venet_ip b = ip("2001:1db8:1111:1222:1333:1444:1555:1667");
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, VENET_VEID_MAX, f->dev1), 0);
	KUNIT_EXPECT_EQ(test, add(f, VENET_VEID_MAX, a), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, b), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg,
			   "CT 2147483644 owns 2001:1db8:1111:1222:1333:1444:1555:1666/127");
}

/* Within one CT everything overlaps as it likes; each goes alone. */
static void venet_test_prefix_own(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.0", 24)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.0", 28)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.0", 16)), 0);
	KUNIT_EXPECT_EQ(test, count(f), 4);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.1"), 32);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.2"), 28);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.16"), 24);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.1.0"), 16);

	/* what is only covered cannot be taken away */
	KUNIT_EXPECT_EQ(test, del(f, 101, ip("10.0.0.2")), -ENOENT);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.0.0.0/28");
	KUNIT_EXPECT_EQ(test, del(f, 101, net("10.0.0.0", 25)), -ENOENT);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.0.0.0/24");
	KUNIT_EXPECT_EQ(test, del(f, 101, net("10.0.0.0", 8)), -ENOENT);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "No CT owns this prefix");

	KUNIT_EXPECT_EQ(test, del(f, 101, net("10.0.0.0", 28)), 0);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.1"), 32);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.2"), 24);
	KUNIT_EXPECT_EQ(test, del(f, 101, net("10.0.0.0", 24)), 0);
	KUNIT_EXPECT_EQ(test, del(f, 101, net("10.0.0.0", 16)), 0);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.1"), 32);
	KUNIT_EXPECT_EQ(test, match4(f, "10.0.0.2"), 0);
	KUNIT_EXPECT_EQ(test, count(f), 1);
}

static void venet_test_prefix_unusable(struct kunit *test)
{
	static const struct { const char *ip; u32 plen; } bad[] = {
		{ "0.0.0.0", 1 }, { "0.0.0.0", 8 }, { "0.1.2.0", 24 },
		{ "126.0.0.0", 7 }, { "127.0.0.0", 8 }, { "127.0.0.0", 24 },
		{ "192.0.0.0", 2 }, { "224.0.0.0", 4 }, { "239.1.0.0", 16 },
		{ "255.255.255.254", 31 }, { "240.0.0.0", 4 },
		{ "::", 1 }, { "::", 127 }, { "8000::", 1 }, { "fe80::", 64 },
		{ "fe00::", 8 }, { "ff00::", 8 }, { "ff02::", 16 },
		{ "::ffff:0:0", 96 }, { "::ffff:10.0.0.0", 104 },
		{ "::fffe:0:0", 95 },
	};
	static const struct { const char *ip; u32 plen; } good[] = {
		{ "1.0.0.0", 8 }, { "128.0.0.0", 2 }, { "240.0.0.0", 5 },
		{ "10.0.0.2", 31 }, { "2000::", 3 }, { "fc00::", 7 },
		{ "2001:db8::2", 127 }, { "::fffe:0:0", 96 },
	};
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, add(f, 101, net(bad[i].ip, bad[i].plen)),
				    -EADDRNOTAVAIL, "%s/%u", bad[i].ip,
				    bad[i].plen);
		KUNIT_EXPECT_NOT_NULL(test, f->extack._msg);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++)
		KUNIT_EXPECT_EQ_MSG(test, add(f, 101, net(good[i].ip, good[i].plen)),
				    0, "%s/%u", good[i].ip, good[i].plen);
	KUNIT_EXPECT_EQ(test, count(f), ARRAY_SIZE(good));
}

static void venet_test_host_bits(struct kunit *test)
{
	struct venet_ip a;

	a = net("10.0.0.8", 29);
	KUNIT_EXPECT_FALSE(test, venet_ip_host_bits(&a));
	a = net("10.0.0.8", 28);
	KUNIT_EXPECT_TRUE(test, venet_ip_host_bits(&a));
	a = ip("10.0.0.9");
	KUNIT_EXPECT_FALSE(test, venet_ip_host_bits(&a));
	a = net("2001:db8:1::", 48);
	KUNIT_EXPECT_FALSE(test, venet_ip_host_bits(&a));
	a = net("2001:db8:1::", 47);
	KUNIT_EXPECT_TRUE(test, venet_ip_host_bits(&a));
	a = net("2001:db8:1::1", 64);
	KUNIT_EXPECT_TRUE(test, venet_ip_host_bits(&a));
	a = ip("2001:db8:1::1");
	KUNIT_EXPECT_FALSE(test, venet_ip_host_bits(&a));
}

/* What dying CTs have in a prefix does not count, unless a living one has, too. */
static void venet_test_prefix_dying(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, 103, f->dying), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, ip("10.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, ip("10.0.0.2")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, ip("10.0.1.1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 102, ip("10.0.0.3")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.0", 24)), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 102 owns 10.0.0.3");
	KUNIT_EXPECT_EQ(test, count(f), 4);

	KUNIT_EXPECT_EQ(test, del(f, 102, ip("10.0.0.3")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, net("10.0.0.0", 24)), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.1")), 101);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.1.1")), 103);
	KUNIT_EXPECT_EQ(test, count(f), 2);

	/* an address in prefixes of one that is dying: they go, the rest stays */
	KUNIT_EXPECT_EQ(test, add(f, 103, net("fd00::", 48)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, net("fd00::", 64)), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, ip("fd00::1")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 103, ip("fd00::2")), 0);
	KUNIT_EXPECT_EQ(test, add(f, 101, ip("fd00::1")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::1")), 101);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::2")), 103);
	KUNIT_EXPECT_EQ(test, owner(f, ip("fd00::3")), 0);
	KUNIT_EXPECT_EQ(test, count(f), 4);
}

/* Prefixes of many CTs between thousands of addresses. */
static void venet_test_prefix_many(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct venet_ip a;
	u32 n, bad = 0;

	for (n = 0; n < MANY; n++)
		bad += !!add(f, 101 + n % 2, nth4(n));
	for (n = 0; n < 500; n++) {
		a = net("11.0.0.0", 29);
		a.ip4 = htonl(0x0b000000 + 8 * n);
		bad += !!add(f, 101 + n % 2, a);
		a = net("fd00::", 64);
		a.ip6.s6_addr32[1] = htonl(n);
		bad += !!add(f, 101 + n % 2, a);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, f->t.nr4[29], 500);
	KUNIT_EXPECT_EQ(test, f->t.nr6[64], 500);
	for (n = 0; n < 8 * 500; n++) {
		a = ip("11.0.0.0");
		a.ip4 = htonl(0x0b000000 + n);
		bad += owner(f, a) != 101 + n / 8 % 2;
		a = ip("fd00::");
		a.ip6.s6_addr32[1] = htonl(n / 8);
		a.ip6.s6_addr32[3] = htonl(n);
		bad += owner(f, a) != 101 + n / 8 % 2;
	}
	for (n = 0; n < MANY; n++)
		bad += owner(f, nth4(n)) != 101 + n % 2;
	KUNIT_EXPECT_EQ(test, bad, 0);

	KUNIT_EXPECT_TRUE(test, venet_ve_del(&f->t, 101, f->dev1));
	KUNIT_EXPECT_EQ(test, f->t.nr4[29], 250);
	KUNIT_EXPECT_EQ(test, owner(f, ip("11.0.0.1")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("11.0.0.9")), 102);
}

static int move(struct fixture *f, u32 veid, struct venet_ip a)
{
	f->extack._msg = NULL;
	return venet_addr_give(&f->t, veid, &a, true, NULL, &f->extack);
}

static u32 owns(struct fixture *f, u32 veid)
{
	return ((struct venet_ve *)xa_load(&f->t.ves, veid))->nr_addrs;
}

/* Moving what another one owns, what one owns oneself, what nobody owns. */
static void venet_test_move(struct kunit *test)
{
	static const struct {
		const char *ip;
		unsigned int plen;
	} what[] = {
		{ "10.0.0.1", 32 }, { "fd00::1", 128 },
		{ "10.1.0.0", 29 }, { "fd01::", 64 },
	};
	struct fixture *f = test->priv;
	struct venet_ip a;
	u32 gen;
	int i;

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		a = net(what[i].ip, what[i].plen);
		KUNIT_ASSERT_EQ(test, add(f, 101, a), 0);
		gen = f->t.gen;
		KUNIT_EXPECT_EQ(test, move(f, 102, a), 0);
		KUNIT_EXPECT_NE(test, f->t.gen, gen);
		KUNIT_EXPECT_EQ(test, owner(f, a), 102);
		KUNIT_EXPECT_PTR_EQ(test, target(f, a),
				    (const struct net_device *)f->dev2);
		KUNIT_EXPECT_EQ(test, owns(f, 101), 0);
		KUNIT_EXPECT_EQ(test, owns(f, 102), i + 1);
		KUNIT_EXPECT_EQ(test, count(f), i + 1);
		gen = f->t.gen;
		KUNIT_EXPECT_EQ(test, move(f, 102, a), 0);
		KUNIT_EXPECT_EQ(test, f->t.gen, gen);
	}
	KUNIT_EXPECT_EQ(test, f->t.nr4[29], 1);
	KUNIT_EXPECT_EQ(test, f->t.nr6[64], 1);

	KUNIT_EXPECT_EQ(test, move(f, 101, ip("10.0.0.2")), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.2")), 101);
	KUNIT_EXPECT_EQ(test, move(f, 109, ip("10.0.0.2")), -ESRCH);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.0.0.2")), 101);
}

/* An entry moves as it is, and not if the old owner would keep a part of it. */
static void venet_test_move_part(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, add(f, 101, net("10.1.0.0", 29)), 0);
	KUNIT_EXPECT_EQ(test, move(f, 102, net("10.1.0.0", 30)), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.1.0.0/29");
	KUNIT_EXPECT_EQ(test, move(f, 102, net("10.1.0.0", 28)), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, move(f, 102, ip("10.1.0.1")), -EADDRINUSE);
	KUNIT_EXPECT_EQ(test, move(f, 102, ip("224.0.0.1")), -EADDRNOTAVAIL);

	KUNIT_ASSERT_EQ(test, add(f, 101, ip("10.1.0.1")), 0);
	KUNIT_EXPECT_EQ(test, move(f, 102, ip("10.1.0.1")), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.1.0.0/29");
	KUNIT_EXPECT_EQ(test, move(f, 102, net("10.1.0.0", 29)), -EADDRINUSE);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "CT 101 owns 10.1.0.1");
	KUNIT_EXPECT_EQ(test, owns(f, 101), 2);
	KUNIT_EXPECT_EQ(test, owns(f, 102), 0);

	/* what is its own within the prefix is no obstacle, but there is none */
	KUNIT_ASSERT_EQ(test, del(f, 101, ip("10.1.0.1")), 0);
	KUNIT_EXPECT_EQ(test, move(f, 102, net("10.1.0.0", 29)), 0);
	KUNIT_EXPECT_EQ(test, owner(f, ip("10.1.0.1")), 102);
}

/* Whose is a link-local address? */
static void venet_test_link(struct kunit *test)
{
	static const struct {
		const char *ip;
		u32 veid;
	} what[] = {
		{ "fe80::1:0:1", 1 }, { "fe80::1:0:65", 101 },
		{ "fe80::1:7fff:fffc", VENET_VEID_MAX },
		{ "fe80::1:7fff:fffd", 0 }, { "fe80::1:ffff:ffff", 0 },
		{ "fe80::1:0:0", 0 }, { "fe80::1", 0 }, { "fe80::65", 0 },
		{ "fe80::2:0:65", 0 }, { "fe80::1:1:0:65", 0 },
		{ "fe80:0:0:1:0:1:0:65", 0 }, { "fe81::1:0:65", 0 },
		{ "fec0::1:0:65", 0 }, { "ff02::1:0:65", 0 },
		{ "fd00::1:0:65", 0 }, { "::1:0:65", 0 },
	};
	struct venet_ip a;
	int i;

	for (i = 0; i < ARRAY_SIZE(what); i++) {
		a = ip(what[i].ip);
		KUNIT_EXPECT_EQ_MSG(test, venet_link_veid(&a.ip6),
				    what[i].veid, "%s", what[i].ip);
		KUNIT_EXPECT_EQ_MSG(test, venet_link_is_host(&a.ip6),
				    !strcmp(what[i].ip, "fe80::1"), "%s",
				    what[i].ip);
		KUNIT_EXPECT_EQ_MSG(test, venet_is_link6(&a.ip6),
				    !strncmp(what[i].ip, "fe8", 3) ||
				    !strncmp(what[i].ip, "ff", 2), "%s",
				    what[i].ip);
	}
}

#define VENET_TEST_BUCKETS 8192

/*
 * How many of the buckets half as many addresses take that are @step apart in
 * word @word. Random ones would take 3224.
 */
static unsigned int venet_test_spread(unsigned long *used, u32 step, int word,
				      u32 seed)
{
	struct in6_addr ip6 = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8 } };
	u32 i, h;

	bitmap_zero(used, VENET_TEST_BUCKETS);
	for (i = 0; i < VENET_TEST_BUCKETS / 2; i++) {
		__be32 ip4 = htonl(0x0a000000 + i * step);

		ip6.s6_addr32[word < 0 ? 0 : word] = htonl(i * step);
		h = word < 0 ? venet_hash4(&ip4, sizeof(ip4), seed) :
			       venet_hash6(&ip6, sizeof(ip6), seed);
		__set_bit(h % VENET_TEST_BUCKETS, used);
	}
	return bitmap_weight(used, VENET_TEST_BUCKETS);
}

/* Addresses as hosts have them do not fall into the same buckets. */
static void venet_test_hash(struct kunit *test)
{
	static const u32 seeds[] = { 0, 1, 0x12345678, 0xffffffff };
	static const u32 steps[] = { 1, 2, 8, 256, 65536 };
	unsigned long *used;
	int i, j, word;

	used = kunit_kzalloc(test, BITS_TO_LONGS(VENET_TEST_BUCKETS) *
			     sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, used);
	for (i = 0; i < ARRAY_SIZE(seeds); i++)
		for (j = 0; j < ARRAY_SIZE(steps); j++)
			for (word = -1; word < 4; word++)
				KUNIT_EXPECT_GE_MSG(test,
						    venet_test_spread(used, steps[j], word,
								      seeds[i]),
						    3000U, "step %u, word %d, seed %#x",
						    steps[j], word, seeds[i]);
}

static struct kunit_case venet_test_cases[] = {
	KUNIT_CASE(venet_test_add_del),
	KUNIT_CASE(venet_test_add_again),
	KUNIT_CASE(venet_test_conflict),
	KUNIT_CASE(venet_test_no_device),
	KUNIT_CASE(venet_test_via_host),
	KUNIT_CASE(venet_test_unusable),
	KUNIT_CASE(venet_test_families),
	KUNIT_CASE(venet_test_takeover),
	KUNIT_CASE(venet_test_dying_owner),
	KUNIT_CASE(venet_test_check),
	KUNIT_CASE(venet_test_purge),
	KUNIT_CASE_SLOW(venet_test_many),
	KUNIT_CASE(venet_test_prefix),
	KUNIT_CASE(venet_test_prefix_longest),
	KUNIT_CASE(venet_test_prefix_conflict),
	KUNIT_CASE(venet_test_prefix_text),
	KUNIT_CASE(venet_test_prefix_own),
	KUNIT_CASE(venet_test_prefix_unusable),
	KUNIT_CASE(venet_test_host_bits),
	KUNIT_CASE(venet_test_prefix_dying),
	KUNIT_CASE_SLOW(venet_test_prefix_many),
	KUNIT_CASE(venet_test_move),
	KUNIT_CASE(venet_test_move_part),
	KUNIT_CASE(venet_test_link),
	KUNIT_CASE(venet_test_hash),
	{}
};

static struct kunit_suite venet_test_suite = {
	.name = "venet",
	.init = venet_test_init,
	.exit = venet_test_exit,
	.test_cases = venet_test_cases,
};

kunit_test_suites(&venet_test_suite);
