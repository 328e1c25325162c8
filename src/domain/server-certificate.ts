/** The server's current TLS certificate, which may be renewed while it runs. */
export interface ServerCertificate {
  /** PEM, with its chain. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Whether no CA has signed it: browsers need an exception for it then. */
  readonly isSelfSigned: boolean;
  /** @param listener is called when it has been replaced */
  onChange(listener: () => void): void;
}
