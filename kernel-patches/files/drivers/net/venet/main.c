// SPDX-License-Identifier: GPL-2.0-only
/*
 * venet: network device of containers. Start and end of the driver, and the
 * ties to the ve controller.
 *
 * The driver does not need CONFIG_VE. Without it a container is what root of
 * the host says it is: the network namespace in which a device with that id
 * was made; its addresses go with that namespace. With it they go as soon as
 * the container has stopped, and /proc/vz/veinfo shows them.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/notifier.h>
#include <net/genetlink.h>
#include <net/rtnetlink.h>
#if IS_ENABLED(CONFIG_VE)
#include <linux/ve.h>
#endif
#include "venet.h"

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

static int venet_ve_init(void)
{
	int err;

	err = ve_register_notifier(&venet_ve_nb);
	if (err)
		return err;

	err = ve_register_addr_show(venet_addr_show);
	if (err)
		ve_unregister_notifier(&venet_ve_nb);
	return err;
}

static void venet_ve_exit(void)
{
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

	err = genl_register_family(&venet_genl_family);
	if (err)
		goto err_exit_dev;

	err = venet_ve_init();
	if (err)
		goto err_unregister_genl;

	return 0;

err_unregister_genl:
	genl_unregister_family(&venet_genl_family);
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
	venet_table_destroy(&venet_table);
}

module_init(venet_init);
module_exit(venet_exit);

MODULE_DESCRIPTION("Virtual network device for containers");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK("venet");
MODULE_ALIAS_GENL_FAMILY(VENET_GENL_NAME);
