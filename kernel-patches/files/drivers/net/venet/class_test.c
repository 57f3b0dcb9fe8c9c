// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the class table and of the counters. The devices are only
 * compared, so addresses of bytes will do.
 */

#include <kunit/test.h>
#include <linux/bottom_half.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include "test.h"

#define MANY	512		/* networks of the comparison */

struct fixture {
	struct venet_table t;
	struct netlink_ext_ack extack;
	struct net_device dev;
};

static int venet_class_test_init(struct kunit *test)
{
	struct fixture *f;

	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test, venet_table_init(&f->t), 0);
	test->priv = f;
	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, 101, &f->dev), 0);
	return 0;
}

static void venet_class_test_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (f)
		venet_table_destroy(&f->t);
}

struct line {
	const char *ip;
	unsigned int plen;
	u8 class;
};

/* Return: the table, not built. */
static struct venet_classes *classes(struct kunit *test,
				     const struct line *lines, int n)
{
	struct venet_classes *c = venet_classes_alloc(n);
	struct venet_ip ip;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = 0; i < n; i++) {
		ip = net(lines[i].ip, lines[i].plen);
		KUNIT_ASSERT_FALSE(test, venet_ip_host_bits(&ip));
		KUNIT_ASSERT_EQ(test, venet_classes_add(c, &ip, lines[i].class),
				0);
	}
	return c;
}

static void set(struct kunit *test, struct venet_classes *c)
{
	struct fixture *f = test->priv;

	KUNIT_ASSERT_EQ(test, venet_classes_build(c, &f->extack), 0);
	KUNIT_ASSERT_EQ(test, venet_classes_set(&f->t, c), 0);
}

static void set_lines(struct kunit *test, const struct line *lines, int n)
{
	set(test, classes(test, lines, n));
}

#define SET(test, ...) do {						\
	static const struct line lines[] = { __VA_ARGS__ };		\
									\
	set_lines(test, lines, ARRAY_SIZE(lines));			\
} while (0)

static unsigned int class_ip(struct fixture *f, const struct venet_ip *ip)
{
	unsigned int class;

	rcu_read_lock();
	class = ip->family == AF_INET ? venet_class4(&f->t, ip->ip4) :
					venet_class6(&f->t, &ip->ip6);
	rcu_read_unlock();
	return class;
}

static unsigned int class(struct fixture *f, const char *s)
{
	struct venet_ip a = ip(s);

	return class_ip(f, &a);
}

/* How many ranges the table is made of. */
static u32 ranges(struct fixture *f, unsigned int family)
{
	u32 nr;

	rcu_read_lock();
	nr = rcu_dereference(f->t.classes)->v[family].nr;
	rcu_read_unlock();
	return nr;
}

static void venet_class_test_none(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, class(f, "10.0.0.1"), VENET_CLASS_ANY);
	KUNIT_EXPECT_EQ(test, class(f, "fd00::1"), VENET_CLASS_ANY);
	SET(test, { "10.0.0.0", 8, 2 });
	KUNIT_EXPECT_EQ(test, class(f, "10.0.0.1"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "fd00::1"), VENET_CLASS_ANY);
	KUNIT_EXPECT_EQ(test, venet_classes_set(&f->t, NULL), 0);
	KUNIT_EXPECT_EQ(test, class(f, "10.0.0.1"), VENET_CLASS_ANY);
}

static void venet_class_test_longest(struct kunit *test)
{
	struct fixture *f = test->priv;

	SET(test, { "10.10.16.0", 24, 1 }, { "10.0.0.0", 8, 2 },
	    { "10.10.10.0", 24, 0 }, { "0.0.0.0", 0, 1 }, { "11.0.0.0", 8, 2 });
	KUNIT_EXPECT_EQ(test, class(f, "0.0.0.0"), 1);
	KUNIT_EXPECT_EQ(test, class(f, "9.255.255.255"), 1);
	KUNIT_EXPECT_EQ(test, class(f, "10.0.0.0"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "10.10.9.255"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "10.10.10.0"), 0);
	KUNIT_EXPECT_EQ(test, class(f, "10.10.10.255"), 0);
	KUNIT_EXPECT_EQ(test, class(f, "10.10.11.0"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "10.10.16.77"), 1);
	KUNIT_EXPECT_EQ(test, class(f, "10.10.17.0"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "11.255.255.255"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "12.0.0.0"), 1);
	KUNIT_EXPECT_EQ(test, class(f, "255.255.255.255"), 1);
	/* 1, 2, 0, 2, 1, 2, 1: no border between 10/8 and 11/8 */
	KUNIT_EXPECT_EQ(test, ranges(f, VENET_V4), 7);
	KUNIT_EXPECT_EQ(test, ranges(f, VENET_V6), 1);
}

