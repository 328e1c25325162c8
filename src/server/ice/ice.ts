import type { System } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';
import type { IceAgentSettings, IceForClients, IcePlan, IceServerPlan } from '../../domain/ice.js';
import type { Log } from '../../domain/log.js';
import { type IceUrl, printForWebrtcbin, printIceUrl } from '../../protocol/ice-url.js';
import { formatIceServerLink } from '../../protocol/link-header.js';
import { Announced } from './announced.js';
import { credentialsFor } from './credentials.js';
import { addressesOf } from './interfaces.js';
import { IceWatch } from './watch.js';

export interface IceOptions {
  plan: IcePlan;
  log: Log;
  watch?: Pick<IceWatch, 'start' | 'close' | 'statuses' | 'reached'>;
  announced?: Pick<Announced, 'start' | 'close' | 'statuses' | 'addresses'>;
}

/** Shown in a TURN server's log for this server's own allocations. */
const OWN_NAME = 'bigfootbot-video';
/** Gathering takes 1 round trip with STUN, 2 with TURN, and some ms between one server and the next (RFC 8445 §14). */
const GATHERING_MS = { least: 250, roundTrips: 4, most: 1_000 };

/** The ICE settings for both sides: the servers that clients get, and what this server's own agents use. */
export class Ice implements IceForClients {
  readonly #plan: IcePlan;
  readonly #watch: Pick<IceWatch, 'start' | 'close' | 'statuses' | 'reached'>;
  readonly #announced: Pick<Announced, 'start' | 'close' | 'statuses' | 'addresses'>;

  constructor({ plan, log, watch, announced }: IceOptions) {
    this.#plan = plan;
    this.#watch = watch ?? new IceWatch({ urls: plan.servers.flatMap(({ urls }) => urls), log });
    this.#announced = announced ?? new Announced(plan.announce, log);
  }

  start(): void {
    this.#watch.start();
    this.#announced.start();
  }

  close(): void {
    this.#watch.close();
    this.#announced.close();
  }

  status(): System['ice'] {
    return { servers: this.#watch.statuses(), announce: this.#announced.statuses() };
  }

  // A client may reach a TURN server that this machine cannot, so all are listed; a browser throws at one without a
  // username. A STUN server that this machine cannot reach would only delay clients: without the internet a
  // server-reflexive address is useless, and some clients wait for it forever.
  links(client: string | null): string[] {
    return this.#plan.servers.flatMap(({ urls, access }) => {
      const user = client === null ? null : credentialsFor(access, client);
      return urls
        .filter(url => (isTurn(url) ? user !== null : this.#watch.reached(url) !== null))
        .map(url => formatIceServerLink({ urls: printIceUrl(url), ...(isTurn(url) ? user : null) }));
    });
  }

  /** @throws Failure if none of the configured interfaces has an address now */
  agentSettings(): IceAgentSettings {
    const { udpPorts, interfaces, servers } = this.#plan;
    const turns = servers.flatMap(server => this.#turnFor(server) ?? []);
    // A TURN server over UDP also answers what a STUN server would; with both on one host libnice 0.1.21 waits for 2 s,
    // as it confuses their answers.
    const stun = turns.some(({ url }) => url.transport === 'udp')
      ? undefined
      : servers.flatMap(({ urls }) => urls).find(url => url.scheme === 'stun' && this.#watch.reached(url));
    const reached = [...turns.map(({ url }) => url), ...(stun ? [stun] : [])].flatMap(
      url => this.#watch.reached(url) ?? [],
    );
    return {
      stunServer: stun ? printForWebrtcbin(stun, this.#watch.reached(stun)?.address ?? '') : null,
      turnServers: turns.map(({ text }) => text),
      udpPorts,
      addresses: interfaces && this.#addresses(interfaces),
      announce: this.#announced.addresses(),
      gatheringMs: Math.min(
        GATHERING_MS.most,
        GATHERING_MS.least + GATHERING_MS.roundTrips * Math.max(0, ...reached.map(({ roundTripMs }) => roundTripMs)),
      ),
    };
  }

  // One URL per server, the first that answers: a second allocation there is of no use. libnice has no TLS for TURN
  // servers (only Google's and Microsoft's pseudo TLS), so turns: is for clients only.
  #turnFor({ urls, access }: IceServerPlan): { url: IceUrl; text: string } | null {
    const user = credentialsFor(access, OWN_NAME);
    const url = urls.find(candidate => candidate.scheme === 'turn' && this.#watch.reached(candidate));
    const address = url && this.#watch.reached(url)?.address;
    return user && address ? { url, text: printForWebrtcbin(url, address, user) } : null;
  }

  #addresses(interfaces: readonly string[]): string[] {
    const addresses = [...new Set(addressesOf(interfaces).flatMap(({ addresses }) => addresses))];
    if (addresses.length > 0) return addresses;
    throw new Failure('no-udp-port', `None of ice.interfaces (${interfaces.join(', ')}) has an address now.`, {
      remedy: 'Connect the network, or correct ice.interfaces in the configuration.',
      retryAfter: 5,
    });
  }
}

function isTurn({ scheme }: IceUrl): boolean {
  return scheme.startsWith('turn');
}
