import type { IceUrl } from '../protocol/ice-url.js';

/** ICE as it is to be run: the configuration with its defaults filled in, its URLs and files read. */
export interface IcePlan {
  servers: readonly IceServerPlan[];
  /** Both ends included; null for any. */
  udpPorts: { min: number; max: number } | null;
  /** Names or addresses; null for all. */
  interfaces: readonly string[] | null;
  /** Addresses or host names. */
  announce: readonly string[];
}

export interface IceServerPlan {
  urls: readonly IceUrl[];
  access:
    | { type: 'open' }
    | { type: 'fixed'; username: string; credential: string }
    /** Made for each client from a secret that the server knows too; `lifetime` in seconds. */
    | { type: 'timed'; secret: string; lifetime: number };
}

/** What HTTP clients are told of the ICE servers. */
export interface IceForClients {
  /**
   * Values of `Link` headers, one for each URL, credentials made now.
   * @param client a name that the TURN server's log shows; null for one who has not shown a token, and gets nothing that
   *   needs credentials
   */
  links(client: string | null): string[];
}

/** What the server's own ICE agents use, at one moment: credentials in it may be short-lived. */
export interface IceAgentSettings {
  /** `stun://host:port`, as webrtcbin's property has it; null for none, or one that does not answer. */
  stunServer: string | null;
  /** `turn://user:password@host:port?transport=udp`, likewise; percent-encoded. */
  turnServers: readonly string[];
  /** UDP ports to take, both ends included; null for any. */
  udpPorts: { min: number; max: number } | null;
  /** Addresses of this machine to use, at least one; null for all. */
  addresses: readonly string[] | null;
  /** Addresses under which this machine's host candidates are reached as well, best first (NAT, containers). */
  announce: readonly string[];
  /** ms to wait for what the servers say, at the most: from how quickly they answered last. */
  gatheringMs: number;
}
