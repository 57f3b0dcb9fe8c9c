// SPDX-License-Identifier: GPL-2.0
/*
 * vzlist: tables that panels parse, so every width is that of vzctl 4.11.1.
 *
 * One pass: the kernel's lists (/proc/vz/veinfo, vestat, the beancounters,
 * mountinfo) are read once, and each CTID.conf at most once.  A value that is
 * not known prints "-", null in JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "cpu.h"
#include "ct.h"
#include "error.h"
#include "io.h"
#include "lifeint.h"
#include "params.h"
#include "quota.h"
#include "ubc.h"
#include "util.h"

#define DEFAULT_FIELDS	"ctid,numproc,status,ip,hostname"
#define NAME_FIELDS	"smart_name,numproc,status,ip,hostname"

enum status { ST_RUNNING, ST_MOUNTED, ST_STOPPED, ST_SUSPENDED };

static const char *const status_names[] = { "running", "mounted", "stopped", "suspended" };

/* what the headers of the beancounters start with */
static const char *const ubc_hdr[VZ_NR_UBC] = {
	"KMEMSIZE", "LOCKEDP", "PRIVVMP", "SHMP", "NPROC", "PHYSP", "VMGUARP", "OOMGUARP",
	"NTCPSOCK", "NFLOCK", "NPTY", "NSIGINFO", "TCPSNDB", "TCPRCVB", "OTHSOCKB", "DGRAMRB",
	"NOTHSOCK", "DCACHESZ", "NFILE", "NIPTENT", "SWAPP",
};

/*
 * struct ve - one container
 * @tasks, @uptime: of a running one, -1 where the kernel does not say
 * @ips: the kernel's addresses, NULL when it is not running
 * @ubc: the kernel's beancounters or NULL; in all.ubc
 */
struct ve {
	uint32_t id;
	enum status status;
	bool hide;
	long tasks;
	double uptime;
	char *ips;
	const struct vz_ubc *ubc;
	struct vz_conf *conf;
	char *root, *private_dir;
	struct vz_quota disk;
	int disk_state;		/* 0 not asked yet, 1 in @disk, -1 not to be had */
};

static struct {
	struct ve *v;
	size_t n;
	struct vz_ubc *ubc;
	struct vz_conf *global;
	const char *dumpdir;
} all;

/* ---- fields --------------------------------------------------------------- */

enum kind { V_NONE, V_STR, V_LIST, V_NUM, V_BOOL, V_UPTIME, V_LAVERAGE };

struct value {
	enum kind kind;
	const char *s;
	long num;
	double real;
	char *alloc;
};

enum type {
	F_CTID, F_KEY, F_LISTKEY, F_ROOT, F_PRIVATE, F_SMART, F_NAME, F_IP, F_STATUS,
	F_LAVERAGE, F_UPTIME, F_NUMKEY, F_BOOLKEY, F_CPU, F_IO, F_MASK, F_LAYOUT, F_COLONS, F_VSWAP,
	F_DISK, F_UBC,
};

struct field {
	char name[20];
	const char *hdr;
	int width;		/* negative: left-aligned */
	int hdr_width;		/* where the header is aligned differently */
	enum type type;
	const char *key;	/* in CTID.conf */
	int index;		/* of the value in UBC and disk fields */
	int row;		/* enum vz_ubc_res */
};

/* those before the beancounters and those after them, as -L lists them */
static const struct field head[] = {
	{ "ctid", "CTID", 10, .type = F_CTID },
	{ "veid", "CTID", 10, .type = F_CTID },
	{ "vpsid", "CTID", 10, .type = F_CTID },
	{ "private", "PRIVATE", -32, .type = F_PRIVATE },
	{ "root", "ROOT", -32, .type = F_ROOT },
	{ "mount_opts", "MOUNT_OPTS", -16, .type = F_KEY, .key = "MOUNT_OPTS" },
	{ "origin_sample", "ORIGIN_SAMPLE", -32, 32, F_KEY, "ORIGIN_SAMPLE" },
	{ "hostname", "HOSTNAME", -32, .type = F_KEY, .key = "HOSTNAME" },
	{ "name", "NAME", -32, .type = F_NAME },
	{ "smart_name", "SMARTNAME", 10, .type = F_SMART },
	{ "description", "DESCRIPTION", -32, .type = F_KEY, .key = "DESCRIPTION" },
	{ "ostemplate", "OSTEMPLATE", -32, .type = F_KEY, .key = "OSTEMPLATE" },
	{ "ip", "IP_ADDR", -15, .type = F_IP },
	{ "nameserver", "NAMESERVER", -15, .type = F_LISTKEY, .key = "NAMESERVER" },
	{ "searchdomain", "SEARCHDOMAIN", -15, .type = F_LISTKEY, .key = "SEARCHDOMAIN" },
	{ "status", "STATUS", -9, .type = F_STATUS },
};

