// The disk with the configuration: read-only, and full. Cameras are still served, and a change is rejected as a whole.
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Problem } from '../../src/domain/contract.js';
import { inMountsOf, noMounts, withDisk } from '../helpers/mount-space.js';
import { startServerUnder, type TestServer } from '../helpers/server.js';

const CONFIG = 'cameras:\n  a: { source: test, bitrate: 500000 } # kept\n';

const patch = (server: TestServer, bitrate: number): Promise<Response> =>
  server.fetch('/api/v1/cameras/a', {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify({ bitrate }),
  });

async function refused(server: TestServer, bitrate: number): Promise<Problem> {
  const answer = await patch(server, bitrate);
  return (await answer.json()) as Problem;
}

t.test('a full disk, and a read-only one', { skip: noMounts }, async t => {
  const folder = t.testdir({ 'config.yaml': CONFIG, disk: {} });
  const disk = join(folder, 'disk');
  const command = withDisk(disk, '64k', join(folder, 'config.yaml'));
  const server = await startServerUnder(command, '--config', join(disk, 'config.yaml'));
  t.teardown(() => server.close());
  // As this process sees it, which has not mounted it.
  const seen = `/proc/${server.pid}/root${disk}`;
  const file = join(seen, 'config.yaml');
  t.equal((await patch(server, 600_000)).status, 200, 'there is room');
  const kept = readFileSync(file, 'utf8');
  t.match(kept, /600000.*# kept/);

  const { bavail, bsize } = statfsSync(seen);
  writeFileSync(join(seen, 'filler'), Buffer.alloc(bavail * bsize));
  t.match(await refused(server, 700_000), { status: 507, code: 'config-not-writable', remedy: /disk is full/ });
  rmSync(join(seen, 'filler'));

  inMountsOf(server.pid, 'mount', '-o', 'remount,ro', disk);
  t.match(await refused(server, 800_000), { status: 507, code: 'config-not-writable', remedy: /mounted read-only/ });
  t.equal(readFileSync(file, 'utf8'), kept, 'the file is what it was');
  t.equal((await server.camera('a')).settings.bitrate, 600_000, 'the camera too');
  t.equal((await server.fetch('/api/v1/cameras/a/snapshot.jpg')).status, 200, 'and it is served');

  inMountsOf(server.pid, 'mount', '-o', 'remount,rw', disk);
  t.equal((await patch(server, 900_000)).status, 200, 'it can be written again');
  t.match(readFileSync(file, 'utf8'), /900000.*# kept/);
});
