/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Containers (CTs): what the rest of the kernel may ask about them.
 *
 * A CT is a cgroup v2 directory whose ve.id is not 0; see
 * Documentation/admin-guide/vz/ve.rst for the user's contract.  The host is
 * CT0.  Everything below is empty when CONFIG_VE is off, and is behind one
 * static key until the first CT of this boot gets its id.
 */
#ifndef _LINUX_VE_H
#define _LINUX_VE_H

#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/jump_label.h>
#include <linux/notifier.h>
#include <linux/types.h>

struct pid;
struct pid_namespace;
struct seq_file;
struct super_block;
struct task_struct;
struct ve;

/* Ids a CT may have; 0 is the host. */
#define VE_ID_MIN	1
#define VE_ID_MAX	2147483644

/**
 * enum ve_notify - events of the CT notifier chain
 * @VE_STARTED: the CT's init has asked to START; its namespaces are final
 *	and no foreign task has entered yet.  An error (notifier_from_errno())
 *	refuses the start, and those called before get @VE_STOPPED.
 * @VE_STOPPED: the last task of the CT is gone.  The CT cannot be started
 *	again before the whole chain has returned.  Comes as well for a CT whose
 *	init died before it asked to START.
 *
 * The data pointer of the chain is the CT's id, cast to a pointer.
 */
enum ve_notify {
	VE_STARTED,
	VE_STOPPED,
};

#ifdef CONFIG_VE

DECLARE_STATIC_KEY_FALSE(ve_key);

u32 __ve_task_id(struct task_struct *task);
struct ve *__ve_current(void);
int __ve_device_permission(short type, u32 major, u32 minor, short access);
bool __ve_proc_hidden(struct super_block *sb, const char *name);
bool __ve_loadavg_show(struct seq_file *m);
bool __ve_stat_show(struct seq_file *m);
u64 __ve_idle_time(u64 idle);
unsigned int __ve_next_cpu(int cpu);
void __ve_first_cpus(struct cpumask *mask);
void __ve_all_cpus(struct cpumask *mask);
ssize_t __ve_show_cpus(char *buf);

u32 ve_id(const struct ve *ve);
struct ve *ve_get_by_id(u32 id);
void ve_put(struct ve *ve);
int ve_register_notifier(struct notifier_block *nb);
int ve_unregister_notifier(struct notifier_block *nb);
int ve_register_addr_show(void (*fn)(struct seq_file *m, u32 veid));
void ve_unregister_addr_show(void (*fn)(struct seq_file *m, u32 veid));
void ve_proc_pid_status(struct seq_file *m, struct pid_namespace *ns,
			struct pid *pid, struct task_struct *task);

/**
 * ve_task_id - id of the CT that a task belongs to
 * @task: the task; the caller holds a reference or RCU.  A zombie still
 *	belongs to the CT it died in.
 *
 * Context: any.  Takes only RCU.
 * Return: the id, 0 for a task of the host.
 */
static inline u32 ve_task_id(struct task_struct *task)
{
	return static_branch_unlikely(&ve_key) ? __ve_task_id(task) : 0;
}

/**
 * ve_current - the CT of the current task
 *
 * Context: task context.  A task never leaves its CT, so the pointer stays
 * valid for as long as the task itself uses it.
 * Return: the CT, NULL on the host.
 */
static inline struct ve *ve_current(void)
{
	return static_branch_unlikely(&ve_key) ? __ve_current() : NULL;
}

/**
 * ve_device_permission - may the current task use this device
 * @type: DEVCG_DEV_BLOCK or DEVCG_DEV_CHAR
 * @major: major number
 * @minor: minor number
 * @access: DEVCG_ACC_* mask
 *
 * Context: any task context; takes a spinlock for tasks of a CT.
 * Return: 0 or -EPERM.  Always 0 for tasks of the host.
 */
static inline int ve_device_permission(short type, u32 major, u32 minor,
				       short access)
{
	return static_branch_unlikely(&ve_key) ?
		__ve_device_permission(type, major, minor, access) : 0;
}

/**
 * ve_proc_hidden - is this name absent from this instance of procfs
 * @sb: the procfs instance that is looked at
 * @top: the name stands directly below /proc
 * @name: name of the entry
 *
 * Context: any, also under a spinlock.  Takes only RCU.
 * Return: true if @sb is the procfs of a CT and CTs do not have @name.
 */
static inline bool ve_proc_hidden(struct super_block *sb, bool top,
				  const char *name)
{
	return static_branch_unlikely(&ve_key) && top &&
		__ve_proc_hidden(sb, name);
}

