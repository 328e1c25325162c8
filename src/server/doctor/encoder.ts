import type { Check } from './check.js';

export const checkEncoder: Check = async ({ machine }) => {
  const { gstreamer, encoders } = await machine();
  if (gstreamer === null) return [];
  const selected = encoders.tried.find(({ element }) => element === encoders.selected);
  const failed = encoders.tried
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ element, reason }) => `${element}: ${reason}`)
    .join('; ');
  if (!selected)
    return [
      {
        status: 'fail',
        check: 'encoder',
        detail: `no H.264 encoder opens${failed === '' ? '' : ` (${failed})`}`,
        remedy: 'On Debian and Ubuntu: "sudo apt-get install gstreamer1.0-plugins-ugly", which contains x264.',
      },
    ];
  const behind = encoders.tried.filter(({ outcome }) => outcome === 'skipped').map(({ element }) => element);
  const detail = [`${selected.element}, ${selected.title}`, ...behind].join('; then ');
  if (failed !== '')
    return [
      {
        status: 'warn',
        check: 'encoder',
        detail: `${detail}; a better one is installed but does not open (${failed})`,
        remedy: 'Check its driver, and that this user may use the device.',
      },
    ];
  return [{ status: 'ok', check: 'encoder', detail }];
};
