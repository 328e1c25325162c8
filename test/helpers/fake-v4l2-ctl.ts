import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Test } from 'tap';

/** The recorded output of real programs. */
export const RECORDED = new URL('../../../test/fixtures/v4l2/', import.meta.url);

export const recorded = (name: string): string => readFileSync(new URL(name, RECORDED), 'utf8');

/**
 * Replays what v4l2-ctl once printed about a device, by files: `video0.info`, `video0.formats` and `video0.controls`
 * are printed, `hang` makes it hang, `refuse` has names of controls that it does not set, `calls` a line for each call.
 */
const PROGRAM = `#!/bin/sh
cd -- "$(dirname -- "$0")" || exit 1
device=$(basename -- "$2")
echo "$device $3 $4" >>calls
if [ -e "$device.hang" ]; then exec sleep 60; fi
if [ ! -e "$device.info" ]; then echo "Cannot open device $2, exiting." >&2; exit 1; fi
case $3 in
  --info) cat "$device.info" "$device.formats" 2>/dev/null || true ;;
  --list-ctrls-menus) cat "$device.controls" ;;
  --set-ctrl)
    name=\${4%%=*}
    if grep -qx "$name" refuse 2>/dev/null; then
      printf 'VIDIOC_S_EXT_CTRLS: failed: Permission denied\\n%s: Permission denied\\n' "$name" >&2
      exit 255
    fi
    sed -i "s/^\\( *$name 0x.* value=\\)[-0-9]*/\\1\${4#*=}/" "$device.controls"
    # As uvcvideo does it: manual exposure makes the time active.
    if [ "$4" = auto_exposure=1 ]; then sed -i '/exposure_time_absolute/s/ flags=inactive//' "$device.controls"; fi
    ;;
esac
`;

export interface FakeV4l2Ctl {
  /** Sets what it prints about a device. */
  give(device: string, recording: { info: string; formats?: string; controls?: string }): void;
  /** Makes its driver hang. */
  hang(device: string): void;
  /** Controls that the driver refuses to set. */
  refuse(...controls: string[]): void;
  /** The calls so far: `video0 --set-ctrl brightness=140`. */
  calls(): string[];
}

/** Puts a fake v4l2-ctl first on the PATH of this process, until the test ends. */
export function fakeV4l2Ctl(t: Test): FakeV4l2Ctl {
  const folder = mkdtempSync(join(tmpdir(), 'v4l2-ctl-'));
  const program = join(folder, 'v4l2-ctl');
  writeFileSync(program, PROGRAM);
  chmodSync(program, 0o755);
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  t.teardown(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    give: (device, { info, formats, controls }) => {
      const name = basename(device);
      for (const [kind, file] of Object.entries({ info, formats, controls }))
        if (file !== undefined) copyFileSync(new URL(file, RECORDED), join(folder, `${name}.${kind}`));
    },
    hang: device => writeFileSync(join(folder, `${basename(device)}.hang`), ''),
    refuse: (...controls) => writeFileSync(join(folder, 'refuse'), `${controls.join('\n')}\n`),
    calls: () => {
      const file = join(folder, 'calls');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    },
  };
}
