import { EventBus } from '../../src/domain/events.js';
import { Failure } from '../../src/domain/failure.js';
import { Sessions } from '../../src/domain/sessions.js';
import { parseOffer } from '../../src/protocol/offer.js';
import { FakeEngine } from './fake-engine.js';
import { readOffer } from './fixtures.js';
import { keptLog } from './quiet-log.js';

const offer = parseOffer(readOffer('chromium-156'), 'watch');
export const CREDENTIALS = offer.transport.ice;
export const CLIENT = { address: '192.0.2.9', userAgent: 'curl' };

/** Sessions over a fake engine that a test answers for, and the events that they emit. */
export function testSessions(maxViewers = 3) {
  const engine = new FakeEngine();
  const log = keptLog();
  const events = new EventBus(log);
  const emitted: string[] = [];
  events.on('sessionOpened', ({ session }) => emitted.push(`opened ${session.id}`));
  events.on('sessionConnected', ({ session }) => emitted.push(`connected ${session.id}`));
  events.on('sessionEnded', ({ session }) => emitted.push(`ended ${session.id} ${session.ended?.reason}`));
  events.on('viewersChanged', ({ camera, viewers }) => emitted.push(`${camera} has ${viewers}`));
  const sessions = new Sessions({ engine, events, log, maxViewers });
  const request = (camera: string, signal = new AbortController().signal) => ({
    camera,
    offer,
    credentials: [CREDENTIALS],
    client: CLIENT,
    requestId: 'r-1',
    signal,
  });
  const watch = (camera = 'road', signal?: AbortSignal) => sessions.watch(request(camera, signal));
  const publish = (takeover = false, signal?: AbortSignal) => sessions.publish(request('phone', signal), { takeover });
  const watched = async (camera = 'road') => {
    const opening = watch(camera);
    engine.joins.at(-1)?.answer();
    return await opening;
  };
  return { engine, log, events, emitted, sessions, watch, publish, watched };
}

/** The Failure of work that must fail. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<Failure> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing failed');
}
