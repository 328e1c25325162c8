import { Command } from 'commander';
import type { CaptureDevice, CaptureMode } from '../domain/devices.js';
import { sourceOf } from '../domain/devices.js';
import type { Log } from '../domain/log.js';
import { findDevices } from '../server/devices/device-watch.js';

/** The scan failed. */
const EXIT_CANNOT_SCAN = 1;
/** Sizes per line; --json shows all. */
const MAX_SIZES = 8;
/** Formats per line that have the same sizes. */
const MAX_FORMATS = 3;

export function devicesCommand(): Command {
  return new Command('devices')
    .description('List the cameras that are plugged in, and the configuration that uses them.')
    .option('--json', 'print one JSON document, with every capture mode')
    .action(async ({ json }: { json?: boolean }) => {
      const troubles: string[] = [];
      const devices = await findDevices(logInto(troubles));
      process.stdout.write(json ? `${JSON.stringify({ items: devices }, null, 2)}\n` : show(devices));
      for (const trouble of troubles) process.stderr.write(`bigfootbot-video: ${trouble}\n`);
      process.exitCode = troubles.length > 0 ? EXIT_CANNOT_SCAN : 0;
    });
}

/** Collects the logged warnings and errors that made the scan fail. */
function logInto(troubles: string[]): Log {
  const print = (fields: object, event: string): void => {
    const remedy = 'remedy' in fields ? ` ${String(fields.remedy)}.` : '';
    troubles.push(`${event}.${remedy}`);
  };
  return { debug: () => undefined, info: () => undefined, warn: print, error: print };
}

/** The list as text for people. */
export function show(devices: readonly CaptureDevice[]): string {
  if (devices.length === 0)
    return (
      'No V4L2 device found.\n\n' +
      'A USB camera appears here within a second; if it does not, check "lsusb" and "sudo dmesg". For CSI cameras of a\n' +
      'Jetson use the source argus:0, for those of a Raspberry Pi libcamera, for network cameras rtsp://…\n'
    );
  const usable = devices.filter(({ usable }) => usable === null);
  const ids = new Map(usable.map((device, i) => [device, usable.length === 1 ? 'front' : `camera${i + 1}`]));
  return devices.map(device => showDevice(device, ids.get(device) ?? null)).join('\n');
}

function showDevice(device: CaptureDevice, id: string | null): string {
  const lines: [string, string][] = [
    ['bus', device.bus],
    ['serial', device.serial ?? 'none'],
    ['driver', device.driver],
    ...formatLines(device.modes),
  ];
  if (device.usable !== null) lines.push(['not usable', device.usable]);
  else lines.push(['to use it', `cameras: { ${id}: { source: '${sourceOf(device).replaceAll("'", "''")}' } }`]);
  const width = Math.max(...lines.map(([key]) => key.length));
  return `${device.device}  ${device.name}\n${lines.map(([key, text]) => `  ${key.padEnd(width)}  ${text}\n`).join('')}`;
}

/**
 * Each size with its highest rate, the largest first: `MJPG` with `1920x1080 30, 1280x720 60`. Formats with equal sizes
 * share a line.
 */
function formatLines(modes: readonly CaptureMode[]): [string, string][] {
  const alike = new Map<string, string[]>();
  for (const format of new Set(modes.map(mode => mode.format))) {
    const sizes = modes
      .filter(mode => mode.format === format)
      .sort((a, b) => b.width * b.height - a.width * a.height)
      .map(({ width, height, framerates: [rate] }) => `${width}x${height}${rate === undefined ? '' : ` ${rate}`}`);
    const line = shorten(sizes, MAX_SIZES, ', ');
    alike.set(line, [...(alike.get(line) ?? []), format]);
  }
  return [...alike].map(([line, formats]) => [shorten(formats, MAX_FORMATS, ' '), line]);
}

const shorten = (words: readonly string[], max: number, separator: string): string =>
  words.slice(0, max).join(separator) + (words.length > max ? ` and ${words.length - max} more` : '');
