import { ConfigFile } from '../../src/server/config/config-storage.js';
import { ConfigStore } from '../../src/server/config/store.js';
import { NO_APPLIER } from './config-store.js';
import { keptLog } from './quiet-log.js';

/** Run as a program: changes a camera repeatedly and prints what is saved so far, until it is killed. */
const store = new ConfigStore({ storage: new ConfigFile(process.argv[2] ?? ''), log: keptLog() });
await store.start(NO_APPLIER, 'a secret');
let value = store.running.cameras[0]?.plan.settings.keyframeInterval ?? 0;
for (;;) {
  process.stdout.write(`${value}\n`);
  value++;
  await store.patch('a', { keyframeInterval: value }, undefined);
}
