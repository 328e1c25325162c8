import { rootCertificates } from 'node:tls';

type Fetch = typeof fetch;

let current: Fetch = (input, init) => fetch(input, init);
let authorities: readonly string[] | undefined;

/** `fetch`, which trusts whom `trust` has named as well. */
export const fetchTrusting: Fetch = (input, init) => current(input, init);

/** What node:tls is given; undefined where it goes by itself. */
export const trusted = (): { ca?: string[] } => (authorities ? { ca: [...authorities] } : {});

/**
 * Trusts whoever these certificates are of, beside those that Node trusts, for as long as this process runs: Node reads
 * NODE_EXTRA_CA_CERTS when it starts and nothing later, and its own fetch takes no certificates.
 * @param pem one certificate or more
 */
export async function trust(pem: string): Promise<void> {
  const { Agent, fetch: ask } = await import('undici');
  authorities = [...rootCertificates, pem];
  const dispatcher = new Agent({ connect: trusted() });
  current = ((input: string | URL, init?: object) => ask(input, { ...init, dispatcher })) as unknown as Fetch;
}
