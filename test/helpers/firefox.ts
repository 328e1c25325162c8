import { existsSync } from 'node:fs';
import { type Browser, launch } from 'puppeteer-core';

const PATHS = [process.env.FIREFOX_PATH, '/usr/bin/firefox-esr', '/usr/bin/firefox'];
const executablePath = PATHS.find(path => path && existsSync(path));

/** Why a test of Firefox is skipped; false if there is one. */
export const noFirefox: string | false = executablePath
  ? false
  : 'firefox-esr is not installed, and FIREFOX_PATH names no other';

/** A real Firefox with a fake camera and microphone; access to them is granted without a prompt. */
export function launchFirefox(): Promise<Browser> {
  return launch({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    ...(executablePath ? { executablePath } : {}),
    headless: true,
    extraPrefsFirefox: {
      'media.autoplay.default': 0,
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      // It would fetch the OpenH264 plugin, some time after its start.
      'media.gmp-manager.updateEnabled': false,
    },
  });
}
