import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  placesOf,
  RUNTIME_DIRECTORY,
  runtimePlace,
  USUAL_CONTROL,
} from '../../../host/role/control-place.ts';

describe('a control socket', () => {
  it('is looked for where it is, and where an older version or one without rights has it', () => {
    assert.deepEqual(placesOf(USUAL_CONTROL.router), [USUAL_CONTROL.router, '/var/run/ringback.sock']);
    const old = ['/var/run/ringback.sock', '/run/ringback.sock', '/var/run/ringback-relay.sock'];
    assert.deepEqual(
      old.map((path) => placesOf(path)[1]),
      ['ringback', 'ringback', 'ringback-relay'].map((name) => `${RUNTIME_DIRECTORY}/${name}.sock`),
    );
    assert.deepEqual(placesOf('/srv/ringback.sock'), ['/srv/ringback.sock']);
  });

  it('has a place of its own among those of others, short enough for a socket', () => {
    const paths = ['/srv/a/ringback.sock', '/srv/b/ringback.sock', `/${'x'.repeat(106)}`];
    const places = paths.map(runtimePlace);
    assert.equal(new Set(places).size, paths.length);
    for (const place of places)
      assert.ok(place.startsWith(`${RUNTIME_DIRECTORY}/`) && place.length < 60, place);
  });
});
