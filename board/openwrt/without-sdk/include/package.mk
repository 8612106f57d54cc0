# What OpenWrt's package.mk makes of `define Package/…`, as far as the packages of this feed ask it: for each package
# $(STAGE)/NAME/data, what is installed, and $(STAGE)/NAME/control, a file for each thing that is said of it.

.DEFAULT_GOAL:=packages

PKG_BUILD_DIR?=$(BUILD_DIR)/$(PKG_NAME)-$(PKG_VERSION)
define Build/Prepare
endef
define Build/Configure
endef
define Build/Compile
endef

FIELDS:=SECTION CATEGORY SUBMENU TITLE DEPENDS PKGARCH USERID URL HIDDEN DEFAULT
SCRIPTS:=preinst postinst prerm postrm

# +name, or +@SYMBOL and @SYMBOL, which are of the configuration of a build; +SYMBOL:name is taken.
depends=$(foreach one,$(filter-out @% +@%,$1),$(lastword $(subst :, ,$(patsubst +%,%,$(one)))))

define BuildPackage
$(foreach field,$(FIELDS),$(eval $(field):=))
$(eval $(Package/$1))
$(foreach field,$(FIELDS),$(eval $1.$(field):=$$($(field))))
packages: $1
.PHONY: $1 $1-place
$1-place:
	rm -rf $(STAGE)/$1
	mkdir -p $(STAGE)/$1/data $(STAGE)/$1/control
$1: built $1-place
	$$(call Package/$1/install,$(STAGE)/$1/data)
	$$(call say,$1,$1,name)
	$$(call say,$1,$(PKG_VERSION)-r$(PKG_RELEASE),version)
	$$(call say,$1,$(PKG_NAME),source)
	$$(call say,$1,$(PKG_LICENSE),license)
	$$(call say,$1,$(PKG_MAINTAINER),maintainer)
	$$(call say,$1,$$($1.SECTION),section)
	$$(call say,$1,$$(call depends,$$($1.DEPENDS)),depends)
	$$(call say,$1,$$(or $$($1.PKGARCH),own),architecture)
	$$(call say,$1,$$($1.USERID),user)
	$$(call say,$1,$$(or $$(Package/$1/description),$$($1.TITLE)),description)
	$$(call say,$1,$$(Package/$1/conffiles),conffiles)
	$$(foreach script,$(SCRIPTS),$$(call say,$1,$$(Package/$1/$$(script)),$$(script)))
	touch $(STAGE)/$1/whole
endef

# A file with this text, whatever is in it; none where there is no text.
say=$(if $(strip $2),$(file >$(STAGE)/$1/control/$3,$2))

.PHONY: packages built
built:
	rm -rf $(PKG_BUILD_DIR)
	mkdir -p $(PKG_BUILD_DIR)
	$(Build/Prepare)
	$(Build/Configure)
	$(Build/Compile)