/* Networks that begin and end with others, and with all addresses. */
static void venet_class_test_edges(struct kunit *test)
{
	struct fixture *f = test->priv;

	SET(test, { "0.0.0.0", 0, 2 }, { "0.0.0.0", 8, 3 }, { "0.0.0.0", 32, 4 },
	    { "255.0.0.0", 8, 5 }, { "255.255.0.0", 16, 6 },
	    { "255.255.255.255", 32, 7 }, { "10.255.255.0", 24, 8 },
	    { "10.255.255.254", 31, 9 }, { "10.0.0.0", 8, 10 });
	KUNIT_EXPECT_EQ(test, class(f, "0.0.0.0"), 4);
	KUNIT_EXPECT_EQ(test, class(f, "0.0.0.1"), 3);
	KUNIT_EXPECT_EQ(test, class(f, "0.255.255.255"), 3);
	KUNIT_EXPECT_EQ(test, class(f, "1.0.0.0"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "10.255.254.255"), 10);
	KUNIT_EXPECT_EQ(test, class(f, "10.255.255.253"), 8);
	KUNIT_EXPECT_EQ(test, class(f, "10.255.255.254"), 9);
	KUNIT_EXPECT_EQ(test, class(f, "10.255.255.255"), 9);
	KUNIT_EXPECT_EQ(test, class(f, "11.0.0.0"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "254.255.255.255"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "255.0.0.0"), 5);
	KUNIT_EXPECT_EQ(test, class(f, "255.255.0.0"), 6);
	KUNIT_EXPECT_EQ(test, class(f, "255.255.255.254"), 6);
	KUNIT_EXPECT_EQ(test, class(f, "255.255.255.255"), 7);
}

static void venet_class_test_ipv6(struct kunit *test)
{
	struct fixture *f = test->priv;

	SET(test, { "::", 0, 2 }, { "2001:db8::", 32, 3 },
	    { "2001:db8:0:1::", 64, 4 }, { "2001:db8:0:1::", 65, 5 },
	    { "2001:db8:0:1::ff", 128, 6 },
	    { "2001:db8:0:ffff:ffff:ffff:ffff:fffe", 127, 7 },
	    { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, 8 });
	KUNIT_EXPECT_EQ(test, class(f, "::"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"),
			2);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8::"), 3);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:0:1::fe"), 5);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:0:1::ff"), 6);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:0:1::100"), 5);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:0:1:7fff:ffff:ffff:ffff"), 5);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:0:1:8000::"), 4);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:0:2::"), 3);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:0:ffff:ffff:ffff:ffff:fffe"),
			7);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db8:1::"), 3);
	KUNIT_EXPECT_EQ(test, class(f, "2001:db9::"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "ffff::"), 2);
	KUNIT_EXPECT_EQ(test, class(f, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
			8);
	/* the other family has its own */
	KUNIT_EXPECT_EQ(test, class(f, "32.1.13.184"), VENET_CLASS_ANY);
}

