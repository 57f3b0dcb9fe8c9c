#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# PRE_START: before the container's init runs.  Templates that know nothing of
# venet0 are told to leave it alone.

vz_leave_venet
