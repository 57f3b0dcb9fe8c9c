#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# PRE_START: before the container's init runs.

vz_gettys
exit "$BAD"
