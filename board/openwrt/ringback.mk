# SPDX-License-Identifier: Apache-2.0
#
# How program and daemon come to their sources.

include ../version.mk
PKG_BUILD_DIR=$(BUILD_DIR)/$(PKG_NAME)-$(PKG_VERSION)

# What follows stands in the place of its own.
include $(INCLUDE_DIR)/package.mk

ifneq ($(RINGBACK_TREE),)
define Build/Prepare
	@[ -f '$(RINGBACK_TREE)/build/feed/fabric.c' ] || \
		{ echo 'ringback: build/feed/ is not there; in $(RINGBACK_TREE): make feed' >&2; exit 1; }
	mkdir -p $(PKG_BUILD_DIR)/board $(PKG_BUILD_DIR)/build
	$(CP) $(RINGBACK_TREE)/LICENSE $(RINGBACK_TREE)/package.json $(PKG_BUILD_DIR)/
	$(CP) $(RINGBACK_TREE)/board/fabricd $(PKG_BUILD_DIR)/board/
	$(CP) $(RINGBACK_TREE)/build/feed $(PKG_BUILD_DIR)/build/
endef
else
define Build/Prepare
	@[ -f '$(DL_DIR)/$(PKG_SOURCE)' ] || { echo 'ringback: put $(PKG_SOURCE) of the release into $(DL_DIR)' >&2; exit 1; }
	echo '$(PKG_HASH)  $(DL_DIR)/$(PKG_SOURCE)' | sha256sum -c -
	mkdir -p $(PKG_BUILD_DIR)
	gzip -dc $(DL_DIR)/$(PKG_SOURCE) | tar -C $(PKG_BUILD_DIR) --strip-components=1 -xf -
endef
endif

define Build/Configure
endef