static void venet_class_test_twice(struct kunit *test)
{
	static const struct line twice[] = {
		{ "10.0.0.0", 8, 2 }, { "fd00::", 64, 3 }, { "fd00::", 64, 3 },
	};
	struct fixture *f = test->priv;
	struct venet_classes *c = classes(test, twice, ARRAY_SIZE(twice));
	struct venet_ip more = ip("10.0.0.1");

	KUNIT_EXPECT_EQ(test, venet_classes_add(c, &more, 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, venet_classes_build(c, &f->extack), -EEXIST);
	KUNIT_EXPECT_STREQ(test, f->extack._msg,
			   "Network fd00::/64 is given twice");
	venet_classes_free(c);
}

/* All lengths of one address within each other: as deep as it gets. */
static void venet_class_test_deep(struct kunit *test)
{
	struct venet_classes *c = venet_classes_alloc(VENET_BITS6 + 1);
	struct fixture *f = test->priv;
	struct venet_ip a = {}, b;
	unsigned int i, bad = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	a.family = AF_INET6;
	for (i = 0; i <= VENET_BITS6; i++) {
		a.plen = i;
		bad += !!venet_classes_add(c, &a, i % 16);
	}
	set(test, c);
	KUNIT_EXPECT_EQ(test, ranges(f, VENET_V6), VENET_BITS6 + 1);
	for (i = 0; i < VENET_BITS6; i++) {
		b = a;
		b.ip6.s6_addr[i / 8] = 0x80 >> i % 8;
		bad += class_ip(f, &b) != i % 16;
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

/* What the table should say: asks each network. */
static unsigned int slow_class(const struct venet_net *nets, unsigned int n,
			       const struct venet_ip *ip)
{
	const struct venet_net *best = NULL;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (venet_ip_equal(&nets[i].ip, ip, nets[i].ip.plen) &&
		    (!best || best->ip.plen < nets[i].ip.plen))
			best = &nets[i];
	return best ? best->class : VENET_CLASS_ANY;
}

/* A network of few bits, so that there are many within each other. */
static struct venet_net random_net(struct rnd_state *rnd, bool v6)
{
	unsigned int bits = prandom_u32_state(rnd) % 17;
	u32 top = bits ? prandom_u32_state(rnd) << (32 - bits) : 0;
	struct venet_net n = { .class = prandom_u32_state(rnd) % 16 };

	n.ip.family = v6 ? AF_INET6 : AF_INET;
	n.ip.plen = v6 ? 48 + bits : 8 + bits;
	if (v6) {
		n.ip.ip6 = ip("2001:db8::").ip6;
		n.ip.ip6.s6_addr32[1] = htonl(top >> 16);
		n.ip.ip6.s6_addr16[2] = 0;
		n.ip.ip6.s6_addr16[3] = htons(top >> 16);
	} else {
		n.ip.ip4 = htonl(0x0a000000 | top >> 8);
	}
	return n;
}

/* The address before or after, or the same. */
static struct venet_ip near(struct venet_ip ip, int by)
{
	if (ip.family == AF_INET)
		ip.ip4 = htonl(ntohl(ip.ip4) + by);
	else if (by < 0)
		ip.ip6.s6_addr16[3] = htons(ntohs(ip.ip6.s6_addr16[3]) - 1);
	else
		ip.ip6.s6_addr32[3] = htonl(by);
	ip.plen = venet_ip_bits(ip.family);
	return ip;
}

static void venet_class_test_random(struct kunit *test)
{
	struct fixture *f = test->priv;
	unsigned int i, j, n = 0, bad = 0;
	struct venet_classes *c;
	struct venet_net *nets;
	struct rnd_state rnd;
	struct venet_ip a;
	int by;

	prandom_seed_state(&rnd, 612);
	nets = kunit_kcalloc(test, MANY, sizeof(*nets), GFP_KERNEL);
	c = venet_classes_alloc(MANY);
	KUNIT_ASSERT_NOT_NULL(test, nets);
	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = 0; i < MANY; i++) {
		nets[n] = random_net(&rnd, i % 2);
		for (j = 0; j < n; j++)
			if (nets[j].ip.plen == nets[n].ip.plen &&
			    venet_ip_equal(&nets[j].ip, &nets[n].ip,
					   nets[n].ip.plen))
				break;
		if (j < n)
			continue;
		bad += !!venet_classes_add(c, &nets[n].ip, nets[n].class);
		n++;
	}
	set(test, c);
	for (i = 0; i < n; i++) {
		for (by = -1; by <= 1; by++) {
			a = near(nets[i].ip, by);
			bad += class_ip(f, &a) != slow_class(nets, n, &a);
		}
	}
	for (i = 0; i < 4 * MANY; i++) {
		a = near(random_net(&rnd, i % 2).ip, i % 3);
		bad += class_ip(f, &a) != slow_class(nets, n, &a);
	}
	KUNIT_EXPECT_GT(test, n, MANY / 2);
	KUNIT_EXPECT_EQ(test, bad, 0);
}

/* As many as there may be: every second /24, so that no two are one range. */
static void venet_class_test_full(struct kunit *test)
{
	struct venet_classes *c = venet_classes_alloc(VENET_NETS_MAX);
	struct fixture *f = test->priv;
	struct venet_ip a = net("10.0.0.0", 24);
	unsigned int i, bad = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = VENET_NETS_MAX; i--; ) {
		a.ip4 = htonl(0x0a000000 + i * 512);
		bad += !!venet_classes_add(c, &a, 2 + i % 14);
	}
	KUNIT_EXPECT_EQ(test, venet_classes_add(c, &a, 2), -E2BIG);
	set(test, c);
	KUNIT_EXPECT_EQ(test, ranges(f, VENET_V4), 2 * VENET_NETS_MAX + 1);
	for (i = 0; i < 2 * VENET_NETS_MAX; i++) {
		a.ip4 = htonl(0x0a000000 + i * 256 + i % 256);
		bad += class_ip(f, &a) != (i % 2 ? 1 : 2 + i / 2 % 14);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

/* A packet of CT 101, as venet_xmit() counts it. */
static void count(struct fixture *f, struct venet_ve *ve, const char *remote,
		  unsigned int dir, unsigned int len)
{
	struct venet_addr a = { .ve = ve };
	struct venet_ip ip4 = ip(remote);

	local_bh_disable();
	rcu_read_lock();
	venet_acct_add(venet_acct_stats(&a, venet_class4(&f->t, ip4.ip4)),
		       VENET_V4, dir, len);
	rcu_read_unlock();
	local_bh_enable();
}

static struct venet_traffic traffic(struct venet_ve *ve, unsigned int class,
				    bool counted, struct kunit *test)
{
	struct venet_traffic sum;

	rcu_read_lock();
	KUNIT_EXPECT_EQ(test, counted,
			venet_acct_read(rcu_dereference(ve->acct), class, &sum));
	rcu_read_unlock();
	return sum;
}

static void venet_class_test_count(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct venet_ve *ve = xa_load(&f->t.ves, 101);
	struct venet_traffic sum;

	count(f, ve, "10.0.0.1", VENET_OUT, 100);
	count(f, ve, "10.0.0.1", VENET_OUT, 40);
	count(f, ve, "10.0.0.1", VENET_IN, 1500);
	sum = traffic(ve, VENET_CLASS_ANY, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_OUT].bytes, 140);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_OUT].packets, 2);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_IN].bytes, 1500);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_IN].packets, 1);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V6][VENET_OUT].packets, 0);
	traffic(ve, VENET_CLASS_NONE, false, test);
	traffic(ve, 5, false, test);

	/* a CT that is there gets what the table needs, a new one as well */
	SET(test, { "10.0.0.0", 8, 5 }, { "10.1.0.0", 16, 0 });
	count(f, ve, "10.0.0.1", VENET_OUT, 100);
	count(f, ve, "10.1.0.1", VENET_OUT, 100);
	count(f, ve, "11.0.0.1", VENET_OUT, 100);
	sum = traffic(ve, 5, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_OUT].bytes, 100);
	sum = traffic(ve, VENET_CLASS_ANY, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_OUT].bytes, 240);
	traffic(ve, VENET_CLASS_NONE, false, test);
	traffic(ve, 6, false, test);
	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, 102, &f->dev), 0);
	traffic(xa_load(&f->t.ves, 102), 5, true, test);
	traffic(xa_load(&f->t.ves, 102), 6, false, test);

	/* a class that is no more keeps what it has */
	KUNIT_ASSERT_EQ(test, venet_classes_set(&f->t, NULL), 0);
	count(f, ve, "10.0.0.1", VENET_OUT, 1);
	sum = traffic(ve, 5, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_OUT].bytes, 100);
	sum = traffic(ve, VENET_CLASS_ANY, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_OUT].bytes, 241);
}