/**
 * ve_loadavg_show - print /proc/loadavg for a task of a CT
 * @m: where to
 *
 * Context: process context, may sleep.
 * Return: false if the machine's is to be printed.
 */
static inline bool ve_loadavg_show(struct seq_file *m)
{
	return static_branch_unlikely(&ve_key) && __ve_loadavg_show(m);
}

/**
 * ve_stat_show - print /proc/stat for a task of a CT
 * @m: where to
 *
 * Context: process context, may sleep.
 * Return: false if the machine's is to be printed.
 */
static inline bool ve_stat_show(struct seq_file *m)
{
	return static_branch_unlikely(&ve_key) && __ve_stat_show(m);
}

/**
 * ve_idle_time - what the current task's CT has left unused of the CPUs
 * @idle: what the machine has, ns
 *
 * Context: process context, may sleep.
 * Return: ns; @idle on the host.
 */
static inline u64 ve_idle_time(u64 idle)
{
	return static_branch_unlikely(&ve_key) ? __ve_idle_time(idle) : idle;
}

/**
 * ve_next_cpu - the CPUs that are online, for /proc/cpuinfo
 * @cpu: one of them, or -1
 *
 * Context: process context, may sleep.
 * Return: the next one that the current task is to see; nr_cpu_ids if there is none.
 */
static inline unsigned int ve_next_cpu(int cpu)
{
	return static_branch_unlikely(&ve_key) ? __ve_next_cpu(cpu) :
		cpumask_next(cpu, cpu_online_mask);
}

/**
 * ve_first_cpus - leave as many CPUs as the current task's CT may be on at once
 * @mask: of CPUs; those with the lowest numbers are left
 *
 * Context: any.
 */
static inline void ve_first_cpus(struct cpumask *mask)
{
	if (static_branch_unlikely(&ve_key))
		__ve_first_cpus(mask);
}

/**
 * ve_all_cpus - what a task of a CT means by a set of CPUs
 * @mask: the set; becomes all CPUs if it has all that the task sees
 *
 * Who asks for all CPUs that there are does not want to be kept on them, and the
 * numbers of those that a CT sees are no better than others.
 * Context: process context, may sleep.
 */
static inline void ve_all_cpus(struct cpumask *mask)
{
	if (static_branch_unlikely(&ve_key))
		__ve_all_cpus(mask);
}

/**
 * ve_show_cpus - print the CPUs that a task of a CT sees, for sysfs
 * @buf: where to, a page
 * @mask: what the machine has to show
 *
 * Context: process context, may sleep.
 * Return: the length; 0 if the machine's is to be printed.
 */
static inline ssize_t ve_show_cpus(char *buf, const struct cpumask *mask)
{
	return static_branch_unlikely(&ve_key) && mask == cpu_online_mask ?
		__ve_show_cpus(buf) : 0;
}

#else /* !CONFIG_VE */

static inline u32 ve_task_id(struct task_struct *task)
{
	return 0;
}

static inline struct ve *ve_current(void)
{
	return NULL;
}

static inline u32 ve_id(const struct ve *ve)
{
	return 0;
}

static inline struct ve *ve_get_by_id(u32 id)
{
	return NULL;
}

static inline void ve_put(struct ve *ve)
{
}

static inline int ve_register_notifier(struct notifier_block *nb)
{
	return 0;
}

static inline int ve_unregister_notifier(struct notifier_block *nb)
{
	return 0;
}

static inline int ve_register_addr_show(void (*fn)(struct seq_file *m,
						   u32 veid))
{
	return 0;
}

static inline void ve_unregister_addr_show(void (*fn)(struct seq_file *m,
						      u32 veid))
{
}

static inline void ve_proc_pid_status(struct seq_file *m,
				      struct pid_namespace *ns,
				      struct pid *pid,
				      struct task_struct *task)
{
}

static inline unsigned int ve_next_cpu(int cpu)
{
	return cpumask_next(cpu, cpu_online_mask);
}

static inline void ve_first_cpus(struct cpumask *mask)
{
}

static inline void ve_all_cpus(struct cpumask *mask)
{
}

static inline ssize_t ve_show_cpus(char *buf, const struct cpumask *mask)
{
	return 0;
}

static inline int ve_device_permission(short type, u32 major, u32 minor,
				       short access)
{
	return 0;
}

static inline bool ve_proc_hidden(struct super_block *sb, bool top,
				  const char *name)
{
	return false;
}

static inline bool ve_loadavg_show(struct seq_file *m)
{
	return false;
}

static inline bool ve_stat_show(struct seq_file *m)
{
	return false;
}

static inline u64 ve_idle_time(u64 idle)
{
	return idle;
}

#endif /* CONFIG_VE */
#endif /* _LINUX_VE_H */
