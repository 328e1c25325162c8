import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import { CommandError, EXIT } from '../domain/command-error.js';
import { defaultStateDir } from '../server/access/own-token.js';
import { writeFileAtomically } from '../server/store/atomic-file.js';
import { dayOf, factsOf } from '../server/tls/certificate-facts.js';
import { hostForCertificate } from '../server/tls/host-name.js';
import { ownHosts } from '../server/tls/own-hosts.js';

interface CertificateOptions {
  host?: string[];
  out?: string;
  force?: boolean;
  json?: boolean;
}

const CERT = 'certificate.pem';
const KEY = 'key.pem';

export function certificateCommand(): Command {
  return new Command('certificate')
    .description('Make a certificate of its own for HTTPS, and the lines of the configuration that use it.')
    .option(
      '--host <NAME...>',
      "more names and addresses that it is for; this machine's own are in it by themselves",
      collectHost,
    )
    .option('--out <FOLDER>', `where ${CERT} and ${KEY} are written (default: the state folder)`)
    .option('--force', 'write over what is there')
    .option('--json', 'the same in one line of JSON')
    .action(makeCertificate);
}

async function makeCertificate({ host = [], out, force = false, json }: CertificateOptions): Promise<void> {
  // npm runs scripts in the package's folder; a path that a person typed counts from where it was typed.
  const here = process.env.INIT_CWD ?? process.cwd();
  const folder = resolve(here, out ?? defaultStateDir(process.env));
  const [certFile, keyFile] = [join(folder, CERT), join(folder, KEY)];
  const there = [certFile, keyFile].filter(file => existsSync(file));
  if (there.length > 0 && !force)
    throw new CommandError(
      EXIT.cannotWrite,
      `${there.join(' and ')} ${there.length > 1 ? 'are' : 'is'} there already. Write elsewhere with --out, or over it with --force.`,
    );
  // It takes a while to load, and nothing else needs it.
  const { makeSelfSigned } = await import('../server/tls/self-signed.js');
  const { cert, key } = await makeSelfSigned([...new Set([...host, ...ownHosts()])]);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The key first: a server that watches both finds them fitting only when the second is there.
    await writeFileAtomically(keyFile, key, 0o600, { keepMode: false });
    await writeFileAtomically(certFile, cert, 0o644, { keepMode: false });
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `${folder}: the certificate cannot be written: ${(error as Error).message}. Name another folder with --out.`,
    );
  }
  const { names, addresses, validTo, fingerprint } = factsOf(new X509Certificate(cert));
  if (json) {
    process.stdout.write(`${JSON.stringify({ certFile, keyFile, names, addresses, validTo, fingerprint })}\n`);
    return;
  }
  const facts = [
    `A certificate of its own, until ${dayOf(validTo)}, for`,
    `  ${[...names, ...addresses].join(', ')}`,
    '',
    'Nobody vouches for it: a browser asks whether to go on, and shows this (SHA-256) to compare:',
    `  ${fingerprint}`,
    '',
    `For recv: --ca '${certFile}'`,
    'To use it, put this into the configuration file and start the server anew:',
  ];
  process.stdout.write(
    `${facts.map(line => `# ${line}`.trimEnd()).join('\n')}\n\n${stringify({ server: { tls: { certFile, keyFile } } }, { lineWidth: 0 })}`,
  );
}

function collectHost(value: string, before: string[] = []): string[] {
  const host = hostForCertificate(value);
  if (host === null)
    throw new InvalidArgumentError('It is a host name such as robot.example.org, or an address, without a port.');
  return [...before, host];
}
