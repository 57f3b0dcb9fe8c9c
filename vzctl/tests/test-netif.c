// SPDX-License-Identifier: GPL-2.0
/* NETIF as text, and the programs of the MAC filter. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "error.h"
#include "links.h"
#include "netif.h"
#include "util.h"

#define FULL "ifname=eth0,bridge=br0,mac=00:18:51:00:00:01,host_ifname=veth101.0," \
	     "host_mac=fe:18:51:00:00:02,mac_filter=off"

static void test_get_put(void)
{
	_cleanup_free_ char *one = NULL, *two = NULL, *three = NULL;
	size_t len = 77;
	const char *v = vz_netif_get(FULL, "mac", &len);

	/* neither the end of host_mac nor the beginning of mac_filter */
	CHECK(v && len == 17 && strncmp(v, "00:18:51:00:00:01", len) == 0);
	v = vz_netif_get("ifname=eth0,bridge=", "bridge", &len);
	CHECK(v && len == 0);
	CHECK(!vz_netif_get("ifname=eth0", "bridge", &len));
	CHECK(!vz_netif_get("", "bridge", &len));

	/* in their order, unknown ones last */
	one = vz_netif_put("ifname=eth0,gw=10.0.0.1,mac=00:18:51:00:00:01", "bridge", "br0");
	CHECK_STR(one, "ifname=eth0,bridge=br0,mac=00:18:51:00:00:01,gw=10.0.0.1");
	two = vz_netif_put(one, "bridge", "");
	CHECK_STR(two, "ifname=eth0,bridge=,mac=00:18:51:00:00:01,gw=10.0.0.1");
	three = vz_netif_put(two, "mac_filter", "off");
	CHECK_STR(three, "ifname=eth0,bridge=,mac=00:18:51:00:00:01,mac_filter=off,gw=10.0.0.1");
}

static void test_merge(void)
{
	_cleanup_free_ char *all = vz_netif_merge(FULL, "ifname=eth0,bridge=,mac_filter=on");
	_cleanup_free_ char *same = vz_netif_merge(FULL, "ifname=eth0"), *host = vz_netif_dup(FULL, "host_ifname");
	_cleanup_free_ char *none = vz_netif_dup("ifname=eth0", "mac");

	CHECK_STR(all, "ifname=eth0,bridge=,mac=00:18:51:00:00:01,host_ifname=veth101.0,"
		  "host_mac=fe:18:51:00:00:02,mac_filter=on");
	CHECK_STR(same, FULL);
	CHECK_STR(host, "veth101.0");
	CHECK(!none);
}

/* does the kernel let @frame through @prog?  What it returns is how much of a datagram stays. */
static bool passes(const struct sock_filter *prog, unsigned int len, const unsigned char frame[14])
{
	struct sock_fprog p = { .len = (unsigned short)len, .filter = (struct sock_filter *)prog };
	_cleanup_close_ int out = -EBADF, in = -EBADF;
	char buf[64];
	int fd[2];
	ssize_t n;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) == 0);
	out = fd[0];
	in = fd[1];
	CHECK(setsockopt(in, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)) == 0);
	CHECK(send(out, frame, 14, 0) == 14);
	n = recv(in, buf, sizeof(buf), MSG_DONTWAIT);
	CHECK(n == 14 || n == TC_ACT_SHOT);
	return n == 14;
}

static void test_filter(void)
{
	static const unsigned char mac[VZ_MAC_LEN] = { 0x00, 0x18, 0x51, 0xab, 0xcd, 0xef };
	/* destination, source, type */
	static const unsigned char frame[14] = {
		0x00, 0x18, 0x51, 0xab, 0xcd, 0xef, 0x00, 0x18, 0x51, 0xab, 0xcd, 0xef, 0x08, 0x00,
	};
	struct sock_filter from[VZ_MACFILTER_OPS], to[VZ_MACFILTER_OPS];
	unsigned int n_from = vz_macfilter_from(mac, from), n_to = vz_macfilter_to(mac, to);

	CHECK(passes(from, n_from, frame) && passes(to, n_to, frame));
	/* each bit of each address counts, but a receiver with the group bit is many */
	for (int bit = 0; bit < 96; bit++) {
		unsigned char other[14];

		memcpy(other, frame, sizeof(other));
		other[bit / 8] ^= (unsigned char)(1 << bit % 8);
		CHECK(passes(from, n_from, other) == (bit < 48));
		CHECK(passes(to, n_to, other) == (bit >= 48 || bit == 0));
	}
}

static void test_find(void)
{
	_cleanup_strv_ char **v = vz_netif_split("ifname=eth0,host_ifname=a;ifname=eth1,host_ifname=b;");

	CHECK(vz_strv_len(v) == 2);
	CHECK(vz_netif_find(v, "ifname", "eth1") == v + 1);
	CHECK(vz_netif_find(v, "host_ifname", "a") == v);
	CHECK(!vz_netif_find(v, "ifname", "eth"));
	CHECK(!vz_netif_find(v, "ifname", "eth10"));
	CHECK(!vz_netif_find(NULL, "ifname", "eth0"));
}

