import type { IceAgentSettings } from '../domain/ice.js';
import type { Webrtcbin } from './native.js';

/**
 * From one request to the next, to STUN and TURN servers and to the peer: the least that RFC 8445 §14.2 allows. With
 * libnice's 20 ms an answer takes 15 ms longer with a STUN server, 30 ms with a TURN server.
 */
const PACING_MS = 5;

/**
 * Sets up webrtcbin's ICE agent. To be called before the first description is set: webrtcbin hands servers and ports on
 * to libnice when it makes its stream, and never again. Whether it is playing by then makes no difference.
 */
export function configureIceAgent(webrtc: Webrtcbin, settings: IceAgentSettings | null): void {
  const ice = webrtc.iceAgent;
  // webrtcbin hands out its agent without a reference of the caller's; the wrapper's end would take webrtcbin's own.
  ice.refSink();
  // UPnP costs 200 ms an answer; nobody reaches a random TCP port of a robot.
  ice.agent.upnp = false;
  ice.agent.setProperty('ice-tcp', false);
  ice.agent.setProperty('stun-pacing-timer', PACING_MS);
  if (!settings) return;
  const { stunServer, turnServers, udpPorts, addresses } = settings;
  if (stunServer !== null) webrtc.stunServer = stunServer;
  for (const server of turnServers) {
    // The URL has the password in it.
    if (!webrtc.emit('add-turn-server', server)) throw new Error('webrtcbin takes none of this TURN server');
  }
  if (udpPorts) {
    // GLib complains when the lower is above the upper even for a moment: that is 65535 yet.
    ice.minRtpPort = udpPorts.min;
    ice.maxRtpPort = udpPorts.max;
  }
  for (const address of addresses ?? []) {
    if (!ice.emit('add-local-ip-address', address)) throw new Error(`libnice takes no address "${address}"`);
  }
}
