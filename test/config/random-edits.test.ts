import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { loadText } from '../../src/server/config/load.js';
import { configuredServer } from '../helpers/config-store.js';
import { after, type Cameras, editsOf, send } from '../helpers/edits.js';

/** Brackets name the subject of a comment: it may be removed only with that. */
const FILE = `# [] The robot in the cellar

# [] Ask Ann before you change ports.
version: 1   # [version]
limits:      # [limits]
    # [limits.requestsPerMinute] for this test
    requestsPerMinute: 1000000    # [limits.requestsPerMinute]
# [cameras] all that it has

cameras: # [cameras]
    # [cameras.7] above it
    '7': # [cameras.7]
        # [cameras.7.source] above it
        source: "test"     # [cameras.7.source]
        width: 0x280       # [cameras.7.width] in hexadecimal

        # [cameras.7.controls] above it
        controls:          # [cameras.7.controls]
            # [cameras.7.controls.brightness] above it
            brightness: 100   # [cameras.7.controls.brightness]
            hue: 3   # [cameras.7.controls.hue]
        # [cameras.7.name] above it
        name: >-   # [cameras.7.name]
            the front
            camera
    # [cameras.3] above it
    3: &other   # [cameras.3]
        source: rtsp://u:p@192.0.2.7/s   # [cameras.3.source]
        framerate: 3e1   # [cameras.3.framerate]

    # [cameras.5] above it
    5: { source: test, width: 320 } # [cameras.5]
    # [cameras.like] above it
    like: *other # [cameras.like]
# [access] above it
access:
    # [access.origins] above it
    origins: [ '*' ] # [access.origins]
    anonymous:
        # [access.anonymous] above the entry
        - role: view # [access.anonymous]
# [] The end
`;

const IDS = ['7', '3', '5', 'like', 'new', '1', 'true', 'null', '0x1F', 'a-b_c'];
/** EDITS=1000 as for a release. */
const EDITS = Number(process.env.EDITS ?? 400);
/** A new one in each run, or the one to repeat. */
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Every comment, with its subject. */
const commentsIn = (text: string): { comment: string; about: string }[] =>
  [...text.matchAll(/# (\[([^\]]*)\][^\n]*)/g)].map(([, comment = '', about = '']) => ({
    comment: comment.trim(),
    about,
  }));

const isThere = (value: unknown, path: string): boolean =>
  path === '' ||
  path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], value) !==
    undefined;

t.test(`${EDITS} random edits (SEED=${SEED})`, async t => {
  const { ask, text, engine, file, config } = await configuredServer(t, FILE);
  const first = parse(FILE) as { cameras: Record<string, Record<string, unknown>> };
  let cameras: Cameras = new Map(Object.entries(first.cameras));
  let kept = commentsIn(FILE);
  const counts = { accepted: 0, refused: 0 };
  for (const [index, edit] of fc.sample(editsOf(IDS), { numRuns: EDITS, seed: SEED }).entries()) {
    const before = text();
    const { status, right } = await send(ask, edit, cameras);
    const name = `edit ${index} of SEED=${SEED}: ${edit.method} ${edit.id} ${JSON.stringify(edit.body)}`;
    if (!right.includes(status)) t.fail(`${name}: ${status}, and not ${right}`, { text: before });
    const now = text();
    if (status >= 300) {
      counts.refused++;
      if (now !== before) t.fail(`${name}: ${status}, but the file has changed`);
      continue;
    }
    counts.accepted++;
    cameras = after(edit, cameras);
    const value = parse(now) as typeof first;
    loadText(now, file);
    if (!same(value.cameras, Object.fromEntries(cameras)))
      t.strictSame(value.cameras, Object.fromEntries(cameras), name);
    if (!same({ ...value, cameras: null }, { ...first, cameras: null })) t.strictSame(value, first, name);
    kept = kept.filter(({ about }) => isThere(value, about));
    const there = new Set(commentsIn(now).map(({ comment }) => comment));
    const lost = kept.filter(({ comment }) => !there.has(comment));
    if (lost.length > 0) {
      t.strictSame(lost, [], `${name}: comments are lost`, { before, now });
      return;
    }
    if (!same([...engine.plans.keys()].sort(), [...cameras.keys()].sort())) t.fail(`${name}: the engine has others`);
  }
  t.ok(counts.accepted > EDITS / 4 && counts.refused > EDITS / 8, JSON.stringify(counts));
  // The settings in effect, in the API and in the file are the same.
  const fresh = loadText(text(), file);
  t.strictSame(config.running.cameras, fresh.cameras);
  t.strictSame(
    [...engine.plans.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ name: _, ...plan }) => plan),
    (fresh.cameras ?? []).map(({ plan: { name: _, ...plan } }) => plan).sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
  const { items } = (await (await ask('GET', '/api/v1/cameras')).json()) as { items: { id: string; name: string }[] };
  t.strictSame(
    items.map(({ id, name }) => [id, name]),
    (fresh.cameras ?? []).map(({ plan }) => [plan.id, plan.name]),
    'in the order of the file',
  );
});

const same = (a: unknown, b: unknown): boolean => stable(a) === stable(b);

function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
