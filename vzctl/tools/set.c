// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl set: change parameters.
 *
 * A running container is changed first and the configuration is saved after
 * that, only if everything could be applied (--force saves nevertheless).  A
 * stopped one is changed in its configuration only, and not at all without --save.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "cpu.h"
#include "ctids.h"
#include "lifeint.h"
#include "lock.h"
#include "log.h"
#include "params.h"
#include "set.h"
#include "ubc.h"
#include "util.h"
#include "verb.h"

static int nomem(struct vz_error *e)
{
	return vz_err(e, VZ_SYSTEM_ERROR, ENOMEM, "%m");
}

static void set_free(struct set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->ch[i].value);
		free(s->ch[i].taken);
	}
	free(s->ch);
	vz_unlock(s->ips);
	vz_unlock(s->nets);
	free(s->sample);
	vz_strv_free(s->ip_add);
	vz_strv_free(s->ip_del);
	vz_strv_free(s->ip_kept);
	vz_strv_free(s->userpw);
	vz_strv_free(s->netif);
	vz_strv_free(s->live);
	vz_strv_free(s->nic_gone);
	vz_strv_free(s->nic_set);
	vz_strv_free(s->dev_add);
	vz_strv_free(s->dev_del);
	vz_strv_free(s->later);
}

struct change *set_find(const struct set *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->ch[i].key, key) == 0)
			return &s->ch[i];
	}
	return NULL;
}

int set_put(struct set *s, const struct vz_param *p, const char *key, char *value, struct vz_error *e)
{
	struct change *c = set_find(s, key);

	if (!c) {
		c = realloc(s->ch, (s->n + 1) * sizeof(*c));
		if (!c) {
			free(value);
			return nomem(e);
		}
		s->ch = c;
		c = &s->ch[s->n++];
		*c = (struct change){ .key = key };
	}
	free(c->value);
	c->p = p;
	c->value = value;
	return 0;
}

const char *set_current(const struct set *s, const char *key)
{
	const struct change *c = set_find(s, key);

	return c ? c->value : vz_ct_get(s->ct, key);
}

bool set_changed(const struct set *s, const char *key)
{
	return set_find(s, key) != NULL;
}

/* for the note at the end: by its option, or its key where that has several */
static int add_later(struct set *s, const struct vz_param *p, const char *key)
{
	_cleanup_free_ char *opt = p->opt ? vz_asprintf("--%s", p->opt) : NULL;

	return vz_strv_add(&s->later, opt ? opt : key);
}

/* --netdev_del and --pci_del: @key without the words of @words */
static int take_words(struct set *s, const char *key, const char *words, struct vz_error *e)
{
	const struct vz_param *p = vz_param_key(key);
	const char *cur = set_current(s, key);
	_cleanup_strv_ char **old = vz_strv_split(cur ? cur : "", " \t"), **del = vz_strv_split(words, " ");
	_cleanup_strv_ char **keep = NULL;
	char *joined;

	if (!old || !del)
		return nomem(e);
	for (char **i = old; *i; i++) {
		if (!vz_strv_has(del, *i) && vz_strv_add(&keep, *i) < 0)
			return nomem(e);
	}
	joined = vz_strv_join(keep, " ");
	return joined ? set_put(s, p, p->key, joined, e) : nomem(e);
}

/* ---- options -------------------------------------------------------------- */

static int apply_sample(struct set *s, const char *name, struct vz_error *e)
{
	static const char *const skip[] = {
		"HOSTNAME", "IP_ADDRESS", "TEMPLATE", "OSTEMPLATE", "VE_ROOT", "VE_PRIVATE",
		/* what makes this container this one */
		"NAME", "LOCAL_UID", "LOCAL_GID", "VE_LAYOUT", NULL,
	};
	_cleanup_conf_ struct vz_conf *c = NULL;
	_cleanup_free_ char *path = vz_path("/etc/vz/conf/ve-%s.conf-sample", name);
	const char *key, *value;
	int r;

	if (!path)
		return nomem(e);
	if (!*name || strchr(name, '/'))
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
			      "Invalid value for --applyconfig: \"%s\" (expected the name of a sample)", name);
	r = vz_conf_load(path, VZ_APPLYCONFIG_ERROR, &c, e);
	if (r == -ENOENT)
		return vz_err(e, VZ_APPLYCONFIG_ERROR, ENOENT,
			      "Sample config %s not found (ls /etc/vz/conf/ve-*.conf-sample shows the samples)",
			      path);
	if (r == 0)
		r = vz_param_check_conf(c, path, NULL, e);
	if (r < 0)
		return r;
	for (size_t i = 0; vz_conf_nth(c, i, &key, &value); i++) {
		const struct vz_param *p = vz_param_key(key);
		char *copy;

		if (!p || vz_conf_get(c, key) != value || set_changed(s, key) ||
		    vz_strv_has((char *const *)skip, key))
			continue;
		copy = strdup(value);
		if (!copy)
			return nomem(e);
		r = set_put(s, p, p->key, copy, e);
		if (r < 0)
			return r;
	}
	return set_put(s, NULL, "ORIGIN_SAMPLE", strdup(name), e);
}

