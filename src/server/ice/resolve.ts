import { promises as dns } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** Timeout for all queries of a look-up with resolveHost. */
export const LOOKUP_MS = 8_000;

const HOSTS_FILE = '/etc/hosts';
const QUERY = { timeout: 1_500, tries: 2 };

/**
 * The addresses of a host, IPv4 first: an address itself, /etc/hosts, DNS. Not the system's resolver (getaddrinfo): it
 * cannot be cancelled, and while it hangs it blocks one of the four threads that Node also reads files with. So mDNS
 * names (`robot.local`) are not resolved.
 * @throws Error with a readable message
 */
export async function resolveHost(host: string, signal: AbortSignal): Promise<string[]> {
  signal.throwIfAborted();
  if (isIP(host) !== 0) return [host];
  const known = fromHostsFile(host.toLowerCase());
  if (known.length > 0) return known;
  // A new one for every look-up: it reads the machine's DNS settings, which change with its networks.
  const resolver = new dns.Resolver(QUERY);
  const onAbort = (): void => resolver.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    signal.throwIfAborted();
    const addresses = [four, six].flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    throw new Error(
      inWords(host, four.status === 'rejected' ? (four.reason as NodeJS.ErrnoException).code : undefined),
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function fromHostsFile(host: string): string[] {
  let text: string;
  try {
    text = readFileSync(HOSTS_FILE, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .map(line => (line.split('#')[0] ?? '').trim().toLowerCase().split(/\s+/))
    .flatMap(([address = '', ...names]) => (isIP(address) !== 0 && names.includes(host) ? [address] : []))
    .sort((a, b) => isIP(a) - isIP(b));
}

function inWords(host: string, code: string | undefined): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return `DNS knows no host "${host}"`;
    case 'ETIMEOUT':
    case 'ECONNREFUSED':
    case 'ESERVFAIL':
      return `DNS gave no answer about "${host}"`;
    default:
      return `"${host}" could not be looked up${code === undefined ? '' : ` (${code})`}`;
  }
}
