import type { Check } from './check.js';

/** The first release in which webrtcbin is known to compare the certificate with the fingerprint in the SDP. */
const CHECKED_FROM = [1, 28, 5] as const;

/** Whether somebody on the network could impersonate a viewer: see README, "Open it to the internet". */
export const checkDtls: Check = async ({ machine }) => {
  const { gstreamer } = await machine();
  if (gstreamer === null) return [];
  if (isFrom(gstreamer.split('.').map(Number), CHECKED_FROM))
    return [{ status: 'ok', check: 'dtls', detail: "a peer's certificate is checked against its SDP" }];
  return [
    {
      status: 'warn',
      check: 'dtls',
      detail: `GStreamer ${gstreamer} does not check a peer's certificate against its SDP (1.28.5 does, and late releases of 1.26)`,
      remedy: 'Across untrusted networks, put robot and viewers into one VPN.',
    },
  ];
};

function isFrom(version: readonly number[], first: readonly number[]): boolean {
  for (const [i, part] of first.entries()) if (version[i] !== part) return (version[i] ?? 0) > part;
  return true;
}