/* add @word's addresses to a list without repeating any */
static int add_ips(char ***list, const char *words, struct vz_error *e)
{
	_cleanup_strv_ char **w = vz_strv_split(words, " ");

	if (!w)
		return nomem(e);
	for (char **i = w; *i; i++) {
		bool known = false;

		for (char **o = *list; o && *o; o++)
			known = known || vz_ip_same(*i, *o);
		if (!known && vz_strv_add(list, *i) < 0)
			return nomem(e);
	}
	return 0;
}

static int special(struct set *s, const struct vz_param *p, const char *arg, struct vz_error *e)
{
	_cleanup_free_ char *v = NULL;
	const char *o = p->opt;
	int r;

	if (p->canon) {
		r = vz_param_canon(p, arg, &v, e);
		if (r < 0)
			return r;
	}
	if (strcmp(o, "save") == 0) {
		s->save = true;
	} else if (strcmp(o, "force") == 0) {
		s->force = true;
	} else if (strcmp(o, "reset_ub") == 0) {
		s->reset_ub = true;
	} else if (strcmp(o, "setmode") == 0) {
		if (strcmp(arg, "restart") == 0)
			s->mode = MODE_RESTART;
		else if (strcmp(arg, "ignore") == 0)
			s->mode = MODE_IGNORE;
		else
			return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
				      "Invalid value for --setmode: \"%s\" (expected restart or ignore)", arg);
	} else if (strcmp(o, "applyconfig") == 0 || strcmp(o, "config") == 0) {
		return apply_sample(s, arg, e);
	} else if (strcmp(o, "applyconfig_map") == 0) {
		const char *saved = vz_ct_get(s->ct, "NAME");

		if (strcmp(arg, "name") != 0)
			return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
				      "Invalid value for --applyconfig_map: \"%s\" (expected name)", arg);
		/* the name that the configuration has, with its link */
		if (saved && *saved && !set_changed(s, "NAME")) {
			const struct vz_param *np = vz_param_key("NAME");

			r = vz_param_canon(np, saved, &v, e);
			if (r < 0)
				return r;
			r = set_put(s, np, np->key, v, e);
			v = NULL;
			return r;
		}
	} else if (strcmp(o, "skip_arpdetect") == 0) {
		s->ct->skip_arpdetect = true;
	} else if (strcmp(o, "userpasswd") == 0) {
		if (vz_strv_add(&s->userpw, v) < 0)
			return nomem(e);
	} else if (strcmp(o, "ipadd") == 0 || strcmp(o, "ip") == 0) {
		return add_ips(&s->ip_add, v, e);
	} else if (strcmp(o, "ipdel") == 0) {
		if (strcmp(v, "all") == 0)
			s->ip_del_all = true;
		else
			return add_ips(&s->ip_del, v, e);
	} else if (strcmp(o, "ifname") == 0) {
		s->ifname = arg;
	} else if (strcmp(o, "netdev_del") == 0) {
		r = set_netdev_deleted(s, v, e);
		return r < 0 ? r : take_words(s, "NETDEV", v, e);
	} else if (strcmp(o, "pci_del") == 0) {
		return take_words(s, "PCI", v, e);
	} else if (p->key) {	/* hostname, DNS, --ram and --swap */
		char *value = v;

		if (p->flags & VZ_P_LIST && set_changed(s, p->key)) {
			value = vz_param_merge(p, set_current(s, p->key), v);
			if (!value)
				return nomem(e);
			if (strchr(value, ' ') && (strncmp(value, "inherit ", 8) == 0 || strstr(value, " inherit"))) {
				free(value);
				return vz_err(e, p->code, EINVAL,
					      "--%s inherit means the host's and goes with no other value", o);
			}
		} else {
			v = NULL;
		}
		return set_put(s, p, p->key, value, e);
	} else if (p->flags & VZ_P_NETIF) {
		char *value = v;

		v = NULL;
		return set_netif_option(s, p, value, e);
	} else if (p->flags & VZ_P_OLD) {
		vz_warn("NOTE: --%s means nothing any more and is ignored", o);
	}
	return 0;
}

static int not_for_ct0(const struct vz_param *p, struct vz_error *e)
{
	return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL, "Bad option: --%s cannot be set for CT0%s", p->opt,
		      p->flags & VZ_P_UBC ? ": the host has no beancounters, nothing limits it; "
					    "it takes --oomguarpages only" : "");
}

static int option(struct set *s, const struct vz_param *p, const char *arg, struct vz_error *e)
{
	char *value;
	int r;

	if (p->flags & VZ_P_CREATE)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "Bad option: --%s is for vzctl create only", p->opt);
	if (s->ct->id == 0 && !(p->flags & VZ_P_CT0))
		return not_for_ct0(p, e);
	if (p->flags & VZ_P_SPECIAL)
		return special(s, p, arg, e);

	r = vz_param_canon(p, arg, &value, e);
	if (r < 0)
		return r;
	if (p->key && strcmp(p->key, "NETDEV") == 0) {
		r = set_netdev_added(s, value, e);
		if (r < 0) {
			free(value);
			return r;
		}
	}
	if (p->flags & VZ_P_LIST) {
		const char *base = p->flags & VZ_P_MERGE || set_changed(s, p->key) ? set_current(s, p->key) : NULL;
		char *merged = vz_param_merge(p, base, value);
		struct change *c;

		if (!merged) {
			free(value);
			return nomem(e);
		}
		r = set_put(s, p, p->key, merged, e);
		c = set_find(s, p->key);
		if (r < 0 || !strstr(value, ":none")) {
			free(value);
			return r;
		}
		/* gone from the merged value, and to be taken from a running container */
		merged = c->taken ? vz_asprintf("%s %s", c->taken, value) : strdup(value);
		free(value);
		if (!merged)
			return nomem(e);
		free(c->taken);
		c->taken = merged;
		return 0;
	}
	return set_put(s, p, p->key, value, e);
}

