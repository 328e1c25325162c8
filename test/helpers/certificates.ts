import { webcrypto, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { makeSelfSigned, type SelfSigned } from '../../src/server/tls/self-signed.js';

const LOCAL = ['localhost', '127.0.0.1'];
const DAY_MS = 86_400_000;

/** A self-signed certificate for this machine. @param agoDays its age */
export const selfSigned = (agoDays = 0, hosts: readonly string[] = LOCAL): Promise<SelfSigned> =>
  makeSelfSigned(hosts, Date.now() - agoDays * DAY_MS);

/** One for this machine that a CA issued; the CA's certificate is in its chain. */
export async function issued(): Promise<SelfSigned & { authority: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const make = async () => (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const [authorityKeys, keys] = [await make(), await make()];
  const dates = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 90 * DAY_MS) };
  const authority = await X509CertificateGenerator.createSelfSigned(
    {
      ...dates,
      keys: authorityKeys,
      signingAlgorithm: algorithm,
      serialNumber: '01',
      name: 'CN=An authority',
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    },
    webcrypto as Crypto,
  );
  const certificate = await X509CertificateGenerator.create(
    {
      ...dates,
      publicKey: keys.publicKey,
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: algorithm,
      serialNumber: '02',
      subject: 'CN=localhost',
      issuer: authority.subject,
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
        ]),
      ],
    },
    webcrypto as Crypto,
  );
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { authority: `${authority.toString('pem')}\n`, cert: `${certificate.toString('pem')}\n`, key: `${key}\n` };
}

export const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

/** Writes a pair beside a configuration that names it. @returns the configuration's file */
export function writePair(folder: string, { cert, key }: SelfSigned, mode = 0o600): string {
  writeFileSync(join(folder, 'key.pem'), key, { mode });
  writeFileSync(join(folder, 'cert.pem'), cert);
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    'server:\n  tls: { certFile: cert.pem, keyFile: key.pem }\ncameras:\n  road: { source: test }\n',
  );
  return config;
}
