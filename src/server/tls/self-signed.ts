import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface SelfSigned {
  /** PEM. */
  cert: string;
  key: string;
}

/** The longest lifetime that Apple's systems accept for a self-signed certificate. */
export const MAX_DAYS = 825;
const DAY_MS = 86_400_000;
/** The limit of X.520; clients check subjectAltName instead. */
const MAX_COMMON_NAME = 64;
const SERIAL_BYTES = 16;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes a key (P-256, which every browser supports) and a self-signed certificate for it (RFC 5280).
 * @param hosts DNS names (RFC 1123, no wildcards) and IP addresses, at least one
 */
export async function makeSelfSigned(hosts: readonly string[], now = Date.now()): Promise<SelfSigned> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  // Positive (RFC 5280 §4.1.2.2), and without a leading zero.
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const [first = ''] = hosts;
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      keys: keys as CryptoKeyPair,
      signingAlgorithm: KEY,
      serialNumber: serial.toString('hex'),
      name: [{ CN: [first.slice(0, MAX_COMMON_NAME)] }],
      // Clocks of robots and clients are inaccurate.
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + (MAX_DAYS - 1) * DAY_MS),
      extensions: [
        new SubjectAlternativeNameExtension(
          hosts.map(value => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
        ),
        // Firefox rejects a server certificate that is also an authority.
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey as CryptoKey, false, webcrypto as Crypto),
      ],
    },
    webcrypto as Crypto,
  );
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: `${certificate.toString('pem')}\n`, key: `${PemConverter.encode(key, 'PRIVATE KEY')}\n` };
}
