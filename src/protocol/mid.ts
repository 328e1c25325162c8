/** The mid of a media section: a token (RFC 5888 §4) of limited length. */
export const MID = /^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}$/;
