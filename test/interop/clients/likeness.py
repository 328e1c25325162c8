"""Another client's recorded offer, sent in place of webrtcbin's own: the server is sent exactly what that client
sends, down to the order of lines, and webrtcbin does the rest. Only what belongs to this one
connection is replaced: ICE credentials and the certificate's fingerprint."""
import re

SECRETS = ['a=ice-ufrag:', 'a=ice-pwd:', 'a=fingerprint:']
FFMPEG_ANSWER_BYTES = 8192  # its buffer (libavformat/whip.c, MAX_SDP_SIZE)


class Likeness:
    def __init__(self, path):
        with open(path, encoding='utf-8', newline='') as file:
            self.sdp = file.read()
        self.ffmpeg = 'FFmpeg' in self.sdp
        self.sections = [Section(text) for text in re.split(r'^(?=m=)', self.sdp, flags=re.M)[1:]]

    def payload_type(self, kind):
        return next(section.payload_type for section in self.sections if section.kind == kind)

    def ssrc(self, kind):
        """For a launch line: the recorded one, or nothing."""
        ssrc = next(section.ssrc for section in self.sections if section.kind == kind)
        return ' ssrc=' + ssrc if ssrc else ''

    def offer(self, own):
        sdp = self.sdp
        for key in SECRETS:
            line = re.search('^%s.*$' % key, own, re.M).group(0).rstrip('\r')
            sdp = re.sub('^%s[^\r\n]*' % key, lambda _, line=line: line, sdp, flags=re.M)
        return sdp

    def answer(self, answer, own):
        """The answer with webrtcbin's own mids, so that it can set it. Raises ValueError where the other client would
        have given up."""
        if 'a=setup:passive' in self.sdp and 'a=setup:active' not in answer:
            raise ValueError('a passive client was not answered "a=setup:active"')
        if self.ffmpeg:
            answer = self.as_ffmpeg_reads(answer)
        mids = dict(zip([section.mid for section in self.sections], re.findall(r'^a=mid:(.*?)\r?$', own, re.M)))
        answer = re.sub(r'^a=mid:(\S+)', lambda match: 'a=mid:' + mids[match.group(1)], answer, flags=re.M)
        return re.sub(
            r'^a=group:BUNDLE ([^\r\n]*)',
            lambda match: 'a=group:BUNDLE ' + ' '.join(mids[mid] for mid in match.group(1).split()),
            answer, flags=re.M)

    @staticmethod
    def as_ffmpeg_reads(answer):
        """It uses only the first UDP host candidate."""
        if len(answer.encode()) > FFMPEG_ANSWER_BYTES:
            raise ValueError('the answer is larger than ffmpeg takes')
        used = re.search(r'^a=candidate:\S+ 1 udp \S+ \S+ \S+ typ host.*$', answer, re.M | re.I)
        if not used:
            raise ValueError('the answer has no UDP host candidate')
        return re.sub(
            r'^a=candidate:.*\r?\n',
            lambda match: match.group(0) if match.group(0).startswith(used.group(0)) else '', answer, flags=re.M)


class Section:
    def __init__(self, text):
        self.kind = re.match(r'm=(\w+)', text).group(1)
        self.payload_type = int(re.match(r'm=\S+ \d+ \S+ (\d+)', text).group(1))
        self.mid = re.search(r'^a=mid:(\S+)', text, re.M).group(1)
        ssrc = re.search(r'^a=ssrc:(\d+)', text, re.M)
        self.ssrc = ssrc.group(1) if ssrc else None
