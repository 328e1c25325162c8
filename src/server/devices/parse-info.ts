/** What a driver says about one of its device nodes. */
export interface NodeInfo {
  driver: string;
  /** The camera's name; at most 31 characters (V4L2). */
  name: string;
  bus: string;
  /** It captures video, rather than processing what a program feeds it. */
  captures: boolean;
  /** It delivers video only after another program has set up links between several devices. */
  needsMediaController: boolean;
}

/** Bits of the device capabilities, from linux/videodev2.h. */
const VIDEO_CAPTURE = 0x0000_0001;
const VIDEO_CAPTURE_MPLANE = 0x0000_1000;
const VIDEO_M2M_MPLANE = 0x0000_4000;
const VIDEO_M2M = 0x0000_8000;
const IO_MC = 0x2000_0000;

/** Image processors: they output what another program feeds them. Their capabilities do not say so. */
const PROCESSORS: ReadonlySet<string> = new Set(['bcm2835-isp', 'pispbe']);

/** Parses the output of `v4l2-ctl --info`; null if it is something else. */
export function parseInfo(text: string): NodeInfo | null {
  // The section that follows describes the whole hardware with the same keys.
  const own = text.split(/^Media Driver Info/m)[0] ?? '';
  const field = (name: string): string | undefined =>
    new RegExp(`^[ \\t]*${name}[ \\t]*:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(own)?.[1];
  const driver = field('Driver name');
  const capabilities = field('Device Caps') ?? field('Capabilities');
  if (driver === undefined || capabilities === undefined) return null;
  const flags = Number.parseInt(capabilities, 16);
  const has = (...bits: number[]): boolean => bits.some(bit => (flags & bit) !== 0);
  return {
    driver,
    name: tidy(field('Card type') ?? driver),
    bus: field('Bus info') ?? '',
    captures: has(VIDEO_CAPTURE, VIDEO_CAPTURE_MPLANE) && !has(VIDEO_M2M, VIDEO_M2M_MPLANE) && !PROCESSORS.has(driver),
    needsMediaController: has(IO_MC),
  };
}

/** Many cameras repeat their name, "USB Camera: USB Camera", and the second is cut off at V4L2's 31 characters. */
export function tidy(name: string): string {
  const [, first = '', second = ''] = /^(.+?): (.+)$/.exec(name) ?? [];
  return second !== '' && first.startsWith(second) ? first : name;
}
