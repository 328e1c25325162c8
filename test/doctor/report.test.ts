import t from 'tap';
import type { Context, Group } from '../../src/server/doctor/check.js';
import { diagnose } from '../../src/server/doctor/checks.js';
import { makeContext } from '../../src/server/doctor/context.js';
import { report } from '../../src/server/doctor/report.js';

const GROUPS: Group[] = [
  {
    title: 'Software',
    findings: [
      { status: 'ok', check: 'node', detail: 'v22.1.0' },
      {
        status: 'warn',
        check: 'encoder',
        detail: 'x264enc; a better one is installed and does not open (nvh264enc: no device)',
        remedy: 'Check it: "sudo apt-get install libnvidia-encode-550" installs its library.',
      },
    ],
  },
  { title: 'Nothing to say', findings: [] },
  { title: 'Network', findings: [{ status: 'fail', check: 'http', detail: 'TCP port 8765', remedy: 'Take another.' }] },
];

t.test('grouped, aligned, wrapped; a command is not broken', t => {
  t.equal(
    report(GROUPS, { width: 60, colours: false }),
    `Software
  ok    node     v22.1.0
  warn  encoder  x264enc; a better one is installed and does
                 not open (nvh264enc: no device)
                 > Check it:
                   "sudo apt-get install libnvidia-encode-550"
                   installs its library.

Network
  fail  http     TCP port 8765
                 > Take another.

1 failed, 1 could be better.
`,
  );
  const well = [{ title: 'A', findings: [{ status: 'ok', check: 'b', detail: 'c' }] }] as const;
  t.match(report(well, { width: 80, colours: false }), /^All is well\.$/m);
  t.end();
});

t.test('colours do not change the text', t => {
  const coloured = report(GROUPS, { width: 60, colours: true });
  t.match(coloured, '\x1b[31mfail\x1b[0m');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
  t.equal(coloured.replace(/\x1b\[\d+m/g, ''), report(GROUPS, { width: 60, colours: false }));
  t.end();
});

t.test('a check that hangs is a failure', async t => {
  const never = new Promise<never>(() => undefined);
  const context: Context = { ...makeContext(null), machine: () => never, facts: () => never, devices: () => never };
  const findings = (await diagnose(context, 20)).flatMap(group => group.findings);
  for (const check of ['gstreamer', 'encoder', 'decoder', 'clock', 'permissions', 'nvidia', 'cameras'])
    t.match(
      findings.find(finding => finding.check === check),
      { status: 'fail', detail: 'no answer within 0.02 s', remedy: /./ },
    );
});
