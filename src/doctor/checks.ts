import { checkAnnounce } from './announce.js';
import type { Check, Context, Finding } from './check.js';
import { checkConfig } from './config.js';
import { checkDtls } from './dtls.js';
import { checkEncoder } from './encoder.js';
import { checkGStreamer } from './gstreamer.js';
import { checkHttpPort } from './http-port.js';
import { checkIceServers } from './ice-servers.js';
import { checkInterfaces } from './interfaces.js';
import { checkNode } from './node.js';
import { checkUdpPorts } from './udp-ports.js';

/** All that is looked at, in the order in which it is told: first what the rest stands on. */
const CHECKS: readonly Check[] = [
  checkNode,
  checkGStreamer,
  checkEncoder,
  checkDtls,
  checkConfig,
  checkHttpPort,
  checkInterfaces,
  checkUdpPorts,
  checkAnnounce,
  checkIceServers,
];

/** Looks at everything, at the same time. */
export async function diagnose(context: Context): Promise<Finding[]> {
  return (await Promise.all(CHECKS.map(check => check(context)))).flat();
}
