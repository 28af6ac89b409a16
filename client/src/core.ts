/** The person or account that uses the application. */
export interface User {
  /** Stable identifier, at most 256 bytes. Sent plain of an internal user, and of an external one as a hash, or not at all: see `privacy`. */
  readonly id: string;
  /** Which key made the hash in `id`, where the application has made it itself. Default: `id` is plain. */
  readonly hashKeyId?: string | undefined;
  /** Never sent: tells whether the user belongs to the company. */
  readonly email?: string | undefined;
  /** Name of the account in a directory, such as "alice@corp.example". Never sent either, and for the same end. */
  readonly userPrincipalName?: string | undefined;
}

/** The device that the application runs on. */
export interface Machine {
  /** Random identifier, at most 256 bytes; never a hardware serial number. */
  readonly id?: string | undefined;
  /** Processor architecture, such as "x64" or "arm64". */
  readonly architecture?: string | undefined;
  /** Number of logical processors. */
  readonly logicalProcessors?: number | undefined;
  /** Installed memory in bytes. */
  readonly memoryBytes?: number | undefined;
  /** Language and region of the user interface, a BCP 47 tag such as "de-CH". */
  readonly locale?: string | undefined;
}

/** The operating system of the device. */
export interface OperatingSystem {
  /** Family in lower case: "linux", "macos", "windows", "android", "ios", or another. */
  readonly name: string;
  /** Version, such as "15.2", "10.0.26100 (11 24H2)" or, of Linux, the distribution with its own: "Ubuntu 24.04". */
  readonly version?: string | undefined;
}

/** The application. */
export interface Product {
  /** Name that analysts filter by, stable over versions. Required, at most 256 bytes. */
  readonly name: string;
  /** Version, best as semantic versioning ("4.12.0"). */
  readonly version?: string | undefined;
  /** Release channel, such as "stable", "beta" or "nightly". */
  readonly releaseChannel?: string | undefined;
}

/** One run of the application, from start to exit. */
export interface Session {
  /** Random identifier of the run, at most 256 bytes. Several processes of a run may share it. */
  readonly id: string;
  /** When the run began: microseconds since 1970-01-01T00:00:00 UTC. Default: not known. */
  readonly startTimeUnixUs?: number | undefined;
}

/** Whether the user belongs to the company that makes the product. Not said: treated as external everywhere. */
export type Audience = 'internal' | 'external';

/** What is the same for all events of a batch: part A of the common schema. */
export interface Core {
  readonly product: Product;
  readonly user?: User | undefined;
  readonly machine?: Machine | undefined;
  readonly operatingSystem?: OperatingSystem | undefined;
  readonly session?: Session | undefined;
  readonly audience?: Audience | undefined;
}
