// SPDX-License-Identifier: GPL-2.0
/*
 * vzctl: flags, action and CTID; then the verb's own file takes over.
 *
 * Exit codes are those of vzctl 4.x (error.h).  Arguments are checked before
 * privileges, so that a typing error is named to everybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "ct.h"
#include "error.h"
#include "life.h"
#include "lock.h"
#include "log.h"
#include "params.h"
#include "util.h"
#include "verb.h"

/* a build may leave verbs out, as the unit tests do */
#pragma weak verb_create
#pragma weak verb_destroy
#pragma weak verb_start
#pragma weak verb_stop
#pragma weak verb_restart
#pragma weak verb_status
#pragma weak verb_mount
#pragma weak verb_umount
#pragma weak verb_enter
#pragma weak verb_exec
#pragma weak verb_exec2
#pragma weak verb_exec3
#pragma weak verb_runscript
#pragma weak verb_quotaon
#pragma weak verb_quotaoff
#pragma weak verb_quotainit
#pragma weak verb_set
#pragma weak verb_event
#pragma weak verb_tidy
#pragma weak vz_kernel_check

static const struct vz_verb verbs[] = {
	{ "exec",	NULL,		VZ_VERB_CONF | VZ_VERB_KERNEL,	verb_exec },
	{ "exec2",	NULL,		VZ_VERB_CONF | VZ_VERB_KERNEL,	verb_exec2 },
	{ "exec3",	NULL,		VZ_VERB_CONF | VZ_VERB_KERNEL,	verb_exec3 },
	{ "enter",	NULL,		VZ_VERB_CONF | VZ_VERB_KERNEL,	verb_enter },
	{ "status",	NULL,		VZ_VERB_BROKEN,			verb_status },
	{ "create",	"creating",	VZ_VERB_LOCK,			verb_create },
	{ "destroy",	"destroying",	VZ_VERB_LOCK,			verb_destroy },
	{ "delete",	"destroying",	VZ_VERB_LOCK,			verb_destroy },
	{ "start",	"starting",	VZ_VERB_LOCK | VZ_VERB_CONF | VZ_VERB_KERNEL | VZ_VERB_CHECK, verb_start },
	{ "stop",	"stopping",	VZ_VERB_LOCK | VZ_VERB_CONF | VZ_VERB_BROKEN, verb_stop },
	{ "restart",	"restarting",	VZ_VERB_LOCK | VZ_VERB_CONF | VZ_VERB_KERNEL | VZ_VERB_CHECK, verb_restart },
	{ "mount",	"mounting",	VZ_VERB_LOCK | VZ_VERB_CONF,	verb_mount },
	{ "umount",	"unmounting",	VZ_VERB_LOCK | VZ_VERB_CONF | VZ_VERB_BROKEN, verb_umount },
	{ "runscript",	"running script", VZ_VERB_LOCK | VZ_VERB_CONF | VZ_VERB_KERNEL, verb_runscript },
	{ "quotaon",	"quota",	VZ_VERB_LOCK | VZ_VERB_CONF,	verb_quotaon },
	{ "quotaoff",	"quota",	VZ_VERB_LOCK | VZ_VERB_CONF,	verb_quotaoff },
	{ "quotainit",	"quota",	VZ_VERB_LOCK | VZ_VERB_CONF,	verb_quotainit },
	{ "set",	"setting",	VZ_VERB_LOCK | VZ_VERB_CONF | VZ_VERB_CT0, verb_set },
	{ "event",	NULL,		VZ_VERB_BROKEN,			verb_event },
	{ "tidy",	"tidying up",	VZ_VERB_LOCK | VZ_VERB_CT0 | VZ_VERB_BROKEN, verb_tidy },
};

/* actions of vzctl 4.x whose subsystems are not there yet */
static const char *const later[] = {
	"chkpnt", "compact", "console", "convert",
	"restore", "resume", "snapshot", "snapshot-create", "snapshot-delete",
	"snapshot-list", "snapshot-mount", "snapshot-switch", "snapshot-umount", "suspend",
};

