/** What a driver says of one of its device nodes. */
export interface NodeInfo {
  driver: string;
  /** The camera's name; at most 31 characters, as V4L2 has it. */
  name: string;
  bus: string;
  /** It brings pictures from somewhere else than this program. */
  captures: boolean;
  /** Its pictures come only after links between several devices have been set up, which is another program's work. */
  needsMediaController: boolean;
}

/** Bits of the device capabilities, from linux/videodev2.h. */
const VIDEO_CAPTURE = 0x0000_0001;
const VIDEO_CAPTURE_MPLANE = 0x0000_1000;
const VIDEO_M2M_MPLANE = 0x0000_4000;
const VIDEO_M2M = 0x0000_8000;
const IO_MC = 0x2000_0000;

/** Image processors: what comes out of these was put in by another program. Their capabilities do not tell. */
const PROCESSORS: ReadonlySet<string> = new Set(['bcm2835-isp', 'pispbe']);

/** Reads what `v4l2-ctl --info` prints; null if it is none of that. */
export function parseInfo(text: string): NodeInfo | null {
  // What follows is about the hardware as a whole, in the same words.
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

/** Many cameras say their name twice, "USB Camera: USB Camera", and the second is cut off at V4L2's 31 characters. */
export function tidy(name: string): string {
  const [, first = '', second = ''] = /^(.+?): (.+)$/.exec(name) ?? [];
  return second !== '' && first.startsWith(second) ? first : name;
}