static const struct field tail[] = {
	{ "diskspace", "DSPACE", 10, .type = F_DISK, .key = "DISKSPACE", .index = 0 },
	{ "diskspace.s", "DSPACE.S", 10, .type = F_DISK, .key = "DISKSPACE", .index = 1 },
	{ "diskspace.h", "DSPACE.H", 10, .type = F_DISK, .key = "DISKSPACE", .index = 2 },
	{ "diskinodes", "DINODES", 10, .type = F_DISK, .key = "DISKINODES", .index = 0 },
	{ "diskinodes.s", "DINODES.S", 10, .type = F_DISK, .key = "DISKINODES", .index = 1 },
	{ "diskinodes.h", "DINODES.H", 10, .type = F_DISK, .key = "DISKINODES", .index = 2 },
	{ "laverage", "LAVERAGE", 14, .type = F_LAVERAGE },
	{ "uptime", "UPTIME", 15, .type = F_UPTIME },
	{ "cpulimit", "CPULIM", 7, .type = F_CPU, .key = "CPULIMIT" },
	{ "cpuunits", "CPUUNI", 7, .type = F_CPU, .key = "CPUUNITS" },
	{ "cpus", "CPUS", 5, .type = F_CPU, .key = "CPUS" },
	{ "ioprio", "IOP", 3, .type = F_IO, .key = "IOPRIO" },
	{ "iolimit", "IOLIMIT", 10, .type = F_IO, .key = "IOLIMIT" },
	{ "iopslimit", "IOPS", 4, .type = F_IO, .key = "IOPSLIMIT" },
	{ "onboot", "ONBOOT", 6, .type = F_BOOLKEY, .key = "ONBOOT" },
	{ "bootorder", "BOOTORDER", 10, .type = F_NUMKEY, .key = "BOOTORDER" },
	{ "layout", "LAYOUT", -6, 6, F_LAYOUT },
	{ "features", "FEATURES", -15, .type = F_COLONS, .key = "FEATURES" },
	{ "vswap", "VSWAP", 5, .type = F_VSWAP },
	{ "disabled", "DISABL", 6, .type = F_BOOLKEY, .key = "DISABLED" },
	{ "vm_overcommit", "VM_OVC", 6, .type = F_KEY, .key = "VM_OVERCOMMIT" },
	{ "netfilter", "NETFILTER", -9, .type = F_KEY, .key = "NETFILTER" },
	{ "capability", "CAPABILITY", -15, .type = F_COLONS, .key = "CAPABILITY" },
	/* these are our own */
	{ "cpumask", "CPUMASK", -15, .type = F_MASK, .key = "CPUMASK" },
	{ "nodemask", "NODEMASK", -15, .type = F_MASK, .key = "NODEMASK" },
};

#define NFIELDS		(ARRAY_SIZE(head) + VZ_NR_UBC * VZ_NR_COUNTS + ARRAY_SIZE(tail))

/* field @n into *@f; its header into @hdr where it has to be made up */
static void nth_field(size_t n, struct field *f, char hdr[20])
{
	static const char suffix[VZ_NR_COUNTS][3] = { "", ".m", ".b", ".l", ".f" };
	static const char upper[VZ_NR_COUNTS][3] = { "", ".M", ".B", ".L", ".F" };
	size_t row, index;

	if (n < ARRAY_SIZE(head)) {
		*f = head[n];
		return;
	}
	n -= ARRAY_SIZE(head);
	if (n >= VZ_NR_UBC * VZ_NR_COUNTS) {
		*f = tail[n - VZ_NR_UBC * VZ_NR_COUNTS];
		return;
	}
	row = n / VZ_NR_COUNTS;
	index = n % VZ_NR_COUNTS;
	*f = (struct field){ .width = 10, .type = F_UBC, .key = vz_ubc_info[row].key,
			     .index = (int)index, .row = (int)row };
	snprintf(f->name, sizeof(f->name), "%s%s", vz_ubc_info[row].name, suffix[index]);
	snprintf(hdr, 20, "%s%s", ubc_hdr[row], upper[index]);
	f->hdr = hdr;
}

static bool find_field(const char *name, size_t len, struct field *f, char hdr[20])
{
	for (size_t i = 0; i < NFIELDS; i++) {
		nth_field(i, f, hdr);
		if (strlen(f->name) == len && strncmp(f->name, name, len) == 0)
			return true;
	}
	return false;
}

static const char *key(const struct ve *v, const char *k)
{
	const char *s = vz_conf_get(v->conf, k);

	return s && *s ? s : NULL;
}

/* the name, if the link of that name leads back here */
static const char *ve_name(const struct ve *v)
{
	const char *name = key(v, "NAME");
	uint32_t id;

	return name && vz_name_valid(name) && vz_name_lookup(name, &id) == 0 && id == v->id ? name : NULL;
}

/* addresses: the kernel's, those of the configuration first and in its order */
static char *ve_ips(const struct ve *v)
{
	const char *conf = key(v, "IP_ADDRESS");
	_cleanup_strv_ char **c = vz_strv_split(conf ? conf : "", " \t,"), **k = NULL, **out = NULL;

	if (!v->ips)
		return vz_strv_join(c, " ");
	k = vz_strv_split(v->ips, " ");
	for (char **i = c; i && *i; i++) {
		unsigned char addr[16];
		int family, plen;

		/* the length belongs to a prefix, but to an address only inside */
		if (vz_ip_parse(*i, &family, addr, &plen, NULL) < 0 || !vz_ip_is_net(family, addr, plen))
			(*i)[strcspn(*i, "/")] = '\0';
		if (vz_strv_has(k, *i) && !vz_strv_has(out, *i) && vz_strv_add(&out, *i) < 0)
			return NULL;
	}
	for (char **i = k; i && *i; i++) {
		if (!vz_strv_has(out, *i) && vz_strv_add(&out, *i) < 0)
			return NULL;
	}
	return vz_strv_join(out, " ");
}

/* barrier and limit (or soft and hard) of the configuration */
static bool conf_pair(const struct ve *v, const struct field *f, unsigned long pair[2])
{
	const char *s;

	if (f->type == F_UBC)
		return vz_ubc_conf(v->conf, (enum vz_ubc_res)f->row, pair);
	s = key(v, f->key);
	if (!s)
		return false;
	if (strcmp(f->key, "DISKSPACE") == 0)
		return vz_param_diskspace(s, &pair[0], &pair[1]) == 0;
	return vz_param_ubc("NUMPROC", s, &pair[0], &pair[1]) == 0;	/* plain numbers */
}