static const char usage_text[] =
"Usage: vzctl [options] <action> <ctid | name> [parameters]\n"
"Options:\n"
"  --quiet        print nothing; see the log and the exit status\n"
"  --verbose      say more, may be repeated\n"
"  --version      print the version\n"
"  --help         print this text\n"
"Actions:\n"
"  vzctl create <ctid> [--ostemplate <name>] [--config <name>] [--private <path>]\n"
"        [--root <path>] [--ipadd <addr>] [--hostname <name>] [--name <name>]\n"
"        [--description <text>] [--layout simfs] [--local_uid <n>] [--local_gid <n>]\n"
"  vzctl destroy | mount | umount | status <ctid>\n"
"  vzctl start <ctid> [--force] [--wait]\n"
"  vzctl stop <ctid> [--fast] [--skip-umount]\n"
"  vzctl restart <ctid> [--force] [--wait] [--fast]\n"
"  vzctl enter <ctid> [--exec <command>]\n"
"  vzctl exec | exec2 <ctid> <command> [arg ...]\n"
"  vzctl runscript <ctid> <script>\n"
"  vzctl quotainit | quotaon | quotaoff <ctid>\n"
"  vzctl set <ctid> [--save] [--force] [--setmode restart|ignore] <parameters>\n"
"The parameters of set are in vzctl(8).\n";

static const struct vz_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].run ? &verbs[i] : NULL;
	}
	return NULL;
}

static int bad_command(const char *name, struct vz_error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		if (strcmp(later[i], name) == 0)
			return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EOPNOTSUPP,
				      "Bad command: %s (not supported by this version)", name);
	}
	return vz_err(e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
		      "Bad command: %s (vzctl --help lists the actions)", name);
}

/* a closed standard descriptor would become a lock or configuration file */
static void sanitize_fds(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) != fd)
			_exit(VZ_SYSTEM_ERROR);
	}
}

static int conf_int(const struct vz_conf *c, const char *key)
{
	const char *v = vz_conf_get(c, key);
	uint32_t n;

	return v && vz_parse_u32(v, &n) == 0 && n <= 10 ? (int)n : 0;
}

static void log_from_conf(const struct vz_conf *global, const struct vz_verb_ctx *ctx)
{
	const char *logging = vz_conf_get(global, "LOGGING");
	const char *file = vz_conf_get(global, "LOGFILE");
	int verbose = conf_int(global, "VERBOSE");

	vz_log_init("vzctl", !logging || strcmp(logging, "yes") == 0,
		    file ? file : "/var/log/vzctl.log", conf_int(global, "LOG_LEVEL"),
		    ctx->verbose > verbose ? ctx->verbose : verbose, ctx->quiet);
}

/* a value that nothing understands is as good as none, but not silently */
static void warn_of_conf(const struct vz_ct *ct)
{
	static const char *const others[] = {	/* keys that are nobody's parameter */
		"ORIGIN_SAMPLE", "VEID", "CONFIG_CUSTOMIZED", "VERSION", NULL,
	};
	_cleanup_error_ struct vz_error e = { 0 };
	const char *key;
	size_t pos = 0;

	while (ct->conf && vz_param_check_conf(ct->conf, ct->conf_path, &pos, &e) < 0)
		vz_warn("WARNING: %s; ignored", e.msg);
	for (size_t i = 0; vz_conf_nth(ct->conf, i, &key, NULL); i++) {
		if (!vz_param_key(key) && !vz_strv_has((char *const *)others, key))
			vz_debug(1, "%s, line %d: unknown parameter %s", ct->conf_path,
				 vz_conf_line(ct->conf, key), key);
	}
}

