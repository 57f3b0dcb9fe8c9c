// SPDX-License-Identifier: GPL-2.0
/*
 * What procfs says about CTs:
 *
 * /proc/vz/version	everybody
 * /proc/vz/veinfo	"%10u %5u %5u" id, class (always 0), tasks; addresses
 * /proc/vz/vestat	CPU time and uptime
 * /proc/vz/devperms	allowed devices beyond what every CT has
 * /proc/fairsched	weight, limit and number of CPUs, as OpenVZ's scheduler had it
 * /proc/fairsched2	the same, of its later versions
 * /proc/vz/vzquota	the disk of CTs: usage and limits; everybody may read it
 * /proc/vz/venetstat{,_v6}	traffic of CTs; made by drivers/net/venet
 * /proc/user_beancounters	beancounters, as OpenVZ has always shown them
 * /proc/bc/resources	the same of all CTs, with swappages
 * /proc/bc/ID/resources	of one CT
 * /proc/bc/ID/precharge	what its CPUs keep of them
 * /proc/bc/ID/ioacct	bytes that it has read and written
 * /proc/bc/		exists on the host only: with /proc/vz, this is how
 *			systemd-detect-virt and virt-what know a CT
 * /proc/PID/status	envID and VPid
 *
 * The files show all CTs to the host and a CT its own line.  Opening the
 * other ones needs CAP_SYS_ADMIN: on the host, or in the user namespace of the
 * CT's init; EACCES otherwise.
 */
#include <linux/capability.h>
#include <linux/cpumask.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>
#include <linux/ve_proc.h>

#include "internal.h"

#define VZVERSION	"612vz1.0"

/* OpenVZ's kernels ran at 1000 Hz, so that is what "jiffies" means here. */
#define VE_JIFFY_NSEC	(NSEC_PER_SEC / 1000)

static DECLARE_RWSEM(ve_addr_rwsem);
static void (*ve_addr_show)(struct seq_file *m, u32 veid);

/**
 * ve_register_addr_show - tell /proc/vz/veinfo the addresses of CTs
 * @fn: prints the addresses of a CT, each as " %15s" or " %39s" (IPv6).  May
 *	sleep.
 *
 * Return: 0, or -EBUSY if there is one already.
 */
int ve_register_addr_show(void (*fn)(struct seq_file *m, u32 veid))
{
	int err = 0;

	down_write(&ve_addr_rwsem);
	if (ve_addr_show)
		err = -EBUSY;
	else
		ve_addr_show = fn;
	up_write(&ve_addr_rwsem);
	return err;
}
EXPORT_SYMBOL_GPL(ve_register_addr_show);

/**
 * ve_unregister_addr_show - undo ve_register_addr_show()
 * @fn: is not called any more when this returns
 */
void ve_unregister_addr_show(void (*fn)(struct seq_file *m, u32 veid))
{
	down_write(&ve_addr_rwsem);
	if (ve_addr_show == fn)
		ve_addr_show = NULL;
	up_write(&ve_addr_rwsem);
}
EXPORT_SYMBOL_GPL(ve_unregister_addr_show);

/* ---- /proc/vz ---- */

/* The next CT after @id that the reader may see, with a reference. */
static struct ve *next_seen(struct seq_file *m, unsigned long *id)
{
	unsigned long only = (unsigned long)m->private;
	struct ve *ve;

	if (only) {
		if (*id >= only)
			return NULL;
		*id = only - 1;
	}
	while ((ve = ve_next(id))) {
		if (only && *id != only) {
			ve_put(ve);
			return NULL;
		}
		if (ve_is_up(ve))
			return ve;
		ve_put(ve);
	}
	return NULL;
}

static int version_show(struct seq_file *m, void *v)
{
	seq_puts(m, VZVERSION "\n");
	return 0;
}

