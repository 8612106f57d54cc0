# What OpenWrt's rules.mk says, as far as the packages of this feed ask it, for a build without the SDK. The driver is
# board/openwrt/package, which gives INCLUDE_DIR, BUILD_DIR, STAGE, TARGET_CC and its flags.

INSTALL_DIR:=install -d -m 0755
INSTALL_BIN:=install -m 0755
INSTALL_DATA:=install -m 0644
CP:=cp -fpR
LN:=ln -sf
define newline


endef
