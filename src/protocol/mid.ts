/** The name of a media section: a token (RFC 5888 §4), and no longer than anybody needs. */
export const MID = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
