import t from 'tap';
import { judgeClock } from '../../src/server/doctor/clock.js';
import { readFacts, type SystemFacts } from '../../src/server/doctor/facts.js';
import { judgeNvidia } from '../../src/server/doctor/nvidia.js';
import { judgePermissions } from '../../src/server/doctor/permissions.js';
import { BARE_CONTAINER, CARD, CARD_IN_CONTAINER, JETSON, PLAIN } from '../helpers/system-facts.js';

t.test('this machine can be read, and each check has a result for it', async t => {
  const facts = await readFacts();
  t.ok(facts.now > facts.builtAt);
  t.equal(facts.user.id, process.geteuid?.());
  t.match(facts.groups, /^root:/m);
  t.match(judgeClock(facts), [{ check: 'clock' }]);
  t.match(judgePermissions(facts), [{ check: 'permissions' }]);
  judgeNvidia(facts);
});

t.test('permissions: none needed, all granted, missing', t => {
  t.match(judgePermissions(PLAIN), [{ status: 'ok', detail: 'there is no camera or graphics device' }]);
  t.match(judgePermissions(BARE_CONTAINER), [{ status: 'ok', detail: /docker run --device/ }]);
  t.match(judgePermissions(CARD), [
    { status: 'ok', detail: 'robot may use all devices: /dev/nvidia0, /dev/nvidiactl, /dev/nvidia-uvm and 3 more' },
  ]);
  t.strictSame(judgePermissions(JETSON), [
    {
      status: 'fail',
      check: 'permissions',
      detail: 'robot may not use /dev/video0, /dev/nvmap, /dev/nvhost-as-gpu and 1 more',
      remedy: '"sudo usermod -aG video robot", then log in again or restart the service.',
    },
  ]);
  const render = { ...CARD, nodes: [{ path: '/dev/dri/renderD128', group: 105, isOpen: false }] };
  const outsider = { ...render, user: PLAIN.user };
  t.match(judgePermissions(outsider), [{ status: 'warn', remedy: /usermod -aG render robot/ }]);
  const groups = 'video:x:44:pi\nrender:x:105:pi,robot\n';
  t.match(judgePermissions({ ...outsider, groups }), [{ remedy: /after this session began: log in again/ }]);
  t.match(judgePermissions({ ...outsider, isContainer: true }), [{ remedy: /--group-add 105/ }]);
  t.match(judgePermissions(render), [{ remedy: /may not read and write it/ }], 'its own group may not either');
  const roots = { ...PLAIN, nodes: [{ path: '/dev/video0', group: 0, isOpen: false }] };
  t.match(judgePermissions(roots), [{ status: 'fail', remedy: /udev/ }]);
  t.end();
});

t.test('NVIDIA: cards', t => {
  t.strictSame(judgeNvidia(PLAIN), []);
  t.match(judgeNvidia(CARD), [{ status: 'ok', detail: "driver 550.54.15, with the encoder's library" }]);
  t.match(judgeNvidia({ ...CARD, libraries: PLAIN.libraries }), [
    { status: 'warn', detail: /550\.54\.15.*libnvidia-encode\.so\.1/, remedy: /libnvidia-encode-550/ },
  ]);
  t.match(judgeNvidia(CARD_IN_CONTAINER), [
    { status: 'warn', detail: /driver 560\.35\.03/, remedy: /is "compute,utility" and must include "video"/ },
  ]);
  t.match(judgeNvidia({ ...CARD_IN_CONTAINER, nodes: [] }), [{ status: 'warn', remedy: /--gpus all/ }]);
  t.match(judgeNvidia({ ...CARD, nodes: [] }), [{ status: 'warn', remedy: /nvidia-modprobe/ }]);
  t.match(judgeNvidia({ ...CARD, nvidiaDriver: null }), [{ status: 'warn', detail: /not loaded/, remedy: /install/ }]);
  t.match(judgeNvidia({ ...CARD, nvidiaDriver: null, isContainer: true }), [{ remedy: /on the host/ }]);
  t.end();
});

t.test('NVIDIA: Jetson', t => {
  t.match(judgeNvidia(JETSON), [{ status: 'ok', detail: 'NVIDIA Orin NX Developer Kit, Jetson Linux 35.4.1' }]);
  for (const board of ['NVIDIA Orin Nano Developer Kit', 'NVIDIA Jetson Orin Nano Developer Kit Super'])
    t.match(judgeNvidia({ ...JETSON, board }), [{ status: 'warn', detail: /no hardware encoder/, remedy: /x264/ }]);
  const bare = { ...JETSON, nodes: [], jetsonRelease: null, isContainer: true };
  t.match(judgeNvidia(bare), [
    { status: 'warn', detail: /^NVIDIA Orin NX Developer Kit:/, remedy: /--runtime nvidia/ },
  ]);
  t.end();
});

t.test('the clock', t => {
  const seen = (facts: Partial<SystemFacts>) => judgeClock({ ...PLAIN, hasTimesync: false, ...facts });
  t.match(judgeClock(PLAIN), [{ status: 'ok', detail: '2026-11-24T02:22:37Z, synchronised' }]);
  t.match(seen({}), [{ status: 'ok', detail: /, synchronised$/ }], 'timedatectl says so');
  t.match(judgeClock(JETSON), [{ status: 'fail', detail: /2023-08-01.*built on 2026-11-20/, remedy: /set-ntp true/ }]);
  t.match(judgeClock({ ...JETSON, isContainer: true }), [{ remedy: /host/ }]);
  t.match(judgeClock({ ...JETSON, now: PLAIN.now }), [{ status: 'warn', remedy: /timesyncd\.conf/ }]);
  t.match(seen({ timedate: 'NTP=no\nNTPSynchronized=no\n' }), [{ status: 'warn', remedy: /set-ntp true/ }]);
  t.match(judgeClock(BARE_CONTAINER), [{ status: 'ok', detail: /synchronisation is unknown/ }]);
  const chrony = (leap: string) =>
    seen({
      chrony: `C0248F97,192.36.143.151,2,1700000000.123,0.000012,0.000003,0.00001,-1.2,0.0,0.01,0.02,0.001,64.4,${leap}\n`,
    });
  t.match(chrony('Normal'), [{ status: 'ok' }]);
  t.match(chrony('Not synchronised'), [{ status: 'warn' }]);
  t.end();
});
