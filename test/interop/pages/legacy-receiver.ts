/// <reference lib="dom" />
// The legacy system's browser page, from its protocol alone: it knows only flat descriptions, and shows one camera.
import { expose, videoElement } from './page-client.js';

let socket: WebSocket | undefined;

expose({
  start(url) {
    const video = videoElement();
    const opened = new WebSocket(url);
    socket = opened;
    const send = (message: object): void => opened.send(JSON.stringify(message));
    let peer = new RTCPeerConnection();
    const begin = (): void => {
      peer.close();
      peer = new RTCPeerConnection();
      peer.ontrack = ({ track, transceiver }) => {
        if (transceiver.mid?.endsWith('0')) video.srcObject = new MediaStream([track]);
      };
      peer.onicecandidate = ({ candidate }) => {
        if (candidate) send({ ice: candidate.toJSON() });
      };
    };
    const take = async (message: { status?: string; type?: RTCSdpType; sdp?: string; ice?: RTCIceCandidateInit }) => {
      if (message.status === 'OK') begin();
      else if (message.ice) await peer.addIceCandidate(message.ice);
      else if (message.type === 'offer' && typeof message.sdp === 'string') {
        await peer.setRemoteDescription({ type: message.type, sdp: message.sdp });
        await peer.setLocalDescription();
        send({ type: 'answer', sdp: peer.localDescription?.sdp });
      } else throw new Error(`unexpected message ${JSON.stringify(message)}`);
    };
    return new Promise((resolve, reject) => {
      let last = Promise.resolve();
      opened.onopen = () => send({ status: 'HELLO' });
      opened.onmessage = ({ data }) => {
        last = last.then(() => take(JSON.parse(String(data))));
        last.then(resolve, reject);
      };
      opened.onclose = ({ code, reason }) => reject(new Error(`${code} ${reason}`));
    });
  },
  async leave() {
    socket?.close();
  },
});
