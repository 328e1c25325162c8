import type { DeviceNode, SystemFacts } from '../../src/server/doctor/facts.js';

// Machines, as their files and commands describe them. What one leaves out is as on the plain one.

const node = (path: string, group: number, isOpen: boolean): DeviceNode => ({ path, group, isOpen });

const GROUPS = `root:x:0:
debug:x:29:
video:x:44:
render:x:105:
robot:x:1000:
`;

/** A plain computer whose clock systemd-timesyncd has set. */
export const PLAIN: SystemFacts = {
  user: { id: 1000, name: 'robot', groups: [1000] },
  groups: GROUPS,
  nodes: [],
  isContainer: false,
  nvidiaDriver: null,
  hasNvidiaCard: false,
  libraries: `312 libs found in cache \`/etc/ld.so.cache'
	libx264.so.164 (libc6,x86-64) => /lib/x86_64-linux-gnu/libx264.so.164
	libnice.so.10 (libc6,x86-64) => /lib/x86_64-linux-gnu/libnice.so.10
`,
  driverCapabilities: null,
  jetsonRelease: null,
  board: null,
  timedate: `Timezone=Europe/Berlin
LocalRTC=no
CanNTP=yes
NTP=yes
NTPSynchronized=yes
TimeUSec=Tue 2026-11-24 02:22:37 UTC
RTCTimeUSec=Tue 2026-11-24 02:22:37 UTC
`,
  chrony: null,
  hasTimesync: true,
  now: Date.parse('2026-11-24T02:22:37Z'),
  builtAt: Date.parse('2026-11-20T12:00:00Z'),
};

/** A PC with a graphics card and a USB camera. */
export const CARD: SystemFacts = {
  ...PLAIN,
  user: { id: 1000, name: 'robot', groups: [44, 105, 1000] },
  nodes: [
    node('/dev/nvidia0', 0, true),
    node('/dev/nvidiactl', 0, true),
    node('/dev/nvidia-uvm', 0, true),
    node('/dev/video0', 44, true),
    node('/dev/video1', 44, true),
    node('/dev/dri/renderD128', 105, true),
  ],
  hasNvidiaCard: true,
  nvidiaDriver: `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024
GCC version:  gcc version 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04)
`,
  libraries: `${PLAIN.libraries}	libnvidia-encode.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libnvidia-encode.so.1
	libnvcuvid.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libnvcuvid.so.1
`,
};

/** The same card's open module, in a container that got the card and not the libraries for video. */
export const CARD_IN_CONTAINER: SystemFacts = {
  ...CARD,
  user: { id: 10001, name: null, groups: [10001] },
  groups: 'root:x:0:\nvideo:x:44:\n',
  nodes: CARD.nodes.filter(({ path }) => path.startsWith('/dev/nvidia')),
  isContainer: true,
  nvidiaDriver:
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build  (dvs-builder@U16-I1-N07-12-3)  Fri Aug 16 21:42:42 UTC 2024\n',
  libraries: PLAIN.libraries,
  driverCapabilities: 'compute,utility',
  timedate: null,
  hasTimesync: false,
};

/** A container without any device. */
export const BARE_CONTAINER: SystemFacts = {
  ...PLAIN,
  user: { id: 0, name: 'root', groups: [0] },
  groups: null,
  isContainer: true,
  libraries: null,
  timedate: null,
  hasTimesync: false,
};

/** A Jetson whose user is in no group, with a clock that starts in the past, having no battery. */
export const JETSON: SystemFacts = {
  ...PLAIN,
  nodes: [
    node('/dev/video0', 44, false),
    node('/dev/nvmap', 44, false),
    node('/dev/nvhost-as-gpu', 44, false),
    node('/dev/nvhost-ctrl', 44, false),
    node('/dev/nvhost-dbg-gpu', 29, false),
  ],
  libraries: `${PLAIN.libraries}	libnvv4l2.so (libc6,AArch64) => /usr/lib/aarch64-linux-gnu/tegra/libnvv4l2.so
`,
  jetsonRelease: `# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64, DATE: Tue Aug  1 19:57:35 UTC 2023
`,
  board: 'NVIDIA Orin NX Developer Kit',
  timedate: `Timezone=Etc/UTC
LocalRTC=no
CanNTP=yes
NTP=yes
NTPSynchronized=no
TimeUSec=Tue 2023-08-01 19:58:11 UTC
`,
  hasTimesync: false,
  now: Date.parse('2023-08-01T19:58:11Z'),
};
