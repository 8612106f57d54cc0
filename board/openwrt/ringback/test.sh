#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Run by the checks of the packages feed: test.sh PACKAGE VERSION, on a machine on which it is installed.

case $1 in
ringback)
	ringback --version | grep -F " $2" || exit 1
	ringback --help >/dev/null || exit 1
	;;
esac
