const TYPE = '(?:9[6-9]|1[01]\\d|12[0-7])';
const FINGERPRINT = /^a=fingerprint:sha-(1|224|256|384|512) [0-9A-F]{2}(:[0-9A-F]{2}){19,63}$/;
const ADDRESS = '[0-9A-Fa-f.:]{2,45}';
const CANDIDATE = new RegExp(
  `^a=candidate:[A-Za-z0-9+/]{1,32} 1 UDP \\d{1,10} ${ADDRESS} \\d{1,5} typ (host|srflx|prflx|relay)( raddr ${ADDRESS} rport \\d{1,5})?$`,
);
const RTPMAP = new RegExp(`^a=rtpmap:${TYPE} ((H264|VP8|VP9|AV1|H265|rtx)/90000|opus/48000/2)$`);
const FEEDBACK = new RegExp(`^a=rtcp-fb:${TYPE} (nack|nack pli|ccm fir|transport-cc|goog-remb)$`);
const MID = "[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}";

const BOTH = [
  /^v=0$/,
  /^s=-$/,
  /^t=0 0$/,
  new RegExp(`^a=group:BUNDLE ${MID}( ${MID})?$`),
  new RegExp(`^m=video 9 UDP/TLS/RTP/SAVPF ${TYPE}( ${TYPE})?$`),
  new RegExp(`^m=audio 9 UDP/TLS/RTP/SAVPF ${TYPE}$`),
  /^c=IN IP4 0\.0\.0\.0$/,
  /^a=rtcp:9 IN IP4 0\.0\.0\.0$/,
  /^a=ice-ufrag:[A-Za-z0-9+/=_-]{4,256}$/,
  /^a=ice-pwd:[A-Za-z0-9+/=_-]{22,256}$/,
  FINGERPRINT,
  new RegExp(`^a=mid:${MID}$`),
  /^a=(recvonly|sendonly)$/,
  /^a=rtcp-mux$/,
  /^a=rtcp-rsize$/,
  /^a=extmap:([1-9]|1[0-4]) http:\/\/www\.ietf\.org\/id\/draft-holmer-rmcat-transport-wide-cc-extensions-01$/,
  /^a=extmap:([1-9]|1[0-4]) urn:ietf:params:rtp-hdrext:sdes:mid$/,
  /^a=ssrc-group:FID [1-9]\d{0,9} [1-9]\d{0,9}$/,
  RTPMAP,
  FEEDBACK,
  CANDIDATE,
];

/** All lines that webrtcbin may ever see; on many others version 1.22 aborts the process. */
const OFFER = [
  ...BOTH,
  /^o=- 1 1 IN IP4 0\.0\.0\.0$/,
  /^a=setup:(actpass|active|passive)$/,
  /^a=ssrc:[1-9]\d{0,9} cname:publisher$/,
  new RegExp(`^a=fmtp:${TYPE} (level-asymmetry-allowed=1;packetization-mode=1|apt=${TYPE})$`),
];

/** All lines that this project may ever send to a peer, given that webrtcbin follows its input. */
const ANSWER = [
  ...BOTH,
  /^o=- \d+ \d+ IN IP4 0\.0\.0\.0$/,
  /^a=setup:(active|passive)$/,
  /^a=msid-semantic: WMS \*$/,
  /^a=rtcp-mux-only$/,
  /^a=inactive$/,
  /^a=msid:camera (video|audio)$/,
  /^a=ssrc:\d+ cname:camera$/,
  /^a=end-of-candidates$/,
  // From the offer: a rejected section's line, and its codec lines.
  /^m=\w* 0 [\w/]* [\x21-\x7e]+$/,
  new RegExp(
    `^a=fmtp:${TYPE} [a-z0-9-]{1,40}=[A-Za-z0-9+/=,.-]{1,400}(;[a-z0-9-]{1,40}=[A-Za-z0-9+/=,.-]{1,400}){0,31}$`,
  ),
];

/** All lines that webrtcbin may ever see of a server's answer to the offer of `recv`. */
const RECEIVED = [
  ...BOTH,
  /^o=- 1 1 IN IP4 0\.0\.0\.0$/,
  /^a=setup:(active|passive)$/,
  /^a=ssrc-group:FID \d{1,10} \d{1,10}$/,
  /^a=ssrc:\d{1,10} cname:publisher$/,
  new RegExp(
    `^a=fmtp:${TYPE} (packetization-mode=1;level-asymmetry-allowed=1;profile-level-id=(42e0|4d00|6400)1f|apt=${TYPE})$`,
  ),
];

/** The lines of an SDP text of offerForWebrtcbin that should not be there. */
export const strangeOfferLines = (sdp: string): string[] => strange(sdp, OFFER);

/** The same for offerOfCameras, whose BUNDLE group may have more sections. */
export const strangeCameraLines = (sdp: string): string[] =>
  strangeOfferLines(sdp).filter(line => !new RegExp(`^a=group:BUNDLE ${MID}( ${MID}){0,31}$`).test(line));

/** The same for composeAnswer. */
export const strangeAnswerLines = (sdp: string): string[] => strange(sdp, ANSWER);

/** The same for answerForWebrtcbin. */
export const strangeReceivedLines = (sdp: string): string[] => strange(sdp, RECEIVED);

function strange(sdp: string, allowed: readonly RegExp[]): string[] {
  const lines = sdp.split('\r\n');
  const last = lines.pop();
  return [...(last === '' ? [] : ['no line end']), ...lines.filter(line => !allowed.some(form => form.test(line)))];
}