/* The tasks of the host: those that are no CT's. At least whoever asks is one. */
static unsigned int host_tasks(void)
{
	int n = READ_ONCE(nr_threads);
	unsigned long id = 0;
	struct ve *ve;

	while ((ve = ve_next(&id))) {
		n -= atomic_read(&ve->nr_tasks);
		ve_put(ve);
	}
	return max(n, 1);
}

static int veinfo_show(struct seq_file *m, void *v)
{
	unsigned long id = 0;
	struct ve *ve;

	if (!m->private)
		seq_printf(m, "%10u %5u %5u\n", 0, 0, host_tasks());
	while ((ve = next_seen(m, &id))) {
		seq_printf(m, "%10u %5u %5u", ve_id(ve), 0,
			   atomic_read(&ve->nr_tasks));
		down_read(&ve_addr_rwsem);
		if (ve_addr_show)
			ve_addr_show(m, ve_id(ve));
		up_read(&ve_addr_rwsem);
		seq_putc(m, '\n');
		ve_put(ve);
	}
	return 0;
}

static int vestat_show(struct seq_file *m, void *v)
{
	static const char * const columns[] = {
		"VEID", "user", "nice", "system", "uptime", "idle", "strv",
		"uptime", "used", "maxlat", "totlat", "numsched",
	};
	unsigned long id = 0;
	struct ve *ve;
	int i;

	seq_printf(m, "%-251s\n", "Version: 2.2");
	for (i = 0; i < ARRAY_SIZE(columns); i++)
		seq_printf(m, "%s%20s", i ? " " : "", columns[i]);
	seq_putc(m, '\n');

	while ((ve = next_seen(m, &id))) {
		u64 cpu[4], base[4], uptime, idle;
		struct ve_wait wait;

		ve_cpu_times(ve, cpu);
		ve_get_wait(ve, &wait);
		spin_lock(&ve->lock);
		memcpy(base, ve->start_cpu, sizeof(base));
		uptime = ktime_get_boottime_ns() - ve->start_time;
		spin_unlock(&ve->lock);
		for (i = 0; i < 4; i++)
			cpu[i] -= min(base[i], cpu[i]);

		/* of the CPUs that it could have used */
		idle = uptime * num_online_cpus();
		idle -= min(cpu[3], idle);

		/*
		 * strv was 0 in the last kernels of OpenVZ as well.  Who has waited longest
		 * is not kept.
		 */
		seq_printf(m, "%20u %20llu %20llu %20llu %20llu %20llu %20u %20llu %20llu %20u %20llu %20llu\n",
			   ve_id(ve), div_u64(cpu[0], VE_JIFFY_NSEC),
			   div_u64(cpu[1], VE_JIFFY_NSEC),
			   div_u64(cpu[2], VE_JIFFY_NSEC),
			   div_u64(uptime, VE_JIFFY_NSEC), idle, 0, uptime,
			   cpu[3], 0, (u64)atomic64_read(&wait.delay),
			   (u64)atomic64_read(&wait.runs));
		ve_put(ve);
	}
	return 0;
}

static int devperms_show(struct seq_file *m, void *v)
{
	unsigned long id = 0;
	unsigned int i;
	struct ve *ve;

	seq_puts(m, "Version: 2.7\n");
	if (!m->private)
		seq_printf(m, "%10u b 016 *:*\n%10u c 006 *:*\n", 0, 0);
	while ((ve = next_seen(m, &id))) {
		spin_lock(&ve->lock);
		for (i = 0; i < ve->nr_devices; i++) {
			char num[24];

			ve_format_device(&ve->devices[i], num, sizeof(num));
			seq_printf(m, "%10u %c %03o %s\n", ve->id,
				   ve->devices[i].type, ve->devices[i].perm,
				   num);
		}
		spin_unlock(&ve->lock);
		ve_put(ve);
	}
	return 0;
}

/* Those of the host's tasks that run or could. */
static unsigned int host_running(void)
{
	unsigned long id = 0;
	struct ve *ve;
	int n = 0;

	while ((ve = ve_next(&id))) {
		n -= ve_nr_running(ve);
		ve_put(ve);
	}
	return max_t(int, n + nr_running(), 1);
}

