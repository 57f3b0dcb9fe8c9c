// SPDX-License-Identifier: GPL-2.0
/*
 * Disk I/O of a CT: that of its tasks, which task I/O accounting counts, and of
 * those that are gone.
 */
#include <linux/cgroup.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#include "internal.h"

#ifdef CONFIG_TASK_IO_ACCOUNTING
static void io_add(struct ve_io *io, const struct task_io_accounting *ioac)
{
	atomic64_add(ioac->read_bytes, &io->read);
	atomic64_add(ioac->write_bytes, &io->write);
	atomic64_add(ioac->cancelled_write_bytes, &io->cancel);
}

/**
 * ve_io_exit - keep what a task has read and written
 * @ve: the css of the task
 * @task: exits
 */
void ve_io_exit(struct ve *ve, struct task_struct *task)
{
	if (ve_id(ve))
		io_add(&ve->io, &task->ioac);
}

static void io_add_live(struct ve_io *io, struct ve *ve)
{
	struct task_struct *p, *t;

	rcu_read_lock();
	for_each_process_thread(p, t) {
		if (!(READ_ONCE(t->flags) & PF_EXITING) &&
		    css_ve(task_css(t, ve_cgrp_id)) == ve)
			io_add(io, &t->ioac);
	}
	rcu_read_unlock();
}
#else
void ve_io_exit(struct ve *ve, struct task_struct *task)
{
}

static void io_add_live(struct ve_io *io, struct ve *ve)
{
}
#endif

static void show(struct seq_file *m, const char *name, const atomic64_t *bytes)
{
	seq_printf(m, "\t%-20s %21llu\n", name,
		   (unsigned long long)atomic64_read(bytes));
}

/**
 * ve_io_show - /proc/bc/ID/ioacct: the lines of OpenVZ whose values are known
 * @m: where to
 * @ve: the CT
 *
 * Context: process context.  Looks at all tasks of the machine.
 */
void ve_io_show(struct seq_file *m, struct ve *ve)
{
	struct ve_io io;

	atomic64_set(&io.read, atomic64_read(&ve->io.read));
	atomic64_set(&io.write, atomic64_read(&ve->io.write));
	atomic64_set(&io.cancel, atomic64_read(&ve->io.cancel));
	io_add_live(&io, ve);
	show(m, "read", &io.read);
	show(m, "write", &io.write);
	show(m, "dirty", &io.write);
	show(m, "cancel", &io.cancel);
}