static int parse(struct set *s, int argc, char **argv, struct vz_error *e)
{
	/* --mac and the like may stand before the first --ifname */
	for (int i = 0; i + 1 < argc && !s->ifname; i++) {
		if (strcmp(argv[i], "--ifname") == 0)
			s->ifname = argv[i + 1];
	}
	for (int i = 0; i < argc; i++) {
		const struct vz_param *p;
		const char *value;
		int r;

		r = vz_param_opt(argv[i], &p, &value, e);
		if (r < 0)
			return r;
		if (!(p->flags & VZ_P_NOARG) && !value) {
			if (i + 1 == argc)
				return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
					      "--%s needs a value", p->opt);
			value = argv[++i];
		}
		r = option(s, p, value, e);
		if (r < 0)
			return r;
	}
	if (s->netif) {
		char *v = vz_strv_join(s->netif, ";");

		if (!v)
			return nomem(e);
		return set_put(s, vz_param_key("NETIF"), "NETIF", v, e);
	}
	return 0;
}

/* conditions between options, before anything is touched */
static int check(const struct set *s, int argc, struct vz_error *e)
{
	const char *ram = set_current(s, "PHYSPAGES"), *swap = set_current(s, "SWAPPAGES");
	const char *cpumask = set_current(s, "CPUMASK");
	bool vswap = false;

	if (!argc)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "No parameters given (vzctl set <ctid> --onboot yes --save, for example)");
	if (s->reset_ub && (s->n || s->ip_add || s->ip_del || s->ip_del_all || s->userpw || s->save))
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "--reset_ub cannot be used together with other options");
	if (s->mode == MODE_RESTART && !s->save)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "--setmode restart needs --save, because a restart loses what is not saved");
	for (size_t i = 0; i < s->n; i++) {
		const struct vz_param *p = s->ch[i].p;

		if (p && p->flags & VZ_P_UBC && !(p->flags & VZ_P_PLAIN) && s->ct->id == 0 &&
		    vz_ubc_asks_of_host(p->key, s->ch[i].value))
			return not_for_ct0(p, e);
		if (p && p->flags & VZ_P_SAVE && !s->save)
			return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
				      "--%s needs --save", p->opt);
		vswap = vswap || (p && p->opt && (!strcmp(p->opt, "ram") || !strcmp(p->opt, "swap")));
	}
	if (vswap && (!ram || !swap))
		return vz_err(e, VZ_NOTENOUGH_UBC, EINVAL,
			      "Error: required UB parameter %s not set (--ram and --swap belong together)",
			      ram ? "swappages" : "physpages");
	if (set_changed(s, "NODEMASK") && !cpumask)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL, "--nodemask needs --cpumask");
	if (set_changed(s, "CPUMASK") && strcmp(cpumask, "auto") == 0 && !set_current(s, "NODEMASK"))
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL, "--cpumask auto needs --nodemask");
	return 0;
}

/* ---- addresses ------------------------------------------------------------ */

/*
 * The addresses that the kernel has for the running container.  They may be
 * others than those of the configuration: changed without --save, say.
 */
static char **kernel_ips(const struct set *s)
{
	_cleanup_free_ char *path = vz_path("/proc/vz/veinfo"), *text = NULL;
	char *save = NULL;

	if (!path || vz_read_file_at(AT_FDCWD, path, 256u << 20, &text, NULL) < 0)
		return vz_strv_split("", " ");
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned int id;
		int used = 0;

		if (sscanf(line, "%u %*u %*u%n", &id, &used) == 1 && used && id == s->ct->id)
			return vz_strv_split(line + used, " ");
	}
	return vz_strv_split("", " ");
}

/* the address as @list writes it, NULL when it is not there */
static const char *find_ip(char *const *list, const char *ip)
{
	for (; list && *list; list++) {
		if (vz_ip_same(*list, ip))
			return *list;
	}
	return NULL;
}

static bool has_ip(char *const *list, const char *ip)
{
	return find_ip(list, ip);
}

/*
 * IP_ADDRESS after --ipdel and --ipadd as a change; the lists keep what
 * really is to be done to the running container.
 */