/* what the kernel knows of the container's disk, or NULL where it knows nothing */
static const struct vz_quota *disk(const struct ve *cv)
{
	struct ve *v = (struct ve *)cv;		/* one of all.ve, and asked once */

	if (v->disk_state == 0) {
		_cleanup_free_ char *path = v->private_dir ? vz_path("%s", v->private_dir) : NULL;
		_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;
		uint32_t id;

		v->disk_state = fd >= 0 && vz_project_get(fd, &id) == 0 && id == v->id &&
				vz_quota_get(fd, VZ_QUOTA_PROJECT, id, &v->disk) == 0 ? 1 : -1;
	}
	return v->disk_state > 0 ? &v->disk : NULL;
}

static bool ubc_value(const struct ve *v, const struct field *f, int index, long *ret)
{
	unsigned long pair[2];

	if (v->status == ST_RUNNING && v->ubc && v->ubc->known & 1u << f->row) {
		*ret = (long)v->ubc->v[f->row][index];
		return true;
	}
	if (index == VZ_HELD && f->row == VZ_NUMPROC && v->tasks >= 0) {
		*ret = v->tasks;
		return true;
	}
	if ((index == VZ_BARRIER || index == VZ_LIMIT) && conf_pair(v, f, pair)) {
		*ret = (long)pair[index - VZ_BARRIER];
		return true;
	}
	return false;
}

static bool is_vswap(const struct ve *v)
{
	const struct field f = { .type = F_UBC, .key = "PHYSPAGES", .row = VZ_PHYSPAGES };
	long limit;

	return ubc_value(v, &f, VZ_LIMIT, &limit) && limit != LONG_MAX && limit != INT_MAX;
}

static void set_str(struct value *val, const char *s)
{
	val->kind = s ? V_STR : V_NONE;
	val->s = s;
}

static void set_num(struct value *val, long num)
{
	val->kind = V_NUM;
	val->num = num;
}

