/** What the server shows to whoever connects over TLS: at this moment, as it is renewed. */
export interface ServerCertificate {
  /** PEM, with its chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Whether nobody else vouches for it: browsers have been talked into it then. */
  readonly isSelfSigned: boolean;
  /** @param take is called when another one has taken its place */
  onChange(take: () => void): void;
}
