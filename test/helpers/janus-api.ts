/** The part of a message from Janus that is used here. */
interface Message {
  janus: string;
  transaction?: string;
  data?: { id: number };
  error?: { code: number; reason: string };
  plugindata?: { data: { error?: string; result?: { event: string; sdp?: string } } };
  jsep?: { sdp: string };
}

/** A handle of a plugin, in a session of its own. */
export interface JanusHandle {
  /**
   * Sends a request and waits for the event that answers it.
   * @param offer of the WebRTC peer, with all of its candidates
   * @returns the SDP in the plugin's own words, and the answer for the peer; empty where there is none
   */
  request(body: object, offer?: string): Promise<{ sdp: string; answer: string }>;
  /** Ends the handle and the session. */
  destroy(): Promise<void>;
}

/**
 * Attaches to a plugin over Janus' HTTP interface. Nothing keeps sessions alive, so Janus must be configured
 * not to end them by itself (session_timeout).
 * @param api as in http://127.0.0.1:8088/janus
 */
export async function attachToJanus(api: string, plugin: string): Promise<JanusHandle> {
  let count = 0;
  const post = async (url: string, message: object): Promise<Message> => {
    const transaction = String(++count);
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ ...message, transaction }) });
    return said(await response.json());
  };
  const session = `${api}/${(await post(api, { janus: 'create' })).data?.id}`;
  const handle = `${session}/${(await post(session, { janus: 'attach', plugin })).data?.id}`;
  return {
    request: async (body, offer) => {
      const jsep = offer === undefined ? undefined : { type: 'offer', sdp: offer, trickle: false };
      const { transaction } = await post(handle, { janus: 'message', body, jsep });
      for (;;) {
        // A long poll; its other events (webrtcup, media, keepalive) are not needed.
        const event = said(await (await fetch(session)).json());
        if (event.janus !== 'event' || event.transaction !== transaction) continue;
        const { error, result } = event.plugindata?.data ?? {};
        if (error !== undefined) throw new Error(`Janus: ${error}`);
        return { sdp: result?.sdp ?? '', answer: event.jsep?.sdp ?? '' };
      }
    },
    destroy: async () => void (await post(session, { janus: 'destroy' })),
  };
}

function said(json: unknown): Message {
  const message = json as Message;
  if (message.error) throw new Error(`Janus: ${message.error.code} ${message.error.reason}`);
  return message;
}
