/** The REST calls of the dashboard. */
import type { operations } from '../contract/api.js';
import { type Problem, parseProblem } from './problem.js';
import { authorization, readToken } from './token.js';

export type Camera = operations['listCameras']['responses'][200]['content']['application/json']['items'][number];
export type System = operations['getSystem']['responses'][200]['content']['application/json'];

const TIMEOUT_MS = 4_000;

export type Answer<T> =
  | { kind: 'ok'; value: T }
  /** The server answered, and it was no. */
  | { kind: 'problem'; problem: Problem }
  /** Nothing answered. */
  | { kind: 'unreachable' };

export const listCameras = async (): Promise<Answer<Camera[]>> => {
  const answer = await get<{ items: Camera[] }>('/api/v1/cameras');
  return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.items } : answer;
};

export const getSystem = (token?: string): Promise<Answer<System>> => get<System>('/api/v1/system', token);

async function get<T>(path: string, token: string | undefined = readToken()): Promise<Answer<T>> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const headers = { Accept: 'application/json', ...authorization(token) };
    const response = await fetch(path, { headers, cache: 'no-store', signal: abort.signal });
    if (!response.ok) return { kind: 'problem', problem: parseProblem(response.status, await response.text()) };
    return { kind: 'ok', value: (await response.json()) as T };
  } catch {
    return { kind: 'unreachable' };
  } finally {
    clearTimeout(timer);
  }
}