/* everything between the command line and the verb; exit code of the tool */
static int run(const struct vz_verb *verb, struct vz_verb_ctx *ctx, const char *ident)
{
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_ct_ struct vz_ct *ct = NULL;
	_cleanup_lock_ struct vz_lock *lock = NULL;
	struct vz_conf *global;
	unsigned int flags = 0;

	if (!vz_is_root()) {
		vz_err(&e, VZ_NO_ACCES, EPERM, "Permission denied: vzctl must be run as root");
		return vz_fail(&e);
	}
	if (vz_global_load(&global, &e) < 0)
		return vz_fail(&e);
	log_from_conf(global, ctx);

	if (verb->flags & VZ_VERB_CT0)
		flags |= VZ_CT_ALLOW_0;
	if (verb->flags & VZ_VERB_CONF && strcmp(ident, "0") != 0)
		flags |= VZ_CT_NEED_CONF;
	if (verb->flags & VZ_VERB_BROKEN)
		flags |= VZ_CT_BROKEN;
	if (vz_ct_open(global, ident, flags, &ct, &e) < 0)
		return vz_fail(&e);
	vz_log_set_ctid(ct->id);
	if (ct->broken)
		vz_warn("WARNING: %s; going on with the values of /etc/vz/vz.conf", ct->broken);

	if (verb->flags & VZ_VERB_KERNEL && vz_kernel_check && vz_kernel_check(&e) < 0)
		return vz_fail(&e);
	if (verb->flags & VZ_VERB_LOCK) {
		vz_catch_signals();
		if (!ctx->skiplock) {
			if (vz_lock(ct, verb->lock_status, &lock, &e) < 0)
				return vz_fail(&e);
			if (vz_lock_was_stale(lock))
				vz_warn("Removing stale lock");
			/* what another vzctl saved before we had the lock */
			if (ct->conf && vz_ct_reload(ct, &e) < 0)
				return vz_fail(&e);
		}
	}
	if (verb->flags & VZ_VERB_CHECK)
		warn_of_conf(ct);
	ctx->ct = ct;
	return verb->run(ctx);
}

int main(int argc, char *argv[])
{
	_cleanup_error_ struct vz_error e = { 0 };
	struct vz_verb_ctx ctx = { 0 };
	const struct vz_verb *verb;
	int i;

	sanitize_fds();
	umask(022);
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		const char *a = argv[i];

		if (strcmp(a, "--quiet") == 0) {
			ctx.quiet = true;
		} else if (strcmp(a, "--verbose") == 0) {
			ctx.verbose++;
		} else if (strcmp(a, "--skiplock") == 0) {
			ctx.skiplock = true;
		} else if (strcmp(a, "--version") == 0) {
			puts("vzctl version " VZ_VERSION);
			return VZ_OK;
		} else if (strcmp(a, "--help") == 0) {
			fputs(usage_text, stdout);
			return VZ_OK;
		} else if (strcmp(a, "--fault-points") == 0) {
			vz_fault_list();
			return VZ_OK;
		} else {
			vz_err(&e, VZ_INVALID_PARAMETER_SYNTAX, EINVAL,
			       "Bad option: %s (vzctl --help lists the options)", a);
			return vz_fail(&e);
		}
	}
	vz_log_init("vzctl", false, NULL, 0, ctx.verbose, ctx.quiet);
	if (i == argc) {
		fputs(usage_text, stderr);
		return VZ_INVALID_PARAMETER_SYNTAX;
	}
	verb = find_verb(argv[i]);
	if (!verb) {
		bad_command(argv[i], &e);
		return vz_fail(&e);
	}
	if (i + 1 == argc) {
		vz_err(&e, VZ_INVALID_PARAMETER_VALUE, EINVAL,
		       "CT ID missing (vzctl %s <ctid%s>)", argv[i],
		       verb->run == verb_create ? "" : " | name");
		return vz_fail(&e);
	}
	ctx.argc = argc - i - 2;
	ctx.argv = argv + i + 2;
	return run(verb, &ctx, argv[i + 1]);
}
