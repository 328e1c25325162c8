import { rootCertificates } from 'node:tls';

type Fetch = typeof fetch;

let current: Fetch = (input, init) => fetch(input, init);
let authorities: readonly string[] | undefined;

/** `fetch` that also trusts the certificates given to `trust`. */
export const fetchTrusting: Fetch = (input, init) => current(input, init);

/** Options for node:tls; without `ca` it uses its defaults. */
export const trusted = (): { ca?: string[] } => (authorities ? { ca: [...authorities] } : {});

/**
 * Trusts these certificates, besides those that Node trusts, as long as this process runs: Node reads
 * NODE_EXTRA_CA_CERTS only at startup, and its own fetch takes no certificates.
 * @param pem one or more certificates
 */
export async function trust(pem: string): Promise<void> {
  const { Agent, fetch: ask } = await import('undici');
  authorities = [...rootCertificates, pem];
  const dispatcher = new Agent({ connect: trusted() });
  current = ((input: string | URL, init?: object) => ask(input, { ...init, dispatcher })) as unknown as Fetch;
}