static void test_mac(void)
{
	unsigned char mac[VZ_MAC_LEN] = { 0 };
	char text[VZ_MAC_TEXT];

	CHECK(vz_mac_parse("00:18:51:aB:0f:f0", mac));
	vz_mac_format(mac, text);
	CHECK_STR(text, "00:18:51:ab:0f:f0");
	CHECK(!vz_mac_parse("00:18:51:ab:0f", mac));
	CHECK(!vz_mac_parse("00:18:51:ab:0f:f", mac));
	CHECK(!vz_mac_parse("00:18:51:ab:0f:f00", mac));
	CHECK(!vz_mac_parse("00:18:51:ab:0f: 1", mac));
	CHECK(!vz_mac_parse("0:018:51:ab:0f:01", mac));
	CHECK(!vz_mac_parse("-1:18:51:ab:0f:01", mac));
	CHECK(!vz_mac_parse("", mac));
	vz_mac_format(mac, text);
	CHECK_STR(text, "00:18:51:ab:0f:f0");
}

/* what vz_netif_complete() makes up, without the digits that are random */
static void test_complete(void)
{
	_cleanup_strv_ char **others = vz_netif_split("ifname=eth0,host_ifname=veth101.0;ifname=x,host_ifname=veth101.1");
	static const struct { uint32_t id; const char *in, *host; } good[] = {
		{ 101, "ifname=eth7", "veth101.7" },
		{ 101, "ifname=lan", "veth101.2" },
		{ 101, "ifname=lan1", "veth101.2" },
		{ 102, "ifname=lan1", "veth102.1" },
		{ 101, "ifname=lan1,host_ifname=own", "own" },
		{ 101, "ifname=eth99999999999", "veth101.2" },
	};
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *keep = strdup(FULL), *far = strdup("ifname=eth0");

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_free_ char *entry = strdup(good[i].in), *host = NULL;
		size_t len = 0;
		const char *v;

		CHECK(vz_netif_complete(good[i].id, &entry, others, &e) == 0);
		v = vz_netif_get(entry, "host_ifname", &len);
		host = v ? strndup(v, len) : NULL;
		CHECK_STR(host, good[i].host);
		v = vz_netif_get(entry, "mac", &len);
		CHECK(v && len == 17 && strncmp(v, "00:18:51:", 9) == 0);
		v = vz_netif_get(entry, "host_mac", &len);
		CHECK(v && len == 17 && strncmp(v, "fe:18:51:", 9) == 0);
	}
	CHECK(vz_netif_complete(101, &keep, NULL, &e) == 0);
	CHECK_STR(keep, FULL);
	CHECK(vz_netif_complete(2147483644, &far, NULL, &e) < 0 && e.code == VZ_INVALID_PARAMETER_VALUE);
	CHECK(e.msg && strstr(e.msg, "veth2147483644.0"));
}

static void test_parse(void)
{
	static const char *const bad[] = {
		"bridge=br0", "ifname=", "ifname=eth0,mac=00:18:51:00:00", "ifname=eth0,host_mac=x",
		"ifname=eth0123456789012", "ifname=eth0,bridge=br01234567890123",
		"ifname=eth0;ifname=eth0,host_ifname=x", "ifname=eth0;ifname=lan0",
	};
	_cleanup_free_ struct vz_nic *nics = NULL, *again = NULL, *none = NULL;
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t n = 0;

	CHECK(vz_netif_parse(101, FULL ";ifname=eth1,gw=1.2.3.4", 85, &nics, &n, &e) == 0 && n == 2);
	if (n == 2) {
		CHECK_STR(nics[0].bridge, "br0");
		CHECK_STR(nics[0].host, "veth101.0");
		CHECK(!nics[0].filter && nics[0].mac[5] == 1 && nics[0].host_mac[0] == 0xfe);
		CHECK_STR(nics[1].ifname, "eth1");
		CHECK_STR(nics[1].host, "veth101.1");
		CHECK_STR(nics[1].bridge, "");
		CHECK(nics[1].filter && nics[1].mac[2] == 0x51 && nics[1].host_mac[0] == 0xfe);
		text = vz_netif_format(&nics[0]);
		CHECK_STR(text, FULL);
		/* made up, and the same the next time; not those of another container */
		CHECK(vz_netif_parse(101, "ifname=eth1", 85, &again, &n, &e) == 0 && n == 1 &&
		      memcmp(again[0].mac, nics[1].mac, VZ_MAC_LEN) == 0 &&
		      memcmp(again[0].mac + 3, again[0].host_mac + 3, 3) != 0);
		free(again);
		again = NULL;
		CHECK(vz_netif_parse(102, "ifname=eth1", 85, &again, &n, &e) == 0 && n == 1 &&
		      memcmp(again[0].mac, nics[1].mac, VZ_MAC_LEN) != 0);
	}
	CHECK(vz_netif_parse(101, NULL, 85, &none, &n, &e) == 0 && n == 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct vz_nic *no = NULL;

		CHECK(vz_netif_parse(101, bad[i], 85, &no, &n, &e) == -e.err && e.code == 85 && !no);
		vz_error_reset(&e);
	}
}

int main(void)
{
	char dir[] = "/tmp/test-netif.XXXXXX";

	/* no machine-id: the host's must not matter */
	CHECK(mkdtemp(dir) && setenv("VZ_ROOT_PREFIX", dir, 1) == 0);
	test_get_put();
	test_merge();
	test_filter();
	test_find();
	test_mac();
	test_complete();
	test_parse();
	rmdir(dir);
	return CHECK_DONE();
}