static int plan_ips(struct set *s, struct vz_error *e)
{
	const char *cur = vz_ct_get(s->ct, "IP_ADDRESS");
	_cleanup_strv_ char **old = vz_strv_split(cur ? cur : "", " \t,"), **kernel = NULL;
	_cleanup_strv_ char **now = NULL, **add = NULL, **del = NULL;
	char *v;

	kernel = s->running ? kernel_ips(s) : vz_strv_split("", " ");
	if (!old || !kernel)
		return nomem(e);
	for (char **d = s->ip_del; d && *d; d++) {
		if (!has_ip(old, *d) && !has_ip(kernel, *d))
			vz_warn("IP address %s is not assigned to the container", *d);
		else if (vz_strv_add(&del, *d) < 0)
			return nomem(e);
	}
	for (char **o = old; *o; o++) {
		if (!s->ip_del_all && !has_ip(del, *o) && vz_strv_add(&now, *o) < 0)
			return nomem(e);
	}
	for (char **a = s->ip_add; a && *a; a++) {
		bool gone = s->ip_del_all || has_ip(del, *a);
		bool saved = has_ip(now, *a), up = has_ip(kernel, *a) && !gone;

		if (saved && (up || !s->running))
			vz_warn("IP address %s is already assigned to the container", *a);
		if (!saved && vz_strv_add(&now, *a) < 0)
			return nomem(e);
		if (!(s->running ? up : saved) && vz_strv_add(&add, *a) < 0)
			return nomem(e);
	}
	for (char **k = kernel; *k; k++) {
		const char *text = find_ip(now, *k);

		if (s->ip_del_all || has_ip(del, *k))
			continue;
		if (vz_strv_add(&s->ip_kept, text ? text : *k) < 0)
			return nomem(e);
	}
	vz_strv_free(s->ip_add);
	vz_strv_free(s->ip_del);
	s->ip_add = add;
	s->ip_del = del;
	add = del = NULL;
	v = vz_strv_join(now, " ");
	return v ? set_put(s, vz_param_key("IP_ADDRESS"), "IP_ADDRESS", v, e) : nomem(e);
}

static int dist(struct set *s, const char *action, int code, struct vz_error *e,
		const char *k1, const char *v1, const char *k2, const char *v2)
{
	_cleanup_free_ char *a = vz_asprintf("%s=%s", k1, v1 ? v1 : "");
	_cleanup_free_ char *b = vz_asprintf("%s=%s", k2, v2 ? v2 : "");
	const char *ipv6 = vz_ct_get(s->ct, "IPV6");
	_cleanup_free_ char *c = vz_asprintf("IPV6=%s", ipv6 && strcmp(ipv6, "no") == 0 ? "no" : "yes");
	char state[] = "VE_STATE=running";

	if (!a || !b || !c)
		return nomem(e);
	return vz_dist_run(s->ct, action, (char *const[]){ state, a, b, c, NULL }, code, e);
}

/*
 * The script for addresses: @text, of vz_ip_env(), are those that were added or removed.  What
 * it writes are all that the container has now: what it has kept and @added.
 */
static int dist_ips(struct set *s, const char *action, const char *text, char *const *added,
		    struct vz_error *e)
{
	_cleanup_strv_ char **now = NULL;
	_cleanup_free_ char *list = NULL, *all = NULL;

	for (char **k = s->ip_kept; k && *k; k++) {
		if (vz_strv_add(&now, *k) < 0)
			return nomem(e);
	}
	for (; added && *added; added++) {
		if (vz_strv_add(&now, *added) < 0)
			return nomem(e);
	}
	list = now ? vz_strv_join(now, " ") : strdup("");
	all = list ? vz_ip_env(list) : NULL;
	if (!all)
		return nomem(e);
	return dist(s, action, VZ_ADD_IP_ERROR, e, "IP_ADDR", text, "IP_ALL", all);
}

/*
 * From here on the kernel knows whose the addresses are.  Programs of the container run
 * next, and the other containers' commands must not wait for them.
 */
static void unlock_ips(struct set *s)
{
	vz_unlock(s->ips);
	s->ips = NULL;
}

