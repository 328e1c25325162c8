import type { IceUrl } from '../protocol/ice-url.js';

/** ICE ready to run: the configuration with its defaults filled in, its URLs parsed and files read. */
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
    /** Generated for each client from a secret shared with the server; `lifetime` in seconds. */
    | { type: 'timed'; secret: string; lifetime: number };
}

/** The ICE servers as HTTP clients see them. */
export interface IceForClients {
  /**
   * Values of `Link` headers, one for each URL, with fresh credentials.
   * @param client a name for the TURN server's log; null for a client without a token, which gets no server that needs
   *   credentials
   */
  links(client: string | null): string[];
}

/** The current settings of the server's own ICE agents: their credentials may be short-lived. */
export interface IceAgentSettings {
  /** `stun://host:port`, as in webrtcbin's property; null for none, or one that does not answer. */
  stunServer: string | null;
  /** `turn://user:password@host:port?transport=udp`, as in webrtcbin's property; percent-encoded. */
  turnServers: readonly string[];
  /** UDP ports to use, both ends included; null for any. */
  udpPorts: { min: number; max: number } | null;
  /** Addresses of this machine to use, at least one; null for all. */
  addresses: readonly string[] | null;
  /** Further addresses at which this machine's host candidates can be reached, best first (NAT, containers). */
  announce: readonly string[];
  /** ms to wait for the servers, at most: derived from their last response times. */
  gatheringMs: number;
}