static int show_fairsched(struct seq_file *m, bool old)
{
	unsigned long id = 0;
	struct ve *ve;

	ve_fairsched_header(m, old);
	if (!m->private)
		ve_fairsched_show_host(m, host_tasks(), host_running(), old);
	while ((ve = next_seen(m, &id))) {
		ve_fairsched_show(m, ve, old);
		ve_put(ve);
	}
	return 0;
}

static int fairsched_show(struct seq_file *m, void *v)
{
	return show_fairsched(m, true);
}

static int fairsched2_show(struct seq_file *m, void *v)
{
	return show_fairsched(m, false);
}

static int vzquota_show(struct seq_file *m, void *v)
{
	unsigned long id = 0;
	struct ve *ve;

	if (!m->private)
		seq_printf(m, "%-11s%15s%15s%15s%11s%11s\n", "qid: path",
			   "usage", "softlimit", "hardlimit", "time", "expire");
	while ((ve = next_seen(m, &id))) {
		ve_quota_stat_show(m, ve, !m->private);
		ve_put(ve);
	}
	return 0;
}

/*
 * Who opens decides what is seen: the private pointer of the seq_file is the
 * id of the opener's CT, 0 for the host.
 */
static void *opener(void)
{
	struct ve *ve = ve_current();

	return (void *)(unsigned long)(ve ? ve_id(ve) : 0);
}

static int open_public(struct file *file,
		       int (*show)(struct seq_file *, void *))
{
	return single_open(file, show, opener());
}

static int may_open_vz(void)
{
	struct user_namespace *user_ns = &init_user_ns;
	struct ve *ve = ve_current();

	if (ve) {
		/* Set once, by a START that current cannot outlive. */
		spin_lock(&ve->lock);
		if (ve->user_ns)
			user_ns = ve->user_ns;
		spin_unlock(&ve->lock);
	}
	return ns_capable_noaudit(user_ns, CAP_SYS_ADMIN) ? 0 : -EACCES;
}

/**
 * ve_proc_open - open a file of /proc/vz
 * @file: the file; the rest of its operations are those of single_open()
 * @show: prints it; asks ve_proc_next() for the CTs to print
 *
 * For drivers that have files there.
 * Context: process context, may sleep.
 * Return: 0, -EACCES for who may not see it, or -ENOMEM.
 */
int ve_proc_open(struct file *file, int (*show)(struct seq_file *m, void *v))
{
	return may_open_vz() ?: open_public(file, show);
}
EXPORT_SYMBOL_GPL(ve_proc_open);

/**
 * ve_proc_next - the next CT that a file of /proc/vz shows
 * @m: a file that ve_proc_open() has opened
 * @id: a CT, or 0 for the first one
 *
 * Context: may sleep.
 * Return: the id of a CT that runs, or did a moment ago: all of them to the
 * host, to a CT its own; 0: no more.
 */
u32 ve_proc_next(struct seq_file *m, u32 id)
{
	unsigned long next = id;
	struct ve *ve = next_seen(m, &next);

	if (!ve)
		return 0;
	ve_put(ve);
	return next;
}
EXPORT_SYMBOL_GPL(ve_proc_next);

#define VZ_FILE(name, open)						\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return open(file, name##_show);					\
}									\
									\
static const struct proc_ops name##_ops = {				\
	.proc_open	= name##_open,					\
	.proc_read	= seq_read,					\
	.proc_lseek	= seq_lseek,					\
	.proc_release	= single_release,				\
}

VZ_FILE(veinfo, ve_proc_open);
VZ_FILE(vestat, ve_proc_open);
VZ_FILE(devperms, ve_proc_open);
VZ_FILE(fairsched, ve_proc_open);
VZ_FILE(fairsched2, ve_proc_open);
VZ_FILE(vzquota, open_public);

/*
 * Beancounters: a record for each CT, after that of the header. The position is the
 * id of the CT, or 0.
 */