/* a file of a running container's cgroup without its last newline, allocated, or NULL */
static char *cgroup_text(const struct ve *v, const char *file)
{
	_cleanup_close_ int fd = -EBADF;
	char *text;

	if (v->status != ST_RUNNING || vz_cgroup_open(v->id, &fd, NULL) < 0 ||
	    vz_read_file_at(fd, file, 65536, &text, NULL) < 0)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* "0.00/0.01/0.05" of a running container, allocated; NULL where the kernel does not say */
static char *laverage(const struct ve *v)
{
	_cleanup_free_ char *text = cgroup_text(v, "ve.loadavg");
	double a[3];

	if (!text || sscanf(text, "%lf %lf %lf", &a[0], &a[1], &a[2]) != 3)
		return NULL;
	return vz_asprintf("%.2f/%.2f/%.2f", a[0], a[1], a[2]);
}

/* CPUS; 0 is no limit, and not shown */
static void get_cpus(const struct ve *v, struct value *val)
{
	_cleanup_free_ char *text = cgroup_text(v, "ve.cpus");
	const char *s = text ? text : key(v, "CPUS");
	uint32_t n;

	if (s && vz_parse_u32(s, &n) == 0 && n)
		set_num(val, n);
}

/* CPULIMIT and CPUUNITS; either of the two in the configuration makes both known */
static void get_cpu(const struct ve *v, const char *k, struct value *val)
{
	bool units = strcmp(k, "CPUUNITS") == 0;
	_cleanup_free_ char *text = NULL;
	const char *s = key(v, k);
	uint32_t n;

	if (strcmp(k, "CPUS") == 0) {
		get_cpus(v, val);
		return;
	}
	text = cgroup_text(v, units ? "ve.cpuunits" : "ve.cpulimit");
	if (text && units) {
		set_num(val, vz_cpuunits(s, text));
	} else if (text && vz_parse_u32(text, &n) == 0) {
		set_num(val, n);
	} else if (key(v, "CPULIMIT") || key(v, "CPUUNITS")) {
		set_num(val, s ? strtol(s, NULL, 10) : 0);
		val->num = val->num < 0 ? 0 : val->num;
	}
}

/* what the kernel has of a running container, else what the configuration says */
static void get_io(const struct ve *v, const char *k, struct value *val)
{
	_cleanup_close_ int fd = -EBADF;
	const char *s = key(v, k);
	char disk[VZ_IO_DEV];
	unsigned int prio;
	uint64_t n;

	if (v->status == ST_RUNNING && vz_cgroup_open(v->id, &fd, NULL) == 0) {
		if (strcmp(k, "IOPRIO") == 0) {
			if (vz_ioprio_get(fd, &prio) == 0) {
				set_num(val, prio);
				return;
			}
		} else if (v->private_dir && vz_io_disk_of(v->private_dir, disk) == 0 &&
			   vz_io_limit_get(fd, disk, k[2] == 'L' ? VZ_IO_BYTES : VZ_IO_OPS, &n) == 0 &&
			   n <= LONG_MAX) {
			set_num(val, (long)n);
			return;
		}
	}
	if (s && (strcmp(k, "IOLIMIT") ? vz_parse_u64(s, &n) : vz_param_iolimit(s, &n)) == 0 && n <= LONG_MAX)
		set_num(val, (long)n);
}

static void get_mask(const struct ve *v, const char *k, struct value *val)
{
	bool nodes = *k == 'N';
	_cleanup_free_ char *parent = NULL;

	val->alloc = cgroup_text(v, nodes ? "cpuset.mems" : "cpuset.cpus");
	if (!val->alloc) {
		set_str(val, key(v, k));
		return;
	}
	parent = cgroup_text(v, nodes ? "../cpuset.mems.effective" : "../cpuset.cpus.effective");
	set_str(val, vz_cpumask_is_all(val->alloc, parent ? parent : "") ? "all" : val->alloc);
}

/* @val is zeroed; the caller frees val->alloc */
static void get_value(const struct ve *v, const struct field *f, struct value *val)
{
	const char *s;
	uint64_t n;
	long num;

	switch (f->type) {
	case F_CTID:
		set_num(val, v->id);
		break;
	case F_KEY:
		set_str(val, key(v, f->key));
		break;
	case F_LISTKEY:
		set_str(val, key(v, f->key));
		val->kind = V_LIST;
		break;
	case F_ROOT:
		set_str(val, v->root);
		break;
	case F_PRIVATE:
		set_str(val, v->private_dir);
		break;
	case F_NAME:
		set_str(val, ve_name(v));
		break;
	case F_SMART:
		set_str(val, ve_name(v));
		if (!val->s)
			set_num(val, v->id);
		break;
	case F_IP:
		val->alloc = ve_ips(v);
		val->s = val->alloc && *val->alloc ? val->alloc : NULL;
		val->kind = V_LIST;
		break;
	case F_STATUS:
		set_str(val, status_names[v->status]);
		break;
	case F_LAVERAGE:
		val->kind = V_LAVERAGE;
		val->s = val->alloc = laverage(v);
		break;
	case F_UPTIME:
		val->kind = V_UPTIME;
		val->real = v->uptime;
		break;
	case F_NUMKEY:
		s = key(v, f->key);
		if (s && vz_parse_u64(s, &n) == 0 && n <= LONG_MAX)
			set_num(val, (long)n);
		break;
	case F_CPU:
		get_cpu(v, f->key, val);
		break;
	case F_IO:
		get_io(v, f->key, val);
		break;
	case F_MASK:
		get_mask(v, f->key, val);
		break;
	case F_BOOLKEY:
		s = key(v, f->key);
		val->kind = V_BOOL;
		val->num = s && (!strcmp(s, "yes") || !strcmp(s, "on") || !strcmp(s, "1"));
		break;
	case F_LAYOUT:
		s = key(v, "VE_LAYOUT");
		set_str(val, s && strncmp(s, "ploop", 5) == 0 ? "ploop" : "simfs");
		break;
	case F_COLONS:
		s = key(v, f->key);
		if (s) {
			_cleanup_strv_ char **w = vz_strv_split(s, " \t,");

			val->alloc = vz_strv_join(w, ",");
			set_str(val, val->alloc);
		}
		break;
	case F_VSWAP:
		val->kind = V_BOOL;
		val->num = is_vswap(v);
		break;
	case F_DISK: {
		const struct vz_quota *q = disk(v);
		int row = strcmp(f->key, "DISKSPACE") != 0;
		unsigned long pair[2];

		if (q)
			set_num(val, (long)(f->index == 0 ? q->used[row] :
					    f->index == 1 ? q->soft[row] : q->hard[row]));
		else if (f->index && conf_pair(v, f, pair))
			set_num(val, (long)pair[f->index - 1]);
		break;
	}
	case F_UBC:
		if (ubc_value(v, f, f->index, &num))
			set_num(val, num);
		break;
	}
}

/* ---- output --------------------------------------------------------------- */

struct column {
	struct field f;
	char hdr[20];
};

/*
 * Text of a value, not padded, into @buf or a string that lives as long as @val.
 * @whole: all words of a list, else the first.
 */
static const char *value_text(const struct value *val, bool whole, char *buf, size_t size)
{
	switch (val->kind) {
	case V_STR:
		return val->s;
	case V_LIST:
		if (!val->s || whole)
			return val->s ? val->s : "-";
		snprintf(buf, size, "%.*s", (int)strcspn(val->s, " \t"), val->s);
		return buf;
	case V_NUM:
		snprintf(buf, size, "%ld", val->num);
		return buf;
	case V_BOOL:
		return val->num ? "yes" : "no";
	case V_UPTIME: {
		unsigned long t;

		if (val->real < 0)
			return "-";
		t = (unsigned long)val->real;
		snprintf(buf, size, "%.3lud%.2luh:%.2lum:%.2lus", t / 86400, t / 3600 % 24,
			 t / 60 % 60, t % 60);
		return buf;
	}
	case V_LAVERAGE:
		return val->s ? val->s : "-";
	case V_NONE:
		break;
	}
	return "-";
}

static void put_line(char *line)
{
	size_t len = strlen(line);

	while (len && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	printf("%.*s\n", (int)len, line);
}

/* pads to @width; cuts longer strings to it when @cut */
static int append(char **line, const char *text, int width, bool cut, bool last)
{
	int abs_width = width < 0 ? -width : width;
	char *s;

	if (cut && strlen(text) > (size_t)abs_width)
		s = vz_asprintf("%s%.*s%s", *line, abs_width, text, last ? "" : " ");
	else
		s = vz_asprintf("%s%*s%s", *line, width, text, last ? "" : " ");
	if (!s)
		return -ENOMEM;
	free(*line);
	*line = s;
	return 0;
}

static int print_header(const struct column *cols, size_t n)
{
	_cleanup_free_ char *line = strdup("");

	for (size_t i = 0; i < n && line; i++) {
		const struct field *f = &cols[i].f;

		if (append(&line, *cols[i].hdr ? cols[i].hdr : f->hdr,
			   f->hdr_width ? f->hdr_width : f->width, false, i + 1 == n) < 0)
			return -ENOMEM;
	}
	if (!line)
		return -ENOMEM;
	put_line(line);
	return 0;
}

static int print_row(const struct ve *v, const struct column *cols, size_t n, bool trim)
{
	_cleanup_free_ char *line = strdup("");

	for (size_t i = 0; i < n && line; i++) {
		bool last = i + 1 == n, whole = last || !trim;
		const struct field *f = &cols[i].f;
		struct value val = { 0 };
		char buf[64];
		const char *text;
		bool cut;
		int r;

		get_value(v, f, &val);
		text = value_text(&val, whole, buf, sizeof(buf));
		/* numbers are never cut: half a number is a wrong one */
		cut = !whole && (val.kind == V_STR || val.kind == V_LIST) && f->type != F_STATUS;
		r = append(&line, text, f->width, cut, last);
		free(val.alloc);
		if (r < 0)
			return r;
	}
	if (!line)
		return -ENOMEM;
	put_line(line);
	return 0;
}

static json_t *json_str(const char *s)
{
	json_t *j = json_string(s);

	/* not UTF-8: the bytes that are ASCII */
	if (!j) {
		_cleanup_free_ char *t = strdup(s);

		for (char *p = t; p && *p; p++) {
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		}
		j = t ? json_string(t) : NULL;
	}
	return j;
}

static json_t *json_laverage(const char *text)
{
	double a[3];

	if (sscanf(text, "%lf/%lf/%lf", &a[0], &a[1], &a[2]) != 3)
		return json_null();
	return json_pack("[fff]", a[0], a[1], a[2]);
}

static json_t *json_value(const struct ve *v, const struct field *f)
{
	struct value val = { 0 };
	json_t *j = NULL;

	if (f->type == F_UBC || f->type == F_DISK) {
		static const char *const ubc_names[] = { "held", "maxheld", "barrier", "limit", "failcnt" };
		static const char *const disk_names[] = { "usage", "softlimit", "hardlimit" };
		int n = f->type == F_UBC ? VZ_NR_COUNTS : 3;
		bool known = false;

		j = json_object();
		for (int i = 0; i < n; i++) {
			struct field one = *f;
			struct value x = { 0 };

			one.index = i;
			get_value(v, &one, &x);
			known = known || x.kind == V_NUM;
			json_object_set_new(j, n == 3 ? disk_names[i] : ubc_names[i],
					    json_integer(x.kind == V_NUM ? x.num : 0));
		}
		if (!known) {
			json_decref(j);
			j = json_null();
		}
		return j;
	}

	get_value(v, f, &val);
	if (f->type == F_COLONS) {	/* an object of switches */
		_cleanup_strv_ char **w = vz_strv_split(val.s ? val.s : "", ",");

		j = json_object();
		for (char **i = w; i && *i; i++) {
			char *colon = strchr(*i, ':');

			if (!colon)
				continue;
			*colon = '\0';
			json_object_set_new(j, *i, json_boolean(strcmp(colon + 1, "on") == 0));
		}
		free(val.alloc);
		return j;
	}
	switch (val.kind) {
	case V_STR:
		j = json_str(val.s);
		break;
	case V_LIST: {
		_cleanup_strv_ char **w = vz_strv_split(val.s ? val.s : "", " \t");

		j = json_array();
		for (char **i = w; i && *i; i++)
			json_array_append_new(j, json_str(*i));
		break;
	}
	case V_NUM:
		j = json_integer(val.num);
		break;
	case V_BOOL:
		j = json_boolean(val.num);
		break;
	case V_UPTIME:
		j = json_real(val.real < 0 ? 0 : val.real);
		break;
	case V_LAVERAGE:
		j = val.s ? json_laverage(val.s) : json_null();
		break;
	case V_NONE:
		j = json_null();
		break;
	}
	free(val.alloc);
	return j;
}

static int print_json(const struct column *cols, size_t n, const bool *show, bool reverse)
{
	json_t *list = json_array();
	int r;

	for (size_t i = 0; i < all.n; i++) {
		size_t idx = reverse ? all.n - 1 - i : i;
		const struct ve *v = &all.v[idx];
		json_t *o;

		if (!show[idx])
			continue;
		o = json_object();
		if (n) {
			for (size_t c = 0; c < n; c++)
				json_object_set_new(o, cols[c].f.name, json_value(v, &cols[c].f));
		} else {
			for (size_t c = 0; c < NFIELDS; c++) {
				struct column col = { 0 };

				nth_field(c, &col.f, col.hdr);
				if (!col.f.index)
					json_object_set_new(o, col.f.name, json_value(v, &col.f));
			}
		}
		json_array_append_new(list, o);
	}
	r = json_dumpf(list, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	putchar('\n');
	json_decref(list);
	return r < 0 ? -EIO : 0;
}

/* ---- sorting -------------------------------------------------------------- */

struct sort_key {
	struct value val;
	size_t idx;
	uint32_t id;
};

static enum type sort_type;

/* what is not known comes first; equal ones stay in the order of CTIDs */
static int compare(const void *pa, const void *pb)
{
	const struct sort_key *a = pa, *b = pb;
	bool a_str = a->val.kind == V_STR || a->val.kind == V_LIST;
	int r = 0;

	if (sort_type == F_UPTIME) {	/* the longest first, as it always was */
		r = a->val.real < b->val.real ? 1 : a->val.real > b->val.real ? -1 : 0;
	} else if (a_str || b->val.kind == V_STR || b->val.kind == V_LIST) {
		const char *x = a_str ? a->val.s : NULL;
		const char *y = b->val.kind == V_STR || b->val.kind == V_LIST ? b->val.s : NULL;

		r = !x ? -!!y : !y ? 1 : strcmp(x, y);
	} else if (a->val.kind != b->val.kind) {
		r = a->val.kind == V_NONE ? -1 : 1;
	} else if (a->val.kind == V_NUM) {
		r = a->val.num < b->val.num ? -1 : a->val.num > b->val.num;
	}
	return r ? r : a->id < b->id ? -1 : a->id > b->id;
}

static int sort_by(const struct field *f)
{
	_cleanup_free_ struct sort_key *keys = calloc(all.n + 1, sizeof(*keys));
	_cleanup_free_ struct ve *sorted = calloc(all.n + 1, sizeof(*sorted));

	if (!keys || !sorted)
		return -ENOMEM;
	for (size_t i = 0; i < all.n; i++) {
		keys[i] = (struct sort_key){ .idx = i, .id = all.v[i].id };
		if (f->type == F_STATUS)
			set_num(&keys[i].val, all.v[i].status);
		else if (f->type == F_SMART)
			set_str(&keys[i].val, ve_name(&all.v[i]));
		else
			get_value(&all.v[i], f, &keys[i].val);
	}
	sort_type = f->type;
	qsort(keys, all.n, sizeof(*keys), compare);
	for (size_t i = 0; i < all.n; i++) {
		sorted[i] = all.v[keys[i].idx];
		free(keys[i].val.alloc);
	}
	memcpy(all.v, sorted, all.n * sizeof(*sorted));
	return 0;
}

/* ---- collecting ----------------------------------------------------------- */

static int cmp_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int cmp_ve(const void *a, const void *b)
{
	const struct ve *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static struct ve *find_ve(uint32_t id, size_t n)
{
	const struct ve k = { .id = id };

	return n ? bsearch(&k, all.v, n, sizeof(k), cmp_ve) : NULL;
}

static struct ve *add_ve(uint32_t id)
{
	struct ve *p = realloc(all.v, (all.n + 1) * sizeof(*p));

	if (!p)
		return NULL;
	all.v = p;
	p = &all.v[all.n++];
	*p = (struct ve){ .id = id, .status = ST_STOPPED, .tasks = -1, .uptime = -1 };
	return p;
}

static int read_proc(const char *path, char **ret)
{
	_cleanup_free_ char *p = vz_path("%s", path);

	return p ? vz_read_file_at(AT_FDCWD, p, 256u << 20, ret, NULL) : -ENOMEM;
}

static bool wanted(const uint32_t *ids, size_t n_ids, uint32_t id)
{
	return !n_ids || bsearch(&id, ids, n_ids, sizeof(id), cmp_id);
}

/*
 * /proc/vz/veinfo: "CTID class tasks address…" for each running one.  A
 * kernel without containers runs none.
 */
static int read_running(const uint32_t *ids, size_t n_ids)
{
	_cleanup_free_ char *text = NULL;
	size_t known = all.n;
	char *save = NULL;
	int r;

	r = read_proc("/proc/vz/veinfo", &text);
	if (r < 0) {
		errno = -r;
		fprintf(stderr, "Unable to open /proc/vz/veinfo: %m (is this kernel built with CONFIG_VE?)\n");
		return 0;
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned int id, class;
		unsigned long tasks;
		int used = 0;
		struct ve *v;
		char *p;

		if (sscanf(line, "%u %u %lu%n", &id, &class, &tasks, &used) != 3 || !id ||
		    !wanted(ids, n_ids, id))
			continue;
		v = find_ve(id, known);
		if (!v)
			v = add_ve(id);
		if (!v)
			return -ENOMEM;
		v->status = ST_RUNNING;
		v->tasks = (long)tasks;
		v->ips = malloc(strlen(line + used) + 1);
		if (!v->ips)
			return -ENOMEM;
		p = v->ips;
		for (char *s = line + used; *s; ) {	/* single blanks */
			size_t len;

			s += strspn(s, " \t");
			len = strcspn(s, " \t");
			if (!len)
				break;
			if (p != v->ips)
				*p++ = ' ';
			p = mempcpy(p, s, len);
			s += len;
		}
		*p = '\0';
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), cmp_ve);
	return 0;
}

/* /proc/vz/vestat: the fifth number is the uptime in jiffies, of 1 ms as they always were */
static void read_uptimes(void)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL;

	if (read_proc("/proc/vz/vestat", &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long uptime;
		struct ve *v;
		unsigned int id;

		if (sscanf(line, "%u %*u %*u %*u %lu", &id, &uptime) != 2)
			continue;
		v = find_ve(id, all.n);
		if (v && v->status == ST_RUNNING)
			v->uptime = (double)uptime / 1000;
	}
}

/* the beancounters, where the kernel has them */
static void read_ubc(void)
{
	_cleanup_error_ struct vz_error e = { 0 };
	size_t n = 0;

	if (vz_ubc_read(NULL, &all.ubc, &n, &e) < 0) {
		if (e.code != VZ_BAD_KERNEL)
			fprintf(stderr, "%s\n", e.msg);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct ve *v = find_ve(all.ubc[i].id, all.n);

		if (v && v->status == ST_RUNNING)
			v->ubc = &all.ubc[i];
	}
}

static int cmp_str(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* mount points of the host, sorted; blanks in them stay escaped as \040 */
static size_t read_mounts(char *text, char ***ret)
{
	size_t n = 0, size = 0;
	char **points = NULL, *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *f = line;

		for (int i = 0; i < 4 && f; i++) {
			f = strchr(f, ' ');
			f = f ? f + 1 : NULL;
		}
		if (!f)
			continue;
		f[strcspn(f, " ")] = '\0';
		if (n == size) {
			char **p;

			size = size ? size * 2 : 256;
			p = realloc(points, size * sizeof(*p));
			if (!p)
				break;
			points = p;
		}
		points[n++] = f;
	}
	if (n)
		qsort(points, n, sizeof(*points), cmp_str);
	*ret = points;
	return n;
}

static bool is_there(const char *path)
{
	_cleanup_free_ char *p = vz_path("%s", path);
	struct stat st;

	return p && stat(p, &st) == 0;
}

/* mountinfo has names without links and double slashes; VE_ROOT may have both */
static bool is_mount(const char *root, char **mounts, size_t n)
{
	_cleanup_free_ char *path = NULL, *real = NULL, *prefix = NULL;
	char *key;

	if (bsearch(&root, mounts, n, sizeof(*mounts), cmp_str))
		return true;
	path = vz_path("%s", root);
	real = path ? realpath(path, NULL) : NULL;
	prefix = vz_path("%s", "");
	if (!real || !prefix || strncmp(real, prefix, strlen(prefix)) != 0)
		return false;
	key = real + strlen(prefix);
	return strcmp(key, root) != 0 && bsearch(&key, mounts, n, sizeof(*mounts), cmp_str);
}

/* configuration and status; hides what has no private area */
static int read_confs(bool need_conf)
{
	_cleanup_free_ char *mountinfo = NULL;
	_cleanup_free_ char **mounts = NULL;
	const char *dumpdir = vz_conf_get(all.global, "DUMPDIR");
	size_t n_mounts = 0;

	for (size_t i = 0; i < all.n; i++) {
		struct ve *v = &all.v[i];
		const char *root, *private_dir;

		if (need_conf || v->status != ST_RUNNING) {
			_cleanup_free_ char *path = vz_path("/etc/vz/conf/%u.conf", v->id);
			_cleanup_error_ struct vz_error e = { 0 };

			if (path && vz_conf_load(path, 1, &v->conf, &e) < 0 && e.err != ENOENT)
				fprintf(stderr, "%s\n", e.msg ? e.msg : path);
		}
		root = key(v, "VE_ROOT");
		private_dir = key(v, "VE_PRIVATE");
		if (!root)
			root = vz_conf_get(all.global, "VE_ROOT");
		if (!private_dir)
			private_dir = vz_conf_get(all.global, "VE_PRIVATE");
		v->root = root ? vz_expand_veid(root, v->id) : NULL;
		v->private_dir = private_dir ? vz_expand_veid(private_dir, v->id) : NULL;

		if (v->status == ST_RUNNING)
			continue;
		if (!v->private_dir || !is_there(v->private_dir)) {
			v->hide = true;
			continue;
		}
		if (!mountinfo) {
			if (read_proc("/proc/self/mountinfo", &mountinfo) < 0)
				mountinfo = strdup("");
			if (!mountinfo)
				return -ENOMEM;
			n_mounts = read_mounts(mountinfo, &mounts);
		}
		if (dumpdir) {
			_cleanup_free_ char *dump = vz_asprintf("%s/Dump.%u", dumpdir, v->id);

			if (dump && is_there(dump))
				v->status = ST_SUSPENDED;
		}
		if (v->root && n_mounts && is_mount(v->root, mounts, n_mounts))
			v->status = ST_MOUNTED;
	}
	return 0;
}

/* ---- main ----------------------------------------------------------------- */

static const char usage_text[] =
"Usage:	vzlist [-a | -S] [-n] [-H] [-t] [-j] [-o field[,field...] | -1] [-s [-]field]\n"
"	       [-h pattern] [-N pattern] [-d pattern] [CTID [CTID ...]]\n"
"	vzlist -L | --list\n"
"\n"
"Options:\n"
"	-a, --all		list all containers\n"
"	-S, --stopped		list stopped containers\n"
"	-n, --name		display containers' names\n"
"	-H, --no-header		suppress columns header\n"
"	-t, --no-trim		do not trim long values\n"
"	-j, --json		output in JSON format\n"
"	-o, --output		output only specified fields\n"
"	-1			synonym for -H -octid\n"
"	-s, --sort		sort by the specified field\n"
"				('-field' to reverse sort order)\n"
"	-h, --hostname		filter CTs by hostname pattern\n"
"	-N, --name_filter	filter CTs by name pattern\n"
"	-d, --description	filter CTs by description pattern\n"
"	-L, --list		get possible field names\n";

static const struct option options[] = {
	{ "no-header", no_argument, NULL, 'H' },
	{ "no-trim", no_argument, NULL, 't' },
	{ "stopped", no_argument, NULL, 'S' },
	{ "all", no_argument, NULL, 'a' },
	{ "name", no_argument, NULL, 'n' },
	{ "json", no_argument, NULL, 'j' },
	{ "name_filter", required_argument, NULL, 'N' },
	{ "hostname", required_argument, NULL, 'h' },
	{ "description", required_argument, NULL, 'd' },
	{ "output", required_argument, NULL, 'o' },
	{ "sort", required_argument, NULL, 's' },
	{ "list", no_argument, NULL, 'L' },
	{ "help", no_argument, NULL, 'e' },
	{ NULL, 0, NULL, 0 },
};

static bool matches(const char *s, const char *pattern)
{
	return !pattern || (s && fnmatch(pattern, s, 0) == 0);
}

static int parse_fields(const char *text, bool json, struct column **ret, size_t *ret_n)
{
	struct column *cols = NULL;
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		struct column *p = realloc(cols, (n + 1) * sizeof(*p));

		if (!p) {
			free(cols);
			return -ENOMEM;
		}
		cols = p;
		memset(&cols[n], 0, sizeof(*cols));
		if (!find_field(text, len, &cols[n].f, cols[n].hdr)) {
			fprintf(stderr, "Unknown field: %.*s (vzlist -L lists the fields)\n", (int)len, text);
			free(cols);
			return -EINVAL;
		}
		if (cols[n].f.type != F_UBC)
			cols[n].hdr[0] = '\0';
		if (json && cols[n].f.index) {
			fprintf(stderr, "Field `%s' is not available in JSON output\n", cols[n].f.name);
			free(cols);
			return -EINVAL;
		}
		n++;
		text += len;
		if (!*text)
			break;
		text++;
	}
	*ret = cols;
	*ret_n = n;
	return 0;
}

static bool uses(const struct column *cols, size_t n, const struct field *sort, enum type t)
{
	for (size_t i = 0; i < n; i++) {
		if (cols[i].f.type == t)
			return true;
	}
	return sort && sort->type == t;
}

/* anything from CTID.conf, or are the kernel's lists enough? */
static bool uses_conf(const struct column *cols, size_t n, const struct field *sort)
{
	for (size_t i = 0; i < n; i++) {
		if (cols[i].f.type != F_CTID && cols[i].f.type != F_STATUS && cols[i].f.type != F_UPTIME)
			return true;
	}
	return sort != NULL;
}

int main(int argc, char *argv[])
{
	const char *fields = NULL, *host = NULL, *name = NULL, *desc = NULL;
	bool list_all = false, stopped = false, header = true, trim = true, json = false, reverse = false;
	_cleanup_error_ struct vz_error e = { 0 };
	_cleanup_free_ struct column *cols = NULL;
	_cleanup_free_ uint32_t *ids = NULL;
	_cleanup_free_ bool *show = NULL;
	struct column sort_col = { 0 };
	static char self[] = "vzlist";
	const struct field *sort = NULL;
	size_t n_cols = 0, n_ids = 0;
	bool every = false;
	int c, r;

	if (argc)
		argv[0] = self;	/* in messages of getopt */
	while ((c = getopt_long(argc, argv, "HtSanjN:h:d:o:s:Le1", options, NULL)) != -1) {
		switch (c) {
		case 'H': header = false; break;
		case 't': trim = false; break;
		case 'S': stopped = true; break;
		case 'a': list_all = true; break;
		case 'n': fields = NAME_FIELDS; break;
		case 'j': json = true; break;
		case 'N': name = optarg; break;
		case 'h': host = optarg; break;
		case 'd': desc = optarg; break;
		case 'o': fields = optarg; break;
		case '1': fields = "veid"; header = false; break;
		case 's':
			if (*optarg == '-') {
				reverse = true;
				optarg++;
			}
			if (!find_field(optarg, strlen(optarg), &sort_col.f, sort_col.hdr)) {
				fprintf(stderr, "Invalid sort field name: %s (vzlist -L lists the fields)\n", optarg);
				return 1;
			}
			sort = &sort_col.f;
			break;
		case 'L':
			for (size_t i = 0; i < NFIELDS; i++) {
				struct column col = { 0 };

				nth_field(i, &col.f, col.hdr);
				printf("%-15s %-15s\n", col.f.name, col.f.hdr);
			}
			return 0;
		case 'e':
			fputs(usage_text, stdout);
			return 0;
		default:
			fputs(usage_text, stderr);
			return 1;
		}
	}
	if (fields || !json) {
		if (parse_fields(fields ? fields : DEFAULT_FIELDS, json, &cols, &n_cols) < 0)
			return 1;
	} else {
		every = true;
	}
	if (!vz_is_root()) {
		fprintf(stderr, "This program can only be run under root.\n");
		return 1;
	}
	if (optind < argc) {
		ids = calloc((size_t)(argc - optind), sizeof(*ids));
		if (!ids)
			return 1;
	}
	for (; optind < argc; optind++) {
		uint32_t id;

		if (vz_ctid(argv[optind], &id) < 0 || !id) {
			fprintf(stderr, "CT ID %s is invalid.\n", argv[optind]);
			return 1;
		}
		ids[n_ids++] = id;
	}
	if (n_ids)
		qsort(ids, n_ids, sizeof(*ids), cmp_id);

	if (vz_global_load(&all.global, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	if (list_all || stopped || n_ids) {
		_cleanup_free_ uint32_t *have = NULL;
		size_t n_have;

		if (vz_ct_list(&have, &n_have, &e) < 0) {
			fprintf(stderr, "%s\n", e.msg);
			return 1;
		}
		for (size_t i = 0; i < n_have; i++) {
			if (wanted(ids, n_ids, have[i]) && !add_ve(have[i]))
				return 1;
		}
	}
	r = read_running(ids, n_ids);
	if (r < 0)
		return 1;
	if (!all.n) {
		/* nothing to list is an error only when something was asked for */
		fprintf(stderr, "Container(s) not found");
		for (size_t i = 0; i < n_ids; i++)
			fprintf(stderr, "%s %u", i ? "," : ":", ids[i]);
		fprintf(stderr, "\n");
		if (json)
			puts("[]");
		return n_ids ? 1 : 0;
	}
	if (every || uses(cols, n_cols, sort, F_UPTIME))
		read_uptimes();
	if (every || uses(cols, n_cols, sort, F_UBC) || uses(cols, n_cols, sort, F_VSWAP))
		read_ubc();
	if (read_confs(every || host || name || desc || uses_conf(cols, n_cols, sort)) < 0)
		return 1;
	if (sort && sort_by(sort) < 0)
		return 1;

	show = calloc(all.n, sizeof(*show));
	if (!show)
		return 1;
	for (size_t i = 0; i < all.n; i++) {
		const struct ve *v = &all.v[i];

		show[i] = !v->hide && !(stopped && v->status == ST_RUNNING) &&
			  matches(key(v, "HOSTNAME"), host) &&
			  (!name || matches(ve_name(v), name)) &&
			  matches(key(v, "DESCRIPTION"), desc);
	}
	if (json)
		return print_json(cols, n_cols, show, reverse) < 0;
	if (header && print_header(cols, n_cols) < 0)
		return 1;
	for (size_t i = 0; i < all.n; i++) {
		size_t idx = reverse ? all.n - 1 - i : i;

		if (show[idx] && print_row(&all.v[idx], cols, n_cols, trim) < 0)
			return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
