import type { Check, Finding } from './check.js';
import type { SystemFacts } from './facts.js';

export const checkNvidia: Check = async ({ facts }) => judgeNvidia(await facts());

/** Whether an NVIDIA card's or Jetson's encoder can be reached; nothing where there is none. */
export function judgeNvidia(facts: SystemFacts): Finding[] {
  if (isJetson(facts)) return [judgeJetson(facts)];
  if (facts.nvidiaDriver !== null) return [judgeCard(facts, facts.nvidiaDriver)];
  if (!facts.hasNvidiaCard) return [];
  return [
    warn(
      'there is an NVIDIA card, but its driver is not loaded',
      facts.isContainer
        ? 'Install the driver on the host, and NVIDIA Container Toolkit.'
        : 'On Ubuntu: "sudo ubuntu-drivers install"; on Debian: "sudo apt-get install nvidia-driver" (non-free). With Secure Boot the module has to be signed.',
    ),
  ];
}

function judgeCard(facts: SystemFacts, driver: string): Finding {
  const { isContainer, nodes, libraries, driverCapabilities } = facts;
  // NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar …
  const version = /\b(\d{3,})\.\d+(?:\.\d+)?\b/.exec(driver);
  const named = `driver ${version?.[0] ?? 'of an unknown version'}`;
  const paths = nodes.map(({ path }) => path);
  if (!paths.some(path => /^\/dev\/nvidia\d+$/.test(path)) || !paths.includes('/dev/nvidiactl'))
    return warn(
      `${named} is loaded, but the devices /dev/nvidia0 and /dev/nvidiactl do not exist`,
      isContainer
        ? 'Start the container with "--gpus all" (NVIDIA Container Toolkit).'
        : '"sudo nvidia-modprobe -u -c=0" creates them; nvidia-persistenced does so at every start.',
    );
  if (!libraries?.includes('libnvidia-encode.so.1'))
    return warn(
      `${named}; the encoder's library, libnvidia-encode.so.1, is missing`,
      isContainer
        ? `NVIDIA_DRIVER_CAPABILITIES is "${driverCapabilities ?? ''}" and must include "video": "docker run -e NVIDIA_DRIVER_CAPABILITIES=video,compute,utility".`
        : `On Ubuntu: "sudo apt-get install libnvidia-encode-${version?.[1] ?? 'VERSION'}"; on Debian: "sudo apt-get install libnvidia-encode1".`,
    );
  return { status: 'ok', check: 'nvidia', detail: `${named}, with the encoder's library` };
}

const isJetson = ({ jetsonRelease, board }: SystemFacts): boolean =>
  jetsonRelease !== null || /jetson|nvidia .*(orin|xavier|thor)/i.test(board ?? '');

function judgeJetson({ jetsonRelease, board, nodes, isContainer }: SystemFacts): Finding {
  // # R35 (release), REVISION: 4.1, GCID: …
  const [, release, revision] = /# R(\d+) \(release\), REVISION: ([\d.]+)/.exec(jetsonRelease ?? '') ?? [];
  const named = `${board?.trim() ?? 'Jetson'}${release === undefined ? '' : `, Jetson Linux ${release}.${revision}`}`;
  if (/Orin Nano/i.test(board ?? ''))
    return warn(
      `${named}: this module has no hardware encoder`,
      'x264 encodes on its CPU: use low resolutions, or cameras that deliver H.264. Orin NX has an encoder.',
    );
  if (!nodes.some(({ path }) => /^\/dev\/(nvhost-|nvmap)/.test(path)))
    return warn(
      `${named}: the devices of its encoder (/dev/nvhost-*, /dev/nvmap) do not exist`,
      isContainer
        ? 'Start the container with "--runtime nvidia", from an NVIDIA image for Jetson (l4t-base).'
        : "Boot NVIDIA's kernel of Jetson Linux.",
    );
  return { status: 'ok', check: 'nvidia', detail: named };
}

const warn = (detail: string, remedy: string): Finding => ({ status: 'warn', check: 'nvidia', detail, remedy });
