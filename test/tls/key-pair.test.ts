import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { factsOf } from '../../src/server/tls/certificate-facts.js';
import { readKeyPair } from '../../src/server/tls/key-pair.js';
import { issued, selfSigned } from '../helpers/certificates.js';

const folder = t.testdir();
const put = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
  return name;
};

t.test('a matching pair', async t => {
  const { cert, key } = await selfSigned();
  const pair = readKeyPair({ certFile: put('c.pem', cert, 0o644), keyFile: put('k.pem', key) }, folder);
  t.equal(pair.cert, cert);
  t.equal(pair.key, key);
  t.ok(pair.own.checkHost('localhost'));
  const authority = await issued();
  const chain = readKeyPair(
    { certFile: put('chain.pem', authority.cert + authority.authority), keyFile: put('k2.pem', authority.key) },
    folder,
  );
  t.equal(factsOf(chain.own).isSelfSigned, false, 'a CA issued it');
  t.equal(factsOf(pair.own).isSelfSigned, true);
  t.doesNotThrow(
    () => readKeyPair({ certFile: 'c.pem', keyFile: put('k.pem', key, 0o640) }, folder),
    'a group may read',
  );
  t.doesNotThrow(
    () => readKeyPair({ certFile: join(folder, 'c.pem'), keyFile: join(folder, 'k.pem') }, '/'),
    'a whole path',
  );
});

t.test('an unusable pair is refused by name and with a remedy, without showing a key', async t => {
  const one = await selfSigned();
  const other = await selfSigned();
  const authority = await issued();
  const small = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const locked = String(small.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }));
  mkdirSync(join(folder, 'sub'));
  const weak = ['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-subj', '/CN=x', '-days', '9'];
  spawnSync('openssl', [...weak, '-keyout', join(folder, 'weak-key.pem'), '-out', join(folder, 'weak.pem')]);
  put('cert.pem', one.cert);
  const cases: [string, string, string, RegExp][] = [
    ['no certificate file', 'none.pem', put('a', one.key), /^server\.tls\.certFile .*none\.pem cannot be read: ENOENT/],
    ['no key file', 'cert.pem', 'none.pem', /^server\.tls\.keyFile .*none\.pem cannot be read: ENOENT/],
    ['a folder', 'cert.pem', 'sub', /keyFile .*sub/],
    ['open to all', 'cert.pem', put('b', one.key, 0o644), /keyFile .*mode 644.*chmod 640 '.*\/b'/],
    ['open to others only', 'cert.pem', put('c', one.key, 0o604), /chmod 600 '.*\/c'/],
    ['writable by a group', 'cert.pem', put('d', one.key, 0o660), /chmod 640/],
    ['its key in the same open file', put('both.pem', one.cert + one.key, 0o644), 'a', /certFile .*chmod 640/],
    [
      'the key of another',
      'cert.pem',
      put('e', other.key),
      /keyFile .*is not the key of the first certificate in cert\.pem/,
    ],
    [
      'the chain in the wrong order',
      put('turned.pem', authority.authority + authority.cert),
      put('f', authority.key),
      /own must come first/,
    ],
    ['with a passphrase', 'cert.pem', put('g', locked), /keyFile .*passphrase.*openssl pkey/],
    ['no key', 'cert.pem', put('h', one.cert), /keyFile .*h is not a private key in PEM/],
    ['no certificate', put('i', 'nonsense'), 'a', /certFile .*i is not a certificate in PEM/],
    ['half a certificate', put('j', one.cert.slice(0, 300)), 'a', /certFile .*j is not a certificate/],
    ['half a key', 'cert.pem', put('k', one.key.slice(0, 100)), /keyFile .*k is not a private key/],
    ['empty', 'cert.pem', put('l', ''), /keyFile .*l is not a private key/],
    [
      'an RSA key that is too short',
      'weak.pem',
      'weak-key.pem',
      /certFile .*weak\.pem has an RSA key of 1024 bits.*2048/,
    ],
    ['endless', put('m', 'x'.repeat(300_000)), 'a', /certFile .*larger than/],
  ];
  for (const [name, certFile, keyFile, words] of cases) {
    t.throws(() => readKeyPair({ certFile, keyFile }, folder), { message: words, exitCode: 78 }, name);
    try {
      readKeyPair({ certFile, keyFile }, folder);
    } catch (error) {
      t.notMatch(String(error), one.key.split('\n')[1], name);
    }
  }
});
