import { checkAnnounce } from './announce.js';
import { checkCameras } from './cameras.js';
import type { Check, Context, Finding, Group } from './check.js';
import { checkClock } from './clock.js';
import { checkConfig } from './config.js';
import { checkDecoder } from './decoder.js';
import { checkDtls } from './dtls.js';
import { checkEncoder } from './encoder.js';
import { checkGStreamer } from './gstreamer.js';
import { checkHttpPort } from './http-port.js';
import { checkIceServers } from './ice-servers.js';
import { checkInterfaces } from './interfaces.js';
import { checkNode } from './node.js';
import { checkNvidia } from './nvidia.js';
import { checkPermissions } from './permissions.js';
import { checkTls } from './tls.js';
import { checkUdpPorts } from './udp-ports.js';

/** All checks in the order of the report: first those that the others depend on. */
const GROUPS: readonly { title: string; checks: Readonly<Record<string, Check>> }[] = [
  { title: 'Software', checks: { node: checkNode, gstreamer: checkGStreamer, dtls: checkDtls, clock: checkClock } },
  {
    title: 'Hardware',
    checks: {
      encoder: checkEncoder,
      decoder: checkDecoder,
      nvidia: checkNvidia,
      permissions: checkPermissions,
      cameras: checkCameras,
    },
  },
  { title: 'Configuration', checks: { config: checkConfig } },
  {
    title: 'Network',
    checks: {
      http: checkHttpPort,
      tls: checkTls,
      interfaces: checkInterfaces,
      udpPorts: checkUdpPorts,
      announce: checkAnnounce,
      ice: checkIceServers,
    },
  },
];

/** A driver that hangs costs 15 s, and several may hang. */
const TIMEOUT_MS = 90_000;

/** Runs all checks in parallel. A check that does not answer in time is a finding too. */
export async function diagnose(context: Context, timeoutMs = TIMEOUT_MS): Promise<Group[]> {
  return await Promise.all(
    GROUPS.map(async ({ title, checks }) => ({
      title,
      findings: (
        await Promise.all(Object.entries(checks).map(([name, check]) => orLate(name, check(context), timeoutMs)))
      ).flat(),
    })),
  );
}

async function orLate(check: string, findings: Promise<Finding[]>, timeoutMs: number): Promise<Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>(resolve => {
    timer = setTimeout(resolve, timeoutMs, [
      {
        status: 'fail',
        check,
        detail: `no answer within ${timeoutMs / 1000} s`,
        remedy: 'A driver, a disk or the name service hangs: check "dmesg", and restart the machine.',
      },
    ] satisfies Finding[]);
  });
  try {
    return await Promise.race([findings, late]);
  } finally {
    clearTimeout(timer);
  }
}
