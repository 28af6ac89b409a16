import { experimental, ServerCredentials } from '@grpc/grpc-js';
import type { TlsMaterial, TlsWatch } from '@telemetry/warehouse';

type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

/** Credentials of a gRPC server whose certificate may change; without one, nothing is encrypted. */
export function grpcServerCredentials(tls: TlsWatch | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const provider = new WatchedCertificate(tls);
  const isMutual = tls.material.clientCa !== undefined;
  // The names of its parameters are the other way round: the first is the server's certificate.
  return experimental.createCertificateProviderServerCredentials(provider, isMutual ? provider : null, isMutual);
}

/** A watched certificate as grpc-js wants to hear of it. Its own watcher knows nothing of pairs that do not fit. */
class WatchedCertificate implements experimental.CertificateProvider {
  readonly #tls: TlsWatch;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #stopListening: (() => void) | undefined;

  constructor(tls: TlsWatch) {
    this.#tls = tls;
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    this.#begin(() => tellCa(listener, this.#tls.material));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
    this.#endUnlessHeard();
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    this.#begin(() => tellIdentity(listener, this.#tls.material));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
    this.#endUnlessHeard();
  }

  #begin(tell: () => void): void {
    this.#stopListening ??= this.#tls.onChange((material) => {
      for (const listener of this.#caListeners) tellCa(listener, material);
      for (const listener of this.#identityListeners) tellIdentity(listener, material);
    });
    // Not at once: grpc-js adds the listener before it is ready to hear.
    process.nextTick(tell);
  }

  #endUnlessHeard(): void {
    if (this.#caListeners.size + this.#identityListeners.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}

function tellCa(listener: CaListener, { clientCa }: TlsMaterial): void {
  listener(clientCa === undefined ? null : { caCertificate: clientCa });
}

function tellIdentity(listener: IdentityListener, { certificate, privateKey }: TlsMaterial): void {
  listener({ certificate, privateKey });
}
