/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Error objects of libvz.
 *
 * Library functions return 0 or -errno and fill a struct vz_error, which the
 * caller passes as their last argument.  The text names the object and the
 * remedy and has no trailing dot; callers add context as it travels up.  Only
 * the tools print it, once.
 */
#ifndef VZ_ERROR_H
#define VZ_ERROR_H

#include <stdarg.h>

/* Exit codes of vzctl 4.x; they never change meaning. */
enum vz_exit {
	VZ_OK			= 0,
	VZ_SETUBC_ERROR		= 1,
	VZ_SETFSHD_ERROR	= 2,
	VZ_SYSTEM_ERROR		= 3,
	VZ_BAD_KERNEL		= 5,
	VZ_RESOURCE_ERROR	= 6,
	VZ_ENVCREATE_ERROR	= 7,
	VZ_COMMAND_EXECUTION_ERROR = 8,
	VZ_LOCKED		= 9,
	VZ_GLOBAL_CONFIG_NOT_FOUND = 10,
	VZ_SCRIPT_NOT_FOUND	= 11,
	VZ_NO_ACCES		= 12,
	VZ_CAP_ERROR		= 13,
	VZ_CONFIG_NOT_FOUND	= 14,
	VZ_EXEC_TIMEOUT		= 15,
	VZ_CHKPNT_ERROR		= 16,
	VZ_RESTORE_ERROR	= 17,
	VZ_SETLUID_ERROR	= 18,
	VZ_INVALID_PARAMETER_SYNTAX = 20,
	VZ_INVALID_PARAMETER_VALUE = 21,
	VZ_VE_ROOT_NOTSET	= 22,
	VZ_VE_PRIVATE_NOTSET	= 23,
	VZ_VE_TMPL_NOTSET	= 24,
	VZ_NOTENOUGH_PARAMS	= 27,
	VZ_NOTENOUGH_UBC	= 28,
	VZ_VE_PKGSET_NOTSET	= 29,
	VZ_VE_NOT_RUNNING	= 31,
	VZ_VE_RUNNING		= 32,
	VZ_STOP_ERROR		= 33,
	VZ_ADD_IP_ERROR		= 34,
	VZ_VALIDATE_ERROR	= 35,
	VZ_OVERCOMMIT_ERROR	= 36,
	VZ_FS_NOT_MOUNTED	= 40,
	VZ_FS_MOUNTED		= 41,
	VZ_FS_NOPRVT		= 43,
	VZ_FS_PRVT_EXIST	= 44,
	VZ_FS_NO_DISK_SPACE	= 46,
	VZ_FS_BAD_TMPL		= 47,
	VZ_FS_NEW_VE_PRVT	= 48,
	VZ_FS_MPOINTCREATE	= 49,
	VZ_FS_CANTMOUNT		= 50,
	VZ_FS_CANTUMOUNT	= 51,
	VZ_FS_DEL_PRVT		= 52,
	VZ_UNK_MOUNT_TYPE	= 53,
	VZ_CANT_CREATE_DIR	= 54,
	VZ_DQ_ON		= 60,
	VZ_DQ_INIT		= 61,
	VZ_DQ_SET		= 62,
	VZ_DISKSPACE_NOT_SET	= 63,
	VZ_DISKINODES_NOT_SET	= 64,
	VZ_DQ_UGID		= 65,
	VZ_DQ_OFF		= 66,
	VZ_DQ_UGID_NOTINIT	= 67,
	VZ_GET_QUOTA_USAGE	= 68,
	VZ_SET_HOSTNAME_ERROR	= 70,	/* bad hostname */
	VZ_BAD_IP		= 71,
	VZ_SET_DNS_ERROR	= 72,
	VZ_SET_SEARCHDOMAIN	= 73,
	VZ_CHANGEPASS		= 74,
	VZ_VE_LCKDIR_NOTSET	= 77,
	VZ_IP_INUSE		= 78,
	VZ_ACTIONSCRIPT_ERROR	= 79,
	VZ_CP_CONFIG		= 82,
	VZ_INVALID_CONFIG	= 85,
	VZ_SET_DEVICES		= 86,
	VZ_IP_NA		= 89,
	VZ_OSTEMPLATE_NOT_FOUND	= 91,
	VZ_GET_IP_ERROR		= 100,
	VZ_NETDEV_ERROR		= 104,
	VZ_VE_START_DISABLED	= 105,
	VZ_SET_IPTABLES		= 106,
	VZ_NO_DISTR_CONF	= 107,
	VZ_NO_DISTR_ACTION_SCRIPT = 108,
	VZ_APPLYCONFIG_ERROR	= 109,
	VZ_SET_MEMINFO_ERROR	= 129,
	VZ_VETH_ERROR		= 130,
	VZ_SET_NAME_ERROR	= 131,
	VZ_WAIT_FAILED		= 133,
	VZ_SAVE_CONFIG		= 139,
	VZ_SET_OSRELEASE	= 144,
	VZ_SET_IO		= 148,
};

/*
 * struct vz_error - what went wrong
 * @code: exit code for the tool (enum vz_exit), 0 while there is no error
 * @err:  errno value, positive
 * @msg:  allocated text or NULL
 * Zero-initialise it; release with vz_error_reset() or _cleanup_error_.
 */
struct vz_error {
	int code;
	int err;
	char *msg;
};

/*
 * vz_err - fill @e (may be NULL) and return -@err
 * A @code or @err of 0 becomes VZ_SYSTEM_ERROR or EINVAL.  The format may use
 * %m for @err.  A previous text is replaced.
 */
int vz_err(struct vz_error *e, int code, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* vz_err_ctx - put "text: " before the message of @e; keeps code and errno. */
void vz_err_ctx(struct vz_error *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void vz_error_reset(struct vz_error *e);

#define _cleanup_error_ __attribute__((cleanup(vz_error_reset)))

#endif /* VZ_ERROR_H */
