# SPDX-License-Identifier: Apache-2.0
#
# What the packages of this feed share. Where the feed lies in a tree of ringback's sources, it is built from that tree, in
# which `make feed` has left what needs npm; elsewhere from the archive of a release, whose version and sum are in source.mk.

RINGBACK_TREE:=$(abspath $(CURDIR)/../../..)
ifneq ($(wildcard $(RINGBACK_TREE)/board/fabricd/main.c),)
  PKG_VERSION:=$(shell sed -n 's/^  "version": "\(.*\)".*/\1/p' $(RINGBACK_TREE)/package.json)
else
  RINGBACK_TREE:=
  include ../source.mk
  PKG_SOURCE:=ringback-$(PKG_VERSION).tar.gz
endif

PKG_RELEASE:=1
PKG_LICENSE:=Apache-2.0
PKG_LICENSE_FILES:=LICENSE
PKG_MAINTAINER:=ringback <ringback@example.jp>