static void *ub_get(struct seq_file *m, loff_t *pos, unsigned long id)
{
	struct ve *ve = next_seen(m, &id);

	*pos = ve ? id : VE_ID_MAX + 1LL;
	return ve;
}

static void *ub_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? ub_get(m, pos, *pos - 1) : SEQ_START_TOKEN;
}

static void ub_stop(struct seq_file *m, void *v)
{
	if (v && v != SEQ_START_TOKEN)
		ve_put(v);
}

static void *ub_next(struct seq_file *m, void *v, loff_t *pos)
{
	ub_stop(m, v);
	return ub_get(m, pos, *pos);
}

static int ub_show(struct seq_file *m, void *v, bool old)
{
	if (v == SEQ_START_TOKEN)
		ve_ubc_print_header(m);
	else
		ve_ubc_print(m, v, true, old);
	return 0;
}

static int user_beancounters_show(struct seq_file *m, void *v)
{
	return ub_show(m, v, true);
}

static int bc_resources_show(struct seq_file *m, void *v)
{
	return ub_show(m, v, false);
}

#define UB_FILE(name)							\
static const struct seq_operations name##_seq_ops = {			\
	.start	= ub_start,						\
	.next	= ub_next,						\
	.stop	= ub_stop,						\
	.show	= name##_show,						\
};									\
									\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	int err = may_open_vz() ?: seq_open(file, &name##_seq_ops);	\
									\
	if (!err)							\
		((struct seq_file *)file->private_data)->private =	\
			opener();					\
	return err;							\
}									\
									\
static const struct proc_ops name##_ops = {				\
	.proc_open	= name##_open,					\
	.proc_read	= seq_read,					\
	.proc_lseek	= seq_lseek,					\
	.proc_release	= seq_release,					\
}

UB_FILE(user_beancounters);
UB_FILE(bc_resources);

/* ---- /proc/bc ---- */

static struct proc_dir_entry *bc_dir;

/* Print something of the CT that a directory is about, while there is one. */
static int show_ct(struct seq_file *m,
		   void (*show)(struct seq_file *m, struct ve *ve))
{
	struct ve *ve = ve_get_by_id((unsigned long)m->private);

	if (ve)
		show(m, ve);
	ve_put(ve);
	return 0;
}

static void print_resources(struct seq_file *m, struct ve *ve)
{
	ve_ubc_print(m, ve, false, false);
}

static int ct_resources_show(struct seq_file *m, void *v)
{
	return show_ct(m, print_resources);
}

static int ct_precharge_show(struct seq_file *m, void *v)
{
	return show_ct(m, ve_ubc_print_precharge);
}

static int ct_ioacct_show(struct seq_file *m, void *v)
{
	return show_ct(m, ve_io_show);
}

/**
 * ve_proc_add - there is a new CT
 * @id: its id
 *
 * Context: may sleep.  Without memory it has no directory, and nothing else
 * is wrong.
 */
void ve_proc_add(u32 id)
{
	struct proc_dir_entry *dir;
	char name[12];

	if (!IS_ENABLED(CONFIG_VE_UBC))
		return;
	snprintf(name, sizeof(name), "%u", id);
	dir = proc_mkdir_mode(name, 0500, bc_dir);
	if (!dir)
		return;
	proc_create_single_data("resources", 0400, dir, ct_resources_show,
				(void *)(unsigned long)id);
	proc_create_single_data("precharge", 0400, dir, ct_precharge_show,
				(void *)(unsigned long)id);
	proc_create_single_data("ioacct", 0400, dir, ct_ioacct_show,
				(void *)(unsigned long)id);
}

/**
 * ve_proc_remove - a CT is gone
 * @id: its id
 *
 * Context: may sleep.  Waits for readers.
 */
void ve_proc_remove(u32 id)
{
	char name[12];

	if (!IS_ENABLED(CONFIG_VE_UBC))
		return;
	snprintf(name, sizeof(name), "%u", id);
	remove_proc_subtree(name, bc_dir);
}

