// SPDX-License-Identifier: GPL-2.0
/*
 * life.h for the unit tests of the command line: the state comes from the
 * environment and everything done to a container is a line in the file
 * $VZ_TEST_CALLS.  Addresses are parsed for real.
 *
 * VZ_TEST_STATE: stopped (default), mounted, running.  VZ_TEST_FAIL=WORD makes
 * the call of that name fail.  VZ_TEST_APPLIES="KEY…" are the keys whose
 * subsystem is there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "life.h"
#include "netif.h"
#include "statefile.h"
#include "util.h"

static void call(const char *what, const char *a, const char *b)
{
	const char *path = getenv("VZ_TEST_CALLS");
	FILE *f = path ? fopen(path, "ae") : NULL;

	if (!f)
		return;
	fprintf(f, "%s %s%s%s\n", what, a ? a : "", b ? " " : "", b ? b : "");
	fclose(f);
}

static int fails(const char *what, int code, struct vz_error *e)
{
	const char *fail = getenv("VZ_TEST_FAIL");

	if (fail && strcmp(fail, what) == 0)
		return vz_err(e, code, EIO, "%s failed", what);
	return 0;
}

static bool state_is(const char *s)
{
	const char *v = getenv("VZ_TEST_STATE");

	return v && strcmp(v, s) == 0;
}

int vz_state_get(const struct vz_ct *ct, struct vz_state *ret, struct vz_error *e)
{
	*ret = (struct vz_state){
		.ve = state_is("running") ? VZ_STATE_RUNNING : VZ_STATE_STOPPED,
		.mounted = state_is("running") || state_is("mounted"),
		.exists = ct->conf && ct->private_dir && access(ct->private_dir, F_OK) == 0,
	};
	return 0;
}

int vz_kernel_check(struct vz_error *e)
{
	return fails("kernel", VZ_BAD_KERNEL, e);
}

int vz_ip_parse(const char *text, int *ret_family, void *ret_addr, int *ret_plen, struct vz_error *e)
{
	char buf[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint32_t plen = 0;
	int family;

	if (len >= sizeof(buf))
		return vz_err(e, VZ_BAD_IP, EINVAL, "Bad IP address %s", text);
	memcpy(buf, text, len);
	buf[len] = '\0';
	family = strchr(buf, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(family, buf, ret_addr) != 1 ||
	    (slash && (vz_parse_u32(slash + 1, &plen) < 0 || plen > (family == AF_INET ? 32u : 128u))))
		return vz_err(e, VZ_BAD_IP, EINVAL, "Bad IP address %s", text);
	*ret_family = family;
	*ret_plen = slash ? (int)plen : family == AF_INET ? 32 : 128;
	return 0;
}

static void ip_call(const char *what, char *const *ips)
{
	_cleanup_free_ char *s = vz_strv_join(ips, " ");

	call(what, s, NULL);
}

int vz_ip_check_conflict(const struct vz_ct *ct, char *const *ips, struct vz_error *e)
{
	ip_call("conflict?", ips);
	return fails("conflict", VZ_IP_INUSE, e);
}

int vz_net_ip_add(struct vz_ct *ct, char *const *ips, struct vz_error *e)
{
	ip_call("ip add", ips);
	return fails("ip_add", VZ_ADD_IP_ERROR, e);
}

int vz_net_ip_del(struct vz_ct *ct, char *const *ips, bool all, struct vz_error *e)
{
	ip_call(all ? "ip del all" : "ip del", ips);
	return fails("ip_del", VZ_ADD_IP_ERROR, e);
}

int vz_dist_run(struct vz_ct *ct, const char *action, char *const env[], int fail_code, struct vz_error *e)
{
	_cleanup_free_ char *s = vz_strv_join(env, " ");

	call("dist", action, s);
	return fails("dist", fail_code, e);
}

int vz_dist_text(struct vz_ct *ct, const char *action, char **ret_text, struct vz_error *e)
{
	*ret_text = strdup("script");
	return *ret_text ? 0 : -ENOMEM;
}

int vz_env_run_stopped(struct vz_ct *ct, char *const argv[], char *const envv[],
		       const char *stdin_text, unsigned int seconds, int *ret_status,
		       struct vz_error *e)
{
	call("run stopped", argv[0], stdin_text);
	*ret_status = getenv("VZ_TEST_FAIL") ? 256 : 0;
	return 0;
}

int vz_ct_start(struct vz_ct *ct, const struct vz_start_opts *o, struct vz_error *e)
{
	call("start", NULL, NULL);
	return fails("start", VZ_SYSTEM_ERROR, e);
}

int vz_ct_stop(struct vz_ct *ct, const struct vz_stop_opts *o, struct vz_error *e)
{
	call("stop", NULL, NULL);
	return fails("stop", VZ_STOP_ERROR, e);
}

int vz_apply_param(struct vz_ct *ct, const char *key, const char *value, bool *ret_applied, struct vz_error *e)
{
	const char *known = getenv("VZ_TEST_APPLIES");

	*ret_applied = known && strstr(known, key);
	if (*ret_applied)
		call("apply", key, value);
	return fails("apply", VZ_SETUBC_ERROR, e);
}

int vz_apply_cpuset(struct vz_ct *ct, const char *cpus, const char *mems, bool *ret_applied, struct vz_error *e)
{
	const char *known = getenv("VZ_TEST_APPLIES");
	_cleanup_free_ char *text = vz_asprintf("cpus %s, mems %s", cpus ? cpus : "-", mems ? mems : "-");

	*ret_applied = known && strstr(known, "CPUMASK");
	if (*ret_applied)
		call("apply", text, NULL);
	return fails("cpuset", VZ_SETFSHD_ERROR, e);
}

/* those of the file are there */
char **vz_netif_live(const struct vz_ct *ct)
{
	return vz_statefile_read(VZ_NETIF_STATE, ct->id);
}

int vz_netif_check_conflict(const struct vz_ct *ct, char *const *entries, struct vz_error *e)
{
	_cleanup_free_ char *s = vz_strv_join(entries, ";");

	call("netif?", s, NULL);
	return fails("netif_conflict", VZ_VETH_ERROR, e);
}

int vz_netif_apply(struct vz_ct *ct, char *const *gone, char *const *want, struct vz_error *e)
{
	_cleanup_free_ char *g = vz_strv_join(gone, " "), *w = vz_strv_join(want, ";");

	if (*g)
		call("netif del", g, NULL);
	if (*w)
		call("netif set", w, NULL);
	return fails("netif", VZ_VETH_ERROR, e);
}

/* no device is given without being saved */
char **vz_netdev_live(const struct vz_ct *ct)
{
	return vz_strv_split("", " ");
}

int vz_netdev_check(char *const *names, struct vz_error *e)
{
	_cleanup_free_ char *s = vz_strv_join(names, " ");

	call("netdev?", s, NULL);
	return fails("netdev_check", VZ_NETDEV_ERROR, e);
}

int vz_netdev_add(struct vz_ct *ct, char *const *names, struct vz_error *e)
{
	_cleanup_free_ char *s = vz_strv_join(names, " ");

	call("netdev add", s, NULL);
	return fails("netdev", VZ_NETDEV_ERROR, e);
}

int vz_netdev_del(struct vz_ct *ct, char *const *names, struct vz_error *e)
{
	_cleanup_free_ char *s = vz_strv_join(names, " ");

	call("netdev del", s, NULL);
	return fails("netdev", VZ_NETDEV_ERROR, e);
}
