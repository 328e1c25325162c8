import t from 'tap';
import { allows } from '../../src/domain/access.js';
import { makeAccess } from '../../src/server/access/access.js';
import { readNetworks } from '../../src/server/access/networks.js';
import { defaultConfig } from '../../src/server/config/load.js';
import { keptLog } from '../helpers/quiet-log.js';

t.test('whether an address is in a network', t => {
  const isIn = (networks: string[], address: string): boolean => {
    const read = readNetworks(networks);
    if (typeof read !== 'function') throw new Error(`"${read.wrong}" cannot be read`);
    return read(address);
  };
  t.ok(isIn(['192.168.1.0/24'], '192.168.1.7'));
  t.ok(isIn(['192.168.1.0/24'], '::ffff:192.168.1.7'), 'of a dual-stack socket');
  t.notOk(isIn(['192.168.1.0/24'], '192.168.2.7'));
  t.ok(isIn(['10.0.0.0/8', 'fd00::/8'], 'fd12::1'));
  t.notOk(isIn(['10.0.0.0/8'], 'fd12::1'));
  t.ok(isIn(['192.0.2.7'], '192.0.2.7'), 'one machine');
  t.notOk(isIn(['192.0.2.7'], '192.0.2.8'));
  t.ok(isIn(['0.0.0.0/0'], '203.0.113.1'));
  t.notOk(isIn(['0.0.0.0/0'], 'nonsense'));
  t.end();
});

t.test('invalid networks', t => {
  for (const wrong of ['192.168.1.0/33', '300.1.1.1', 'fd00::/129', '1.2.3', '::/x', ''])
    t.strictSame(readNetworks(['10.0.0.0/8', wrong]), { wrong }, wrong);
  t.end();
});

t.test('which clients need no token, and for what', t => {
  const { access: settings, legacy } = defaultConfig();
  const make = (change: Partial<typeof legacy>) =>
    makeAccess({ settings, legacy: { ...legacy, ...change }, ownToken: 'x'.repeat(32), base: '/', log: keptLog() });
  t.notOk(allows(make({}).legacy('10.0.0.1'), 'view'), 'nobody by default');
  t.ok(allows(make({ anonymous: true }).legacy('10.0.0.1'), 'view', 'front'));
  t.ok(allows(make({ anonymous: true }).legacy('10.0.0.1'), 'publish', 'legacy-1'));
  t.notOk(allows(make({ anonymous: true }).legacy('10.0.0.1'), 'admin'));
  const near = make({ anonymous: true, networks: ['10.0.0.0/8'] });
  t.ok(allows(near.legacy('10.9.9.9'), 'view'));
  t.notOk(allows(near.legacy('11.0.0.1'), 'view'));
  t.throws(
    () => make({ networks: ['10.0.0.0/8', '10.0.0.0/40'] }),
    /legacy\.networks\.1 "10\.0\.0\.0\/40" is not a network/,
  );
  t.end();
});
