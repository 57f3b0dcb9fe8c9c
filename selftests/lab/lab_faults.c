// SPDX-License-Identifier: GPL-2.0
/*
 * A module that does wrong on purpose, to prove that the lab notices.
 *
 *	insmod lab_faults.ko fault=NAME
 *
 * NAME: warn int3 rcu atomic ubsan list refcount leak hung lockdep.  Loading it
 * always fails with EAGAIN, so that the next one can follow.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *fault = "none";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "what to do wrong");

static int __rcu *pointer;
static DEFINE_SPINLOCK(lock_a);
static DEFINE_SPINLOCK(lock_b);
/* Nothing the compiler can see through. */
static volatile int forty = 40;

static void fault_atomic(void)
{
	spin_lock(&lock_a);
	might_sleep();
	spin_unlock(&lock_a);
}

/* In a thread of its own: the kernel may kill who does this. */
static int fault_list(void *unused)
{
	LIST_HEAD(head);
	struct list_head one, two;

	list_add(&one, &head);
	two = one;
	head.next = &two;
	list_del(&one);
	return 0;
}

static void fault_refcount(void)
{
	refcount_t r = REFCOUNT_INIT(1);
	bool last;

	last = refcount_dec_and_test(&r);
	last = refcount_dec_and_test(&r);
	pr_info("lab_faults: last %d\n", last);
}

static void fault_leak(void)
{
	void *p;
	int i;

	for (i = 0; i < 8; i++) {
		p = kmalloc(777, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
}

static void fault_lockdep(void)
{
	spin_lock(&lock_a);
	spin_lock(&lock_b);
	spin_unlock(&lock_b);
	spin_unlock(&lock_a);

	spin_lock(&lock_b);
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	spin_unlock(&lock_b);
}

static int __init lab_faults_init(void)
{
	if (!strcmp(fault, "warn"))
		WARN(1, "lab_faults was asked to warn\n");
	else if (!strcmp(fault, "int3"))
		asm volatile("int3");
	else if (!strcmp(fault, "rcu"))
		pr_info("lab_faults: %p\n", rcu_dereference(pointer));
	else if (!strcmp(fault, "atomic"))
		fault_atomic();
	else if (!strcmp(fault, "ubsan"))
		pr_info("lab_faults: %d\n", 1 << forty);
	else if (!strcmp(fault, "list"))
		kthread_run(fault_list, NULL, "lab_faults"), msleep(1000);
	else if (!strcmp(fault, "refcount"))
		fault_refcount();
	else if (!strcmp(fault, "leak"))
		fault_leak();
	else if (!strcmp(fault, "hung"))
		schedule_timeout_uninterruptible(20 * HZ);
	else if (!strcmp(fault, "lockdep"))
		fault_lockdep();
	return -EAGAIN;
}
module_init(lab_faults_init);

MODULE_DESCRIPTION("Faults for the lab's self-test");
MODULE_LICENSE("GPL");
