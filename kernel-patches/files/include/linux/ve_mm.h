/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User beancounters of containers (CTs): what address spaces are charged with,
 * privvmpages and lockedpages. See Documentation/admin-guide/vz/ubc.rst.
 *
 * What grows an address space charges before, what it may need at most; whoever
 * lets go of the mmap_lock settles that with what has come of it. So nothing has to
 * be undone where something fails.
 *
 * Everything below is empty when CONFIG_VE_UBC is off. An address space of the host
 * has no owner, which is all that is asked of it.
 */
#ifndef _LINUX_VE_MM_H
#define _LINUX_VE_MM_H

#include <linux/mm_types.h>

#ifdef CONFIG_VE_UBC

void ve_mm_init(struct mm_struct *mm);
void __ve_mm_exit(struct mm_struct *mm);
void __ve_mm_settle(struct mm_struct *mm);
int __ve_mm_charge(struct mm_struct *mm, unsigned long npages, bool need);
int __ve_mm_charge_locked(struct mm_struct *mm, unsigned long npages);
bool __ve_mm_guaranteed(struct mm_struct *mm);

/**
 * ve_mm_settle - charge an address space with what it has
 * @mm: the address space
 *
 * Context: the mmap_lock held for writing, or nobody else knows @mm.
 */
static inline void ve_mm_settle(struct mm_struct *mm)
{
	if (mm->ve.owner.ve &&
	    (mm->ve.privvm != mm->data_vm + mm->stack_vm ||
	     mm->ve.locked != mm->locked_vm))
		__ve_mm_settle(mm);
}

/**
 * ve_mm_exit - the address space is empty, and stays so
 * @mm: the address space
 *
 * Context: process context; nobody else uses @mm.
 */
static inline void ve_mm_exit(struct mm_struct *mm)
{
	if (mm->ve.owner.ve)
		__ve_mm_exit(mm);
}

/**
 * ve_mm_charge - charge privvmpages before an address space grows
 * @mm: the address space
 * @npages: pages of private memory that can be written
 * @need: the task cannot well go on without: stack, exec, mprotect(2)
 *
 * Context: as of ve_mm_settle(), which gives back what is not used.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_mm_charge(struct mm_struct *mm, unsigned long npages,
			       bool need)
{
	return mm->ve.owner.ve ? __ve_mm_charge(mm, npages, need) : 0;
}

/**
 * ve_mm_charge_locked - charge lockedpages before an address space grows
 * @mm: the address space
 * @npages: pages that will be locked in memory
 *
 * Context: as of ve_mm_settle(), which gives back what is not used.
 * Return: 0 or -ENOMEM.
 */
static inline int ve_mm_charge_locked(struct mm_struct *mm,
				      unsigned long npages)
{
	return mm->ve.owner.ve ? __ve_mm_charge_locked(mm, npages) : 0;
}

/**
 * ve_mm_guaranteed - is the CT of an address space inside its vmguarpages
 * @mm: the address space, or NULL
 *
 * Context: any.
 * Return: true if it may have more than the machine would promise.
 */
static inline bool ve_mm_guaranteed(struct mm_struct *mm)
{
	return mm && mm->ve.owner.ve && __ve_mm_guaranteed(mm);
}

#else /* !CONFIG_VE_UBC */

static inline void ve_mm_init(struct mm_struct *mm)
{
}

static inline void ve_mm_settle(struct mm_struct *mm)
{
}

static inline void ve_mm_exit(struct mm_struct *mm)
{
}

static inline int ve_mm_charge(struct mm_struct *mm, unsigned long npages,
			       bool need)
{
	return 0;
}

static inline int ve_mm_charge_locked(struct mm_struct *mm,
				      unsigned long npages)
{
	return 0;
}

static inline bool ve_mm_guaranteed(struct mm_struct *mm)
{
	return false;
}

#endif /* CONFIG_VE_UBC */
#endif /* _LINUX_VE_MM_H */