static int apply_ips(struct set *s, struct vz_error *e)
{
	int r;

	if (s->ip_del_all) {
		vz_info("Deleting all IP addresses");
		r = vz_net_ip_del(s->ct, NULL, true, e);
		if (!s->ip_add)
			unlock_ips(s);
		if (r == 0 && !s->ip_add)
			r = dist(s, "DEL_IP", VZ_ADD_IP_ERROR, e, "IP_ADDR", "", "IPDELALL", "yes");
		if (r < 0)
			return r;
	} else if (s->ip_del) {
		_cleanup_free_ char *text = vz_strv_join(s->ip_del, " "), *env = vz_ip_env(text);

		if (!env)
			return nomem(e);
		vz_info("Deleting IP address(es): %s", text);
		r = vz_net_ip_del(s->ct, s->ip_del, false, e);
		if (!s->ip_add)
			unlock_ips(s);
		if (r == 0)
			r = dist_ips(s, "DEL_IP", env, NULL, e);
		if (r < 0)
			return r;
	}
	if (s->ip_add) {
		_cleanup_free_ char *text = vz_strv_join(s->ip_add, " "), *env = vz_ip_env(text);

		if (!env)
			return nomem(e);
		vz_info("Adding IP address(es): %s", text);
		r = vz_net_ip_add(s->ct, s->ip_add, e);
		unlock_ips(s);
		if (r == 0 && s->ip_del_all)
			r = dist(s, "ADD_IP", VZ_ADD_IP_ERROR, e, "IP_ADDR", env,
				 "IPDELALL", "yes");
		else if (r == 0)
			r = dist_ips(s, "ADD_IP", env, s->ip_add, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- applying ------------------------------------------------------------- */

static int apply_dns(struct set *s, struct vz_error *e)
{
	_cleanup_free_ char *ns = vz_dns_inherit("NAMESERVER", set_current(s, "NAMESERVER"));
	_cleanup_free_ char *sd = vz_dns_inherit("SEARCHDOMAIN", set_current(s, "SEARCHDOMAIN"));

	if (!ns || !sd)
		return nomem(e);
	return dist(s, "SET_DNS", VZ_SET_DNS_ERROR, e, "NAMESERVER", ns, "SEARCHDOMAIN", sd);
}

static int apply_userpw(struct set *s, struct vz_error *e)
{
	for (char **u = s->userpw; u && *u; u++) {
		_cleanup_free_ char *env = vz_asprintf("USERPW=%s", *u), *text = NULL;
		char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
		char state[] = "VE_STATE=starting";
		int status = 0, r;

		if (!env)
			return nomem(e);
		if (s->running) {
			char running[] = "VE_STATE=running";

			r = vz_dist_run(s->ct, "SET_USERPASS", (char *const[]){ running, env, NULL },
					VZ_CHANGEPASS, e);
			if (r < 0)
				return r;
			continue;
		}
		r = vz_dist_text(s->ct, "SET_USERPASS", &text, e);
		if (r < 0)
			return r;
		if (!text)
			return vz_err(e, VZ_CHANGEPASS, ENOENT,
				      "Unable to change the password: this distribution has no script for it");
		r = vz_env_run_stopped(s->ct, (char *const[]){ (char[]){ "/bin/sh" }, NULL },
				       (char *const[]){ path, state, env, NULL }, text,
				       VZ_DIST_SECONDS, &status, e);
		if (r < 0)
			return r;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			return vz_err(e, VZ_CHANGEPASS, EIO,
				      "Unable to change the password of %.*s in the container",
				      (int)strcspn(*u, ":"), *u);
	}
	return 0;
}

/* what is printed for a parameter that was applied */
static void say_applied(const struct change *c)
{
	vz_param_say(c->key, c->value);
	if (strcmp(c->key, "DEVICES") == 0 || strcmp(c->key, "DEVNODES") == 0)
		vz_info("Setting devices");
	if (strcmp(c->key, "DEVNODES") == 0)
		vz_warn("NOTE: the nodes themselves appear in the container at its next start");
}

/*
 * The CPUs and memory nodes as the kernel takes them, NULL where nothing changes.  `auto`
 * follows NODEMASK.
 */
static int masks(const struct set *s, bool option, char **ret_cpus, char **ret_mems, struct vz_error *e)
{
	const char *cpumask = set_current(s, "CPUMASK");
	_cleanup_free_ char *cpus = NULL, *mems = NULL;
	int r;

	r = vz_cpumask_resolve(cpumask, set_current(s, "NODEMASK"), option, &cpus, &mems, e);
	if (r < 0)
		return r;
	if (set_changed(s, "CPUMASK") ||
	    (set_changed(s, "NODEMASK") && cpumask && strcmp(cpumask, "auto") == 0)) {
		*ret_cpus = cpus;
		cpus = NULL;
	}
	if (set_changed(s, "NODEMASK")) {
		*ret_mems = mems;
		mems = NULL;
	}
	return 0;
}

static int apply_masks(const struct set *s, bool *ret_applied, struct vz_error *e)
{
	_cleanup_free_ char *cpus = NULL, *mems = NULL;
	int r = masks(s, false, &cpus, &mems, e);

	return r < 0 ? r : vz_apply_cpuset(s->ct, cpus, mems, ret_applied, e);
}

/* masks of what is not there are a slip: nothing is touched */
static int check_masks(const struct set *s, struct vz_error *e)
{
	_cleanup_free_ char *cpus = NULL, *mems = NULL;

	if (s->force || (!set_changed(s, "CPUMASK") && !set_changed(s, "NODEMASK")))
		return 0;
	return masks(s, true, &cpus, &mems, e);
}

/*
 * What --devices and --devnodes take away, before what they leave is set again: both
 * lists may have named the device.
 */
static int take_devices(struct set *s, const struct change *c, struct vz_error *e)
{
	const char *other = strcmp(c->key, "DEVICES") == 0 ? "DEVNODES" : "DEVICES";
	const char *still = set_current(s, other);
	bool applied;
	int r;

	if (!c->taken)
		return 0;
	r = vz_apply_param(s->ct, c->key, c->taken, &applied, e);
	if (r == 0 && still && *still)
		r = vz_apply_param(s->ct, other, still, &applied, e);
	return r;
}

static const char *get_current(const void *s, const char *key)
{
	return set_current(s, key);
}

/* an older key of a beancounter means nothing beside the newer one */
static bool outdated(const struct set *s, const char *key)
{
	for (int i = 0; i < VZ_NR_UBC; i++) {
		const char *alias = vz_ubc_info[i].alias;
		const char *newer = alias && !strcmp(alias, key) ? set_current(s, vz_ubc_info[i].key) : NULL;

		if (newer && *newer)
			return true;
	}
	return false;
}

static int apply_param(const struct set *s, const char *key, const char *value, bool *ret_applied,
		       struct vz_error *e)
{
	if (s->ct->id || !vz_ubc_name(key))
		return vz_apply_param(s->ct, key, value, ret_applied, e);
	if (strcmp(key, "OOMGUARPAGES") == 0)
		return vz_ubc_apply_host(value, ret_applied, e);
	*ret_applied = true;	/* no limit, as check() has seen */
	return 0;
}

/*
 * What the beancounters without a value of their own have to be, now that RAM, swap or
 * VM_OVERCOMMIT have changed.  Nobody has asked for those, so it is not worth a word when
 * the kernel does not count one; --vm_overcommit, however, is about privvmpages.
 */
static int apply_implied(struct set *s, bool *ret_applied, struct vz_error *e)
{
	for (int i = 0; i < VZ_NR_UBC; i++) {
		_cleanup_free_ char *v = NULL;
		const struct change *factor = i == VZ_PRIVVMPAGES ? set_find(s, "VM_OVERCOMMIT") : NULL;
		bool applied = false;
		const char *key;
		int r;

		if (vz_ubc_value((enum vz_ubc_res)i, get_current, s, &key, &v) < 0)
			return nomem(e);
		if (key || !v)
			continue;
		r = vz_apply_param(s->ct, vz_ubc_info[i].key, v, &applied, e);
		if (r < 0)
			return r;
		*ret_applied = *ret_applied || applied;
		if (!applied && factor && add_later(s, factor->p, factor->key) < 0)
			return nomem(e);
	}
	return 0;
}

/*
 * MEMINFO is told in pages, which it has of PRIVVMPAGES perhaps: whichever of the two has
 * changed, the container sees what both are now.
 */
static int apply_meminfo(struct set *s, struct vz_error *e)
{
	const struct change *c = set_find(s, "MEMINFO");
	const char *mode = set_current(s, "MEMINFO");
	_cleanup_free_ char *text = NULL;
	bool applied = false;
	uint64_t pages;
	int r;

	if (!mode || (!c && strncmp(mode, "privvmpages:", 12) != 0))
		return 0;
	r = vz_param_meminfo(mode, set_current(s, "PRIVVMPAGES"), &pages);
	if (r < 0)
		return vz_err(e, VZ_SET_MEMINFO_ERROR, -r, "Unable to set MEMINFO=\"%s\": %m", mode);
	text = pages ? vz_asprintf("pages:%llu", (unsigned long long)pages) : strdup("none");
	if (!text)
		return nomem(e);
	r = vz_apply_param(s->ct, "MEMINFO", text, &applied, e);
	return r == 0 && !applied && c && add_later(s, c->p, c->key) < 0 ? nomem(e) : r;
}

/* with --force an error is only told */
static int forgive(const struct set *s, int r, struct vz_error *e)
{
	if (r >= 0 || !s->force)
		return r;
	vz_warn("%s", e->msg);
	vz_error_reset(e);
	return 0;
}

/* all changes to the running container; the first error ends it unless --force */
static int apply(struct set *s, struct vz_error *e)
{
	/* these follow behind */
	static const char *const own[] = { "IP_ADDRESS", "VM_OVERCOMMIT", "MEMINFO", "NETIF", "NETDEV", NULL };
	bool ubc = false, dns = false, cpuset = false;
	int masked = 0, r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++) {
		const struct change *c = &s->ch[i];
		bool applied = true;

		if (!c->p || c->p->flags & (VZ_P_PLAIN | VZ_P_NOLIVE) || vz_strv_has((char *const *)own, c->key) ||
		    outdated(s, c->key))
			continue;
		if (!strcmp(c->key, "HOSTNAME")) {
			_cleanup_free_ char *ips = vz_ip_env(set_current(s, "IP_ADDRESS"));

			r = ips ? dist(s, "SET_HOSTNAME", VZ_SET_HOSTNAME_ERROR, e, "HOSTNM", c->value,
				       "IP_ADDR", ips) : nomem(e);
			if (r == 0)
				vz_info("Set hostname: %s", c->value);
		} else if (!strcmp(c->key, "NAMESERVER") || !strcmp(c->key, "SEARCHDOMAIN")) {
			if (!dns)
				r = apply_dns(s, e);
			dns = true;
		} else {
			if (!strcmp(c->key, "CPUMASK") || !strcmp(c->key, "NODEMASK")) {
				if (masked < 0)		/* both have failed */
					continue;
				if (!masked)
					r = apply_masks(s, &cpuset, e);
				masked = r < 0 ? -1 : 1;
				applied = cpuset;
			} else {
				r = take_devices(s, c, e);
				if (r == 0)
					r = apply_param(s, c->key, c->value, &applied, e);
			}
			if (r == 0 && !applied && add_later(s, c->p, c->key) < 0)
				r = nomem(e);
			if (r == 0 && applied) {
				ubc = ubc || c->p->flags & VZ_P_UBC;
				say_applied(c);
			}
		}
		r = forgive(s, r > 0 ? 0 : r, e);
	}
	if (r == 0 && s->ct->id &&
	    (set_changed(s, "PHYSPAGES") || set_changed(s, "SWAPPAGES") || set_changed(s, "VM_OVERCOMMIT")))
		r = forgive(s, apply_implied(s, &ubc, e), e);
	if (ubc)
		vz_info("UB limits were set successfully");
	if (r == 0 && (set_changed(s, "MEMINFO") || set_changed(s, "PRIVVMPAGES")))
		r = forgive(s, apply_meminfo(s, e), e);
	if (r == 0)
		r = forgive(s, apply_ips(s, e), e);
	if (r == 0)
		r = forgive(s, set_apply_nets(s, e), e);
	return r;
}

static int reset_ub(struct set *s, struct vz_error *e)
{
	bool any = false;

	for (int i = 0; i < VZ_NR_UBC; i++) {
		_cleanup_free_ char *v = NULL;
		bool applied = false;
		const char *key;
		int r;

		if (vz_ubc_value((enum vz_ubc_res)i, get_current, s, &key, &v) < 0)
			return nomem(e);
		/* without a value: what it has at the start */
		r = vz_apply_param(s->ct, key ? key : vz_ubc_info[i].key, v, &applied, e);
		if (r < 0)
			return r;
		any = any || applied;
		if (!applied && key && add_later(s, vz_param_key(key), key) < 0)
			return nomem(e);
	}
	if (any)
		vz_info("UB limits were set successfully");
	return apply_meminfo(s, e);
}

/*
 * The same of the host.  What 0.conf has and the host cannot have is no error: the file came
 * from OpenVZ, perhaps, and is applied at boot.
 */
static int reset_host(const struct set *s, struct vz_error *e)
{
	_cleanup_strv_ char **not = NULL;
	bool any = false;

	for (int i = 0; i < VZ_NR_UBC; i++) {
		const char *key, *v = vz_ubc_conf_text(s->ct->conf, (enum vz_ubc_res)i, &key), *why = NULL;
		bool applied = false;
		int r;

		if (!v)
			continue;
		if (i == VZ_OOMGUARPAGES) {
			r = vz_ubc_apply_host(v, &applied, e);
			if (r < 0)
				return r;
			any = any || applied;
			why = applied ? NULL : "OOMGUARPAGES (this kernel has no vm.ve_host_oomguarpages)";
		} else if (vz_ubc_asks_of_host(key, v)) {
			why = key;
		}
		if (why && vz_strv_add(&not, why) < 0)
			return nomem(e);
	}
	if (any)
		vz_info("UB limits were set successfully");
	if (not) {
		_cleanup_free_ char *list = vz_strv_join(not, ", ");

		vz_warn("NOTE: the host (CT0) has no beancounters, nothing limits it; not applied: %s", list);
	}
	return 0;
}

/* changes that a running container cannot take */
static int check_running(const struct set *s, bool *ret_restart, struct vz_error *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct change *c = &s->ch[i];
		const char *old = vz_ct_get(s->ct, c->key);

		if (!c->p || !(c->p->flags & VZ_P_NOLIVE) || (old && c->value && !strcmp(old, c->value)))
			continue;
		if (s->mode == MODE_NONE)
			return vz_err(e, VZ_VE_RUNNING, EBUSY,
				      "Container is currently running, and --%s takes effect at a start only; "
				      "use --setmode restart or --setmode ignore", c->p->opt ? c->p->opt : c->key);
		if (s->mode == MODE_IGNORE && !strcmp(c->key, "VE_ROOT"))
			return vz_err(e, VZ_VE_RUNNING, EBUSY,
				      "Container is currently running, and is mounted on %s; --%s needs --setmode restart",
				      s->ct->root, c->p->opt);
		*ret_restart = *ret_restart || s->mode == MODE_RESTART;
	}
	return 0;
}

/* is there anything that the configuration does not say? */
static bool unsaved(const struct set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const char *old = vz_ct_get(s->ct, s->ch[i].key), *v = s->ch[i].value;

		if (strcmp(old ? old : "", v ? v : "") != 0)
			return true;
	}
	return false;
}

