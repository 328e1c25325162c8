import type { IceAgentSettings } from '../domain/ice.js';
import type { Webrtcbin } from './native.js';

/**
 * Interval between requests to STUN and TURN servers and to the peer: the minimum of RFC 8445 §14.2. With libnice's
 * 20 ms an answer takes 15 ms longer with a STUN server, 30 ms with a TURN server.
 */
const PACING_MS = 5;

/**
 * Configures webrtcbin's ICE agent. Call it before the first description is set: webrtcbin passes servers and ports to
 * libnice only when it creates its stream. The state of the pipeline does not matter.
 */
export function configureIceAgent(webrtc: Webrtcbin, settings: IceAgentSettings | null): void {
  const ice = webrtc.iceAgent;
  // webrtcbin returns its agent without a new reference; finalizing the wrapper would drop webrtcbin's own.
  ice.refSink();
  // UPnP costs 200 ms per answer, and a random TCP port of a robot is not reachable.
  ice.agent.upnp = false;
  ice.agent.setProperty('ice-tcp', false);
  ice.agent.setProperty('stun-pacing-timer', PACING_MS);
  if (!settings) return;
  const { stunServer, turnServers, udpPorts, addresses } = settings;
  if (stunServer !== null) webrtc.stunServer = stunServer;
  for (const server of turnServers) {
    // The error omits the URL, which contains the password.
    if (!webrtc.emit('add-turn-server', server)) throw new Error('webrtcbin rejects this TURN server');
  }
  if (udpPorts) {
    // GLib warns if the minimum exceeds the maximum even briefly: the maximum is still 65535.
    ice.minRtpPort = udpPorts.min;
    ice.maxRtpPort = udpPorts.max;
  }
  for (const address of addresses ?? []) {
    if (!ice.emit('add-local-ip-address', address)) throw new Error(`libnice rejects the address "${address}"`);
  }
}
