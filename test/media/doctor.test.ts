import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Finding } from '../../src/server/doctor/check.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

function doctor(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { INIT_CWD: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'doctor', ...args], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

t.test('on a machine that can run the tests no check fails: groups, in 80 columns, no colours', async t => {
  const config = `${t.testdir({ 'robot.yaml': 'server: { port: 0 }\nice: { servers: [] }' })}/robot.yaml`;
  const { status, stdout, stderr } = doctor('--config', config);
  t.equal(stderr, '');
  t.equal(status, 0, stdout);
  const lines = stdout.trimEnd().split('\n');
  t.strictSame(
    lines.filter(line => !/^( {2}(ok {2}|warn) {2}\w+ +\S[\x20-\x7e]*| {16,}\S[\x20-\x7e]*|)$/.test(line)).slice(0, -1),
    ['Software', 'Hardware', 'Configuration', 'Network'],
    stdout,
  );
  t.match(lines.at(-1), /^(\d+ could be better|All is well)\.$/);
  // The path of the file is in one piece, however long.
  t.strictSame(
    lines.filter(line => line.length > 80 && !line.includes(config)),
    [],
  );
  for (const check of 'node gstreamer dtls clock encoder decoder permissions cameras config http interfaces udpPorts ice'.split(
    ' ',
  ))
    t.ok(
      lines.some(line => line.slice(8).startsWith(check)),
      check,
    );
});

t.test('failures are in the exit code, and in JSON for programs', async t => {
  const config = `${t.testdir({ 'robot.yaml': 'server: { prt: 0 }' })}/robot.yaml`;
  const { status, stdout } = doctor('--config', config, '--json');
  t.equal(status, 1);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  t.equal(ok, false);
  t.match(
    findings.filter(finding => finding.status === 'fail'),
    [{ check: 'config', detail: /robot\.yaml:1: server\.prt/, remedy: /./ }],
  );
});
