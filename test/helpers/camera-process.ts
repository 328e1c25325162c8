import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { checkFromWorker, type FromWorker, type ToWorker, type ToWorkerOf } from '../../src/messages/camera-worker.js';
import { configureMessage } from './camera-plan.js';
import { until } from './server.js';

const ENTRY = fileURLToPath(new URL('../../src/worker/main.js', import.meta.url));

/** A camera's worker by itself, driven as by the control plane. */
export interface CameraProcess {
  readonly said: FromWorker[];
  say(message: ToWorker): void;
  /** Changes the named settings of the previous configuration. */
  configure(change: Partial<Omit<ToWorkerOf<'configure'>, 'type'>>): void;
  /** The last status of the camera that it sent. */
  camera(): Extract<FromWorker, { type: 'camera' }> | undefined;
  inState(state: string): Promise<void>;
}

export async function cameraProcess(
  t: Test,
  settings: Partial<Omit<ToWorkerOf<'configure'>, 'type'>>,
): Promise<CameraProcess> {
  const child = fork(ENTRY, ['camera', 'under-test'], {
    execArgv: ['--expose-gc', '--enable-source-maps'],
    serialization: 'advanced',
  });
  t.teardown(() => child.kill('SIGKILL'));
  const said: FromWorker[] = [];
  child.on('message', data => {
    const message = checkFromWorker(data);
    if (message) said.push(message);
  });
  let config = configureMessage({
    width: 320,
    height: 240,
    framerate: 15,
    bitrate: 500_000,
    keyframeInterval: 30,
    passthrough: 'never',
    ...settings,
  });
  const camera = (): Extract<FromWorker, { type: 'camera' }> | undefined =>
    said.filter(message => message.type === 'camera').at(-1);
  await until('the worker is ready', async () => said.some(({ type }) => type === 'ready'), 20_000);
  child.send(config);
  return {
    said,
    camera,
    say: message => void child.send(message),
    configure: change => {
      config = { ...config, ...change };
      child.send(config);
    },
    inState: async state => {
      await until(`the camera is ${state}`, async () => camera()?.state === state);
    },
  };
}
