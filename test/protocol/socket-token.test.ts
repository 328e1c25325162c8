import fc from 'fast-check';
import t from 'tap';
import { protocolsWithToken, selectProtocol, tokenInProtocols } from '../../src/protocol/socket-token.js';

t.test('any token is encoded as HTTP tokens, and never echoed', async () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), token => {
      const protocols = protocolsWithToken(token);
      return (
        protocols.every(protocol => /^[A-Za-z0-9._-]+$/.test(protocol)) &&
        tokenInProtocols(protocols.join(', ')) === token &&
        tokenInProtocols(protocols.toReversed().join(',')) === token &&
        selectProtocol(protocols.toReversed()) === 'bigfootbot'
      );
    }),
  );
});

t.test('protocols that carry no token', async t => {
  for (const header of ['', ',', 'bigfootbot', 'bigfootbot.token', 'chat, superchat'])
    t.equal(tokenInProtocols(header), undefined, header);
  t.equal(tokenInProtocols('bigfootbot.token.%%'), '%%');
  t.equal(selectProtocol(['chat', 'superchat']), 'chat');
  t.equal(selectProtocol(['bigfootbot.token.x']), false);
  t.equal(selectProtocol([]), false);
  fc.assert(fc.property(fc.string(), header => typeof (tokenInProtocols(header) ?? '') === 'string'));
});