static int save(struct set *s, struct vz_error *e)
{
	_cleanup_lock_ struct vz_lock *names = NULL;
	struct vz_ct *ct = s->ct;
	const struct change *name = set_find(s, "NAME");
	bool linked = false;
	int r;

	if (!s->n) {
		vz_info("No changes in CT configuration, not saving");
		return 0;
	}
	if (vz_interrupted)
		return vz_err(e, VZ_SYSTEM_ERROR, EINTR, "Interrupted; the configuration was not saved");
	if (name && name->value && *name->value) {
		r = vz_lock_named(ct->global, "names", &names, e);
		if (r == 0)
			r = vz_name_set(ct, name->value, e);
		if (r < 0)
			return r;
		linked = true;
	}
	vz_fault("set-before-save");
	if (!ct->conf) {
		r = vz_conf_new(&ct->conf);
		if (r < 0)
			return nomem(e);
	}
	for (size_t i = 0; i < s->n; i++) {
		const char *v = s->ch[i].value;

		if (&s->ch[i] == name && v && !*v)
			v = NULL;
		r = vz_conf_set(ct->conf, s->ch[i].key, v);
		if (r < 0)
			return vz_err(e, VZ_SAVE_CONFIG, -r, "Unable to save %s: %m", s->ch[i].key);
	}
	r = vz_conf_save(ct->conf, ct->conf_path, e);
	if (r < 0)
		return r;
	vz_fault("set-after-save");
	if (name) {
		if (ct->name && (!linked || strcmp(ct->name, name->value) != 0))
			vz_name_remove(ct);
		if (linked)
			vz_info("Name %s assigned", name->value);
	}
	vz_info("CT configuration saved to %s", ct->conf_path);
	return 0;
}

