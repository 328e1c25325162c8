import fc from 'fast-check';

/** A change of a camera, as a client might request it over REST. */
export interface Edit {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  id: string;
  /** Settings, or for PATCH a merge patch; without the id. */
  body: Record<string, unknown>;
  /** Which ETag is sent: the camera's, another, any, none. */
  ifMatch: 'right' | 'wrong' | 'any' | null;
  /** Whether it has a value that is invalid for every camera. */
  isWrong: boolean;
}

/** The cameras after the accepted edits, as configured. */
export type Cameras = Map<string, Record<string, unknown>>;

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
const hard = fc.constantFrom(
  '# no comment',
  'a: b',
  "it's",
  '"quoted"',
  '- x',
  '*a',
  '&a',
  'yes',
  '12',
  ' two ',
  '|',
  '{}',
);

/** For each setting, valid values and some invalid ones. */
const SETTINGS: Readonly<Record<string, [right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown>]>> = {
  source: [
    fc.constantFrom('test', 'whip', 'rtsp://u:p%23@192.0.2.7/s?a=b#c', 'v4l2:/dev/video7', 'file:/srv/a # b.mp4'),
    fc.constantFrom('tape', '', 'gst:fakesrc', 7, 'v4l2:/etc/passwd', 'rtsp://u:***@192.0.2.99/s'),
  ],
  name: [fc.oneof(text, hard), fc.constantFrom('', 7, 'x'.repeat(101))],
  width: [fc.integer({ min: 32, max: 3840 }).map(half => half * 2), fc.constantFrom(63, 641, '640', 1e9, true)],
  height: [fc.integer({ min: 32, max: 2160 }).map(half => half * 2), fc.constantFrom(0, 481, [480])],
  framerate: [fc.integer({ min: 1, max: 240 }), fc.constantFrom(0, 241, 29.97)],
  bitrate: [fc.integer({ min: 50_000, max: 100_000_000 }), fc.constantFrom(1, '1 Mbit/s')],
  keyframeInterval: [fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0, -1)],
  passthrough: [fc.constantFrom('auto', 'always', 'never'), fc.constantFrom('maybe', false)],
  overlay: [fc.constantFrom('none', 'timemark'), fc.constantFrom('clock', true)],
  fallback: [fc.constantFrom('vp8', 'none'), fc.constantFrom('vp9')],
  stallTimeout: [fc.double({ min: 0.5, max: 60, noNaN: true }), fc.constantFrom(0.4, 61, '2')],
  controls: [
    fc.dictionary(fc.constantFrom('brightness', 'contrast', 'hue'), fc.oneof(fc.integer(), fc.boolean(), hard), {
      noNullPrototype: true,
    }),
    fc.constantFrom([], 7, { Brightness: 1 }, { brightness: [1] }),
  ],
};

const settings = fc
  .record(Object.fromEntries(Object.entries(SETTINGS).map(([key, [right]]) => [key, right])), {
    requiredKeys: [],
    noNullPrototype: true,
  })
  .map(found => ({ source: 'test', ...found }) as Record<string, unknown>);

const patch = fc
  .record(
    Object.fromEntries(
      Object.entries(SETTINGS).map(([key, [right]]) => [
        key,
        key === 'source'
          ? right
          : fc.oneof({ weight: 3, arbitrary: right }, { weight: 1, arbitrary: fc.constant(null) }),
      ]),
    ),
    { requiredKeys: [], noNullPrototype: true },
  )
  .map(found => found as Record<string, unknown>);

/** One thing that makes a body wrong. */
const slip = fc.oneof(
  ...Object.entries(SETTINGS).map(([key, [, wrong]]) => wrong.map(value => ({ [key]: value }))),
  fc.constantFrom({ fps: 30 }, { id: 'x', settings: {} }),
);

/** @param ids of the cameras that are edited, some of which do not exist */
export function editsOf(ids: readonly string[]): fc.Arbitrary<Edit> {
  const common = {
    id: fc.constantFrom(...ids),
    ifMatch: fc.constantFrom('right', 'wrong', 'any', null, null),
    slip: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: slip }),
  } as const;
  const withBody = (methods: readonly Edit['method'][], body: fc.Arbitrary<Record<string, unknown>>) =>
    fc.record({ ...common, method: fc.constantFrom(...methods), body }).map(
      ({ slip: wrong, body: right, ...edit }): Edit => ({
        ...edit,
        ifMatch: edit.method === 'POST' ? null : edit.ifMatch,
        body: { ...right, ...wrong },
        isWrong: wrong !== null,
      }),
    );
  return fc.oneof(
    { weight: 4, arbitrary: withBody(['PATCH'], patch) },
    { weight: 2, arbitrary: withBody(['PUT'], settings) },
    { weight: 2, arbitrary: withBody(['POST'], settings) },
    {
      weight: 1,
      arbitrary: fc
        .record({ id: common.id, ifMatch: common.ifMatch })
        .map((edit): Edit => ({ ...edit, method: 'DELETE', body: {}, isWrong: false })),
    },
  );
}

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Pick<Response, 'status' | 'headers' | 'text'>>;

/** Sends an edit. @returns the status of the answer, and those that would be right */
export async function send(ask: Ask, edit: Edit, cameras: Cameras): Promise<{ status: number; right: number[] }> {
  const path = `/api/v1/cameras/${edit.id}`;
  const tag = edit.ifMatch === 'right' ? ((await ask('GET', path)).headers.get('etag') ?? '"none"') : '"another"';
  const headers: Record<string, string> =
    edit.ifMatch === null ? {} : { 'if-match': edit.ifMatch === 'any' ? '*' : tag };
  const response =
    edit.method === 'POST'
      ? await ask('POST', '/api/v1/cameras', { id: edit.id, ...edit.body })
      : await ask(edit.method, path, edit.method === 'DELETE' ? undefined : edit.body, headers);
  await response.text();
  return { status: response.status, right: rightAnswers(edit, cameras) };
}

function rightAnswers(edit: Edit, cameras: Cameras): number[] {
  const { method, id, ifMatch, isWrong } = edit;
  const isThere = cameras.has(id);
  const { source, overlay = 'none' } = after(edit, cameras).get(id) ?? {};
  // Which of several errors is reported first is unspecified.
  const refusals = [
    ...(isWrong || (source === 'whip' && overlay !== 'none') ? [422] : []),
    ...(method === 'POST' && isThere ? [409] : []),
    ...(method !== 'POST' && !isThere ? [404] : []),
    ...(method !== 'POST' && isThere && ifMatch === 'wrong' ? [412] : []),
  ];
  return refusals.length > 0 ? refusals : [{ POST: 201, PUT: 200, PATCH: 200, DELETE: 204 }[method]];
}

/** The cameras after an accepted edit. */
export function after({ method, id, body }: Edit, cameras: Cameras): Cameras {
  const now = new Map(cameras);
  if (method === 'DELETE') now.delete(id);
  else now.set(id, method === 'PATCH' ? merged(cameras.get(id) ?? {}, body) : body);
  return now;
}

/** RFC 7396, as far as settings need it: one level deep. */
function merged(target: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const { controls, ...flat } = patch;
  const both = { ...target, ...flat };
  if (typeof controls === 'object' && controls !== null)
    both.controls = { ...(target.controls as object | undefined), ...controls };
  else if (controls === null) delete both.controls;
  return Object.fromEntries(Object.entries(both).filter(([, value]) => value !== null));
}
