import t from 'tap';
import { addressesOf } from '../../src/server/ice/interfaces.js';

const interfaces = {
  lo: [{ address: '127.0.0.1' }, { address: '::1' }],
  eth0: [{ address: '192.0.2.2' }, { address: '2001:db8::2' }, { address: 'fe80::1' }],
  wlan0: [{ address: 'fe80::2' }],
};

t.test('names and addresses of this machine, in the requested order', async t => {
  t.strictSame(addressesOf(['eth0', '127.0.0.1', 'wlan0', 'eth1', '192.0.2.3', 'constructor'], interfaces), [
    { name: 'eth0', addresses: ['192.0.2.2', '2001:db8::2'] },
    { name: '127.0.0.1', addresses: ['127.0.0.1'] },
    { name: 'wlan0', addresses: [] },
    { name: 'eth1', addresses: [] },
    { name: '192.0.2.3', addresses: [] },
    { name: 'constructor', addresses: [] },
  ]);
});

t.test('this machine has a loopback', async t => {
  t.strictSame(addressesOf(['127.0.0.1']), [{ name: '127.0.0.1', addresses: ['127.0.0.1'] }]);
});
