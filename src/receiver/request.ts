import { parseProblem, parseRetryAfter } from '../protocol/problem-document.js';
import { type FailureCode, ReceiveFailure } from './failure.js';
import { fetchTrusting } from './trust.js';

/** A server answers when the camera's first frame is there, which may take a camera this long. */
const TIMEOUT_MS = 15_000;
/** Characters of a body: an SDP answer, a list of cameras. */
const MAX_BODY = 1_000_000;

export interface Answer {
  status: number;
  headers: Headers;
  body: string;
  /** After redirects. */
  url: URL;
}

export interface Question {
  method?: string;
  body?: string;
  headers?: Readonly<Record<string, string>>;
  /** Null sends no token. */
  token: string | null;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/**
 * Sends a request.
 * @throws ReceiveFailure without an answer, or on a status other than 2xx
 */
export async function ask(url: URL, question: Question): Promise<Answer> {
  const answer = await askAnyStatus(url, question);
  if (answer.status < 200 || answer.status > 299) throw refusal(url, answer);
  return answer;
}

/** The same, accepting any status. @throws ReceiveFailure without an answer */
export async function askAnyStatus(url: URL, question: Question): Promise<Answer> {
  const { method = 'GET', body, headers = {}, token, signal, timeoutMs = TIMEOUT_MS } = question;
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetchTrusting(url, {
      method,
      headers: { ...headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body }),
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    const text = await bodyOf(response);
    if (text === null)
      throw new ReceiveFailure('invalid-answer', `${hostOf(url)} sent an answer of more than ${MAX_BODY} characters`);
    return { status: response.status, headers: response.headers, body: text, url: new URL(response.url || url) };
  } catch (error) {
    if (error instanceof ReceiveFailure) throw error;
    throw unreachable(url, error, late.aborted ? timeoutMs : null);
  }
}

/** The body; null if it is longer than MAX_BODY. */
async function bodyOf({ body }: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  // Leaving the loop closes the connection.
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MAX_BODY) return null;
  }
  return text + decoder.decode();
}

export const hostOf = (url: URL): string => url.host;

const CODES: Readonly<Record<number, FailureCode>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'unknown-camera',
  405: 'invalid-answer',
  406: 'no-common-codec',
  415: 'invalid-answer',
  408: 'unavailable',
  409: 'unavailable',
  422: 'invalid-answer',
  423: 'unavailable',
  425: 'unavailable',
  429: 'unavailable',
};

// The problem codes of this project's server are more specific than the status.
const KNOWN: ReadonlyMap<string, FailureCode> = new Map([
  ['no-common-codec', 'no-common-codec'],
  ['unknown-camera', 'unknown-camera'],
]);

// The server's own remedy is for HTTP clients.
const REMEDIES: Readonly<Partial<Record<FailureCode, string>>> = {
  unauthorized: 'Give a token with permission to view: in BIGFOOTBOT_TOKEN, with --token-file, or at the prompt',
};

function refusal(url: URL, { status, headers, body }: Answer): ReceiveFailure {
  const problem = parseProblem(status, body);
  const code = KNOWN.get(problem.code ?? '') ?? CODES[status] ?? (status < 500 ? 'invalid-answer' : 'unavailable');
  // Text of an untrusted server.
  const detail = printable(problem.detail);
  return new ReceiveFailure(
    code,
    `${hostOf(url)}${url.pathname} answered ${status}: ${detail}`,
    REMEDIES[code] ?? printable(problem.remedy ?? ''),
    parseRetryAfter(headers.get('Retry-After')),
  );
}

/** One line without control characters, which could write all over a terminal. */
export const printable = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);

function unreachable(url: URL, error: unknown, lateMs: number | null): ReceiveFailure {
  const host = hostOf(url);
  if (lateMs !== null)
    return new ReceiveFailure(
      'unreachable',
      `${host} did not answer within ${lateMs / 1000} s`,
      'Check the address and the network',
    );
  const { code = '', message = '' } = causeOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return new ReceiveFailure(
        'unreachable',
        `${host} refuses the connection`,
        'Start the server there, or use the right port (default: 8765)',
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ReceiveFailure(
        'unknown-host',
        `there is no host "${url.hostname}"`,
        'Check its name, or use its address',
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new ReceiveFailure(
        'unreachable',
        `no route to ${host}`,
        'Check that both machines are on connected networks',
      );
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return new ReceiveFailure('unreachable', `${host} does not speak TLS`, 'Write http:// instead of https://');
  }
  if (/certificate|CERT_|SELF_SIGNED/.test(`${code} ${message}`))
    return new ReceiveFailure(
      'unreachable',
      `the certificate of ${host} is not trusted: ${printable(message)}`,
      CERTIFICATE_REMEDIES[code] ?? 'Give the certificate, or that of its authority, with --ca',
    );
  return new ReceiveFailure('unreachable', `the request to ${host} failed: ${printable(message)}`);
}

const CERTIFICATE_REMEDIES: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID:
    'Use a name that the certificate covers, or create one for this name ("certificate --host" on the robot)',
  CERT_HAS_EXPIRED: 'Renew it on the server, and check the clocks of both machines',
  CERT_NOT_YET_VALID: 'Set the clocks of both machines',
};

function causeOf(error: unknown): { code?: string; message?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  // fetch says only "fetch failed"; the cause has the error, one per address if the name has several.
  const { cause } = error;
  if (cause instanceof AggregateError) return causeOf(cause.errors[0]);
  if (cause instanceof Error)
    return { message: cause.message, ...('code' in cause ? { code: String(cause.code) } : {}) };
  return { message: error.message, ...('code' in error ? { code: String(error.code) } : {}) };
}