static int __init ve_proc_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("vz", NULL);

	bc_dir = proc_mkdir_mode("bc", 0500, NULL);
	if (!dir || !bc_dir)
		return -ENOMEM;
	if (!proc_create_single("version", 0444, dir, version_show) ||
	    !proc_create("veinfo", 0444, dir, &veinfo_ops) ||
	    !proc_create("vestat", 0444, dir, &vestat_ops) ||
	    !proc_create("devperms", 0444, dir, &devperms_ops) ||
	    (IS_ENABLED(CONFIG_VE_CPU) &&
	     (!proc_create("fairsched", 0444, NULL, &fairsched_ops) ||
	      !proc_create("fairsched2", 0444, NULL, &fairsched2_ops))) ||
	    (IS_ENABLED(CONFIG_VE_QUOTA) &&
	     !proc_create("vzquota", 0444, dir, &vzquota_ops)) ||
	    (IS_ENABLED(CONFIG_VE_UBC) &&
	     (!proc_create("user_beancounters", 0444, NULL,
			   &user_beancounters_ops) ||
	      !proc_create("resources", 0400, bc_dir, &bc_resources_ops))))
		return -ENOMEM;
	return 0;
}
fs_initcall(ve_proc_init);

/* ---- /proc/PID/status ---- */

/**
 * ve_proc_pid_status - print envID and VPid
 * @m: /proc/PID/status
 * @ns: pid namespace of that procfs
 * @pid: what was looked up
 * @task: the task it stands for, a zombie perhaps
 *
 * VPid is the pid that the CT's init would see, 0 for a task that has
 * entered the CT but not its pid namespace.
 */
void ve_proc_pid_status(struct seq_file *m, struct pid_namespace *ns,
			struct pid *pid, struct task_struct *task)
{
	struct cgroup_subsys_state *css = task_get_css(task, ve_cgrp_id);
	struct ve *ve = css_ve(css);
	pid_t vpid = pid_nr_ns(pid, ns);

	if (ve_id(ve)) {
		spin_lock(&ve->lock);
		if (ve->init_pid)
			vpid = pid_nr_ns(pid, ns_of_pid(ve->init_pid));
		spin_unlock(&ve->lock);
	}

	seq_put_decimal_ull(m, "envID:\t", ve_id(ve));
	seq_put_decimal_ull(m, "\nVPid:\t", vpid);
	seq_putc(m, '\n');
	css_put(css);
}

/* ---- names that CTs do not have ---- */

/*
 * What a CT has directly below /proc, besides its processes: what its programs
 * need and what is its own.  All else shows or steers the machine, and with
 * it goes what modules may add; "bc" is the mark of a host.
 */
static const char * const shown[] = {
	"cgroups", "cmdline", "config.gz", "cpuinfo", "crypto", "devices",
	"fairsched", "fairsched2", "filesystems", "fs", "key-users", "keys",
	"kmsg", "loadavg", "locks", "meminfo", "misc", "modules", "mounts",
	"net", "self", "stat", "swaps", "sys", "sysvipc", "thread-self", "tty",
	"uptime", "user_beancounters", "version", "vmstat", "vz",
};

/* Out of line half of ve_proc_hidden(). */
bool __ve_proc_hidden(struct super_block *sb, const char *name)
{
	struct task_struct *init;
	bool ct;
	int i;

	for (i = 0; i < ARRAY_SIZE(shown); i++)
		if (!strcmp(name, shown[i]))
			return false;

	/*
	 * Names are cached per instance, so the instance decides, not the
	 * reader: it is a CT's if the first process of its pid namespace is.
	 */
	rcu_read_lock();
	init = pid_task(find_pid_ns(1, proc_pid_ns(sb)), PIDTYPE_TGID);
	/* without one the namespace is dead, and not the host's */
	ct = !init || ve_task_id(init);
	rcu_read_unlock();
	return ct;
}