static void venet_class_test_reset(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct venet_ve *ve1 = xa_load(&f->t.ves, 101), *ve2;
	struct venet_traffic sum;

	SET(test, { "10.0.0.0", 8, 5 });
	KUNIT_ASSERT_EQ(test, venet_ve_add(&f->t, 102, &f->dev), 0);
	ve2 = xa_load(&f->t.ves, 102);
	count(f, ve1, "10.0.0.1", VENET_IN, 100);
	count(f, ve2, "10.0.0.1", VENET_IN, 100);

	KUNIT_EXPECT_EQ(test, venet_acct_reset(&f->t, 103, &f->extack), -ENOENT);
	KUNIT_EXPECT_STREQ(test, f->extack._msg, "The CT has no venet device");
	KUNIT_EXPECT_EQ(test, venet_acct_reset(&f->t, 101, &f->extack), 0);
	sum = traffic(ve1, 5, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_IN].packets, 0);
	sum = traffic(ve2, 5, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_IN].packets, 1);

	count(f, ve1, "10.0.0.1", VENET_IN, 60);
	sum = traffic(ve1, 5, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_IN].bytes, 60);

	/* no counters for classes that are in the table no more */
	KUNIT_ASSERT_EQ(test, venet_classes_set(&f->t, NULL), 0);
	KUNIT_EXPECT_EQ(test, venet_acct_reset(&f->t, 0, &f->extack), 0);
	traffic(ve1, 5, false, test);
	traffic(ve2, 5, false, test);
	sum = traffic(ve2, VENET_CLASS_ANY, true, test);
	KUNIT_EXPECT_EQ(test, sum.n[VENET_V4][VENET_IN].packets, 0);
}

static struct kunit_case venet_class_test_cases[] = {
	KUNIT_CASE(venet_class_test_none),
	KUNIT_CASE(venet_class_test_longest),
	KUNIT_CASE(venet_class_test_edges),
	KUNIT_CASE(venet_class_test_ipv6),
	KUNIT_CASE(venet_class_test_twice),
	KUNIT_CASE(venet_class_test_deep),
	KUNIT_CASE(venet_class_test_random),
	KUNIT_CASE_SLOW(venet_class_test_full),
	KUNIT_CASE(venet_class_test_count),
	KUNIT_CASE(venet_class_test_reset),
	{}
};

static struct kunit_suite venet_class_test_suite = {
	.name = "venet-class",
	.init = venet_class_test_init,
	.exit = venet_class_test_exit,
	.test_cases = venet_class_test_cases,
};

kunit_test_suites(&venet_class_test_suite);
