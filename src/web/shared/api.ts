/** The REST calls of the dashboard. */
import type { components, operations } from '../../contract/api.js';
import { type Problem, parseProblem } from '../../protocol/problem-document.js';
import { noteServerTime } from './server-clock.js';
import { authorization, readToken } from './token.js';

export type Camera = operations['listCameras']['responses'][200]['content']['application/json']['items'][number];
export type System = operations['getSystem']['responses'][200]['content']['application/json'];
export type Clock = operations['getClock']['responses'][200]['content']['application/json'];
export type LiveEvent = operations['liveEvents']['responses'][101]['content']['application/json'];
export type Device = components['schemas']['Device'];

/** A V4L2 control of a camera. */
export type Control = operations['listControls']['responses'][200]['content']['application/json']['items'][number];

const TIMEOUT_MS = 4_000;
/** The server writes a change to disk before it answers. */
const WRITE_TIMEOUT_MS = 15_000;

export type Answer<T> =
  | { kind: 'ok'; value: T; etag?: string }
  /** The server answered with an error. */
  | { kind: 'problem'; problem: Problem }
  /** No answer. */
  | { kind: 'unreachable' };

export const listCameras = async (): Promise<Answer<Camera[]>> => items(await call('GET', '/api/v1/cameras'));
export const getSystem = (token?: string): Promise<Answer<System>> => call('GET', '/api/v1/system', { token });
export const getClock = (): Promise<Answer<Clock>> => call('GET', '/api/v1/clock');
export const getCamera = (id: string): Promise<Answer<Camera>> => call('GET', cameraPath(id));
export const listDevices = async (): Promise<Answer<Device[]>> => items(await call('GET', '/api/v1/devices'));

export const createCamera = (camera: { id: string; source: string; name?: string }): Promise<Answer<unknown>> =>
  call('POST', '/api/v1/cameras', { body: camera });

/** @param etag of the camera as it was shown; the server answers 412 if it has changed since */
export const patchCamera = (id: string, patch: object, etag: string | undefined): Promise<Answer<unknown>> =>
  call('PATCH', cameraPath(id), { body: patch, etag });

export const removeCamera = (id: string, etag: string | undefined): Promise<Answer<unknown>> =>
  call('DELETE', cameraPath(id), { etag });

export const listControls = async (id: string): Promise<Answer<Control[]>> =>
  items(await call('GET', `${cameraPath(id)}/controls`));

/** @returns all controls with their current values */
export const setControls = async (id: string, values: object): Promise<Answer<Control[]>> =>
  items(await call('PATCH', `${cameraPath(id)}/controls`, { body: values }));

const cameraPath = (id: string): string => `/api/v1/cameras/${encodeURIComponent(id)}`;

const items = <T>(answer: Answer<{ items: T[] }>): Answer<T[]> =>
  answer.kind === 'ok' ? { kind: 'ok', value: answer.value.items } : answer;

interface Request {
  /** Default: the token stored in this browser. */
  token?: string | undefined;
  body?: object;
  etag?: string | undefined;
}

async function call<T>(method: string, path: string, { token, body, etag }: Request = {}): Promise<Answer<T>> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), method === 'GET' ? TIMEOUT_MS : WRITE_TIMEOUT_MS);
  try {
    const headers = {
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(etag === undefined ? {} : { 'If-Match': etag }),
      ...authorization(token ?? readToken()),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(path, { method, headers, cache: 'no-store', signal: abort.signal, ...sent });
    noteServerTime(response.headers.get('Date'));
    const text = await response.text();
    if (!response.ok) return { kind: 'problem', problem: parseProblem(response.status, text) };
    const tag = response.headers.get('ETag');
    return {
      kind: 'ok',
      value: (text === '' ? undefined : JSON.parse(text)) as T,
      ...(tag === null ? {} : { etag: tag }),
    };
  } catch {
    return { kind: 'unreachable' };
  } finally {
    clearTimeout(timer);
  }
}

/** The error as text; undefined if there is none. */
export function errorText(answer: Answer<unknown>): string | undefined {
  if (answer.kind === 'ok') return undefined;
  if (answer.kind === 'unreachable') return 'The robot did not answer. The change may or may not have been made.';
  return [answer.problem.detail, answer.problem.remedy].filter(Boolean).join(' ');
}
