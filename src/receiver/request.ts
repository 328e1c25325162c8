import { parseProblem, parseRetryAfter } from '../protocol/problem-document.js';
import { type FailureCode, ReceiveFailure } from './failure.js';
import { fetchTrusting } from './trust.js';

/** A server answers when the camera's first picture is there, which may take a camera that long. */
const TIMEOUT_MS = 15_000;
/** Of a body: an answer, a list of cameras. */
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
  /** Null sends none. */
  token: string | null;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/**
 * Asks a server, and takes only a good answer for one.
 * @throws ReceiveFailure
 */
export async function ask(url: URL, question: Question): Promise<Answer> {
  const answer = await askAnyhow(url, question);
  if (answer.status < 200 || answer.status > 299) throw refusal(url, answer);
  return answer;
}

/** The same, whatever the status. @throws ReceiveFailure if there is no answer */
export async function askAnyhow(url: URL, question: Question): Promise<Answer> {
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
    if (text === null) throw new ReceiveFailure('invalid-answer', `${hostOf(url)} answered with far too much`);
    return { status: response.status, headers: response.headers, body: text, url: new URL(response.url || url) };
  } catch (error) {
    if (error instanceof ReceiveFailure) throw error;
    throw unreachable(url, error, late.aborted ? timeoutMs : null);
  }
}

/** No more of it is kept than is allowed; null if there is more. */
async function bodyOf({ body }: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  // To leave the loop ends the connection.
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

// What this project's server calls it says more than the status.
const KNOWN: ReadonlyMap<string, FailureCode> = new Map([
  ['no-common-codec', 'no-common-codec'],
  ['unknown-camera', 'unknown-camera'],
]);

// What the server says of it is for programs that speak HTTP.
const REMEDIES: Readonly<Partial<Record<FailureCode, string>>> = {
  unauthorized: 'Give a token that may view: in BIGFOOTBOT_TOKEN, with --token-file, or type it when you are asked',
};

function refusal(url: URL, { status, headers, body }: Answer): ReceiveFailure {
  const problem = parseProblem(status, body);
  const code = KNOWN.get(problem.code ?? '') ?? CODES[status] ?? (status < 500 ? 'invalid-answer' : 'unavailable');
  // The words of a stranger's server.
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
      'Check the address, and that the network leads there',
    );
  const { code = '', message = '' } = causeOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return new ReceiveFailure(
        'unreachable',
        `${host} refuses the connection`,
        'Start the server there, or name the right port (8765 unless it was told another)',
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
        `no way leads to ${host}`,
        'Check that both are on a network that joins them',
      );
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return new ReceiveFailure('unreachable', `${host} does not speak TLS`, 'Write http:// instead of https://');
  }
  if (/certificate|CERT_|SELF_SIGNED/.test(`${code} ${message}`))
    return new ReceiveFailure(
      'unreachable',
      `the certificate of ${host} is not trusted: ${printable(message)}`,
      CERTIFICATE_REMEDIES[code] ?? 'Name the file of who signed it, or of itself, with --ca',
    );
  return new ReceiveFailure('unreachable', `${host} cannot be asked: ${printable(message)}`);
}

const CERTIFICATE_REMEDIES: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use a name that is in it, or make one that has this name ("certificate --host" there)',
  CERT_HAS_EXPIRED: 'Renew it there, and look at the clocks of both',
  CERT_NOT_YET_VALID: 'Set the clocks of both',
};

function causeOf(error: unknown): { code?: string; message?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  // fetch says "fetch failed", and its cause what happened; of a name with several addresses one cause each.
  const { cause } = error;
  if (cause instanceof AggregateError) return causeOf(cause.errors[0]);
  if (cause instanceof Error)
    return { message: cause.message, ...('code' in cause ? { code: String(cause.code) } : {}) };
  return { message: error.message, ...('code' in error ? { code: String(error.code) } : {}) };
}
