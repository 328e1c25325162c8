import fc from 'fast-check';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import t from 'tap';
import { OFFER, PUBLISHING_OFFER, type TestApp, testApp } from '../helpers/app.js';
import { hostile, nearly, type Schema, valid } from '../helpers/arbitraries.js';
import { breaches, type Operation, operations, problemBreaches } from '../helpers/contract.js';
import { readFragment } from '../helpers/fragments.js';

/** Requests of each operation. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 60);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_125);

const NO_LIMITS = { requestsPerMinute: 1_000_000, wrongTokensPerMinute: 1_000_000 };
const FRAGMENT = readFragment('candidates-alone');
/** More than the limit of any body. */
const TOO_LARGE = 70_000;

/** Segments that a URL parser normalizes to another path. */
const isOwnSegment = (text: string): boolean => !/^\.{0,2}$/.test(text) && !/^\/?$/.test(text);

const segment = (likely: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...likely) },
    {
      weight: 1,
      arbitrary: fc
        .oneof(
          fc.constantFrom('__proto__', 'constructor', '\0', '..%2f', 'x'.repeat(100), 'x'.repeat(101), 'x'.repeat(199)),
          fc.string({ unit: 'binary', maxLength: 60 }),
        )
        .filter(isOwnSegment),
    },
  );

const SEGMENTS: Readonly<Record<string, readonly string[]>> = {
  secret: ['SECRET', 'a-secret'],
  session: ['s-1', 's-2', 's-9999'],
  stream: ['x'],
};

/** Mostly one that the operation is meant for. */
const camerasFor = ({ path }: Operation): string[] => {
  const meant = path.startsWith('/whip') ? 'phone' : 'road';
  return [meant, meant, meant, 'arm', 'road', 'phone', 'nowhere'];
};

/** Wrong in any way, unless it is left out. */
const query = ({ parameters }: Operation): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...parameters
        .filter(parameter => parameter.in === 'query')
        .map(({ name, schema }) =>
          fc
            .option(fc.oneof(valid(schema), fc.string({ maxLength: 30 }), hostile), { nil: undefined })
            .map(value => [name, value] as const),
        ),
      fc.option(fc.tuple(fc.string({ minLength: 1, maxLength: 10 }), fc.string({ maxLength: 10 })), { nil: undefined }),
    )
    .map(pairs => {
      const text = pairs
        .filter((pair): pair is readonly [string, unknown] => pair !== undefined && pair[1] !== undefined)
        .filter(([name]) => !['token', 'access_token'].includes(name))
        .map(
          ([name, value]) =>
            `${encode(name)}=${encode(String(typeof value === 'object' ? JSON.stringify(value) : value))}`,
        )
        .join('&')
        .slice(0, 4_000);
      return text === '' ? '' : `?${text}`;
    });

/** A lone surrogate is impossible in a URL. */
const encode = (text: string): string => encodeURIComponent(text.replaceAll(/\p{Cs}/gu, '�'));

const TYPES = [
  ...['application/json', 'application/sdp', 'application/trickle-ice-sdpfrag', 'application/merge-patch+json'],
  ...['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;;', 'text/plain', 'x', '/', 'a/b/c'],
  ...['application/json, text/plain', 'multipart/form-data; boundary=x', 'application/problem+json', '__proto__', ''],
];

function body({ bodies }: Operation): fc.Arbitrary<{ type: string | undefined; text: string | undefined }> {
  const types = Object.keys(bodies);
  const texts = types.flatMap(type => {
    const schema = bodies[type] as Schema;
    if (!type.endsWith('json')) {
      const right = type.endsWith('sdpfrag') ? [FRAGMENT] : [OFFER, PUBLISHING_OFFER];
      return [fc.constantFrom(...right), fc.constantFrom(...right).chain(cut)];
    }
    const written = (value: fc.Arbitrary<unknown>) => value.map(inner => JSON.stringify(inner) ?? 'null');
    return [written(valid(schema)), written(nearly(schema)), written(hostile), written(valid(schema)).chain(cut)];
  });
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 500 }),
    fc.constantFrom('', '{', '[', 'null', '{"a":1}{"b":2}', '{"__proto__":{"a":1}}', '[1e999]', '\ufeff{}'),
    fc.constant('x'.repeat(TOO_LARGE)),
    fc.constant(`"${'x'.repeat(TOO_LARGE)}"`),
  );
  return fc.record({
    type:
      types.length > 0
        ? fc.oneof(
            { weight: 8, arbitrary: fc.constantFrom(...types) },
            { weight: 1, arbitrary: fc.constantFrom(undefined, ...TYPES) },
          )
        : fc.constantFrom(undefined, ...TYPES),
    text: fc.oneof(
      ...texts.map(arbitrary => ({ weight: 4, arbitrary })),
      { weight: 1, arbitrary: anything },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  });
}

/** A truncated text, or one with a piece missing. */
const cut = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(Math.max(1, text.length)), fc.nat(20), fc.boolean())
    .map(([at, length, isEnd]) => (isEnd ? text.slice(0, at) : text.slice(0, at) + text.slice(at + length)));

/** Printable, as Node allows no others in a header; and such as are read from a network as Latin-1. */
const headerText = fc.string({ unit: fc.constantFrom(...'"*,W/ abcXYZ019-_=;\\éÿ\t'), maxLength: 60 });

