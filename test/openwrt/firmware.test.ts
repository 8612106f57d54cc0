/** `make firmware`, dry: stand-ins for OpenWrt's ImageBuilder and SDK write down what they are asked for. Neither makes a real image. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { root, version } from './packing.ts';

const CONFIG = 'CONFIG_TARGET_ARCH_PACKAGES="x86_64"\n';

const place = mkdtempSync(join(tmpdir(), 'ringback-firmware-'));
const out = join(place, 'made');
after(() => rmSync(place, { recursive: true }));

function firmware(given: Readonly<Record<string, string>>): { status: number | null; said: string } {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(join(root, 'board/openwrt/firmware'), {
    env: { ...env, SOURCE_DATE_EPOCH: '1767225600', OUT: out, ...given },
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

describe('make firmware with stand-ins for the ImageBuilder and the SDK', () => {
  const [builder, sdk, extra] = [join(place, 'imagebuilder'), join(place, 'sdk'), join(place, 'extra')];

  mkdirSync(join(builder, 'packages'), { recursive: true });
  mkdirSync(extra);
  writeFileSync(join(builder, '.config'), CONFIG);
  writeFileSync(
    join(builder, '.targetinfo'),
    'Target-Profile: DEVICE_generic\nTarget-Profile: DEVICE_other\n',
  );
  writeFileSync(join(builder, 'packages/ringback_0.0.1-r1_all.ipk'), 'an old one');
  writeFileSync(
    join(builder, 'Makefile'),
    'image:\n\t@mkdir -p $(BIN_DIR)\n\t@echo "$(PROFILE);$(PACKAGES);$(FILES)" >told; ls packages >>told; echo image >$(BIN_DIR)/router.img\n',
  );
  const told = (): string => readFileSync(join(builder, 'told'), 'utf8');

  mkdirSync(join(sdk, 'scripts'), { recursive: true });
  writeFileSync(join(sdk, 'scripts/feeds'), '#!/bin/sh\necho "$@" >>told\n');
  chmodSync(join(sdk, 'scripts/feeds'), 0o755);
  writeFileSync(join(sdk, 'feeds.conf.default'), 'src-git packages https://feed.example/packages\n');
  const made = `bin/packages/x86_64/ringback/ringback-fabricd_${version}-r1_x86_64.ipk`;
  writeFileSync(
    join(sdk, 'Makefile'),
    `defconfig:\n\t@echo 'CONFIG_TARGET_ARCH_PACKAGES="x86_64"' >.config\npackage/%:\n\t@echo $@ >>told; mkdir -p $(dir ${made}); echo of the SDK >${made}\n`,
  );

  it('says what it lacks', () => {
    assert.match(firmware({}).said, /^firmware: IMAGEBUILDER=DIRECTORY .*SDK=DIRECTORY/);
    assert.match(firmware({ IMAGEBUILDER: join(place, 'none') }).said, /none is no directory$/m);
    assert.match(firmware({ IMAGEBUILDER: extra }).said, /has no \.config/);
    assert.match(firmware({ SDK: extra }).said, /has no Makefile/);
    assert.match(firmware({ IMAGEBUILDER: builder }).said, /which router\? There are generic other/);
    assert.match(
      firmware({ IMAGEBUILDER: builder, PROFILE: 'generic', FILES: '/none' }).said,
      /FILES=\/none is no directory/,
    );
    assert.match(firmware({ IMAGEBUILDER: builder, SETUP: 'both' }).said, /SETUP=both: router/);
    const foreign = firmware({ IMAGEBUILDER: builder, PROFILE: 'generic', PACKAGES: 'tcpdump;$(shell id)' });
    assert.match(foreign.said, /letters, digits/);
    assert.equal(foreign.status, 1);
  });

  it('has the packages made, gives them to the ImageBuilder in the place of older ones, and asks for an image', () => {
    const given = { IMAGEBUILDER: builder, PROFILE: 'generic', FILES: extra, PACKAGES: 'tcpdump' };
    const { status, said } = firmware(given);
    assert.equal(status, 0, said);
    const [asked, ...files] = told().trim().split('\n');
    assert.equal(
      asked,
      `generic;ringback luci-app-ringback luci-i18n-ringback-de luci-i18n-ringback-ja tcpdump;${extra}`,
    );
    assert.ok(files.includes(`ringback-fabricd_${version}-r1_x86_64.ipk`), `${files}`);
    assert.deepEqual(
      files.filter((name) => name.startsWith('ringback_')),
      [`ringback_${version}-r1_all.ipk`],
    );
    assert.deepEqual(readdirSync(join(out, 'images')), ['router.img']);
  });

  it('makes an image with the daemon alone, for a router that the program runs beside', () => {
    const { status, said } = firmware({ IMAGEBUILDER: builder, PROFILE: 'other', SETUP: 'beside' });
    assert.equal(status, 0, said);
    assert.equal(told().split('\n')[0], 'other;ringback-fabricd;');
  });

  it('has the SDK make the daemon from this tree, and an image with that where both are given', () => {
    const alone = firmware({ SDK: sdk });
    assert.equal(alone.status, 0, alone.said);
    assert.match(alone.said, /^no image: an SDK makes packages/m);
    assert.match(readFileSync(join(sdk, 'feeds.conf'), 'utf8'), /\nsrc-link ringback \/.*board\/openwrt\n$/);
    assert.match(
      readFileSync(join(sdk, 'told'), 'utf8'),
      /^update ringback\ninstall -p ringback ringback-fabricd\npackage\/ringback-fabricd\/compile\n$/,
    );
    const both = firmware({ SDK: sdk, IMAGEBUILDER: builder, PROFILE: 'generic' });
    assert.equal(both.status, 0, both.said);
    const daemon = join(builder, 'packages', `ringback-fabricd_${version}-r1_x86_64.ipk`);
    assert.equal(readFileSync(daemon, 'utf8'), 'of the SDK\n');
    assert.equal(readFileSync(join(sdk, 'feeds.conf'), 'utf8').match(/src-link/g)?.length, 1);
  });
});
