# What LuCI's luci.mk makes of an application, as far as this feed asks it: its files, and a package for each language.

include $(INCLUDE_DIR)/package.mk

LUCI_LANGUAGES:=$(filter-out templates,$(notdir $(wildcard po/*)))
LUCI_NAME:=$(patsubst luci-app-%,%,$(PKG_NAME))
LANGUAGE.de:=Deutsch (German)
LANGUAGE.ja:=日本語 (Japanese)

define Package/$(PKG_NAME)
  SECTION:=luci
  CATEGORY:=LuCI
  TITLE:=$(LUCI_TITLE)
  DEPENDS:=$(LUCI_DEPENDS)
  PKGARCH:=$(LUCI_PKGARCH)
endef

define Package/$(PKG_NAME)/install
	$(INSTALL_DIR) $(1)/www
	$(CP) htdocs/. $(1)/www/
	$(CP) root/. $(1)/
endef

# The menu is made anew, and rpcd learns of rights.
define Package/$(PKG_NAME)/postinst
[ -n "$${IPKG_INSTROOT}" ] || {
	rm -f /tmp/luci-indexcache.*
	/etc/init.d/rpcd reload
}
endef

define translation
define Package/luci-i18n-$(LUCI_NAME)-$1
  SECTION:=luci
  CATEGORY:=LuCI
  TITLE:=$(PKG_NAME): $(or $(LANGUAGE.$1),$(error $(CURDIR)/po/$1: what is that language called? See without-sdk/feeds/luci/luci.mk))
  DEPENDS:=$(PKG_NAME)
  PKGARCH:=all
endef

define Package/luci-i18n-$(LUCI_NAME)-$1/install
	$(INSTALL_DIR) $$(1)/etc/uci-defaults $$(1)/usr/lib/lua/luci/i18n
	echo "uci set luci.languages.$1='$(LANGUAGE.$1)'; uci commit luci" >$$(1)/etc/uci-defaults/luci-i18n-$(LUCI_NAME)-$1
	$(foreach po,$(wildcard po/$1/*.po),$(PO2LMO) $(po) $$(1)/usr/lib/lua/luci/i18n/$(basename $(notdir $(po))).$1.lmo;)
endef
endef

$(foreach one,$(LUCI_LANGUAGES),$(eval $(call translation,$(one))))
$(foreach one,$(PKG_NAME) $(LUCI_LANGUAGES:%=luci-i18n-$(LUCI_NAME)-%),$(eval $(call BuildPackage,$(one))))
