import type { Check } from './check.js';

/** `recv` decodes with these; the server needs them for cameras whose H.264 browsers cannot play. */
export const checkDecoder: Check = async ({ machine }) => {
  const { decoders } = await machine();
  // GStreamer could not be loaded, which another check reports.
  if (decoders.length === 0) return [];
  const working = decoders.filter(({ outcome }) => outcome === 'works');
  const failed = decoders
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ element, reason }) => `${element}: ${reason}`)
    .join('; ');
  const [best] = working;
  if (!best)
    return [
      {
        status: 'fail',
        check: 'decoder',
        detail: `no H.264 decoder works${failed === '' ? '' : ` (${failed})`}`,
        remedy: 'On Debian and Ubuntu: "sudo apt-get install gstreamer1.0-libav".',
      },
    ];
  const detail = [`${best.element}, ${best.title}`, ...working.slice(1).map(({ element }) => element)].join('; then ');
  if (failed === '') return [{ status: 'ok', check: 'decoder', detail }];
  return [
    {
      status: 'warn',
      check: 'decoder',
      detail: `${detail}; installed but does not decode: ${failed}`,
      remedy: 'Check its driver, and that this user may use the device.',
    },
  ];
};