/* --local_uid and --local_gid: no parameters, but a change of all that the container has */
static int change_ids(const struct set *s, const struct vz_state *st, struct vz_error *e)
{
	const struct change *change[] = { set_find(s, "LOCAL_UID"), set_find(s, "LOCAL_GID") };
	uint32_t id[2] = { 0, 0 };
	bool chosen = false;
	int r;

	if (s->n != (change[0] && change[1] ? 2u : 1u) || s->ip_add || s->ip_del || s->ip_del_all || s->userpw)
		return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			      "--local_uid and --local_gid go with no other parameter");
	if (s->running)
		return vz_err(e, VZ_VE_RUNNING, EBUSY, "Container is currently running. Stop it first.");
	if (st->mounted)
		return vz_err(e, VZ_FS_MOUNTED, EBUSY, "Container is currently mounted (umount first)");
	for (int i = 0; i < 2; i++) {
		/* one of them stands for both, as with create */
		const char *v = (change[i] ? change[i] : change[!i])->value;

		if (vz_parse_u32(v, &id[i]) == 0)
			chosen = true;
	}
	if (chosen && (!id[0] || !id[1]))
		return vz_err(e, VZ_INVALID_PARAMETER_VALUE, EINVAL, "auto is for both of --local_uid and --local_gid, or for none");
	r = vz_ct_ids_change(s->ct, id[0], id[1], e);
	if (r == 0)
		vz_info("CT configuration saved to %s", s->ct->conf_path);
	return r;
}

