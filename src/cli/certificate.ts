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
    .description('Create a self-signed certificate for HTTPS, and print the configuration that uses it.')
    .option(
      '--host <NAME...>',
      "additional host names and addresses; this machine's own are always included",
      collectHost,
    )
    .option('--out <FOLDER>', `folder for ${CERT} and ${KEY} (default: the state folder)`)
    .option('--force', 'overwrite existing files')
    .option('--json', 'print one line of JSON instead')
    .action(makeCertificate);
}

async function makeCertificate({ host = [], out, force = false, json }: CertificateOptions): Promise<void> {
  // npm runs scripts in the package's folder; a path on the command line is relative to where it was typed.
  const here = process.env.INIT_CWD ?? process.cwd();
  const folder = resolve(here, out ?? defaultStateDir(process.env));
  const [certFile, keyFile] = [join(folder, CERT), join(folder, KEY)];
  const existing = [certFile, keyFile].filter(file => existsSync(file));
  if (existing.length > 0 && !force)
    throw new CommandError(
      EXIT.cannotWrite,
      `${existing.join(' and ')} already ${existing.length > 1 ? 'exist' : 'exists'}. Choose another folder with --out, or overwrite with --force.`,
    );
  // Slow to load, and only this command needs it.
  const { makeSelfSigned } = await import('../server/tls/self-signed.js');
  const { cert, key } = await makeSelfSigned([...new Set([...host, ...ownHosts()])]);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // The key first: for a server that watches both files, the pair matches only once the second is written.
    await writeFileAtomically(keyFile, key, 0o600, { keepMode: false });
    await writeFileAtomically(certFile, cert, 0o644, { keepMode: false });
  } catch (error) {
    throw new CommandError(
      EXIT.cannotWrite,
      `${folder}: the certificate cannot be written: ${(error as Error).message}. Choose another folder with --out.`,
    );
  }
  const { names, addresses, validTo, fingerprint } = factsOf(new X509Certificate(cert));
  if (json) {
    process.stdout.write(`${JSON.stringify({ certFile, keyFile, names, addresses, validTo, fingerprint })}\n`);
    return;
  }
  const facts = [
    `Self-signed certificate, valid until ${dayOf(validTo)}, for`,
    `  ${[...names, ...addresses].join(', ')}`,
    '',
    'No authority signed it: a browser warns before it connects, and shows this fingerprint (SHA-256) to compare:',
    `  ${fingerprint}`,
    '',
    `For recv: --ca '${certFile}'`,
    'To use it, add this to the configuration file and restart the server:',
  ];
  process.stdout.write(
    `${facts.map(line => `# ${line}`.trimEnd()).join('\n')}\n\n${stringify({ server: { tls: { certFile, keyFile } } }, { lineWidth: 0 })}`,
  );
}

function collectHost(value: string, before: string[] = []): string[] {
  const host = hostForCertificate(value);
  if (host === null)
    throw new InvalidArgumentError('Expected a host name such as robot.example.org, or an address, without a port.');
  return [...before, host];
}