const headers = fc.record(
  {
    'if-match': fc.oneof(fc.constantFrom('*', '"*"', '"x"', 'W/"x"', '', '"a", "b"', '"'), headerText),
    accept: fc.constantFrom('*/*', 'text/html', 'application/json;q=0', 'nonsense'),
    'accept-encoding': fc.constantFrom('gzip', 'identity;q=0, *;q=0'),
    origin: fc.constantFrom('https://player.example', 'null', 'nonsense', 'http://[::1]'),
    'access-control-request-method': fc.constantFrom('POST', 'nonsense'),
    'if-none-match': headerText,
    range: fc.constantFrom('bytes=0-0', 'bytes=9-1'),
    'x-http-method-override': fc.constantFrom('DELETE'),
    'x-forwarded-for': headerText,
    cookie: headerText,
    'user-agent': headerText,
    authorization: fc.constantFrom('', 'Bearer', 'Basic eDp5', `Bearer ${'x'.repeat(4_000)}`, 'Bearer é'),
  },
  { requiredKeys: [] },
);

interface Request {
  segments: Record<string, string>;
  query: string;
  headers: Record<string, string>;
  body: { type: string | undefined; text: string | undefined };
}

const requestOf = (operation: Operation): fc.Arbitrary<Request> =>
  fc.record({
    segments: fc.record(
      Object.fromEntries(
        [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [
          name,
          segment(name === 'camera' ? camerasFor(operation) : (SEGMENTS[name] ?? ['x'])),
        ]),
      ),
    ),
    query: query(operation),
    headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
    body: body(operation),
  }) as fc.Arbitrary<Request>;

function send({ ask }: TestApp, { method, path }: Operation, request: Request, secret: string) {
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent((request.segments[name] ?? 'x').replace('SECRET', secret)),
  );
  const { type, text } = request.body;
  const options: Partial<InjectOptions> = {
    headers: { ...request.headers, ...(type === undefined ? {} : { 'content-type': type }) },
    ...(text === undefined ? {} : { payload: text }),
  };
  return ask(method, url + request.query, options);
}

function wrongWith({ operationId, path }: Operation, request: Request, response: LightMyRequestResponse): string[] {
  const { statusCode } = response;
  // A path segment longer than any name has no route.
  const isLong = Object.values(request.segments).some(text => text.length >= 200);
  const document = response.headers['content-type']?.toString().startsWith('application/problem+json');
  const answered = document ? (response.json() as { status: number; code: string }) : null;
  return [
    ...(statusCode === 500 ? [`500: ${response.body}`] : []),
    ...(isLong && statusCode === 404 ? [] : breaches(operationId, response)),
    ...(statusCode >= 400 ? problemBreaches(response, statusCode, answered?.code ?? '?') : []),
    ...(answered && response.body.length > 10_000 ? [`${response.body.length} characters about ${path}`] : []),
    ...(response.body.includes('u:secret') ? ["a camera's password comes back"] : []),
    ...(Object.keys(Object.prototype).length > 0 ? ['the prototype of all objects was written to'] : []),
  ];
}

t.test(`every operation follows the contract, whatever is sent (seed ${SEED}, ${RUNS} each)`, async t => {
  const seen = new Map<string, Set<number>>();
  const start = () => testApp(t, 1_000, { limits: NO_LIMITS });
  // Operations that do not affect the next one share a server.
  const common = await start();
  for (const operation of operations) {
    const { method, path } = operation;
    const spoils = method === 'DELETE' || (path.startsWith('/api/v1/cameras') && !['GET', 'OPTIONS'].includes(method));
    const test = spoils ? await start() : common;
    const made = await (path.startsWith('/whip') ? test.publish('phone?takeover=true') : test.offer());
    const secret = String(made.headers.location).split('/').at(-1) ?? '';
    const statuses = new Set<number>();
    try {
      await fc.assert(
        fc.asyncProperty(requestOf(operation), async request => {
          const response = await send(test, operation, request, secret);
          statuses.add(response.statusCode);
          const wrong = wrongWith(operation, request, response);
          if (wrong.length > 0) throw new Error(wrong.join('\n'));
        }),
        { seed: SEED, numRuns: RUNS },
      );
      t.pass(operation.operationId);
    } catch (error) {
      const { message, cause } = error as Error;
      t.fail(`${operation.operationId}: ${String(cause).slice(0, 2_000)} ${message.slice(0, 2_000)}`);
    }
    seen.set(operation.operationId, statuses);
    t.equal((await test.app.inject('/healthz')).statusCode, 200, `${operation.operationId}: the server still works`);
    if (spoils) await test.app.close();
  }
  // If no request succeeded, the test would prove nothing.
  const barren = [...seen].filter(([, statuses]) => ![...statuses].some(status => status < 300 || status === 426));
  t.strictSame(
    barren.map(([id]) => id).filter(id => !BARREN.has(id)),
    [],
    'each also succeeded',
  );
});

/** Out of scope here: V4L2 cameras, cameras that are ready, and event streams, whose answer does not end. */
const BARREN: ReadonlySet<string> = new Set([
  'listControls',
  'setControls',
  'getReadiness',
  'whepEvents',
  'whepEventsDelete',
]);