static int run(struct set *s, int argc, char **argv, struct vz_error *e)
{
	const struct change *name;
	struct vz_state st = { 0 };
	bool restart = false;
	int r;

	if (s->ct->id == 0) {
		s->running = true;
	} else {
		r = vz_state_get(s->ct, &st, e);
		if (r < 0)
			return r;
		s->running = st.ve == VZ_STATE_RUNNING;
	}
	r = parse(s, argc, argv, e);
	if (r == 0)
		r = check(s, argc, e);
	if (r == 0)
		r = check_masks(s, e);
	if (r < 0)
		return r;
	if (set_changed(s, "LOCAL_UID") || set_changed(s, "LOCAL_GID"))
		return change_ids(s, &st, e);
	name = set_find(s, "NAME");
	if ((set_changed(s, "VE_ROOT") || set_changed(s, "VE_PRIVATE")) && st.mounted && !s->running)
		return vz_err(e, VZ_FS_MOUNTED, EBUSY, "Container is currently mounted (umount first)");
	if (s->reset_ub) {
		if (!s->running)
			return vz_err(e, VZ_VE_NOT_RUNNING, ESRCH, "Container is not running");
		return s->ct->id ? reset_ub(s, e) : reset_host(s, e);
	}
	if (s->running) {
		r = check_running(s, &restart, e);
		if (r < 0)
			return r;
	}
	if (s->ip_add || s->ip_del || s->ip_del_all) {
		/* kept until the addresses are applied and saved */
		r = vz_lock_named(s->ct->global, "ip", &s->ips, e);
		if (r == 0)
			r = plan_ips(s, e);
		if (r == 0 && s->ip_add && (s->running || s->save))
			r = vz_ip_check_conflict(s->ct, s->ip_add, e);
		if (r < 0)
			return r;
	}
	r = set_plan_nets(s, e);
	if (r < 0)
		return r;
	if (name && name->value && *name->value) {
		r = vz_name_check(s->ct, name->value, e);
		if (r < 0)
			return r;
	}

	vz_fault("set-before-apply");
	if (s->userpw) {
		r = apply_userpw(s, e);
		if (r < 0)
			return r;
	}
	if (s->running) {
		r = apply(s, e);
		if (r < 0) {
			if (s->save)
				vz_err_ctx(e, "The configuration was not saved");
			return r;
		}
	}
	if (s->save) {
		for (size_t i = 0; i < s->n; i++) {
			const struct change *c = &s->ch[i];

			if (c->p && c->p->flags & VZ_P_LATER && (!s->running || c->p->flags & VZ_P_NOLIVE) &&
			    add_later(s, c->p, c->key) < 0)
				return nomem(e);
		}
		r = save(s, e);
		if (r < 0)
			return r;
	} else if (s->running && unsaved(s)) {
		vz_warn("WARNING: Settings were not saved to config and will be lost after CT restart (use --save flag)");
	} else if (s->n && !s->running) {
		vz_warn("WARNING: Container is not running: nothing was changed (use --save flag)");
	}
	if (restart) {
		const struct vz_stop_opts stop = { 0 };
		const struct vz_start_opts start = { .force = s->force };

		unlock_ips(s);
		vz_unlock(s->nets);
		s->nets = NULL;
		vz_info("Restarting container");
		/* it stops as what it is, with the paths that it was started with */
		r = vz_ct_stop(s->ct, &stop, e);
		if (r == 0)
			r = vz_ct_reload(s->ct, e);
		if (r == 0)
			r = vz_ct_start(s->ct, &start, e);
	}
	return r;
}

int verb_set(struct vz_verb_ctx *ctx)
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct set s = { .ct = ctx->ct };
	int r;

	r = run(&s, ctx->argc, ctx->argv, &e);
	if (r == 0 && s.later) {
		_cleanup_free_ char *list = vz_strv_join(s.later, ", ");

		vz_warn("NOTE: %s by this version: %s",
			s.save ? "saved, but not applied yet" : "not applied yet", list);
	}
	set_free(&s);
	return r < 0 ? vz_fail(&e) : VZ_OK;
}
