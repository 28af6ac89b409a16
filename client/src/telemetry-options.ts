import type { Consent } from './api.ts';
import type { BeforeLog } from './application-gate.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Channel } from './channel.ts';
import type { Audience, Machine, OperatingSystem, Product, Session, User } from './core.ts';
import type { TlsOptions } from './grpc/channel-credentials.ts';
import type { Platform } from './platform.ts';
import type { PrivacyOptions } from './privacy/privacy-options.ts';
import type { RetryPolicy } from './retry-decision.ts';
import type { StoreBackend } from './store/store-backend.ts';

/** Batches wait in a folder. */
export interface FolderStore {
  /** Default: a folder of this product, account and endpoint under the system's temporary folder. */
  readonly folder?: string | undefined;
  /** Takes the folder's files, and gives those to use in their place: to count, slow down or fail operations in a test. Default: as they are. */
  readonly files?: ((folder: StoreBackend) => StoreBackend) | undefined;
}

/** What `createTelemetry` wants to know. Only the product and a way to the collector are required. */
export interface TelemetryOptions<C extends Catalogue | undefined = undefined> {
  /** The application: its name, which is what analysts filter by, or all that is known of it. */
  readonly product: string | Product;
  /** Version of the product, where `product` is a name. Best as semantic versioning ("4.12.0"). */
  readonly version?: string | undefined;
  /** Release channel of the product, such as "stable" or "beta", where `product` is a name. */
  readonly releaseChannel?: string | undefined;
  /** The events of the application, from `defineCatalogue`. Default: none; any event may be logged. */
  readonly catalogue?: C | undefined;
  /** Address of the collector: "host:port", "http://host:port" or "https://host:port". Give this or `channel`. */
  readonly endpoint?: string | undefined;
  /** Key that the collector at `endpoint` asks for, as `telemetry keys add` prints it. Default: none. */
  readonly key?: string | undefined;
  /** How to encrypt the way to `endpoint`. Default: with the system's certificates for an https address, not at all for any other. */
  readonly tls?: TlsOptions | undefined;
  /** Where batches go instead: `grpcChannel` with options of its own, `memoryChannel` in tests, or one of your own. */
  readonly channel?: Channel | undefined;
  /**
   * Several receivers: each gets every event, at its own pace, and an event is pending until all have answered for it. The names of the channels
   * differ, and stay the same over the versions of the application, since what waits for a channel in a folder is found by its name.
   */
  readonly channels?: readonly Channel[] | undefined;
  /**
   * Where what has no answer yet waits: in a folder, which all processes of the application share and which survives them, or in the memory of
   * this process alone. Default: with `endpoint`, a folder of this product, account and endpoint under the system's temporary folder; with
   * `channel`, the memory.
   */
  readonly store?: 'memory' | FolderStore | undefined;
  /**
   * Who uses the application; "account": the name of the account that the process runs under, where the platform knows it. Default: nobody is
   * known; events count as events, and not as users.
   */
  readonly user?: User | 'account' | undefined;
  /**
   * The device. What is not given is filled in: what the platform says of itself, and a random id, of this installation where a folder keeps it and
   * else of this process.
   */
  readonly machine?: Machine | undefined;
  /** Default: what the platform says. */
  readonly operatingSystem?: OperatingSystem | undefined;
  /** One run of the application. Default: a random id, begun now. Processes of one run share it by giving the same. */
  readonly session?: Session | undefined;
  /**
   * Whether the user belongs to the company that makes the product, where the application knows it. Default: what the rules in `privacy` say;
   * without any it is not said, which is treated as external.
   */
  readonly audience?: Audience | undefined;
  /** How users are told apart and protected. Without a key nothing that identifies an external user is sent. */
  readonly privacy?: PrivacyOptions | undefined;
  /** Whether the user agrees to being measured, to begin with. While it is "denied", nothing is numbered, sent or kept. Default: granted. */
  readonly consent?: Consent | undefined;
  /** How long an event waits at most for its batch to be sent, in milliseconds, before a jitter of a fifth. Default: 60,000. */
  readonly flushIntervalMs?: number | undefined;
  /** Events held in memory without an acknowledgement. A further one is dropped and declared. Default: 100,000. */
  readonly queueEventsMax?: number | undefined;
  /** Bytes that these may hold. Default: 16 MiB. */
  readonly queueBytesMax?: number | undefined;
  /** Batches sent and not yet acknowledged. Default: 16. */
  readonly windowBatches?: number | undefined;
  /** How long to wait for an acknowledgement before the connection is made anew, in milliseconds. Default: 30,000. */
  readonly ackTimeoutMs?: number | undefined;
  /** How long to wait between attempts. Default: half a second, doubled up to a minute, with full jitter. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /**
   * The application's own rule for each event, after catalogue and context and before privacy: returns the event, another one in its place,
   * or null to keep it back, which drops and declares it as sampled. Called inside `log`, so it is quick. An event that makes it throw is
   * dropped as invalid. What it adds is not checked against the catalogue.
   */
  readonly beforeLog?: BeforeLog | undefined;
  /**
   * Takes a line for each event in the form in which it is sent, each drop, acknowledgement and failure: `debug: console.error` while
   * developing. Default: nobody.
   */
  readonly debug?: ((line: string) => void) | undefined;
  /** Clock, chance and timers, to make a test repeatable. Default: the system's. */
  readonly platform?: Partial<Platform> | undefined;
}
