import type { Check } from './check.js';

/** README, "What it runs on". */
const OLDEST = [1, 20] as const;

export const checkGStreamer: Check = async ({ machine }) => {
  const { gstreamer, libnice, missing, error } = await machine();
  if (gstreamer === null)
    return [
      {
        status: 'fail',
        check: 'gstreamer',
        detail: error ?? 'GStreamer cannot be loaded',
        remedy: 'Run "sh deploy/setup.sh run", which installs and compiles what is missing.',
      },
    ];
  if (missing.length > 0)
    return missing.map(({ element, package: name }) => ({
      status: 'fail',
      check: 'gstreamer',
      detail: `the element ${element} is not installed`,
      remedy: `On Debian and Ubuntu: "sudo apt-get install ${name}".`,
    }));
  const [major = 0, minor = 0] = gstreamer.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return [
    isOld
      ? {
          status: 'fail',
          check: 'gstreamer',
          detail: `${gstreamer} is too old`,
          remedy: `Use a system with GStreamer ${OLDEST.join('.')} or later, such as Debian 12 or Ubuntu 22.04.`,
        }
      : {
          status: 'ok',
          check: 'gstreamer',
          detail: `${gstreamer} with all required elements, libnice ${libnice ?? 'of an unknown version'}`,
        },
  ];
};
