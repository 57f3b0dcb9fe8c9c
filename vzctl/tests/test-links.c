// SPDX-License-Identifier: GPL-2.0
/*
 * Pairs of veth devices, their filter and what a container may do to them, in
 * namespaces that any user can make: this process plays the host, a child of it the container.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "conf.h"
#include "ct.h"
#include "error.h"
#include "links.h"
#include "netif.h"
#include "nl.h"
#include "statefile.h"
#include "util.h"

#define SKIP	77

static struct vz_ct ct = { .id = 101 };
static struct vz_error e;
static int host;

/* ---- the stage ---------------------------------------------------------------------- */

static bool write_text(const char *path, const char *text)
{
	return vz_write_file_at(AT_FDCWD, path, text, strlen(text)) == 0;
}

/* root of a user namespace with a network of its own; false where that is not allowed */
static bool become_host(void)
{
	char map[32];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_text("/proc/self/gid_map", map);
}

/* a process with a network of its own, until it is killed */
static pid_t container(int *ret_pidfd)
{
	pid_t pid;
	char b;
	int p[2];

	CHECK(pipe2(p, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0 || write(p[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(p[1]);
	CHECK(read(p[0], &b, 1) == 1);
	close(p[0]);
	*ret_pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	CHECK(*ret_pidfd >= 0);
	return pid;
}

static void end_container(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int make(int fd, const char *kind, const char *name)
{
	struct ifinfomsg i = { 0 };
	struct rtattr *info;
	struct msg m;

	msg_init(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &i, sizeof(i));
	put_str(&m, IFLA_IFNAME, name);
	info = put(&m, IFLA_LINKINFO, NULL, 0);
	put_str(&m, IFLA_INFO_KIND, kind);
	nest_end(&m, info);
	return vz_nl_talk(fd, &m, NULL, 0);
}

static bool is_link(int fd, const char *name, struct vz_link *l)
{
	return vz_link_get(fd, name, l) == 0;
}

static bool has_mac(const struct vz_link *l, const char *mac)
{
	char text[VZ_MAC_TEXT];

	vz_mac_format(l->mac, text);
	return strcmp(text, mac) == 0;
}

static int failed(int r, int code, const char *part)
{
	int ok = r < 0 && e.code == code && e.msg && strstr(e.msg, part);

	if (!ok)
		fprintf(stderr, "got %d, code %d, \"%s\"\n", r, e.code, e.msg ? e.msg : "");
	vz_error_reset(&e);
	return ok;
}

static int worked(int r)
{
	if (r < 0)
		fprintf(stderr, "%s\n", e.msg ? e.msg : "failed without a text");
	vz_error_reset(&e);
	return r == 0;
}

static int change(int pidfd, const char *gone, const char *want)
{
	_cleanup_strv_ char **g = vz_strv_split(gone, " "), **w = vz_strv_split(want, ";");

	return vz_netif_change(&ct, pidfd, g, w, &e);
}

static size_t live(void)
{
	_cleanup_strv_ char **v = vz_netif_live(&ct);

	return vz_strv_len(v);
}

/* ---- frames -------------------------------------------------------------------------- */

static int packet_socket(int index)
{
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

/* the same in the namespace of @pidfd */
static int packet_socket_in(int pidfd, int index)
{
	_cleanup_close_ int own = vz_netns_own();
	int fd;

	CHECK(setns(pidfd, CLONE_NEWNET) == 0);
	fd = packet_socket(index);
	CHECK(setns(own, CLONE_NEWNET) == 0);
	return fd;
}

#define TYPE	0x88b5		/* IEEE 802's for experiments */

/* does a frame with these addresses get from @out to @in?  @vlan: with a tag */
static bool arrives(int out, int in, const char *dst, const char *src, bool vlan)
{
	static unsigned char serial;
	unsigned char f[64] = { 0 }, got[2048];
	size_t body = 14 + (vlan ? 4u : 0u);
	struct pollfd p = { .fd = in, .events = POLLIN };

	CHECK(vz_mac_parse(dst, f) && vz_mac_parse(src, f + 6));
	if (vlan) {
		f[12] = 0x81;
		f[15] = 5;
	}
	f[body - 2] = TYPE >> 8;
	f[body - 1] = TYPE & 0xff;
	memset(f + body, ++serial, sizeof(f) - body);
	CHECK(send(out, f, sizeof(f), 0) == sizeof(f));
	/* it is there at once or never; the host's own frames are on the wire as well */
	while (poll(&p, 1, 200) > 0) {
		ssize_t n = recv(in, got, sizeof(got), MSG_DONTWAIT);

		if (n >= 40 && got[n - 1] == serial && got[n - 2] == serial && !memcmp(got, f, 12))
			return true;
	}
	return false;
}

/* ---- the tests ------------------------------------------------------------------------ */

#define ETH0 "ifname=eth0,bridge=br0,mac=02:00:00:00:00:01,host_ifname=veth101.0,host_mac=fe:00:00:00:00:01"
#define ETH1 "ifname=eth1,mac=02:00:00:00:00:02,host_ifname=web1,host_mac=fe:00:00:00:00:02,mac_filter=off"

static void test_setup(int pidfd, int in)
{
	struct vz_link bridge, l;

	vz_conf_set(ct.conf, "NETIF", ETH0 ";" ETH1);
	CHECK(failed(vz_netif_setup(&ct, pidfd, &e), VZ_VETH_ERROR, "no such device; create it"));
	CHECK(!is_link(host, "veth101.0", &l) && live() == 0);
	CHECK(make(host, "veth", "br0") == 0 && is_link(host, "br0", &bridge));
	CHECK(failed(vz_netif_setup(&ct, pidfd, &e), VZ_VETH_ERROR, "is not a bridge"));
	CHECK(vz_link_del(host, bridge.index) == 0);
	CHECK(make(host, "bridge", "br0") == 0 && is_link(host, "br0", &bridge));
	CHECK(vz_nl_link_up(host, bridge.index) == 0);

	/* the name of another device: that one stays, the first interface goes with the rest */
	CHECK(make(host, "bridge", "web1") == 0);
	CHECK(failed(vz_netif_setup(&ct, pidfd, &e), VZ_VETH_ERROR, "The host has a device web1 already"));
	CHECK(live() == 1);
	vz_netif_cleanup(&ct);
	CHECK(!is_link(host, "veth101.0", &l) && is_link(host, "web1", &l) && vz_link_del(host, l.index) == 0);

	CHECK(worked(vz_netif_setup(&ct, pidfd, &e)));
	CHECK(live() == 2);
	CHECK(is_link(host, "veth101.0", &l) && !strcmp(l.kind, "veth") && l.master == bridge.index &&
	      l.flags & IFF_UP && has_mac(&l, "fe:00:00:00:00:01") && l.netns >= 0);
	CHECK(is_link(host, "web1", &l) && !l.master && has_mac(&l, "fe:00:00:00:00:02"));
	CHECK(is_link(in, "eth0", &l) && has_mac(&l, "02:00:00:00:00:01") && !(l.flags & IFF_UP));
	CHECK(is_link(in, "eth1", &l) && has_mac(&l, "02:00:00:00:00:02"));
	CHECK(vz_nl_link_up(in, l.index) == 0 && is_link(in, "eth0", &l) && vz_nl_link_up(in, l.index) == 0);
}

static void test_filter(int pidfd, int in)
{
	static const char own[] = "02:00:00:00:00:01", other[] = "02:00:00:00:00:99";
	static const char all[] = "ff:ff:ff:ff:ff:ff", group[] = "01:00:5e:00:00:05";
	_cleanup_close_ int inside = -EBADF, outside = -EBADF;
	struct vz_link bridge, eth0;

	CHECK(is_link(host, "br0", &bridge) && is_link(in, "eth0", &eth0));
	inside = packet_socket_in(pidfd, eth0.index);
	outside = packet_socket(bridge.index);
	for (int vlan = 0; vlan < 2; vlan++) {
		CHECK(arrives(inside, outside, all, own, vlan));
		CHECK(!arrives(inside, outside, all, other, vlan));
		CHECK(arrives(outside, inside, own, other, vlan));
		CHECK(arrives(outside, inside, all, other, vlan));
		CHECK(arrives(outside, inside, group, other, vlan));
		CHECK(!arrives(outside, inside, "02:00:00:00:00:98", other, vlan));
	}
	/* off, and on again, with nothing of the administrator's lost */
	CHECK(worked(change(pidfd, "", ETH0 ",mac_filter=off")));
	CHECK(arrives(inside, outside, all, other, false));
	CHECK(arrives(outside, inside, "02:00:00:00:00:98", other, false));
	CHECK(worked(change(pidfd, "", ETH0 ",mac_filter=off")));
	CHECK(worked(change(pidfd, "", ETH0)));
	CHECK(!arrives(inside, outside, all, other, false));
	/* what is there is replaced */
	CHECK(worked(change(pidfd, "", ETH0)));
	CHECK(arrives(inside, outside, all, own, false));
	/* a new address: of both the device and the filter */
	CHECK(worked(change(pidfd, "", "ifname=eth0,bridge=br0,mac=02:00:00:00:00:11,host_ifname=veth101.0,host_mac=fe:00:00:00:00:01")));
	CHECK(is_link(in, "eth0", &eth0) && has_mac(&eth0, "02:00:00:00:00:11"));
	CHECK(!arrives(inside, outside, all, own, false));
	CHECK(arrives(inside, outside, all, "02:00:00:00:00:11", false));
}

static void test_change(int pidfd, int in)
{
	struct vz_link br1, l;

	CHECK(make(host, "bridge", "br1") == 0 && is_link(host, "br1", &br1));
	CHECK(worked(change(pidfd, "", "ifname=eth0,bridge=br1,mac=02:00:00:00:00:11,host_ifname=web0,host_mac=fe:00:00:00:00:11")));
	CHECK(!is_link(host, "veth101.0", &l) && is_link(host, "web0", &l) && l.master == br1.index &&
	      has_mac(&l, "fe:00:00:00:00:11") && l.flags & IFF_UP);
	CHECK(failed(change(pidfd, "", "ifname=eth0,bridge=br1,mac=02:00:00:00:00:11,host_ifname=web1,host_mac=fe:00:00:00:00:11"),
		     VZ_VETH_ERROR, "The host has a device web1 already"));
	CHECK(failed(change(pidfd, "", "ifname=eth0,bridge=br7,mac=02:00:00:00:00:11,host_ifname=web0,host_mac=fe:00:00:00:00:11"),
		     VZ_VETH_ERROR, "br7"));
	CHECK(is_link(host, "web0", &l) && l.master == br1.index && live() == 2);
	/* out of the bridge; but one that NETIF does not name is the administrator's */
	CHECK(worked(change(pidfd, "", "ifname=eth0,mac=02:00:00:00:00:11,host_ifname=web0,host_mac=fe:00:00:00:00:11")));
	CHECK(is_link(host, "web0", &l) && !l.master);
	CHECK(vz_link_set_master(host, l.index, br1.index) == 0);
	CHECK(worked(change(pidfd, "", "ifname=eth0,mac=02:00:00:00:00:11,host_ifname=web0,host_mac=fe:00:00:00:00:11")));
	CHECK(is_link(host, "web0", &l) && l.master == br1.index);
	/* one goes and another one comes under its name */
	CHECK(worked(change(pidfd, "eth1 eth9", "ifname=eth1,host_ifname=web2,mac=02:00:00:00:00:22")));
	CHECK(!is_link(host, "web1", &l) && is_link(host, "web2", &l));
	CHECK(is_link(in, "eth1", &l) && has_mac(&l, "02:00:00:00:00:22") && live() == 2);
}

/* vzctl was killed between the line and the deed */
static void test_killed(int pidfd)
{
	char *lines[] = {
		(char[]){ "ifname=eth0,bridge=,mac=02:00:00:00:00:11,host_ifname=web0,host_mac=fe:00:00:00:00:11,mac_filter=on" },
		(char[]){ "ifname=eth0,bridge=,mac=02:00:00:00:00:11,host_ifname=web5,host_mac=fe:00:00:00:00:11,mac_filter=on" },
		(char[]){ "ifname=eth7,bridge=,mac=02:00:00:00:00:07,host_ifname=web7,host_mac=fe:00:00:00:00:07,mac_filter=on" },
		(char[]){ "ifname=eth8,nonsense" }, (char[]){ "nonsense" }, NULL,
	};
	struct vz_link l;

	CHECK(vz_statefile_write(VZ_NETIF_STATE, ct.id, lines) == 0);
	CHECK(live() == 1);
	CHECK(worked(change(pidfd, "", "ifname=eth0,mac=02:00:00:00:00:11,host_ifname=web5,host_mac=fe:00:00:00:00:11")));
	CHECK(is_link(host, "web5", &l) && live() == 1);
	CHECK(worked(change(pidfd, "", "ifname=eth7,mac=02:00:00:00:00:07,host_ifname=web7,host_mac=fe:00:00:00:00:07")));
	CHECK(is_link(host, "web7", &l) && live() == 2);
	CHECK(worked(change(pidfd, "eth7", "")));
	CHECK(!is_link(host, "web7", &l) && live() == 1);
}

static void test_hostile(int pidfd, int in)
{
	_cleanup_close_ int nested = -EBADF, ns = -EBADF;
	struct vz_link l, other;
	pid_t pid;

	/* renamed: it is still the same */
	CHECK(is_link(in, "eth0", &l) && vz_link_rename(in, l.index, "web5") == 0);
	CHECK(make(in, "bridge", "eth0") == 0 && is_link(in, "eth0", &other));
	CHECK(worked(change(pidfd, "", "ifname=eth0,mac=02:00:00:00:00:33,host_ifname=web5,host_mac=fe:00:00:00:00:11")));
	CHECK(is_link(in, "web5", &l) && has_mac(&l, "02:00:00:00:00:33"));
	CHECK(is_link(in, "eth0", &l) && l.index == other.index && !has_mac(&l, "02:00:00:00:00:33"));
	/* its own device is in the way */
	CHECK(make(in, "bridge", "eth3") == 0);
	CHECK(failed(change(pidfd, "", "ifname=eth3,host_ifname=web3"), VZ_VETH_ERROR, "another device of that name"));
	CHECK(!is_link(host, "web3", &l) && live() == 1);
	/* moved away: nothing else is changed in its place, and it can be removed all the same */
	pid = container(&nested);
	ns = vz_netns_open(nested);
	CHECK(is_link(in, "web5", &l) && vz_link_move(in, l.index, ns, NULL) == 0);
	CHECK(failed(change(pidfd, "", "ifname=eth0,mac=02:00:00:00:00:44,host_ifname=web5,host_mac=fe:00:00:00:00:11"),
		     VZ_VETH_ERROR, "of its own"));
	CHECK(live() == 1);
	CHECK(worked(change(pidfd, "eth0", "")));
	CHECK(!is_link(host, "web5", &l) && live() == 0);
	end_container(pid);
	/* deleted: it can be added anew under the name that it had on the host */
	CHECK(worked(change(pidfd, "", "ifname=eth4,host_ifname=web4")));
	CHECK(is_link(in, "eth4", &l) && vz_link_del(in, l.index) == 0 && live() == 0);
	CHECK(worked(change(pidfd, "", "ifname=eth4,host_ifname=web4")) && live() == 1);
	CHECK(is_link(in, "eth4", &l) && vz_link_del(in, l.index) == 0);
	CHECK(worked(change(pidfd, "eth4", "")));
}

static int add_altname(int fd, int index, const char *name)
{
	struct ifinfomsg i = { .ifi_index = index };
	struct rtattr *list;
	struct msg m;

	msg_init(&m, RTM_NEWLINKPROP, 0, &i, sizeof(i));
	list = put(&m, IFLA_PROP_LIST | NLA_F_NESTED, NULL, 0);
	put_str(&m, IFLA_ALT_IFNAME, name);
	nest_end(&m, list);
	return vz_nl_talk(fd, &m, NULL, 0);
}

static int count_link(const struct vz_link *l, void *arg)
{
	int *n = arg;

	*n += strcmp(l->name, "many0") == 0;
	return 0;
}

/* as many names as the kernel lets a device have do not hide it */
static void test_altnames(int in)
{
	_cleanup_strv_ char **names = NULL, **none = NULL;
	char name[128];
	int made = 0, seen = 0;
	struct vz_link l, other;

	CHECK(make(in, "bridge", "many0") == 0 && is_link(in, "many0", &l));
	memset(name, 'x', sizeof(name));
	for (int i = 0; i < 1000; i++) {
		snprintf(name + 110, sizeof(name) - 110, "%d", i);
		if (add_altname(in, l.index, name) < 0)
			break;
		made++;
	}
	CHECK(made > 400);
	CHECK(is_link(in, "many0", &l) && !is_link(in, name, &l));
	CHECK(vz_link_each(in, count_link, &seen) == 0 && seen == 1);
	CHECK(vz_link_taken(in, "many0") && !vz_link_taken(in, "many1"));
	CHECK(vz_link_altnames(in, l.index, &names) == 0 && vz_strv_len(names) == (size_t)made);
	for (char **n = names; n && *n; n++)
		CHECK(vz_link_drop_altname(in, l.index, *n) == 0);
	CHECK(add_altname(in, l.index, "many1") == 0 && vz_link_taken(in, "many1") && !is_link(in, "many1", &other));
	CHECK(vz_link_drop_altname(in, l.index, "many1") == 0);
	CHECK(vz_link_altnames(in, l.index, &none) == 0 && vz_strv_len(none) == 0);
	CHECK(vz_link_del(in, l.index) == 0);
}

/* what is not ours stays, whatever it is called */
static void test_cleanup(int pidfd)
{
	struct vz_link l;

	CHECK(worked(change(pidfd, "", "ifname=eth4,host_ifname=web4;ifname=eth5,host_ifname=web5;ifname=eth6,host_ifname=web6")));
	CHECK(is_link(host, "web4", &l) && vz_link_del(host, l.index) == 0 && make(host, "bridge", "web4") == 0);
	CHECK(is_link(host, "web5", &l) && vz_link_del(host, l.index) == 0 && make(host, "veth", "web5") == 0);
	/* another container's, by now */
	CHECK(is_link(host, "web6", &l) && vz_link_del(host, l.index) == 0);
	ct.id = 102;
	CHECK(worked(change(pidfd, "", "ifname=eth6,host_ifname=web6")));
	ct.id = 101;
	CHECK(worked(change(pidfd, "", "ifname=eth7,host_ifname=web7")));
	CHECK(live() == 1);
	vz_netif_cleanup(&ct);
	CHECK(is_link(host, "web4", &l) && is_link(host, "web5", &l) && is_link(host, "web6", &l) &&
	      !is_link(host, "web7", &l));
}

static void test_conflict(void)
{
	_cleanup_free_ char *path = vz_path("/etc/vz/conf"), *file = vz_path("/etc/vz/conf/102.conf");
	static const char text[] = "NETIF=\"ifname=eth0,host_ifname=web8;ifname=eth1\"\n";
	char *taken[] = { (char[]){ "ifname=eth0,host_ifname=web8" }, NULL };
	char *implied[] = { (char[]){ "ifname=eth0,host_ifname=veth102.1" }, NULL };
	char *device[] = { (char[]){ "ifname=eth0,host_ifname=web4" }, NULL };
	char *fine[] = { (char[]){ "ifname=eth0,host_ifname=web9" }, NULL };

	CHECK(vz_mkdir_p(path, 0755) == 0 && vz_replace_file(file, text, strlen(text), 0644) == 0);
	CHECK(failed(vz_netif_check_conflict(&ct, taken, &e), VZ_VETH_ERROR, "already used by container 102"));
	CHECK(failed(vz_netif_check_conflict(&ct, implied, &e), VZ_VETH_ERROR, "veth102.1 is already used by container 102"));
	CHECK(failed(vz_netif_check_conflict(&ct, device, &e), VZ_VETH_ERROR, "The host has a device web4"));
	CHECK(worked(vz_netif_check_conflict(&ct, fine, &e)));
}

static void test_netdev(void)
{
	static const struct { const char *name, *text; } bad[] = {
		{ "lo", "each has one of its own" },
		{ "br0", "virtual device (bridge)" },
		{ "web4", "virtual device (bridge)" },
		{ "web5", "virtual device (veth)" },
	};
	char *none[] = { (char[]){ "eth99" }, NULL };

	CHECK(worked(vz_netdev_check(none, &e)));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *names[] = { (char *)bad[i].name, NULL };

		CHECK(failed(vz_netdev_check(names, &e), VZ_NETDEV_ERROR, bad[i].text));
	}
}

int main(void)
{
	char dir[] = "/tmp/test-links.XXXXXX";
	_cleanup_free_ char *rm = NULL;
	_cleanup_close_ int pidfd = -EBADF, in = -EBADF;
	pid_t pid;

	if (!become_host()) {
		puts("no namespaces for us");
		return SKIP;
	}
	CHECK(mkdtemp(dir) && setenv("VZ_ROOT_PREFIX", dir, 1) == 0);
	CHECK(vz_conf_new(&ct.conf) == 0 && vz_conf_new(&ct.global) == 0);
	host = vz_nl_open(NETLINK_ROUTE);
	if (make(host, "veth", "probe0") == -EOPNOTSUPP) {
		puts("no veth devices here");
		return SKIP;
	}
	pid = container(&pidfd);
	in = vz_nl_open_in(pidfd);
	CHECK(host >= 0 && in >= 0);
	test_setup(pidfd, in);
	test_filter(pidfd, in);
	test_change(pidfd, in);
	test_killed(pidfd);
	test_hostile(pidfd, in);
	test_altnames(in);
	test_cleanup(pidfd);
	test_conflict();
	test_netdev();
	end_container(pid);
	vz_close(host);
	vz_conf_free(ct.conf);
	vz_conf_free(ct.global);
	rm = vz_asprintf("rm -rf %s", dir);
	return CHECK_DONE() || !rm || system(rm);
}
