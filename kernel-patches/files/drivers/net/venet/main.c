// SPDX-License-Identifier: GPL-2.0-only
/*
 * venet: network device of containers. Start and end of the driver, and the
 * ties to the ve controller.
 *
 * The driver does not need CONFIG_VE. Without it a container is what root of
 * the host says it is: the network namespace in which a device with that id
 * was made; its addresses go with that namespace. With it they go as soon as
 * the container has stopped, /proc/vz/veinfo shows them, and /proc/vz/venetstat
 * and venetstat_v6 what traffic there was.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/notifier.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>
#if IS_ENABLED(CONFIG_VE)
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/ve.h>
#include <linux/ve_proc.h>
#endif
#include "acct.h"
#include "neigh.h"

struct venet_table venet_table;

#if IS_ENABLED(CONFIG_VE)
static int venet_ve_event(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	u32 veid = (unsigned long)data;

	if (event == VE_STOPPED)
		venet_ve_del(&venet_table, veid, NULL);
	return NOTIFY_DONE;
}

static struct notifier_block venet_ve_nb = {
	.notifier_call = venet_ve_event,
};

static void venetstat_print(struct seq_file *m, unsigned int family)
{
	u32 veid = 0;

	while ((veid = ve_proc_next(m, veid)))
		venet_acct_show(m, veid, family);
}

static int venetstat_show(struct seq_file *m, void *v)
{
	venetstat_print(m, VENET_V4);
	return 0;
}

static int venetstat_v6_show(struct seq_file *m, void *v)
{
	venetstat_print(m, VENET_V6);
	return 0;
}

/* The file's data is its family. */
static int venetstat_open(struct inode *inode, struct file *file)
{
	return ve_proc_open(file, pde_data(inode) ? venetstat_v6_show :
						    venetstat_show);
}

static const struct proc_ops venetstat_ops = {
	.proc_open	= venetstat_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

/* Whoever opens them is asked who he is, so that a CT can read its own. */
static int venet_proc_init(void)
{
	if (!proc_create_data("vz/venetstat", 0444, NULL, &venetstat_ops,
			      (void *)VENET_V4))
		return -ENOMEM;
	if (!proc_create_data("vz/venetstat_v6", 0444, NULL, &venetstat_ops,
			      (void *)VENET_V6)) {
		remove_proc_entry("vz/venetstat", NULL);
		return -ENOMEM;
	}
	return 0;
}

static void venet_proc_exit(void)
{
	remove_proc_entry("vz/venetstat_v6", NULL);
	remove_proc_entry("vz/venetstat", NULL);
}

static int venet_ve_init(void)
{
	int err;

	err = ve_register_notifier(&venet_ve_nb);
	if (err)
		return err;

	err = ve_register_addr_show(venet_addr_show);
	if (err)
		goto err_unregister_notifier;

	err = venet_proc_init();
	if (err)
		goto err_unregister_addr_show;

	return 0;

err_unregister_addr_show:
	ve_unregister_addr_show(venet_addr_show);
err_unregister_notifier:
	ve_unregister_notifier(&venet_ve_nb);
	return err;
}

static void venet_ve_exit(void)
{
	venet_proc_exit();
	ve_unregister_addr_show(venet_addr_show);
	ve_unregister_notifier(&venet_ve_nb);
}
#else
static int venet_ve_init(void)
{
	return 0;
}

static void venet_ve_exit(void)
{
}
#endif /* CONFIG_VE */

static int __init venet_init(void)
{
	int err;

	err = venet_table_init(&venet_table);
	if (err)
		return err;

	err = venet_dev_init();
	if (err) {
		pr_err("cannot create venet0: %d\n", err);
		goto err_free_table;
	}

	err = venet_neigh_init();
	if (err)
		goto err_exit_dev;

	err = genl_register_family(&venet_genl_family);
	if (err)
		goto err_exit_neigh;

	err = venet_ve_init();
	if (err)
		goto err_unregister_genl;

	return 0;

err_unregister_genl:
	genl_unregister_family(&venet_genl_family);
err_exit_neigh:
	venet_neigh_exit();
err_exit_dev:
	venet_dev_exit();
err_free_table:
	venet_table_destroy(&venet_table);
	return err;
}

static void __exit venet_exit(void)
{
	venet_ve_exit();
	genl_unregister_family(&venet_genl_family);
	venet_dev_exit();
	venet_neigh_exit();
	venet_table_destroy(&venet_table);
}

module_init(venet_init);
module_exit(venet_exit);

MODULE_DESCRIPTION("Virtual network device for containers");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK("venet");
MODULE_ALIAS_GENL_FAMILY(VENET_GENL_NAME);
